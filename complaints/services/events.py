"""同一事件: several cases of one building and cause, tied and answered together (CMP-16, CMP-8)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q

from accounts.rights import Right
from complaints import eventguards
from complaints.models import Case, Event
from complaints.services.answering import answer_customer
from complaints.services.upgrading import grow_event
from complaints.services.verbs import note, working_on
from foundation.journal.services import record
from foundation.numbering.services import format_number, take
from foundation.records.refusals import Refused
from foundation.worktime.local import SHANGHAI

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "SJ"
# Events that a page offers to tie to.
LATELY = timedelta(days=30)
CHOICES = 30


def open_event(*, cases: Sequence[Case], by: User, at: datetime, title: str) -> Event:
    """归并: a new event of at least two cases of one estate."""
    title = title.strip()
    if not title:
        raise Refused("请写明是什么事件。")
    if len({case.pk for case in cases}) < 2:
        raise Refused("至少选择两张诉求单。")
    if len({case.estate_id for case in cases}) > 1:
        raise Refused("不同项目的诉求单不能归并。")
    with transaction.atomic():
        first = cases[0]
        if not by.may(Right.TIE_EVENT, first.estate):
            raise Refused("由客服归并同一事件。")
        period = at.astimezone(SHANGHAI).strftime("%Y%m")
        taken = take(kind=NUMBER, place=first.estate.code, period=period)
        event = Event.objects.create(
            number=format_number(NUMBER, first.estate.code, period, taken[0]),
            estate=first.estate,
            building_id=first.building_id,
            cause=first.cause,
            title=title,
            opened_at=at,
            opened_by=by,
        )
        record(event, "event.open", by=by, at=at, node=event.estate_id, title=title)
        tie_cases(cases=cases, event=event, by=by, at=at)
    return event


def tie_case(*, case: Case, event: Event, by: User, at: datetime) -> Case:
    """归入事件; five customers' complaints make its open ones 重大 (CMP-8)."""
    with transaction.atomic():
        # Event first, then its cases in the order of their keys: two ties at once wait for each other.
        event = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
        with working_on(case, at) as case:
            eventguards.may_tie(case, by)
            if case.estate_id != event.estate_id:
                raise Refused("这个事件属于另一个项目。")
            case.event, case.untied_at = event, None
            case.save(update_fields=["event", "untied_at"])
            note(case, "tie", by=by, at=at, event=str(event))
            grow_event(event, at=at)
            case.refresh_from_db()
    return case


def tie_cases(*, cases: Iterable[Case], event: Event, by: User, at: datetime) -> None:
    """Several at once, all or none."""
    with transaction.atomic():
        for case in sorted(cases, key=lambda one: one.pk):
            tie_case(case=case, event=event, by=by, at=at)


def untie_case(*, case: Case, by: User, at: datetime, reason: str) -> Case:
    """移出事件, with the reason. A grade it was given stays: lowering it is a decision of its own."""
    with working_on(case, at) as case:
        eventguards.may_untie(case, by)
        reason = reason.strip()
        if not reason:
            raise Refused("请写明移出的原因。")
        before, case.event, case.untied_at = case.event, None, at
        case.save(update_fields=["event", "untied_at"])
        note(case, "untie", by=by, at=at, event=str(before), reason=reason)
    return case


def decline_event(*, case: Case, by: User, at: datetime) -> Case:
    """不是同一事件: the suggestion is not shown again for this case."""
    with working_on(case, at) as case:
        eventguards.may_tie(case, by)
        if case.untied_at is not None:
            raise Refused("已经确认过不是同一事件。")
        case.untied_at = at
        case.save(update_fields=["untied_at"])
        note(case, "decline_event", by=by, at=at)
    return case


def suggestions(case: Case, user: User) -> list[Case]:
    """CMP-16: the cases that may be of the same event; none where it is tied or the suggestion was declined."""
    if case.event_id or case.untied_at:
        return []
    found = Case.objects.visible_to(user).like(case).filter(untied_at=None)
    return list(found.for_lists().select_related("event").order_by("received_at", "pk"))


def events_to_tie(case: Case, user: User, at: datetime, suggested: Sequence[Case] = ()) -> list[Event]:
    """The events a case can be tied to: those of the suggested cases, then the estate's of late."""
    if case.event_id:
        return []
    found = Event.objects.visible_to(user).filter(estate=case.estate_id)
    likely = {one.event_id for one in suggested if one.event_id}
    lately = found.filter(Q(pk__in=likely) | Q(opened_at__gte=at - LATELY)).order_by("-opened_at")[:CHOICES]
    return sorted(lately, key=lambda event: event.pk not in likely)


def answer_event(*, event: Event, by: User, at: datetime, answer: str) -> int:
    """统一答复: one answer to every open case of the event that can be answered now; how many were."""
    eventguards.may_answer_event(event, by)
    if not answer.strip():
        raise Refused("请写明答复客户的内容。")
    answered = 0
    with transaction.atomic():
        event = Event.objects.select_for_update(of=("self",)).get(pk=event.pk)
        for case in Case.objects.filter(event=event).open().order_by("pk"):
            locked = Case.objects.locked(case.pk)
            if locked.is_invalid or locked.state == Case.State.TO_CALLBACK:
                continue
            answer_customer(case=locked, by=by, at=at, answer=answer)
            answered += 1
        if not answered:
            raise Refused("这个事件没有可以答复的诉求单。")
        record(event, "event.answer", by=by, at=at, node=event.estate_id, answer=answer.strip(), answered=answered)
    return answered
