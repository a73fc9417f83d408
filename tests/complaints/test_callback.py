"""回访: solved closes, not solved opens a new round (CMP-12)."""

from __future__ import annotations

import pytest

from complaints.choices import Kind
from complaints.models import Case, Round
from complaints.services.calling import record_callback
from complaints.services.handling import accept_case
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    accepted,
    answered,
    called_back,
    case_in,
    due,
    entry,
    fresh,
    journal,
    make_case,
    refused,
    reported,
    running,
    told,
    transferred,
)

ANSWERED, AT = MONDAY + 3 * HOUR, MONDAY + 4 * HOUR


def test_solved_it_is_closed_with_the_customers_satisfaction(cast):
    case = record_callback(
        case=case_in(cast, "to_callback"), by=cast.service_lead, at=AT, solved=True, satisfaction=5, remark=" 师傅很好 "
    )
    assert (case.state, case.outcome, case.satisfaction) == (Case.State.CLOSED, Case.Outcome.SOLVED, 5)
    assert (case.closed_at, case.closed_by) == (AT, cast.service_lead)
    assert not running(case)
    assert case.due_at is None
    call = case.calls.get()
    assert (call.reached, call.solved, call.satisfaction, call.remark) == (True, True, 5, "师傅很好")
    round_ = case.rounds.get()
    assert (round_.called_in_time, round_.ended_at, round_.outcome) == (True, AT, Round.Outcome.CLOSED)
    assert entry(case, "callback").data["satisfaction"] == "很满意"


@pytest.mark.parametrize(("late", "in_time"), [(0 * SECOND, True), (SECOND, False)])
def test_within_a_day_of_the_answer(cast, late, in_time):
    case = called_back(case_in(cast, "to_callback"), cast, at=ANSWERED + DAY + late)
    assert case.rounds.get().called_in_time is in_time


@pytest.mark.parametrize("satisfaction", [0, 6, -1, None])
def test_a_rating_outside_one_to_five_is_refused(cast, satisfaction):
    case = case_in(cast, "to_callback")
    with refused("从 1 到 5"):
        called_back(case, cast, satisfaction=satisfaction)
    assert fresh(case).state == Case.State.TO_CALLBACK
    assert not case.calls.exists()
    assert "callback" in running(case)


def test_unsolved_a_rating_may_be_missing_but_not_wrong(cast):
    case = case_in(cast, "to_callback")
    with refused("满意度只能是 1 到 5"):
        called_back(case, cast, solved=False, satisfaction=9)
    assert called_back(case, cast, solved=False, satisfaction=None).round == 2


def test_twice_the_second_is_refused(cast):
    case = called_back(case_in(cast, "to_callback"), cast)
    with refused("已经关闭"):
        called_back(case, cast, by=cast.estate_manager, at=AT + MINUTE, satisfaction=1)
    assert fresh(case).satisfaction == 4
    assert case.calls.count() == 1


# --- by someone else ------------------------------------------------------------------------------------------------


def test_who_accepted_who_reported_and_who_answered_do_not_call(cast):
    colleague, third = (cast.hire("service", cast.estate_a1, name) for name in ("客服乙", "客服丙"))
    case = accepted(transferred(make_case(cast), cast), cast, by=cast.estate_manager)
    case = reported(case, cast, by=cast.estate_manager)
    case = answered(case, cast, by=colleague)
    for person in (cast.estate_manager, colleague):
        with refused("请由另一人回访"):
            called_back(case, cast, by=person)
    assert called_back(case, cast, by=third).state == Case.State.CLOSED


def test_who_only_registered_and_passed_it_on_may_call(cast):
    case = reported(accepted(transferred(make_case(cast), cast), cast), cast)
    case = answered(case, cast, by=cast.service_lead)
    assert called_back(case, cast, by=cast.service).closed_by == cast.service


def test_who_only_told_the_customer_how_things_stand_does_not_call(cast):
    case = answered(transferred(make_case(cast), cast), cast, by=cast.service, at=MONDAY + HOUR)
    case = answered(reported(case, cast), cast, by=cast.service_lead)
    with refused("请由另一人回访"):
        called_back(case, cast, by=cast.service)


def test_a_handler_of_an_earlier_round_does_not_call_either(cast):
    case = accepted(transferred(make_case(cast), cast), cast, by=cast.estate_manager)
    case = answered(reported(case, cast), cast)
    case = called_back(case, cast, solved=False)
    case = accept_case(case=case, by=cast.engineering, at=AT + HOUR)
    case = answered(reported(case, cast, at=AT + 2 * HOUR), cast, at=AT + 3 * HOUR)
    with refused("请由另一人回访"):
        called_back(case, cast, by=cast.estate_manager, at=AT + 4 * HOUR)


@pytest.mark.parametrize("role", ["engineering_lead", "security", "branch_supervisor", "auditor", "foreign_manager"])
def test_others_than_the_desk_do_not_call(cast, role):
    person = cast.foreign_manager if role == "foreign_manager" else getattr(cast, role)
    with refused("由客服回访客户"):
        called_back(case_in(cast, "to_callback"), cast, by=person)


# --- not solved -----------------------------------------------------------------------------------------------------


def test_unsolved_a_new_round_begins_with_fresh_limits(cast):
    case = called_back(case_in(cast, "to_callback", grade="serious"), cast, solved=False)
    assert (case.state, case.round) == (Case.State.HANDLING, 2)
    assert (case.result_at, case.answered_at, case.satisfaction, case.outcome) == (None, None, None, "")
    assert running(case) == {"answer", "handle"}
    assert due(case, "handle") == due(case, "answer") == "2026-03-03 13:00:00"
    first, second = case.rounds.all()
    assert (first.outcome, first.ended_at, first.result) == ("reopened", AT, "已更换门机皮带，运行正常")
    assert (second.number, second.started_at, second.department, second.is_rework) == (2, AT, "engineering", True)
    assert second.replied_at is second.result_at is second.called_at is None
    assert journal(case)[-1] == "unsolved"
    assert told(case, cast.engineering)[-1] == "客户反映未解决，重新打开：电梯又停了，没有人来修"
    assert told(case, cast.service)[-1] == "客户反映未解决，重新打开：电梯又停了，没有人来修"


def test_a_repair_has_to_be_arrived_at_again(cast):
    case = called_back(case_in(cast, "to_callback", kind=Kind.REPAIR), cast, solved=False)
    assert due(case, "arrive") == "2026-03-02 13:30:00"


def test_what_was_settled_on_the_spot_has_to_be_passed_on(cast):
    case = answered(make_case(cast, kind=Kind.NEED), cast, at=MONDAY + MINUTE, settled=True)
    case = called_back(case, cast, solved=False)
    assert (case.state, case.department) == (Case.State.TO_TRANSFER, "")
    assert due(case, "transfer") == "2026-03-02 13:10:00"


def test_the_second_round_is_judged_by_itself(cast):
    case = called_back(case_in(cast, "to_callback", grade="serious"), cast, solved=False)
    case = answered(reported(case, cast, at=AT + 2 * DAY), cast, at=AT + 2 * DAY + MINUTE)
    case = called_back(case, cast, at=AT + 2 * DAY + HOUR)
    first, second = case.rounds.all()
    assert (first.handled_in_time, first.replied_in_time, first.used) == (True, True, 2 * HOUR)
    assert (second.handled_in_time, second.replied_in_time, second.used) == (False, False, 2 * DAY)
    assert (second.answered_in_time, second.called_in_time) == (True, True)
    assert case.state == Case.State.CLOSED


# --- dissatisfied ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("satisfaction", [1, 2])
def test_solved_but_dissatisfied_closes_and_is_shown_to_the_service_lead(cast, satisfaction):
    caller = cast.hire("service", cast.estate_a1, "客服乙")
    case = called_back(case_in(cast, "to_callback"), cast, by=caller, satisfaction=satisfaction)
    assert case.state == Case.State.CLOSED
    words = {1: "很不满意", 2: "不满意"}[satisfaction]
    assert told(case, cast.service_lead)[-1] == f"已解决但客户{words}：电梯又停了，没有人来修"


def test_from_three_on_nobody_is_told(cast):
    caller = cast.hire("service", cast.estate_a1, "客服乙")
    case = called_back(case_in(cast, "to_callback"), cast, by=caller, satisfaction=3)
    assert not any("已解决但" in title for title in told(case, cast.service_lead))


# --- by the customer, on the page of the public code ----------------------------------------------------------------


def test_the_customers_own_rating_is_a_callback_too(cast):
    case = record_callback(case=case_in(cast, "to_callback"), by=None, at=AT, solved=True, satisfaction=4)
    assert (case.state, case.closed_by, case.calls.get().by) == (Case.State.CLOSED, None, None)
    with refused("已经关闭"):
        record_callback(case=case, by=None, at=AT, solved=True, satisfaction=5)
    with refused("还没有答复，暂时不能评价"):
        record_callback(case=make_case(cast), by=None, at=AT, solved=True, satisfaction=5)
