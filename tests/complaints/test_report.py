"""上报结果: 处理 ends, 当日回复 begins (CMP-7)."""

from __future__ import annotations

import pytest

from complaints.choices import Kind
from complaints.models import Case, CaseExtension
from complaints.services.extending import ask_extension, decide_extension
from complaints.services.handling import report_result
from complaints.services.judging import judge_case
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    case_in,
    due,
    entry,
    journal,
    make_case,
    refused,
    reported,
    running,
    told,
    transferred,
)

AT = MONDAY + 2 * HOUR


def test_the_result_stands_and_the_customer_is_to_be_answered_today(cast):
    case = reported(case_in(cast, "handling"), cast)
    assert (case.state, case.result_at) == (Case.State.TO_ANSWER, AT)
    round_ = case.rounds.get()
    assert (round_.result, round_.result_at, round_.result_by) == ("已更换门机皮带，运行正常", AT, cast.engineering)
    assert (round_.handled_in_time, round_.used) == (True, 2 * HOUR)
    assert running(case) == {"judge", "answer", "same_day"}
    assert due(case, "same_day") == "2026-03-03 00:00:00"
    assert entry(case, "report").data["result"] == "已更换门机皮带，运行正常"
    assert told(case, cast.service) == ["待答复客户：电梯又停了，没有人来修"]


def test_twice_is_refused(cast):
    case = case_in(cast, "to_answer")
    with refused("处理结果已经上报"):
        reported(case, cast, at=AT + MINUTE)
    assert journal(case).count("report") == 1


@pytest.mark.parametrize("state", ["registered", "to_transfer"])
def test_before_the_transfer_it_is_refused(cast, state):
    with refused("还没有转派"):
        reported(case_in(cast, state), cast)


def test_words_are_asked_for(cast):
    with refused("请写明处理结果"):
        report_result(case=case_in(cast, "handling"), by=cast.engineering, at=AT, result=" ")


def test_the_front_desk_does_not_report_for_the_department(cast):
    with refused("由工程部处理"):
        reported(case_in(cast, "handling"), cast, by=cast.service)


def test_an_invalid_complaint_has_no_result(cast):
    case = case_in(cast, "handling")
    judge_case(case=case, by=cast.service_lead, at=AT, validity="invalid", reason="与我方无关")
    with refused("已界定为无效"):
        reported(case, cast)


def test_a_repair_that_was_solved_has_been_arrived_at(cast):
    case = reported(transferred(make_case(cast, kind=Kind.REPAIR), cast), cast)
    assert "arrive" not in running(case)


def test_a_request_for_more_time_is_answered_by_it(cast):
    case = case_in(cast, "handling")
    asked = ask_extension(case=case, by=cast.engineering, at=MONDAY + HOUR, due_at=MONDAY + 3 * DAY, reason="等配件")
    reported(case, cast)
    asked.refresh_from_db()
    assert (asked.state, asked.decision_note) == (CaseExtension.State.REFUSED, "处理结果已经上报，不需要延期。")


def test_the_time_before_an_extension_counts_as_used_too(cast):
    case = case_in(cast, "handling", grade="serious")
    asked = ask_extension(case=case, by=cast.engineering, at=MONDAY + HOUR, due_at=MONDAY + 3 * DAY, reason="等配件")
    decide_extension(extension=asked, by=cast.estate_manager, at=MONDAY + 20 * HOUR, grant=True)
    assert reported(case, cast, at=MONDAY + 50 * HOUR).rounds.get().used == 50 * HOUR
