"""How urgent a due moment looks, wherever it is shown (ui.md): one rule for clocks, rows of lists and 今日待办. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

SOON_PERCENT = 75
SOON = timedelta(days=3)

# Never colour alone: each look has its icon.
ICONS = {
    "running": "clock",
    "soon": "clock-alert",
    "overdue": "triangle-alert",
    "paused": "circle-pause",
    "stopped": "circle-check",
    "unknown": "circle-alert",
}


def look_of(start: datetime, due_at: datetime, at: datetime) -> str:
    """running, soon or overdue, as a running limit looks at `at` (GEN-1: at its moment it is in time).

    Soon is the last quarter of the time, and within three days: a quarter of a year is not soon.
    """
    if at > due_at:
        return "overdue"
    in_last_quarter = (at - start) * 100 >= (due_at - start) * SOON_PERCENT
    return "soon" if in_last_quarter and due_at - at <= SOON else "running"
