"""定级 (CMP-6, CMP-9, CMP-17)."""

from __future__ import annotations

import pytest

from complaints.choices import Grade, GradeReason, Kind
from complaints.services.judging import grade_case, judge_case
from foundation.notices.models import Level, Notice
from foundation.timers import services as timers
from foundation.worktime.models import CalendarDay
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    REASON,
    case_in,
    clock,
    due,
    entry,
    fresh,
    journal,
    make_case,
    policy_with,
    refused,
    running,
    shares,
    told,
)

AT = MONDAY + HOUR


def graded(cast, case, grade, *, at=AT, by=None, reason="", remark=""):
    return grade_case(
        case=case, by=by or cast.service_lead, at=at, reason=reason or REASON[Grade(grade)], remark=remark
    )


@pytest.mark.parametrize("reason", GradeReason)
def test_every_reason_gives_the_grade_it_belongs_to(cast, reason):
    case = graded(cast, make_case(cast), reason.grade, reason=reason)
    assert (case.grade, case.grade_reason) == (reason.grade, reason.value)
    assert case.validity == "valid", "what is graded counts as valid"
    assert (case.judged_by, case.judged_at) == (cast.service_lead, AT)


def test_what_changed_by_whom_and_why_is_on_the_case(cast):
    case = graded(cast, make_case(cast, grade="minor"), "major", remark="业主已在群里传开")
    said = entry(case, "grade")
    assert said.by == cast.service_lead
    assert said.data["grade"] == {"before": "轻微", "after": "重大"}
    assert said.data["why"] == "公司认定为重大"
    assert said.data["note"] == "业主已在群里传开"
    assert "judge" not in running(case)


def test_the_same_grade_for_the_same_reason_twice_is_refused(cast):
    case = graded(cast, make_case(cast), "minor")
    with refused("已经定为轻微"):
        graded(cast, case, "minor")
    assert journal(case).count("grade") == 1


def test_another_reason_for_the_same_grade_is_a_change(cast):
    case = graded(cast, make_case(cast), "major")
    case = graded(cast, case, "major", reason=GradeReason.MAJOR_HARM)
    assert case.grade_reason == GradeReason.MAJOR_HARM
    assert due(case, "handle") == "2026-03-17 09:00:00"


def test_major_tells_lead_and_manager_at_once_and_passes_quiet_hours(cast):
    case = graded(cast, make_case(cast, grade="minor"), "major", by=cast.service_lead)
    assert told(case, cast.estate_manager)[-1] == "重大投诉：电梯又停了，没有人来修"
    newest = Notice.objects.filter(user=cast.estate_manager).order_by("pk").last()
    assert newest.level == Level.URGENT
    assert told(case, cast.service_lead) == ["重要投诉（待界定）：电梯又停了，没有人来修"], "who acts is not told"


def test_an_ungraded_complaint_that_turns_out_serious_is_no_news(cast):
    case = make_case(cast)
    before = told(case, cast.estate_manager)
    assert told(graded(cast, case, "serious", at=MONDAY + MINUTE), cast.estate_manager) == before


def test_serious_again_after_minor_is_told_again(cast):
    case = make_case(cast, grade="serious")
    case = graded(cast, case, "minor")
    case = graded(cast, case, "serious", at=AT + HOUR)
    assert told(case, cast.estate_manager)[-1] == "重要投诉：电梯又停了，没有人来修"


def test_steps_put_into_the_past_happen_at_once_and_each_person_is_told_once(cast):
    case = case_in(cast, "handling", grade="minor")
    case = graded(cast, case, "serious", at=MONDAY + 55 * HOUR)
    assert shares(case, "handle") == ["50", "100", "150", "200"]
    for person in (cast.engineering, cast.estate_manager, cast.branch_supervisor, cast.group_supervisor):
        assert len([title for title in told(case, person) if title.startswith("处理")]) == 1
    assert [title for title in told(case, cast.group_supervisor) if title.startswith("处理")] == [
        "处理超期（200%）：电梯又停了，没有人来修"
    ]
    timers.sweep(at=MONDAY + 60 * HOUR)
    assert len(shares(case, "handle")) == 4


def test_it_moves_to_the_policy_in_force_with_the_time_already_used(cast, workdays):
    case = make_case(cast, grade="minor")
    newer = policy_with(since=MONDAY + HOUR, handle={"amount": 2, "calendar": "workday"})
    assert fresh(case).policy_id != newer.pk
    case = graded(cast, case, "serious", at=MONDAY + 2 * HOUR)
    assert case.policy == newer
    assert clock(case, "handle").used == 2 * HOUR
    assert due(case, "handle") == "2026-03-04 09:00:00"
    assert CalendarDay.objects.get(date="2026-03-04").is_workday


def test_a_reason_must_be_one(cast):
    with refused("请选择定级理由"):
        graded(cast, make_case(cast), "minor", reason="because")


@pytest.mark.parametrize("role", ["service", "engineering_lead", "branch_supervisor", "auditor"])
def test_only_the_service_lead_and_the_manager_grade(cast, role):
    with refused("由客服主管定级"):
        graded(cast, make_case(cast), "minor", by=getattr(cast, role))


def test_only_complaints_that_count_and_were_not_answered(cast):
    with refused("只有投诉需要定级"):
        graded(cast, make_case(cast, kind=Kind.REPAIR), "minor")
    invalid = judge_case(case=make_case(cast), by=cast.service_lead, at=AT, validity="invalid", reason="与我方无关")
    with refused("无效投诉不定级"):
        graded(cast, invalid, "minor")
    with refused("已经答复客户，不能再定级"):
        graded(cast, case_in(cast, "to_callback"), "minor", at=MONDAY + 4 * HOUR)
    with refused("已经关闭"):
        graded(cast, case_in(cast, "closed"), "minor", at=MONDAY + 5 * HOUR)


def test_after_its_week_it_is_not_graded_lower(cast):
    case = make_case(cast, grade="minor")
    timers.sweep(at=MONDAY + 7 * DAY)
    assert fresh(case).grade == "major"
    with refused("受理满七天仍没有上报结果"):
        graded(cast, case, "minor", at=MONDAY + 8 * DAY)
