"""Bulletins to be issued (RPT-2)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Case, When
from django.urls import reverse

from accounts.rights import HOLDERS, Right
from estates.models import Kind
from estates.querysets import at_or_below
from foundation.worktime.local import local_date
from reports.models import Bulletin
from reports.todo.lists import Task, TaskList, first_of, nodes_of

if TYPE_CHECKING:
    from accounts.models import User


def to_issue(user: User, at: datetime) -> TaskList:
    """RPT-2: drafts of months that are over; the user's own nodes first."""
    found = TaskList("bulletins", "待签发的简报", "stamp", f"{reverse('reports:bulletins')}?status=draft")
    nodes = nodes_of(user, HOLDERS[Right.ISSUE_BULLETIN])
    if not nodes:
        return found
    rows = Bulletin.objects.drafts().filter(at_or_below(nodes, "node__"), month__lt=local_date(at).replace(day=1))
    level = Case(When(node__kind=Kind.GROUP, then=0), When(node__kind=Kind.BRANCH, then=1), default=2)
    rows = rows.defer("figures", "changed").select_related("node").order_by(level, "month", "node__code", "pk")
    for row in first_of(rows):
        found.total = row.total
        url = reverse("reports:bulletin", args=[row.pk])
        found.tasks.append(Task(f"{row.period.label}品质督导简报", row.node.name, url, note=f"第 {row.edition} 版"))
    return found
