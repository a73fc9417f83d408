"""Opening rectifications for the failed items of a submitted inspection (INS-10, INS-12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts.roles import Role
from accounts.staff import Staff, staff
from foundation.journal.models import Entry
from foundation.journal.services import entry, record_many
from foundation.notices.services import send
from foundation.numbering.services import format_number, take
from foundation.timers import services as timers
from foundation.timers.values import Subject
from foundation.worktime.local import end_of_day, local_date
from inspections.choices import Risk, Tier
from inspections.models import Answer, Inspection, InspectionPolicy, Rectification
from inspections.services.escalation import current_ladder, url_of
from inspections.teams import TEAM, tier_node_id

if TYPE_CHECKING:
    from accounts.models import User


def due_moment(submitted_at: datetime, days: int) -> datetime:
    """INS-11: 24:00 of the n-th calendar day after submission; 0 = the same day."""
    return end_of_day(local_date(submitted_at) + timedelta(days=days))


def open_rectifications(
    *, inspection: Inspection, failures: Sequence[Answer], by: User, at: datetime
) -> list[Rectification]:
    """One rectification per failed item, each with its clock; red-line ones are told at once (INS-10)."""
    if not failures:
        return []
    checklist = inspection.version.checklist
    keys = {answer.item_id: f"{checklist.code}/{answer.item.code}" for answer in failures}
    month = f"{local_date(at):%Y%m}"
    numbers = take(kind="rectification", place=inspection.estate.code, period=month, count=len(failures))
    earlier = _earlier_failures(inspection, set(keys.values()), at)
    people = staff(inspection.estate.lineage, local_date(at))
    opened = Rectification.objects.bulk_create(
        Rectification(
            number=format_number("ZG", inspection.estate.code, month, number),
            inspection=inspection,
            item=answer.item,
            item_key=keys[answer.item_id],
            estate=inspection.estate,
            tier=inspection.tier,
            risk=answer.item.risk,
            role=answer.item.role,
            assignee=_sole_holder(people, answer.item.role, inspection.estate_id),
            problem=_problem(answer),
            opened_at=at,
            due_at=due_moment(at, answer.item.days),
            repeat_of_id=earlier.get(keys[answer.item_id]),
        )
        for number, answer in zip(numbers, failures, strict=True)
    )
    timers.start_many(
        kind=Rectification.CLOCK,
        model=Rectification,
        subjects=[Subject(id=row.pk, node_id=row.estate_id, due_at=row.due_at) for row in opened],
        at=at,
        ladder=current_ladder(),
    )
    record_many(_opening(row, by, at) for row in opened)
    _tell_opened(opened, inspection, people, at)
    _tell_redlines(opened, inspection, people, at)
    return opened


def _problem(answer: Answer) -> str:
    """The inspector's words; a reading out of range speaks for itself."""
    if answer.reading is None:
        return answer.note
    reading = f"读数 {answer.reading.normalize():f} {answer.item.unit}（要求 {answer.item.range_text}）"
    return f"{reading}；{answer.note}" if answer.note else reading


def _earlier_failures(inspection: Inspection, keys: set[str], at: datetime) -> dict[str, int]:
    """INS-12: by item key, the newest failure at this estate within the window, its last moment included."""
    since = at - timedelta(days=InspectionPolicy.current().repeat_days)
    rows = Rectification.objects.filter(
        estate=inspection.estate_id, item_key__in=keys, opened_at__gte=since, opened_at__lte=at
    ).order_by("opened_at", "pk")
    return dict(rows.values_list("item_key", "pk"))


def _sole_holder(people: Staff, role: str, estate_id: int) -> User | None:
    """The one person who holds the role at the estate; where several do, the lead assigns."""
    holders = people.holding([role], estate_id)
    return holders[0] if len(holders) == 1 else None


def _opening(row: Rectification, by: User, at: datetime) -> Entry:
    repeat = {"is_repeat": True} if row.is_repeat else {}
    return entry(row, "rectification.open", by=by, at=at, node=row.estate_id, due_at=row.due_at.isoformat(), **repeat)


def _tell_opened(opened: Sequence[Rectification], inspection: Inspection, people: Staff, at: datetime) -> None:
    """Those in charge of each role hear of theirs, in one notice."""
    by_role: dict[str, list[Rectification]] = {}
    for row in opened:
        by_role.setdefault(row.role, []).append(row)
    for role, rows in by_role.items():
        one = rows[0] if len(rows) == 1 else None
        send(
            to=people.in_charge(role, inspection.estate),
            title=f"新整改单：{one.item.what}" if one else f"{len(rows)} 张新整改单",
            body=f"{inspection.estate.label} · {inspection.version.checklist.name}",
            url=url_of(one) if one else f"{reverse('inspections:rectifications')}?role={role}",
            at=at,
            key=f"inspection:{inspection.pk}:opened:{role}",
            subject=inspection,
        )


def _tell_redlines(opened: Sequence[Rectification], inspection: Inspection, people: Staff, at: datetime) -> None:
    """INS-10: red-line failures reach the 项目经理 and the branch at once."""
    redlines = [row for row in opened if row.risk == Risk.REDLINE]
    if not redlines:
        return
    estate = inspection.estate
    managers = people.holding([Role.ESTATE_MANAGER], estate.pk)
    branch = people.holding(TEAM[Tier.BRANCH], tier_node_id(estate, Tier.BRANCH))
    send(
        to=[*managers, *branch],
        title=f"红线不合格 {len(redlines)} 项：{estate.label}",
        body="；".join(row.item.what for row in redlines),
        url=reverse("inspections:record", args=[inspection.pk]),
        at=at,
        key=f"inspection:{inspection.pk}:redline",
        level="urgent",
        subject=inspection,
    )
