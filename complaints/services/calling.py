"""回访: calls to the customer, and what follows from their answer (CMP-12)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.roles import Role
from complaints import guards
from complaints.choices import DISSATISFIED, ClockKind, Satisfaction
from complaints.models import Call, Case
from complaints.services import clocks
from complaints.services.closing import begin_round, close
from complaints.services.people import people_of, tell, words
from complaints.services.verbs import current_round, note, working_on
from foundation.records.refusals import Refused
from foundation.timers import services as timers
from foundation.timers.models import Clock
from foundation.timers.values import Limit, Unit

if TYPE_CHECKING:
    from accounts.models import User

# After an unanswered call the next one has a day of its own, so that nobody is forgotten in the queue.
NEXT_TRY = Limit(1, Unit.DAYS)


def record_attempt(*, case: Case, by: User, at: datetime, remark: str = "") -> Call:
    """未接通. The first call, answered or not, is what 回访 is judged by; then the next one has a day (CMP-12)."""
    with working_on(case, at) as case:
        guards.may_call(case, by)
        call = case.calls.create(round=case.round, at=at, by=by, reached=False, remark=remark.strip())
        if ended := _judge_first(case, at):
            timers.reopen(clock=ended, at=at, limit=NEXT_TRY)
        note(case, "call_attempt", by=by, at=at, note=remark.strip())
    return call


def _judge_first(case: Case, at: datetime) -> Clock | None:
    """End 回访; the round remembers what it said at the first call."""
    ended = clocks.end(case, ClockKind.CALLBACK, at)
    round_ = current_round(case)
    if round_.called_at is None:
        round_.called_at, round_.called_in_time = at, clocks.in_time(ended, at)
        round_.save(update_fields=["called_at", "called_in_time"])
    return ended


def record_callback(
    *, case: Case, by: User | None, at: datetime, solved: bool, satisfaction: int | None = None, remark: str = ""
) -> Case:
    """接通: solved closes, not solved opens a new round. Solved but dissatisfied is shown to the service lead that day.

    `by` None: the customer's own answer on the page of the public code.
    """
    with working_on(case, at) as case:
        if by is not None:
            guards.may_call(case, by)
        elif case.state != Case.State.TO_CALLBACK:
            raise Refused("还没有答复，暂时不能评价。" if not case.is_closed else "这张诉求单已经关闭。")
        if solved and satisfaction not in Satisfaction.values:
            raise Refused("请选择满意度，从 1 到 5。")
        if satisfaction is not None and satisfaction not in Satisfaction.values:
            raise Refused("满意度只能是 1 到 5。")
        remark = remark.strip()
        case.calls.create(
            round=case.round, at=at, by=by, reached=True, solved=solved,
            satisfaction=satisfaction, remark=remark,
        )  # fmt: skip
        _judge_first(case, at)
        said = Satisfaction(satisfaction).label if satisfaction else ""
        note(case, "callback" if solved else "unsolved", by=by, at=at, satisfaction=said, note=remark)
        case.satisfaction = satisfaction
        case.save(update_fields=["satisfaction"])
        if not solved:
            begin_round(case, at, by=by)
            return case
        close(case, Case.Outcome.SOLVED, by=by, at=at)
        if satisfaction is not None and satisfaction <= DISSATISFIED:
            lead = people_of(case, at).holding([Role.SERVICE_LEAD], case.estate_id)
            tell(
                case, lead, title=f"已解决但客户{said}：{words(case)}", key=f"dissatisfied:{case.round}", at=at, but=by
            )
    return case
