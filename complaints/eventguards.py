"""Who may tie cases to an event, take them out and answer them together (CMP-16), as `guards` says it of one case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from complaints.models import Case, Event
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User


def may_tie(case: Case, user: User) -> None:
    _desk(case, user)
    if case.event_id is not None:
        raise Refused("这张诉求单已经归入一个事件。")


def may_untie(case: Case, user: User) -> None:
    _desk(case, user)
    if case.event_id is None:
        raise Refused("这张诉求单没有归入事件。")


def _desk(case: Case, user: User) -> None:
    if not user.may(Right.TIE_EVENT, case.estate):
        raise Refused("由客服归并同一事件。")


def may_answer_event(event: Event, user: User) -> None:
    if not user.may(Right.TIE_EVENT, event.estate):
        raise Refused("由客服统一答复。")
