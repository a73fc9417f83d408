"""延期: a later due day for a rectification, asked for and decided (INS-11)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from foundation.journal.services import change, record
from foundation.notices.services import send
from foundation.records.refusals import Refused
from foundation.timers import services as timers
from foundation.worktime.local import end_of_day, local_date
from inspections import guards
from inspections.models import Extension, Rectification
from inspections.services.escalation import clock_of, consenting_audience, tell_consenters, url_of

if TYPE_CHECKING:
    from accounts.models import User

# A year mistyped would put it off for good.
LONGEST = timedelta(days=366)


def ask_extension(*, rectification: Rectification, by: User, at: datetime, due_on: date, reason: str) -> Extension:
    """延期申请: a later last day, with a reason; the role of the next step is asked for its consent (INS-11)."""
    with transaction.atomic():
        rectification = Rectification.objects.locked(rectification.pk)
        guards.may_ask_extension(rectification, by)
        reason = reason.strip()
        if not reason:
            raise Refused("请写明申请延期的理由。")
        _check_day(rectification, due_on, at)
        extension = Extension.objects.create(
            rectification=rectification, reason=reason, due_on=due_on, asked_at=at, asked_by=by
        )
        record(
            rectification,
            "rectification.ask_extension",
            by=by,
            at=at,
            node=rectification.estate_id,
            due_on=due_on.isoformat(),
            reason=reason,
        )
        audience = consenting_audience(rectification, asked_by=by, clock=clock_of(rectification), at=at)
        tell_consenters(extension, audience, at)
    return extension


def _check_day(rectification: Rectification, due_on: date, at: datetime) -> None:
    today = local_date(at)
    if due_on < today:
        raise Refused("新的期限不能早于今天。")
    if due_on > today + LONGEST:
        raise Refused("新的期限不能晚于一年以后。")
    if end_of_day(due_on) <= rectification.due_at:
        raise Refused("新的期限必须晚于现在的期限。")


def decide_extension(*, extension: Extension, by: User, at: datetime, grant: bool, note: str = "") -> Extension:
    """延期批准 or refusal, by the role of the next step; granted, a new ladder begins from the new due day (GEN-6)."""
    with transaction.atomic():
        rectification = Rectification.objects.locked(extension.rectification_id)
        extension = Extension.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=extension.pk)
        extension.rectification = rectification
        guards.extension_is_open(extension)
        clock = clock_of(rectification)
        audience = consenting_audience(rectification, asked_by=extension.asked_by, clock=clock, at=at)
        guards.may_decide_extension(extension, audience, by)
        note = note.strip()
        if not grant and not note:
            raise Refused("不批准时请写明理由。")
        before, due_at = rectification.due_at, end_of_day(extension.due_on)
        if grant:
            if due_at <= at:
                raise Refused("申请的新期限已经过了，不能再批准，请重新申请。")
            rectification.due_at = due_at
            rectification.extensions_granted += 1
            rectification.save(update_fields=["due_at", "extensions_granted"])
            timers.extend(clock=clock, due_at=due_at, at=at)
        extension.state = Extension.State.GRANTED if grant else Extension.State.REFUSED
        extension.decided_at, extension.decided_by, extension.decision_note = at, by, note
        extension.save()
        moved = {"due_at": change(before.isoformat(), due_at.isoformat())} if grant else {}
        record(
            rectification,
            "rectification.grant_extension" if grant else "rectification.refuse_extension",
            by=by,
            at=at,
            node=rectification.estate_id,
            **moved,
            **({"note": note} if note else {}),
        )
        _tell_decided(extension, at)
    return extension


def _tell_decided(extension: Extension, at: datetime) -> None:
    granted = extension.state == Extension.State.GRANTED
    send(
        to=[extension.asked_by],
        title=f"延期申请{'已批准' if granted else '未批准'}：{extension.rectification.item.what}",
        body=extension.decision_note,
        url=url_of(extension.rectification),
        at=at,
        key=f"extension:{extension.pk}:decided",
        subject=extension.rectification,
    )


def drop_requests(*, rectification: Rectification, at: datetime) -> None:
    """A closed rectification needs no more time: a request that still waits is answered by that."""
    rectification.extensions.filter(state=Extension.State.ASKED).update(
        state=Extension.State.REFUSED, decided_at=at, decision_note="整改已通过复查，不需要延期。"
    )
