"""`{% clock clock at %}`: what is left or how late it is, in words that static/js/clock.js keeps counting (ui.md)."""

from datetime import datetime
from typing import Any

from django import template

from foundation.timers.looks import ICONS, look_of
from foundation.timers.models import Clock, ClockState
from foundation.worktime.arithmetic import NoWorkdayData
from foundation.worktime.local import format_duration, format_left

register = template.Library()


@register.inclusion_tag("components/clock.html", name="clock")
def show_clock(clock: Clock, at: datetime, plain: bool = False) -> dict[str, Any]:
    """The clock as it stands at `at`. `plain` leaves out the part that opens, for use inside a link. Runs no query."""
    return {"clock": clock, "plain": plain, "live": is_live(clock), "at": at, **describe(clock, at)}


def is_live(clock: Clock) -> bool:
    """Whether the words change while one looks."""
    return clock.due_at is not None and clock.state in (ClockState.RUNNING, ClockState.HELD)


def describe(clock: Clock, at: datetime) -> dict[str, Any]:
    """Words, look (a key of ICONS, with its icon) and share of the time used, 0 to 100."""
    late = clock.is_overdue(at)
    percent = _percent(clock, at)
    if clock.state in (ClockState.STOPPED, ClockState.PAUSED):
        look = str(clock.state)
    elif clock.due_at is None:
        look = "unknown"
    else:
        look = look_of(clock.round_started_at, clock.due_at, at)
    return {"words": _words(clock, at, late), "look": look, "icon": ICONS[look], "percent": percent}


def _words(clock: Clock, at: datetime, late: bool) -> str:
    if clock.due_at is None:
        return str(NoWorkdayData(clock.missing_year or at.year))
    if clock.state == ClockState.STOPPED:
        assert clock.stopped_at
        if late:
            return f"超时 {format_duration(clock.stopped_at - clock.due_at)}完成"
        return "按时完成"
    if clock.state == ClockState.PAUSED:
        assert clock.paused_at
        return f"已暂停，{format_left(clock.due_at, clock.paused_at)}"
    words = format_left(clock.due_at, at)
    return f"{clock.get_state_display()}，{words}" if clock.state == ClockState.HELD else words


def _percent(clock: Clock, at: datetime) -> int:
    """How far the round is from its start to the due moment, as the eye sees it; full when late."""
    if clock.due_at is None:
        return 0
    now = clock.stopped_at or clock.paused_at or at
    length = clock.due_at - clock.round_started_at
    gone = now - clock.round_started_at
    return 100 if gone >= length else max(0, int(gone / length * 100))
