"""答复客户 (CMP-4, CMP-7)."""

from __future__ import annotations

import pytest

from complaints.choices import Kind
from complaints.models import Case
from complaints.services.answering import answer_customer
from complaints.services.judging import judge_case
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    accepted,
    answered,
    case_in,
    due,
    entry,
    fresh,
    journal,
    make_case,
    refused,
    reported,
    running,
    scanned_case,
    transferred,
)

AT = MONDAY + 3 * HOUR


def test_the_last_word_after_the_result_brings_the_callback(cast):
    case = answered(case_in(cast, "to_answer"), cast)
    assert (case.state, case.answered_at) == (Case.State.TO_CALLBACK, AT)
    assert running(case) == {"callback"}
    assert due(case, "callback") == "2026-03-03 12:00:00"
    round_ = case.rounds.get()
    assert (round_.answer, round_.answered_by, round_.answered_in_time) == ("电梯已恢复运行", cast.service, True)
    assert (round_.replied_at, round_.replied_in_time) == (AT, True)
    assert journal(case)[-1] == "answer"
    assert cast.service in case.handlers.all()


def test_in_between_it_ends_the_limit_to_answer_and_no_other(cast):
    case = answered(case_in(cast, "handling"), cast)
    assert case.state == Case.State.HANDLING
    assert running(case) == {"judge", "handle"}
    assert case.answered_at is None
    assert case.rounds.get().replied_in_time is True
    assert entry(case, "reply").data["answer"] == "电梯已恢复运行"


def test_the_first_answer_is_what_the_limit_is_judged_by(cast):
    case = answered(case_in(cast, "handling"), cast)
    case = answered(case, cast, at=MONDAY + 2 * DAY)
    round_ = case.rounds.get()
    assert (round_.replied_at, round_.replied_in_time) == (AT, True)


def test_settled_on_the_spot_is_result_and_answer_in_one(cast):
    case = answered(make_case(cast), cast, at=MONDAY + MINUTE, settled=True)
    assert case.state == Case.State.TO_CALLBACK
    assert running(case) == {"callback"}
    round_ = case.rounds.get()
    assert (round_.result, round_.answer) == ("电梯已恢复运行", "电梯已恢复运行")
    assert (round_.handled_in_time, round_.replied_in_time) == (True, True)
    assert list(case.handlers.all()) == [cast.service]


def test_settled_on_the_spot_a_scanned_case_has_its_responsible_person(cast):
    assert answered(scanned_case(cast), cast, settled=True).responsible == cast.service


def test_once_with_a_department_it_is_not_settled_on_the_spot(cast):
    case = case_in(cast, "handling")
    with refused("已经转派给部门"):
        answered(case, cast, settled=True)
    assert "answer" in running(fresh(case))


def test_a_question_closes_with_its_answer(cast):
    case = answered(case_in(cast, "to_answer", kind=Kind.QUESTION), cast)
    assert (case.state, case.outcome, case.closed_by) == (Case.State.CLOSED, Case.Outcome.ANSWERED, cast.service)
    assert not running(case)
    assert case.due_at is None
    assert case.rounds.get().ended_at == AT


def test_twice_the_second_is_refused(cast):
    case = case_in(cast, "to_callback")
    with refused("已经答复客户，正在等待回访"):
        answered(case, cast, at=AT + MINUTE)
    assert journal(case).count("answer") == 1


def test_words_are_asked_for(cast):
    with refused("请写明答复客户的内容"):
        answer_customer(case=case_in(cast, "to_answer"), by=cast.service, at=AT, answer=" ")


def test_the_handler_may_answer_other_departments_may_not(cast):
    case = accepted(transferred(make_case(cast), cast), cast)
    with refused("由首问责任人或客服答复客户"):
        answered(case, cast, by=cast.security)
    with refused("由首问责任人或客服答复客户"):
        answered(case, cast, by=cast.engineering_lead)
    assert answered(case, cast, by=cast.engineering).rounds.get().replied_by == cast.engineering


def test_closed_invalid_and_praise_are_refused(cast):
    with refused("已经关闭"):
        answered(case_in(cast, "closed"), cast, at=MONDAY + DAY)
    with refused("说明并关闭"):
        invalid = judge_case(case=make_case(cast), by=cast.service_lead, at=AT, validity="invalid", reason="与我方无关")
        answered(invalid, cast)
    with refused("表扬转达后关闭即可"):
        answered(make_case(cast, kind=Kind.PRAISE), cast)


@pytest.mark.parametrize(("late", "in_time"), [(0 * SECOND, True), (SECOND, False)])
def test_the_same_day_ends_at_midnight(cast, late, in_time):
    case = reported(case_in(cast, "handling"), cast, at=MONDAY + 6 * HOUR)
    case = answered(case, cast, at=MONDAY + 15 * HOUR + late)
    assert case.rounds.get().answered_in_time is in_time
