"""The limit of a defect and its ladder: 50 % 工程主管, 100 % 项目经理, 150 % 分公司督导 (HND-3, GEN-6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts.roles import Role
from accounts.staff import Staff, staff
from foundation.journal.services import entry, record_many
from foundation.notices.services import Message, send, send_many
from foundation.timers import services as timers
from foundation.timers.models import Clock
from foundation.timers.registry import Firing
from foundation.timers.values import Step
from foundation.worktime.local import local_date
from handover.models import Defect

if TYPE_CHECKING:
    from accounts.models import User

LEAD, MANAGER, BRANCH = "engineering_lead", "estate_manager", "branch_supervisor"
LADDER = (
    Step(code="50", name="工程主管", to=LEAD, percent=50),
    Step(code="100", name="项目经理", to=MANAGER, percent=100),
    Step(code="150", name="分公司督导", to=BRANCH, percent=150),
)


def url_of(defect: Defect) -> str:
    return reverse("handover:defect", args=[defect.pk])


def clock_of(defect: Defect) -> Clock | None:
    """Its only clock, stopped or not."""
    return Clock.objects.about(defect).filter(kind=Defect.CLOCK).last()


# --- what the verbs do to it ----------------------------------------------------------------------------------------


def begin(defect: Defect, at: datetime) -> None:
    timers.start(
        kind=Defect.CLOCK, subject=defect, node=defect.estate_id, at=at, ladder=LADDER, due_at=defect.due_at
    )  # fmt: skip


def wait(defect: Defect, at: datetime) -> None:
    """Mended: nothing escalates until it is re-checked."""
    if clock := clock_of(defect):
        timers.hold(clock=clock, at=at)


def end(defect: Defect, at: datetime) -> None:
    if clock := clock_of(defect):
        timers.stop(clock=clock, at=at)


def go_on(defect: Defect, at: datetime) -> None:
    """Not passed: until the defect's new due moment, with the ladder anew."""
    clock = clock_of(defect)
    if clock is None:
        return begin(defect, at)
    if clock.is_stopped:
        timers.reopen(clock=clock, at=at, ladder=LADDER, due_at=defect.due_at)
    else:
        timers.extend(clock=clock, at=at, due_at=defect.due_at)
        timers.release(clock=clock, at=at)
    return None


# --- a step happens -------------------------------------------------------------------------------------------------


def escalate(firings: Sequence[Firing]) -> None:
    """The clock's handler: journal every step, tell its audience; of steps caught up together each person hears once."""
    at = max(firing.at for firing in firings)
    related = ("estate__parent", "house", "builder")
    rows = Defect.objects.select_related(*related).in_bulk({firing.clock.subject_id for firing in firings})
    people = staff({node_id for row in rows.values() for node_id in row.estate.lineage}, local_date(at))
    record_many(
        entry(
            rows[firing.clock.subject_id],
            "defect.escalate",
            by=None,
            at=firing.at,
            node=rows[firing.clock.subject_id].estate_id,
            share=f"{firing.step.percent}%",
            to=firing.step.name,
            due_at=rows[firing.clock.subject_id].due_at.isoformat(),
            **({"late": True} if firing.late else {}),
        )
        for firing in firings
    )
    told: set[tuple[int, int]] = set()
    messages = []
    # The highest step first: it is the one that a person who is meant by several hears of.
    for firing in reversed(firings):
        defect = rows[firing.clock.subject_id]
        to = [user for user in audience(defect, firing.step.to, people) if (firing.clock.pk, user.pk) not in told]
        messages.append(_message(defect, firing, to))
        told |= {(firing.clock.pk, user.pk) for user in to}
    send_many(messages)


def audience(defect: Defect, to: str, people: Staff) -> list[User]:
    """Those who are meant by a step; where there is no 工程主管, the 项目经理."""
    estate = defect.estate
    match to:
        case "engineering_lead":
            leads = people.holding([Role.ENGINEERING_LEAD], estate.pk)
            return leads or people.holding([Role.ESTATE_MANAGER], estate.pk)
        case "estate_manager":
            return people.holding([Role.ESTATE_MANAGER], estate.pk)
        case _:
            return people.holding([Role.BRANCH_SUPERVISOR], estate.lineage[1])


def _message(defect: Defect, firing: Firing, to: list[User]) -> Message:
    percent = firing.step.percent or 0
    over = "即将到期" if percent < 100 else "到期" if percent == 100 else "超期"
    builder = defect.builder
    who = f"{builder.name} {builder.contact} {builder.phone}".strip() if builder else "没有指定责任单位"
    return Message(
        to=to,
        title=f"遗留问题整改{over}（{percent}%）：{defect.house.code} {defect.what}",
        body=f"{defect.estate.label} · {who} · {defect.number}",
        url=url_of(defect),
        at=firing.at,
        key=f"defect:{defect.pk}:{firing.clock.round}:{firing.step.code}",
        subject=defect,
        node=defect.estate_id,
        step=firing.step.to,
    )


def tell_fixed(defect: Defect, at: datetime) -> None:
    """A builder reports a repair: whoever registered the defect hears of it, or else the 工程主管."""
    people = staff([defect.estate_id], local_date(at))
    found_by = defect.found_by
    to = [found_by] if found_by.is_active else audience(defect, LEAD, people)
    send(
        to=to,
        title=f"遗留问题待复验：{defect.house.code} {defect.what}",
        body=f"{defect.estate.label} · {defect.builder or ''} · {defect.number}",
        url=url_of(defect),
        at=at,
        key=f"defect:{defect.pk}:fixed:{defect.rejections}",
        subject=defect,
    )
