"""The time a lent key may be out and its ladder: late at the 客服主管, a day later at the 项目经理 (HND-3, GEN-6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from accounts.staff import Staff, staff
from foundation.journal.services import entry, record_many
from foundation.notices.services import Message, send_many
from foundation.timers import services as timers
from foundation.timers.models import Clock
from foundation.timers.registry import Firing
from foundation.timers.values import Step
from foundation.worktime.local import format_deadline, local_date
from handover.keyledger import with_last_move
from handover.models import HouseKey

if TYPE_CHECKING:
    from accounts.models import User

LEAD, MANAGER = "service_lead", "estate_manager"
LADDER = (
    Step(code="due", name="客服主管", to=LEAD, days_after=0),
    Step(code="day", name="项目经理", to=MANAGER, days_after=1),
)
# A key that is lent is back in the cabinet when the office closes.
BACK_BY = time(18)
# Not much would be left of a day that is nearly over.
SHORTEST = timedelta(hours=1)


def usual_return(at: datetime) -> datetime:
    """18:00 of the day (Asia/Shanghai), of the next one from 17:00 on."""
    closes = timezone.localtime(at).replace(hour=BACK_BY.hour, minute=0, second=0, microsecond=0)
    return closes if closes - at > SHORTEST else closes + timedelta(days=1)


def clock_of(key: HouseKey) -> Clock | None:
    """That of the loan, while it lasts."""
    return Clock.objects.unstopped().about(key).filter(kind=HouseKey.CLOCK).last()


def begin(key: HouseKey, due_at: datetime, at: datetime) -> None:
    timers.start(kind=HouseKey.CLOCK, subject=key, node=key.estate_id, at=at, ladder=LADDER, due_at=due_at)


def end(key: HouseKey, at: datetime) -> None:
    if clock := clock_of(key):
        timers.stop(clock=clock, at=at)


# --- a step happens -------------------------------------------------------------------------------------------------


def escalate(firings: Sequence[Firing]) -> None:
    """The clock's handler: journal every step, tell its audience; of steps caught up together each person hears once."""
    at = max(firing.at for firing in firings)
    known = with_last_move(HouseKey.objects.select_related("estate__parent", "house"))
    rows = known.prefetch_related("house__handovers").in_bulk({firing.clock.subject_id for firing in firings})
    people = staff({node for row in rows.values() for node in row.estate.lineage}, local_date(at))
    record_many(
        entry(
            rows[firing.clock.subject_id],
            "key.escalate",
            by=None,
            at=firing.at,
            node=rows[firing.clock.subject_id].estate_id,
            to=firing.step.name,
            back_by=firing.clock.due_at.isoformat() if firing.clock.due_at else "",
            **({"late": True} if firing.late else {}),
        )
        for firing in firings
    )
    told: set[tuple[int, int]] = set()
    messages = []
    # The highest step first: it is the one that a person who is meant by several hears of.
    for firing in reversed(firings):
        key = rows[firing.clock.subject_id]
        to = [user for user in audience(key, firing.step.to, people) if (firing.clock.pk, user.pk) not in told]
        messages.append(_message(key, firing, to))
        told |= {(firing.clock.pk, user.pk) for user in to}
    send_many(messages)


def audience(key: HouseKey, to: str, people: Staff) -> list[User]:
    """Those who are meant by a step; where there is no 客服主管, the 项目经理."""
    managers = people.holding([Role.ESTATE_MANAGER], key.estate_id)
    if to == LEAD:
        return people.holding([Role.SERVICE_LEAD], key.estate_id) or managers
    return managers


def _message(key: HouseKey, firing: Firing, to: list[User]) -> Message:
    late = "到期没有归还" if firing.step.code == "due" else "逾期一天没有归还"
    holder = f"{key.last_holder} {key.last_holder_phone}".strip()  # type: ignore[attr-defined]
    return Message(
        to=to,
        title=f"钥匙{late}：{key.house.code} {key.get_kind_display()} {key.label}",
        body=f"{key.estate.label} · 借用人 {holder} · 应还 {format_deadline(key.last_due_at)}",  # type: ignore[attr-defined]
        url=url_of(key),
        at=firing.at,
        key=f"key:{firing.clock.pk}:{firing.clock.round}:{firing.step.code}",
        subject=key,
        node=key.estate_id,
        step=firing.step.to,
    )


def url_of(key: HouseKey) -> str:
    """Where it is taken back: the page of the house, or the ledger for one that is in no batch."""
    newest = max((handover.pk for handover in key.house.handovers.all()), default=None)
    return reverse("handover:house_keys", args=[newest]) if newest else f"{reverse('handover:keys')}?status=late"
