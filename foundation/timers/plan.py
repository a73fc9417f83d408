"""When a clock is due and when its steps are: one pure function, used by every service and by what-if questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from foundation.timers.values import Step
from foundation.worktime.arithmetic import ZERO, NoWorkdayData, Timekeeping

Segment = tuple[datetime, datetime | None]
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Plan:
    """The due moment and each step with its moment, in time order; None is what `missing_year` forbids."""

    due_at: datetime | None
    steps: tuple[tuple[Step, datetime | None], ...]
    missing_year: int | None = None


def plan(
    *,
    whole: timedelta,
    time: Timekeeping,
    ladder: Sequence[Step],
    running: Sequence[Segment],
    used: timedelta = ZERO,
    due_at: datetime | None = None,
) -> Plan:
    """Place the limit and the ladder on the clock (GEN-1, GEN-2, GEN-6).

    `whole` is the time allowed, counted by `time`. `running` are the stretches in which the clock ran, oldest first,
    the last one open-ended; `used` is what had been used before them. `due_at` fixes the due moment (a promise, a limit
    that has already passed): steps of the limit and after it are then never earlier, those before it never later.
    """
    missing: list[int] = []

    def moment(position: timedelta) -> datetime | None:
        try:
            return _moment(position, time, running, used)
        except NoWorkdayData as error:
            missing.append(error.year)
            return None

    due = due_at or moment(whole)
    placed: list[tuple[Step, datetime | None]] = []
    for step in ladder:
        position = step.position(whole, time.day)
        at = due if position == whole else moment(position)
        if at and due:
            at = max(at, due) if position >= whole else min(at, due)
        placed.append((step, at))
    placed.sort(key=lambda one: (one[1] or NEVER, one[0].position(whole, time.day)))
    return Plan(due, tuple(placed), min(missing, default=None))


def running_segments(start: datetime, pauses: Sequence[tuple[datetime, datetime | None]]) -> list[Segment]:
    """The stretches between pauses from `start` on; a pause that begins before it is clipped (CMP-10).

    The last segment is open unless the last pause is.
    """
    segments: list[Segment] = []
    for begin, end in sorted(pauses):
        if end is not None and end <= start:
            continue
        if begin > start:
            segments.append((start, begin))
        if end is None:
            return segments
        start = end
    return [*segments, (start, None)]


def used_time(time: Timekeeping, segments: Sequence[Segment], until: datetime) -> timedelta:
    """How much of the segments counts up to a moment."""
    return sum((time.used(begin, min(end or until, until)) for begin, end in segments), ZERO)


def _moment(position: timedelta, time: Timekeeping, running: Sequence[Segment], used: timedelta) -> datetime | None:
    """The moment at which `position` of time has been used; what was used before the first segment is at its start.

    Used up at the very moment of a pause it waits for the resumption: the pause precedes the step (GEN-1).
    """
    for begin, end in running:
        at = time.add(begin, max(position - used, ZERO))
        if end is None or at < end:
            return at
        used += time.used(begin, end)
    return None
