"""What the lists of 今日待办 are made of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet, Window

from accounts.roles import Role
from foundation.worktime.local import format_left

if TYPE_CHECKING:
    from accounts.models import User

LISTED = 8
SOON = timedelta(hours=24)


@dataclass
class Countdown:
    """What is left, in words, and how urgent it is."""

    words: str
    tone: str
    due_at: datetime

    @classmethod
    def of(cls, due_at: datetime, at: datetime) -> Countdown:
        tone = "overdue" if at > due_at else "soon" if due_at - at <= SOON else "running"
        return cls(format_left(due_at, at), tone, due_at)


@dataclass
class Task:
    title: str
    place: str
    url: str
    clock: Countdown | None = None
    risk: str = ""
    note: str = ""


@dataclass
class TaskList:
    key: str
    title: str
    icon: str
    more_url: str
    tasks: list[Task] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.tasks)


def first_of(rows: QuerySet) -> list[Any]:
    """The first of them, each with the `total` of all: one statement."""
    return list(rows.annotate(total=Window(Count("pk")))[:LISTED])


def nodes_of(user: User, roles: Collection[Role]) -> list[int]:
    """The nodes where the user holds one of the roles today."""
    return [post.node_id for post in user.current_posts if post.role in roles]
