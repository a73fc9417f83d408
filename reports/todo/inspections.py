"""Inspections to be done (INS-8)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q
from django.urls import reverse

from inspections.choices import Tier
from inspections.models import Inspection
from inspections.teams import TEAM
from reports.todo.lists import Countdown, Task, TaskList, first_of, nodes_of

if TYPE_CHECKING:
    from accounts.models import User

# From a row of an estate to the node whose team supervises it at that tier.
NODE = {Tier.ESTATE: "estate", Tier.BRANCH: "estate__parent", Tier.GROUP: "estate__parent__parent"}


def to_complete(user: User, at: datetime) -> TaskList:
    """INS-8: open ones of the teams the user is on."""
    found = TaskList("inspections", "待完成的检查", "clipboard-check", reverse("inspections:today"))
    mine = Q(pk__in=[])
    for tier, roles in TEAM.items():
        nodes = nodes_of(user, roles)
        if nodes:
            mine |= Q(**{"tier": tier, f"{NODE[Tier(tier)]}__in": nodes})
    rows = Inspection.objects.visible_to(user).open(at).filter(mine).select_related("estate", "version__checklist")
    for row in first_of(rows.order_by("closes_at", "pk")):
        found.total = row.total
        found.tasks.append(
            Task(
                row.version.checklist.name,
                row.estate.label,
                reverse("inspections:fill", args=[row.pk]),
                Countdown.of(row.opens_at, row.closes_at, at),
                note=f"{row.period_label} · {row.get_state_display()}",
            )
        )
    return found
