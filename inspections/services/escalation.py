"""The ladder of an overdue rectification (INS-11): its steps, whom a step means, and what happens when it is taken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts.staff import Staff, staff
from foundation.journal.services import entry, record_many
from foundation.notices.models import Level
from foundation.notices.services import Message, send, send_many
from foundation.timers.models import Clock
from foundation.timers.registry import Firing
from foundation.timers.values import Step
from foundation.worktime.local import local_date
from inspections.choices import Risk
from inspections.guards import deciders
from inspections.models import EscalationStep, Extension, Rectification

if TYPE_CHECKING:
    from accounts.models import User


def url_of(rectification: Rectification) -> str:
    return reverse("inspections:rectification", args=[rectification.pk])


def clock_of(rectification: Rectification) -> Clock:
    """The clock of a rectification that is not closed."""
    return Clock.objects.unstopped().about(rectification).get(kind=Rectification.CLOCK)


def current_ladder() -> list[Step]:
    """INS-11's ladder as the administrator has set it; a clock keeps the one it was started with."""
    return [
        Step(code=step.audience, name=step.get_audience_display(), to=step.audience, days_after=step.days_after)
        for step in EscalationStep.objects.order_by("days_after")
    ]


# --- who consents to an extension -----------------------------------------------------------------------------------


def consenting_audience(
    rectification: Rectification, *, asked_by: User, clock: Clock, at: datetime, people: Staff | None = None
) -> str:
    """The audience whose consent an extension needs: that of the next step (INS-11); past the last step, the last.

    Nobody consents to their own request and an empty post to none: then it is the step after. A page that asks about
    many brings the `people` of all their places, read once.
    """
    codes = [step.code for step, _ in clock.steps_to_come(at)] or [step.code for step in clock.steps[-1:]]
    people = people or staff(rectification.estate.lineage, local_date(at))
    # A 主管 does not consent to what his 项目经理 asks: it goes to those above the asker.
    own = [n for n, code in enumerate(codes) if _is_among(rectification, code, asked_by, people)]
    above = codes[own[-1] + 1 :] if own else codes
    for code in above:
        if people.holding(*deciders(rectification, code)):
            return code
    return codes[-1] if codes else EscalationStep.Audience.GROUP


def _is_among(rectification: Rectification, audience: str, person: User, people: Staff) -> bool:
    return any(one.pk == person.pk for one in people.holding(*deciders(rectification, audience)))


def consenters(rectification: Rectification, audience: str, asked_by: User, people: Staff) -> list[User]:
    """The audience's people, unless the one who asks is among them."""
    if _is_among(rectification, audience, asked_by, people):
        return []
    return people.holding(*deciders(rectification, audience))


def tell_consenters(extension: Extension, audience: str, at: datetime, people: Staff | None = None) -> None:
    """Ask the audience for its decision, each person once."""
    rectification = extension.rectification
    people = people or staff(rectification.estate.lineage, local_date(at))
    send(
        to=consenters(rectification, audience, extension.asked_by, people),
        title=f"延期申请待批准：{rectification.item.what}",
        body=f"{rectification.estate.label} · 申请延至 {extension.due_on:%Y-%m-%d}",
        url=url_of(rectification),
        at=at,
        key=f"extension:{extension.pk}:asked",
        subject=rectification,
    )


# --- a step happens -------------------------------------------------------------------------------------------------


def escalate(firings: Sequence[Firing]) -> None:
    """The clock's handler: journal every step, tell its audience; of steps caught up together each person hears once.

    A request for an extension that waits goes on to the role that is next now (INS-11, GEN-6).
    """
    at = max(firing.at for firing in firings)
    rows = Rectification.objects.select_related("estate__parent", "item").in_bulk(
        {firing.clock.subject_id for firing in firings}
    )
    people = staff({node_id for row in rows.values() for node_id in row.estate.lineage}, local_date(at))
    record_many(
        entry(
            rows[firing.clock.subject_id],
            "rectification.escalate",
            by=None,
            at=firing.at,
            node=rows[firing.clock.subject_id].estate_id,
            to=firing.step.name,
            due_at=firing.due_at.isoformat(),
            **({"late": True} if firing.late else {}),
        )
        for firing in firings
    )
    told: set[tuple[int, int]] = set()
    messages = []
    # The highest step first: it is the one that a person who is meant by several hears of.
    for firing in reversed(firings):
        row = rows[firing.clock.subject_id]
        roles, node_id = deciders(row, firing.step.code)
        audience = people.holding(roles, node_id)
        messages.append(_escalated(row, firing, [user for user in audience if (row.pk, user.pk) not in told], node_id))
        told |= {(row.pk, user.pk) for user in audience}
    send_many(messages)
    _pass_on_requests(firings, rows, people, at)


def _escalated(row: Rectification, firing: Firing, audience: list[User], node_id: int) -> Message:
    return Message(
        to=audience,
        title=f"整改超期：{row.item.what}",
        body=f"{row.estate.label} · {row.number} · 升级至{firing.step.name}",
        url=url_of(row),
        at=firing.at,
        key=f"rectification:{row.pk}:escalate:{firing.clock.round}:{firing.step.code}",
        level=Level.URGENT if row.risk == Risk.REDLINE else Level.INFO,
        subject=row,
        node=node_id,
        step=firing.step.code,
    )


def _pass_on_requests(firings: Sequence[Firing], rows: dict[int, Rectification], people: Staff, at: datetime) -> None:
    clocks = {firing.clock.subject_id: firing.clock for firing in firings}
    asked = Extension.objects.filter(rectification__in=rows, state=Extension.State.ASKED).select_related("asked_by")
    for extension in asked:
        row = extension.rectification = rows[extension.rectification_id]
        # Just after `at`: the step that happens at this very moment is no longer the next one.
        audience = consenting_audience(
            row, asked_by=extension.asked_by, clock=clocks[row.pk], at=at + timedelta.resolution, people=people
        )
        tell_consenters(extension, audience, at, people)
