"""The supervisors' table on the home page (RPT-4): the estates they answer for today, worst first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from estates.models import Estate
from estates.querysets import at_or_below
from foundation.worktime.local import local_date
from inspections.choices import Risk, Tier
from inspections.models import Inspection, Rectification
from reports.todo.lists import nodes_of

if TYPE_CHECKING:
    from accounts.models import User

PLACES_LISTED = 15
MISSED_DAYS = 30
SUPERVISORS = HOLDERS[Right.EDIT_BULLETIN] | {Role.GENERAL_MANAGER}


@dataclass
class PlaceRow:
    """One estate today: its own checks that end tonight, missed ones of late, open findings."""

    label: str
    code: str
    due: int = 0
    done: int = 0
    missed: int = 0
    overdue: int = 0
    redline: int = 0

    @property
    def badness(self) -> tuple[int, int, int]:
        return (self.redline, self.overdue, self.missed)


@dataclass
class Overview:
    rows: list[PlaceRow]
    total: PlaceRow
    hidden: int


def overview(user: User, at: datetime) -> Overview | None:
    """Three statements over the estates the user supervises, worst first; None for those who supervise none."""
    nodes = nodes_of(user, SUPERVISORS)
    if not nodes:
        return None
    estates = Estate.objects.filter(at_or_below(nodes)).active().order_by("code")
    rows = {estate.pk: PlaceRow(estate.label, estate.code) for estate in estates.only("code", "name", "short_name")}
    today = local_date(at)
    # A list, not a subquery: the planner then sees how many rows to expect.
    here = Q(estate__in=list(rows))
    checks = (
        Inspection.objects.filter(here, tier=Tier.ESTATE, period_start__gte=today - timedelta(days=MISSED_DAYS))
        .filter(Q(state="missed") | Q(period_end=today + timedelta(days=1)))
        .order_by()
        .values_list("estate_id")
        .annotate(
            due=Count("pk", filter=Q(period_end=today + timedelta(days=1))),
            done=Count("pk", filter=Q(period_end=today + timedelta(days=1), state="submitted")),
            missed=Count("pk", filter=Q(state="missed")),
        )
    )
    findings = (
        Rectification.objects.filter(here)
        .open()
        .order_by()
        .values_list("estate_id")
        .annotate(
            overdue=Count("pk", filter=Q(state="open", due_at__lt=at)),
            redline=Count("pk", filter=Q(risk=Risk.REDLINE)),
        )
    )
    for estate, due, done, missed in checks:
        rows[estate].due, rows[estate].done, rows[estate].missed = due, done, missed
    for estate, overdue, redline in findings:
        if estate in rows:
            rows[estate].overdue, rows[estate].redline = overdue, redline
    total = PlaceRow("合计", "")
    for row in rows.values():
        for name in ("due", "done", "missed", "overdue", "redline"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    worst = sorted(rows.values(), key=lambda row: row.badness, reverse=True)
    return Overview(worst[:PLACES_LISTED], total, max(0, len(worst) - PLACES_LISTED))
