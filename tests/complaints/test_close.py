"""关闭 praise, and 以无法联系关闭 (CMP-4, CMP-12)."""

from __future__ import annotations

import pytest

from complaints.choices import Kind
from complaints.models import Case
from complaints.services.calling import record_attempt, record_callback
from complaints.services.closing import close_case, close_unreachable
from tests.complaints.factories import (
    DAY,
    HOUR,
    MONDAY,
    answered,
    case_in,
    fresh,
    journal,
    make_case,
    refused,
    reported,
    running,
    scanned_case,
)

AT, ANSWERED = MONDAY + HOUR, MONDAY + 3 * HOUR


def test_praise_is_passed_on_and_closed(cast):
    case = close_case(case=make_case(cast, kind=Kind.PRAISE), by=cast.service, at=AT, remark=" 已转达保洁班 ")
    assert (case.state, case.outcome, case.closed_by, case.closed_at) == (
        Case.State.CLOSED, Case.Outcome.PRAISED, cast.service, AT,
    )  # fmt: skip
    assert case.rounds.get().ended_at == AT
    assert journal(case) == ["register", "close"]


def test_scanned_praise_gets_its_responsible_person(cast):
    case = close_case(case=scanned_case(cast, kind=Kind.PRAISE), by=cast.service_lead, at=AT)
    assert case.responsible == cast.service_lead


def test_twice_is_refused(cast):
    case = case_in(cast, "closed", kind=Kind.PRAISE)
    with refused("已经关闭"):
        close_case(case=case, by=cast.service, at=AT)


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind != Kind.PRAISE])
def test_anything_else_closes_by_its_answer_and_callback(cast, kind):
    with refused("答复并回访后自动关闭"):
        close_case(case=make_case(cast, kind=kind), by=cast.service, at=AT)


def test_the_desk_closes(cast):
    with refused("由首问责任人或客服关闭"):
        close_case(case=make_case(cast, kind=Kind.PRAISE), by=cast.engineering, at=AT)


# --- 无法联系 --------------------------------------------------------------------------------------------------------


def tried(cast, *hours):
    case = case_in(cast, "to_callback")
    for hour in hours:
        record_attempt(case=case, by=cast.service_lead, at=ANSWERED + hour * HOUR)
    return fresh(case)


def unreachable(cast, case, *, by=None, at=ANSWERED + 3 * DAY):
    return close_unreachable(case=case, by=by or cast.service_lead, at=at)


def test_after_three_tries_on_two_days_it_may_be_closed(cast):
    case = unreachable(cast, tried(cast, 1, 3, 24))
    assert (case.state, case.outcome, case.satisfaction) == (Case.State.CLOSED, Case.Outcome.UNREACHABLE, None)
    assert not running(case)
    assert journal(case)[-1] == "close_unreachable"
    with refused("已经关闭"):
        unreachable(cast, case)


@pytest.mark.parametrize(
    ("hours", "sentence"), [((1, 3), "现在有效 2 次"), ((1, 3, 5), "不能都在同一天"), ((), "现在有效 0 次")]
)
def test_before_that_it_is_refused(cast, hours, sentence):
    case = tried(cast, *hours)
    with refused(sentence):
        unreachable(cast, case)
    assert fresh(case).state == Case.State.TO_CALLBACK


def test_when_the_first_call_was_late_the_lead_decides(cast):
    caller = cast.hire("service", cast.estate_a1, "客服乙")
    case = tried(cast, 25, 28, 48)
    with refused("首次回访超过了时限，由客服主管关闭"):
        unreachable(cast, case, by=caller)
    assert unreachable(cast, case).outcome == Case.Outcome.UNREACHABLE


def test_who_handled_it_does_not_give_it_up(cast):
    with refused("您经手过这张诉求单"):
        unreachable(cast, tried(cast, 1, 3, 24), by=cast.service)


def test_the_tries_of_an_earlier_round_do_not_count(cast):
    case = tried(cast, 1, 3, 24)
    case = record_callback(case=case, by=cast.service_lead, at=ANSWERED + 25 * HOUR, solved=False)
    case = answered(reported(case, cast, at=ANSWERED + 26 * HOUR), cast, at=ANSWERED + 27 * HOUR)
    with refused("现在有效 0 次"):
        unreachable(cast, case)


def test_before_the_callback_it_is_refused(cast):
    with refused("还没有到回访"):
        unreachable(cast, case_in(cast, "handling"))
