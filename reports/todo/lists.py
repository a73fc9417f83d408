"""What the lists of 今日待办 are made of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, QuerySet, Window

from accounts.roles import Role
from foundation.timers.looks import ICONS, look_of
from foundation.worktime.local import format_left

if TYPE_CHECKING:
    from accounts.models import User

LISTED = 8


@dataclass
class Countdown:
    """What is left, in words, and how urgent it looks."""

    words: str
    look: str
    due_at: datetime

    @classmethod
    def of(cls, start: datetime, due_at: datetime, at: datetime) -> Countdown:
        """Of the time between `start` and the due moment, as the chapter's own list counts it."""
        return cls(format_left(due_at, at), look_of(start, due_at, at), due_at)

    @property
    def icon(self) -> str:
        return ICONS[self.look]


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
