"""今日待办 (RPT-4): what waits for this user, most urgent first. One statement a list, whatever there is to do.

A source is `(user, at) -> TaskList`, in one module per chapter; a later chapter of the product adds its own to `SOURCES`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from reports.todo import bulletins, cases, handover, inspections, rectifications
from reports.todo.lists import TaskList

if TYPE_CHECKING:
    from accounts.models import User

# In the order in which the page shows them.
SOURCES: tuple[Callable[[User, datetime], TaskList], ...] = (
    cases.to_do,
    handover.in_the_hall,
    handover.passes_to_decide,
    rectifications.to_rectify,
    inspections.to_complete,
    cases.to_call_back,
    cases.dissatisfied,
    handover.defects,
    rectifications.to_recheck,
    rectifications.extensions_to_decide,
    cases.extensions_to_decide,
    handover.keys_to_return,
    handover.move_ins_to_watch,
    handover.bills_due,
    bulletins.to_issue,
)


def todo(user: User, at: datetime) -> list[TaskList]:
    """The lists that are not empty; each begins with what is most overdue or due first."""
    lists = [source(user, at) for source in SOURCES]
    return [one for one in lists if one.tasks]
