"""`{% countdown "截止" row.opens_at row.closes_at at %}`: a due moment of a row, without its clock."""

from datetime import datetime
from typing import Any

from django import template

from foundation.timers.looks import ICONS, look_of
from foundation.worktime.local import format_duration, format_left

register = template.Library()


@register.inclusion_tag("components/countdown.html")
def countdown(
    name: str, start: datetime, due_at: datetime, at: datetime, done_at: datetime | None = None, said: bool = False
) -> dict[str, Any]:
    """What is left or how late it is, counting live like the clock component; once done, whether it was in time.

    `said` writes the limit's name out, for rows that count different ones.
    """
    late = (done_at or at) > due_at
    if done_at is not None:
        words = f"超时 {format_duration(done_at - due_at)}提交" if late else "按时提交"
        look = "overdue" if late else "stopped"
    else:
        words = format_left(due_at, at)
        look = look_of(start, due_at, at)
    shown = {"words": words, "look": look, "icon": ICONS[look], "live": done_at is None}
    return {"name": name, "due_at": due_at, "at": at, "said": said, **shown}
