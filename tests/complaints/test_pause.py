"""暂停 and 恢复: waiting for the customer pauses 处理 and nothing else (CMP-10)."""

from __future__ import annotations

import pytest

from complaints.choices import Kind
from complaints.services.handling import pause_case, resume_case
from complaints.services.judging import judge_case
from foundation.timers.models import ClockState
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    case_in,
    clock,
    due,
    entry,
    fresh,
    journal,
    make_case,
    refused,
    reported,
    running,
)

AT = MONDAY + HOUR


def paused(cast, **options):
    return pause_case(case=case_in(cast, "handling", **options), by=cast.engineering, at=AT, reason=" 等客户回家 ")


def test_only_handling_stops_and_the_next_limit_is_shown(cast):
    case = paused(cast, grade="minor")
    assert clock(case, "handle").state == ClockState.PAUSED
    assert clock(case, "answer").state == ClockState.RUNNING
    assert case.paused_at == AT
    assert (case.due_clock, case.due_at) == ("answer", MONDAY + DAY)
    assert journal(case)[-1] == "pause"
    said = entry(case, "pause")
    assert (said.by, said.data["reason"]) == (cast.engineering, "等客户回家")
    row = clock(case, "handle").pauses.get()
    assert (row.by, row.reason, row.started_at) == (cast.engineering, "等客户回家", AT)


def test_resumed_the_limit_is_shifted_and_the_waiting_shown(cast):
    case = resume_case(case=paused(cast, grade="minor"), by=cast.engineering, at=AT + 90 * MINUTE)
    assert case.paused_at is None
    assert due(case, "handle") == "2026-03-09 10:30:00"
    assert due(case, "answer") == "2026-03-03 09:00:00"
    assert entry(case, "resume").data["waited"] == "1 小时 30 分"


@pytest.mark.parametrize("reason", ["", "  "])
def test_without_a_reason_it_is_refused(cast, reason):
    case = case_in(cast, "handling")
    with refused("请写明暂停的原因"):
        pause_case(case=case, by=cast.engineering, at=AT, reason=reason)
    assert fresh(case).paused_at is None
    assert clock(case, "handle").state == ClockState.RUNNING


def test_paused_or_resumed_twice_the_second_is_refused(cast):
    case = paused(cast)
    with refused("已经暂停"):
        pause_case(case=case, by=cast.engineering, at=AT + MINUTE, reason="等客户")
    case = resume_case(case=case, by=cast.engineering, at=AT + HOUR)
    with refused("没有暂停"):
        resume_case(case=case, by=cast.engineering, at=AT + HOUR)
    assert clock(case, "handle").pauses.count() == 1


def test_a_kind_without_a_limit_to_handle_has_nothing_to_pause(cast):
    with refused("没有可以暂停的处理时限"):
        paused(cast, kind=Kind.NEED)


def test_before_the_transfer_and_after_the_result_it_is_refused(cast):
    with refused("还没有转派"):
        pause_case(case=make_case(cast), by=cast.service, at=AT, reason="等客户")
    with refused("处理结果已经上报"):
        pause_case(case=case_in(cast, "to_answer"), by=cast.engineering, at=MONDAY + 3 * HOUR, reason="等客户")


def test_another_department_is_refused(cast):
    with refused("由工程部处理"):
        pause_case(case=case_in(cast, "handling"), by=cast.security, at=AT, reason="等客户")


def test_a_result_ends_the_pause_and_the_round_keeps_what_was_waited(cast):
    case = reported(paused(cast, grade="serious"), cast, at=MONDAY + 2 * DAY)
    assert case.paused_at is None
    round_ = case.rounds.get()
    assert (round_.used, round_.paused) == (HOUR, 2 * DAY - HOUR)
    assert round_.handled_in_time is True, "what was waited is not held against the handler"
    assert running(case) == {"answer", "same_day"}


def test_judged_invalid_it_no_longer_waits(cast):
    case = judge_case(case=paused(cast), by=cast.service_lead, at=AT + HOUR, validity="invalid", reason="与我方无关")
    assert case.paused_at is None
    assert clock(case, "handle").state == ClockState.HELD
