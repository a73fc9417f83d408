"""界定 (CMP-5): 有效 or 无效."""

from __future__ import annotations

import pytest

from complaints.choices import Kind, Validity
from complaints.services.judging import judge_case
from complaints.services.upgrading import sweep_weeks
from foundation.timers import services as timers
from foundation.timers.models import ClockState
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    answered,
    case_in,
    clock,
    due,
    entry,
    fresh,
    journal,
    make_case,
    refused,
    running,
    shares,
    told,
    transferred,
)

AT = MONDAY + HOUR


def judged(cast, case, validity=Validity.INVALID, *, by=None, at=AT, reason="与我方无关"):
    return judge_case(case=case, by=by or cast.service_lead, at=at, validity=validity, reason=reason)


def test_invalid_nobody_has_to_handle_it_and_the_customer_is_still_to_be_told(cast):
    case = judged(cast, case_in(cast, "handling"))
    assert (case.validity, case.judgement, case.judged_by, case.judged_at) == (
        "invalid", "与我方无关", cast.service_lead, AT,
    )  # fmt: skip
    assert clock(case, "judge").is_stopped
    assert clock(case, "handle").state == ClockState.HELD
    assert clock(case, "answer").state == ClockState.RUNNING
    assert (case.due_clock, case.due_at) == ("answer", MONDAY + DAY)
    assert entry(case, "judge").data["validity"] == {"before": "", "after": "无效"}
    assert told(case, cast.service)[-1] == "投诉界定为无效，请向客户说明：电梯又停了，没有人来修"


def test_while_invalid_no_step_of_handling_happens(cast):
    case = judged(cast, case_in(cast, "handling"))
    timers.sweep(at=MONDAY + 3 * DAY)
    assert not shares(case, "handle")
    assert shares(case, "answer") == ["50", "100", "150", "200"]


def test_before_the_transfer_the_limit_to_pass_it_on_waits_too(cast):
    case = judged(cast, make_case(cast), at=MONDAY + MINUTE)
    timers.sweep(at=MONDAY + HOUR)
    assert not shares(case, "transfer")


def test_judged_valid_after_all_it_goes_on_where_it_was(cast):
    case = case_in(cast, "handling")
    before = due(case, "handle")
    case = judged(cast, judged(cast, case), Validity.VALID, at=MONDAY + 30 * HOUR)
    assert due(case, "handle") == before
    assert clock(case, "handle").state == ClockState.RUNNING
    assert shares(case, "handle") == ["50", "100"], "what became due meanwhile happens at once"
    assert len([title for title in told(case, cast.engineering) if title.startswith("处理")]) == 1
    assert entry(case, "judge").data["validity"] == {"before": "无效", "after": "有效"}


def test_judged_valid_it_still_has_to_be_graded_in_time(cast):
    case = judged(cast, make_case(cast), Validity.VALID)
    assert "judge" in running(case)
    graded = judged(cast, make_case(cast, grade="minor"), Validity.INVALID)
    assert "judge" not in running(graded)


def test_the_same_judgement_twice_is_refused(cast):
    case = judged(cast, make_case(cast))
    with refused("已经界定为无效"):
        judged(cast, case)
    assert journal(case).count("judge") == 1


def test_invalid_needs_a_reason_and_a_judgement_must_be_one(cast):
    case = make_case(cast)
    with refused("请写明理由"):
        judged(cast, case, reason=" ")
    with refused("请选择有效或无效"):
        judged(cast, case, "maybe")
    assert fresh(case).validity == ""


@pytest.mark.parametrize("role", ["service", "engineering_lead", "branch_supervisor", "auditor", "general_manager"])
def test_only_the_service_lead_and_the_manager_judge(cast, role):
    with refused("由客服主管界定投诉"):
        judged(cast, make_case(cast), by=getattr(cast, role))
    assert judged(cast, make_case(cast), by=cast.estate_manager).is_invalid


def test_only_complaints_that_were_not_answered(cast):
    with refused("只有投诉需要界定"):
        judged(cast, make_case(cast, kind=Kind.NEED))
    with refused("已经答复客户，不能再界定"):
        judged(cast, case_in(cast, "to_callback"), at=MONDAY + 4 * HOUR)
    with refused("已经关闭"):
        judged(cast, case_in(cast, "closed"), at=MONDAY + 5 * HOUR)


def test_an_invalid_complaint_does_not_become_major_and_a_valid_one_does_at_once(cast):
    case = judged(cast, make_case(cast, grade="serious"))
    assert sweep_weeks(at=MONDAY + 8 * DAY) == 0
    case = judged(cast, case, Validity.VALID, at=MONDAY + 9 * DAY)
    assert case.grade == "major"
    assert "late" not in entry(case, "grow_major").data, "it grew when it counted again"


def test_a_reply_that_was_given_before_stays_given(cast):
    case = judged(cast, answered(transferred(make_case(cast), cast), cast, at=MONDAY + 30 * MINUTE))
    assert case.rounds.get().replied_at == MONDAY + 30 * MINUTE
