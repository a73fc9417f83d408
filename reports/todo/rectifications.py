"""Rectifications to be made, re-checked, or given more time (INS-10, INS-11)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import reverse

from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from accounts.staff import LEAD_OF, holds, staff
from foundation.timers.models import Clock
from foundation.worktime.local import format_duration, local_date
from inspections.choices import Risk, Tier
from inspections.guards import deciders
from inspections.models import Extension, Rectification
from inspections.services.escalation import consenting_audience
from inspections.teams import TEAM
from reports.todo.inspections import NODE
from reports.todo.lists import LISTED, Countdown, Task, TaskList, first_of, nodes_of

if TYPE_CHECKING:
    from accounts.models import User


def _answers_for(user: User) -> Q:
    """Rectifications of one's own, of one's role, of one's department as its 主管, of one's estate as its 项目经理."""
    mine = Q(assignee=user)
    for post in user.current_posts:
        role = Role(post.role)
        roles = [role, *(member for member, lead in LEAD_OF.items() if lead == role)]
        if role == Role.ESTATE_MANAGER:
            mine |= Q(estate=post.node_id)
        elif role in HOLDERS[Right.RECTIFY]:
            unassigned = Q(assignee=None) | Q(assignee=user) if role not in LEAD_OF.values() else Q()
            mine |= Q(estate=post.node_id, role__in=roles) & unassigned
    return mine


def _task(row: Rectification, at: datetime, *, clock: bool = True) -> Task:
    return Task(
        row.item.what,
        row.estate.label,
        reverse("inspections:rectification", args=[row.pk]),
        Countdown.of(row.opened_at, row.due_at, at) if clock else None,
        risk=row.risk,
        note=f"{row.number}{' · 重复发生' if row.is_repeat else ''}",
    )


def to_rectify(user: User, at: datetime) -> TaskList:
    """INS-10: open ones for which the user answers."""
    found = TaskList("rectifications", "待整改", "wrench", f"{reverse('inspections:rectifications')}?status=open")
    if not user.may(Right.RECTIFY):
        return found
    rows = Rectification.objects.visible_to(user).filter(_answers_for(user), state=Rectification.State.OPEN)
    # Overdue ones first, red lines among those of one day.
    for row in first_of(rows.select_related("item", "estate").order_by("due_at", _redline_first(), "pk")):
        found.total = row.total
        found.tasks.append(_task(row, at))
    return found


def _redline_first() -> Case:
    return Case(When(risk=Risk.REDLINE, then=Value(0)), default=Value(1), output_field=IntegerField())


def to_recheck(user: User, at: datetime) -> TaskList:
    """INS-10: an upper tier's finding waits for that tier, the estate's own for its leads and manager."""
    found = TaskList("rechecks", "待复查", "search-check", f"{reverse('inspections:rectifications')}?status=recheck")
    if not user.may(Right.RECHECK):
        return found
    mine = Q(pk__in=[])
    for tier in (Tier.BRANCH, Tier.GROUP):
        mine |= Q(**{"tier": tier, f"{NODE[tier]}__in": nodes_of(user, TEAM[tier])})
    mine |= Q(tier=Tier.ESTATE, estate__in=nodes_of(user, {Role.ESTATE_MANAGER}))
    for lead in set(LEAD_OF.values()):
        roles = [role for role, of in LEAD_OF.items() if of == lead]
        mine |= Q(tier=Tier.ESTATE, role__in=roles, estate__in=nodes_of(user, {lead}))
    rows = Rectification.objects.visible_to(user).filter(mine, state=Rectification.State.RECHECK)
    rows = rows.exclude(rectified_by=user).select_related("item", "estate").order_by("rectified_at", "pk")
    for row in first_of(rows):
        found.total = row.total
        task = _task(row, at, clock=False)
        task.note += f" · 已等待 {format_duration(at - row.rectified_at)}"
        found.tasks.append(task)
    return found


def extensions_to_decide(user: User, at: datetime) -> TaskList:
    """INS-11: requests that wait for the consent of a role the user holds."""
    found = TaskList("extensions", "待批准的延期", "calendar-clock", reverse("inspections:rectifications"))
    if not user.may(Right.DECIDE_EXTENSION):
        return found
    visible = Rectification.objects.visible_to(user)
    asked = list(
        Extension.objects.filter(state=Extension.State.ASKED, rectification__in=visible.values("pk"))
        .exclude(asked_by=user)
        .select_related("rectification__item", "rectification__estate__parent", "asked_by")
        .order_by("rectification__due_at", "pk")[:200]
    )
    if not asked:
        return found
    clocks = Clock.objects.unstopped().filter(
        kind=Rectification.CLOCK,
        subject_kind=Rectification._meta.label_lower,
        subject_id__in=[one.rectification_id for one in asked],
    )
    clock_of = {clock.subject_id: clock for clock in clocks}
    places = {pk for one in asked for pk in one.rectification.estate.lineage}
    people = staff(places, local_date(at), HOLDERS[Right.DECIDE_EXTENSION])
    for extension in asked:
        row = extension.rectification
        if row.pk not in clock_of:
            continue
        audience = consenting_audience(row, asked_by=extension.asked_by, clock=clock_of[row.pk], at=at, people=people)
        if not holds(user, *deciders(row, audience)):
            continue
        found.total += 1
        if len(found.tasks) < LISTED:
            task = _task(row, at)
            task.note = f"{extension.asked_by.name} 申请延至 {extension.due_on:%Y-%m-%d}"
            found.tasks.append(task)
    return found
