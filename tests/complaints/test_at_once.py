"""Two people at once on one case or event: nothing twice, nothing lost, and nobody waits for another in a circle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection

from complaints.choices import Department, Grade, Kind
from complaints.models import Case, Event
from complaints.services.calling import record_callback
from complaints.services.closing import reopen_case
from complaints.services.events import answer_event, tie_case, untie_case
from complaints.services.extending import ask_extension
from complaints.services.handling import accept_case, report_result
from complaints.services.judging import grade_case, judge_case
from complaints.services.transferring import transfer_case
from complaints.services.upgrading import sweep_weeks
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.timers import services as timers
from foundation.timers.models import ClockStep
from tests.complaints.factories import (
    DAY,
    HOUR,
    MONDAY,
    REASON,
    called_back,
    case_in,
    clock,
    fresh,
    journal,
    make_case,
    make_house,
    running,
    tied,
    told,
    transferred,
)

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 30


def at_once(*verbs: Callable[[], object]) -> list[str]:
    """Run them at the same moment, each on a connection of its own; "" for each that did, else its sentence."""
    gate, said = threading.Barrier(len(verbs)), [""] * len(verbs)
    wrong: list[BaseException] = []

    def run(number: int, verb: Callable[[], object]) -> None:
        try:
            gate.wait(PATIENCE)
            verb()
        except Refused as refused:
            said[number] = refused.sentence
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert not wrong, wrong
    assert not any(thread.is_alive() for thread in threads), "they wait for each other"
    return said


def one_did(said: list[str], sentence: str) -> None:
    assert sorted(map(bool, said)) == [False] + [True] * (len(said) - 1), said
    assert all(sentence in words for words in said if words), said


def test_two_callbacks(cast):
    case = case_in(cast, "to_callback")
    call = partial(record_callback, case=case, at=MONDAY + 4 * HOUR, solved=True, satisfaction=5)
    said = at_once(partial(call, by=cast.service_lead), partial(call, by=cast.estate_manager), partial(call, by=None))
    one_did(said, "已经关闭")
    assert case.calls.count() == 1
    assert journal(case).count("callback") == 1


def test_two_that_were_not_solved_open_one_round(cast):
    case = case_in(cast, "to_callback")
    call = partial(record_callback, case=case, at=MONDAY + 4 * HOUR, solved=False)
    one_did(at_once(partial(call, by=cast.service_lead), partial(call, by=cast.estate_manager)), "还没有答复客户")
    assert case.rounds.count() == 2
    assert fresh(case).round == 2


def test_two_transfers(cast):
    case = make_case(cast)
    send = partial(transfer_case, case=case, by=cast.service, at=MONDAY + HOUR / 10, department=Department.ENGINEERING)
    one_did(at_once(send, send), "已经在工程部")
    assert journal(case).count("transfer") == 1
    assert len(told(case, cast.engineering)) == 1


def test_two_results(cast):
    case = case_in(cast, "handling")
    report = partial(report_result, case=case, at=MONDAY + HOUR, result="修好了")
    one_did(
        at_once(partial(report, by=cast.engineering), partial(report, by=cast.engineering_lead)), "处理结果已经上报"
    )
    assert "same_day" in running(fresh(case))


def test_two_who_accept_are_both_on_record_and_one_handles(cast):
    case = transferred(make_case(cast), cast)
    accept = partial(accept_case, case=case, at=MONDAY + HOUR)
    assert at_once(partial(accept, by=cast.engineering), partial(accept, by=cast.engineering_lead)) == ["", ""]
    assert case.handlers.count() == 2
    assert fresh(case).handler in (cast.engineering, cast.engineering_lead)


def test_two_requests_for_more_time(cast):
    case = case_in(cast, "handling", grade="serious")
    ask = partial(ask_extension, case=case, at=MONDAY + HOUR, due_at=MONDAY + 3 * DAY, reason="等配件")
    one_did(at_once(partial(ask, by=cast.engineering), partial(ask, by=cast.engineering_lead)), "已经有一份延期申请")
    assert case.extensions.count() == 1


@pytest.mark.parametrize("grades", [(Grade.MAJOR, Grade.MAJOR), (Grade.MAJOR, Grade.MINOR)])
def test_two_grades(cast, grades):
    case = case_in(cast, "handling")
    first, second = (partial(grade_case, case=case, at=MONDAY + HOUR, reason=REASON[grade]) for grade in grades)
    said = at_once(partial(first, by=cast.service_lead), partial(second, by=cast.estate_manager))
    case = fresh(case)
    if grades[0] == grades[1]:
        one_did(said, "已经定为重大")
        assert journal(case).count("grade") == 1
    else:
        assert said == ["", ""]
        assert journal(case).count("grade") == 2
    handle, answer = {Grade.MAJOR: (15, 2), Grade.MINOR: (7, 1)}[Grade(case.grade)]
    assert clock(case, "handle").due_at == MONDAY + handle * DAY, "the clocks are those of the grade that stands"
    assert case.due_at == MONDAY + answer * DAY


def test_two_reopenings(cast):
    case = called_back(case_in(cast, "to_callback"), cast, satisfaction=1)
    again = partial(reopen_case, case=case, at=MONDAY + DAY, reason="不满意")
    one_did(at_once(partial(again, by=cast.service_lead), partial(again, by=cast.estate_manager)), "没有关闭")
    assert case.rounds.count() == 2


# --- events ---------------------------------------------------------------------------------------------------------


def more_cases(cast, *floors: int) -> list[Case]:
    return [make_case(cast, house=make_house(cast.estate_a1, f"{floor}02")) for floor in floors]


def tying(cast, case: Case, event: Event) -> Callable[[], object]:
    return partial(tie_case, case=case, event=event, by=cast.service, at=MONDAY + HOUR)


def all_major_once(event: Event) -> None:
    for case in event.cases.all():
        assert case.grade == Grade.MAJOR, case
        assert journal(case).count("grow_event") == 1, case


def test_the_fourth_and_the_fifth_customer_tied_at_once(cast):
    event = tied(cast, 3)
    assert at_once(*(tying(cast, case, event) for case in more_cases(cast, 11, 12))) == ["", ""]
    all_major_once(event)


def test_one_case_tied_twice_at_once(cast):
    event = tied(cast, 3)
    (case,) = more_cases(cast, 11)
    one_did(at_once(tying(cast, case, event), tying(cast, case, event)), "已经归入一个事件")
    assert journal(case).count("tie") == 1


@pytest.mark.parametrize("attempt", range(4))
def test_one_judged_valid_while_another_is_tied(cast, attempt):
    """Each needs the event and the cases of the other: whoever comes first, five customers are counted."""
    event = tied(cast, 4)
    invalid = event.cases.first()
    judge = partial(judge_case, case=invalid, by=cast.service_lead)
    judge(at=MONDAY, validity="invalid", reason="与我方无关")
    (fifth,) = more_cases(cast, 11)
    valid = partial(judge, at=MONDAY + HOUR, validity="valid", reason="经核实")
    assert at_once(valid, tying(cast, fifth, event)) == ["", ""]
    all_major_once(event)


def test_one_untied_while_another_is_tied_is_counted_or_not_but_never_half(cast):
    event = tied(cast, 4)
    leaving = event.cases.first()
    (fifth,) = more_cases(cast, 11)
    untie = partial(untie_case, case=leaving, by=cast.service, at=MONDAY + HOUR, reason="自家水表")
    assert at_once(untie, tying(cast, fifth, event)) == ["", ""]
    grades = {case.grade for case in event.cases.all()}
    assert grades in ({""}, {Grade.MAJOR})
    assert fresh(leaving).grade == grades.pop(), "it grew with the others, or nobody did"


def test_an_event_answered_while_its_cases_are_passed_on(cast):
    event, at = tied(cast, 3), MONDAY + HOUR
    cases = list(event.cases.order_by("pk"))
    send = partial(transfer_case, by=cast.service, at=at, department=Department.ENGINEERING)
    answer = partial(answer_event, event=event, by=cast.service, at=at, answer="正在抢修")
    assert at_once(answer, *(partial(send, case=case) for case in reversed(cases))) == [""] * 4
    for case in cases:
        assert case.rounds.get().replied_at == at
        assert fresh(case).state == Case.State.HANDLING


# --- the sweep ------------------------------------------------------------------------------------------------------


def test_two_sweeps_make_each_complaint_major_once(cast):
    cases = [make_case(cast, grade="minor") for _ in range(6)]
    sweep = partial(sweep_weeks, at=MONDAY + 7 * DAY)
    assert at_once(sweep, sweep) == ["", ""]
    for case in cases:
        assert fresh(case).grade == Grade.MAJOR
        assert journal(case).count("grow_major") == 1
        news = [title for title in told(case, cast.estate_manager) if title.startswith("重大")]
        assert news == ["重大投诉：电梯又停了，没有人来修"]


def test_three_sweeps_take_each_step_once(cast):
    cases = [make_case(cast, kind=Kind.NEED) for _ in range(6)]
    assert at_once(*[partial(timers.sweep, at=MONDAY + 3 * DAY)] * 3) == [""] * 3
    assert ClockStep.objects.count() == len(cases) * (2 + 4)
    assert Notice.objects.filter(key__contains=":answer:").count() == len(cases) * 4
    for case in cases:
        assert journal(case).count("escalate") == 6


def test_verbs_and_a_sweep_on_the_same_cases(cast):
    cases = [make_case(cast, grade="minor") for _ in range(4)]
    at = MONDAY + 7 * DAY + timedelta(minutes=1)
    send = partial(transfer_case, by=cast.service, at=at, department=Department.ENGINEERING)
    said = at_once(partial(timers.sweep, at=at), *(partial(send, case=case) for case in cases))
    assert said == [""] * 5
    for case in map(fresh, cases):
        assert (case.state, case.grade) == (Case.State.HANDLING, Grade.MAJOR)
        assert journal(case).count("grow_major") == 1
        assert clock(case, "handle").due_at == MONDAY + 15 * DAY
