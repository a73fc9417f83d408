"""申请延期 (CMP-7)."""

from __future__ import annotations

import pytest

from complaints.choices import Kind
from complaints.services.extending import ask_extension
from tests.complaints.factories import (
    DAY,
    HOUR,
    MONDAY,
    SECOND,
    accepted,
    case_in,
    due,
    entry,
    make_case,
    refused,
    told,
    transferred,
)

AT, UNTIL = MONDAY + HOUR, MONDAY + 4 * DAY


def ask(cast, case, *, by=None, due_at=UNTIL, reason="配件要从外地调", at=AT):
    return ask_extension(case=case, by=by or cast.engineering, at=at, due_at=due_at, reason=reason)


def test_it_waits_for_the_manager_and_moves_nothing(cast):
    case = case_in(cast, "handling", grade="serious")
    asked = ask(cast, case)
    assert (asked.state, asked.asked_by, asked.reason) == ("asked", cast.engineering, "配件要从外地调")
    assert due(case, "handle") == "2026-03-03 09:00:00"
    assert entry(case, "ask_extension").data["reason"] == "配件要从外地调"
    assert told(case, cast.estate_manager)[-1] == "处理延期待批准：电梯又停了，没有人来修"
    assert not told(case, cast.branch_supervisor)


def test_the_managers_own_goes_to_the_branch(cast):
    case = accepted(transferred(make_case(cast, grade="serious"), cast), cast, by=cast.estate_manager)
    ask(cast, case, by=cast.estate_manager)
    assert told(case, cast.branch_supervisor) == ["处理延期待批准：电梯又停了，没有人来修"]
    assert not any("延期" in title for title in told(case, cast.estate_manager))


def test_while_one_waits_another_is_refused(cast):
    case = case_in(cast, "handling", grade="serious")
    ask(cast, case)
    with refused("已经有一份延期申请在等待批准"):
        ask(cast, case, due_at=UNTIL + DAY)
    assert case.extensions.count() == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"reason": " "}, "请写明申请延期的理由"),
        ({"due_at": AT}, "必须晚于现在"),
        ({"due_at": MONDAY + DAY}, "必须晚于现在的期限"),
        ({"due_at": AT + 180 * DAY + SECOND}, "不能晚于半年以后"),
    ],
)
def test_bad_input_is_refused(cast, options, sentence):
    case = case_in(cast, "handling", grade="serious")
    with refused(sentence):
        ask(cast, case, **options)
    assert not case.extensions.exists()


def test_without_a_limit_to_handle_there_is_nothing_to_extend(cast):
    with refused("没有处理时限"):
        ask(cast, case_in(cast, "handling", kind=Kind.NEED))


def test_before_the_transfer_and_by_others_it_is_refused(cast):
    with refused("还没有转派"):
        ask(cast, make_case(cast))
    with refused("由工程部处理"):
        ask(cast, case_in(cast, "handling"), by=cast.service)
