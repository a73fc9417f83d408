"""Answering the customer: on the spot, in between, after the result; explaining an invalid complaint (CMP-5, CMP-7)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from complaints import guards
from complaints.choices import ClockKind
from complaints.models import Case, Round
from complaints.services import clocks
from complaints.services.closing import close
from complaints.services.handling import put_result
from complaints.services.verbs import current_round, note, working_on
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User

State = Case.State


def answer_customer(
    *, case: Case, by: User, at: datetime, answer: str, settled: bool = False, made_here: bool = False
) -> Case:
    """答复客户. After the result it is the last word and the callback falls due (CMP-12); `settled` on the spot it is
    result and answer in one; else it only tells the customer how things stand, and ends the limit to answer.
    """
    with working_on(case, at, made_here=made_here) as case:
        guards.may_answer(case, by)
        answer = answer.strip()
        if not answer:
            raise Refused("请写明答复客户的内容。")
        if settled and case.state not in guards.UNTRANSFERRED:
            raise Refused("已经转派给部门，请等处理结果上报后再作最终答复。")
        round_ = current_round(case)
        _reply(case, round_, by, at)
        last = settled or case.state == State.TO_ANSWER
        note(case, "answer" if last else "reply", by=by, at=at, answer=answer)
        if settled:
            put_result(case, answer, by=by, at=at)
            clocks.end(case, ClockKind.TRANSFER, at)
            if case.responsible_id is None:
                case.responsible = by
                case.save(update_fields=["responsible"])
            round_ = current_round(case)
        if last:
            _finish(case, round_, answer, by, at)
        elif by is not None:
            case.handlers.add(by)
    return case


def _reply(case: Case, round_: Round, by: User | None, at: datetime) -> None:
    """The first answer of the round ends 答复."""
    ended = clocks.end(case, ClockKind.ANSWER, at)
    if round_.replied_at is None:
        round_.replied_at, round_.replied_by, round_.replied_in_time = at, by, clocks.in_time(ended, at)
        round_.save(update_fields=["replied_at", "replied_by", "replied_in_time"])


def _finish(case: Case, round_: Round, answer: str, by: User | None, at: datetime) -> None:
    """The last word: on to the callback, or closed where none is made."""
    ended = clocks.end(case, ClockKind.SAME_DAY, at)
    round_.answer, round_.answered_at, round_.answered_by = answer, at, by
    round_.answered_in_time = clocks.in_time(ended, at)
    round_.save(update_fields=["answer", "answered_at", "answered_by", "answered_in_time"])
    case.answered_at = at
    case.save(update_fields=["answered_at"])
    if by is not None:
        case.handlers.add(by)
    if not case.is_called_back:
        close(case, Case.Outcome.ANSWERED, by=by, at=at)
        return
    case.state = State.TO_CALLBACK
    case.save(update_fields=["state"])
    clocks.end(case, ClockKind.JUDGE, at)
    clocks.begin(case, ClockKind.CALLBACK, at)


def explain_invalid(*, case: Case, by: User, at: datetime, explanation: str) -> Case:
    """说明并关闭 an invalid complaint; the explanation stays on the record (CMP-5)."""
    with working_on(case, at) as case:
        guards.may_explain(case, by)
        explanation = explanation.strip()
        if not explanation:
            raise Refused("请写明向客户所作的说明。")
        round_ = current_round(case)
        _reply(case, round_, by, at)
        ended = clocks.end(case, ClockKind.SAME_DAY, at)
        round_.answer, round_.answered_at, round_.answered_by = explanation, at, by
        round_.answered_in_time = clocks.in_time(ended, at)
        round_.save(update_fields=["answer", "answered_at", "answered_by", "answered_in_time"])
        case.answered_at = at
        case.save(update_fields=["answered_at"])
        note(case, "explain", by=by, at=at, answer=explanation)
        close(case, Case.Outcome.INVALID, by=by, at=at)
    return case
