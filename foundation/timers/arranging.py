"""What the verbs of `services` share: lock a clock, count what it has used, plan what is left, write it."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from foundation.timers.models import Clock, ClockRound, ClockState
from foundation.timers.plan import plan, running_segments, used_time
from foundation.timers.signals import year_missing
from foundation.timers.sweeping import take_now
from foundation.timers.values import (
    Calendar,
    Limit,
    Step,
    check_ladder,
    hours_as_json,
    needs_work_calendar,
    timekeeping,
)
from foundation.worktime.arithmetic import ZERO, NoWorkdayData, Timekeeping, WorkCalendar
from foundation.worktime.local import local_date
from foundation.worktime.services import load_calendar


def lock(clock: Clock, at: datetime) -> Clock:
    """The clock's row, locked, after the steps that were due before `at` have been taken."""
    locked = Clock.objects.select_for_update().get(pk=clock.pk)
    waiting = locked.plan[locked.next_step :] if locked.state == ClockState.RUNNING else []
    if waiting and waiting[0] and waiting[0] < at:
        return take_now(locked, at=at, upto=at - timedelta.resolution)
    return locked


def save(clock: Clock) -> Clock:
    """Write the clock with the moment at which the sweep looks next."""
    clock.next_at = None
    if clock.state == ClockState.RUNNING and clock.next_step < len(clock.plan):
        planned = clock.plan[clock.next_step]
        clock.next_at = max(planned, clock.steps_from) if planned and clock.steps_from else planned
    clock.save()
    return clock


def save_and_take(clock: Clock, at: datetime) -> Clock:
    """Write the clock, take what the change put into the past, tell of a year that is missing."""
    save(clock)
    if clock.missing_year:
        year_missing.send(sender=Clock, year=clock.missing_year, at=at)
    if clock.next_at and clock.next_at <= at:
        return take_now(clock, at=at)
    return clock


def timekeeping_since(limit: Limit | None, since: datetime) -> Timekeeping:
    """The arithmetic of a limit, with the working calendar from the year of `since` on if it needs one."""
    if limit is None:
        return timekeeping(Calendar.NATURAL, None, WorkCalendar())
    needed = needs_work_calendar(limit.calendar, limit.hours)
    calendar = load_calendar(local_date(since)) if needed else WorkCalendar()
    return timekeeping(limit.calendar, limit.hours, calendar)


def new_clock(
    at: datetime, limit: Limit | None, steps: Sequence[Step], time: Timekeeping, due_at: datetime | None
) -> Clock:
    if limit is None and due_at is None:
        raise ValueError("a clock needs a limit or a due moment")
    clock = Clock(started_at=at, round_started_at=at, counted_from=at)
    set_policy(clock, limit, steps)
    if due_at is None and limit is not None:
        clock.whole = limit.span(time.day)
    arrange(clock, at, due_at=due_at, time=time)
    clock.next_at = clock.plan[0] if clock.plan else None
    return clock


def copy_of(clock: Clock) -> Clock:
    return Clock(**{field.attname: getattr(clock, field.attname) for field in Clock._meta.concrete_fields})


def set_policy(clock: Clock, limit: Limit | None, ladder: Sequence[Step] | None) -> None:
    """Write the policy on the clock; steps that this round has taken stay in front and are not repeated."""
    if limit is not None:
        clock.calendar, clock.hours = limit.calendar, hours_as_json(limit.hours)
        clock.amount, clock.unit = limit.amount, limit.unit
    if ladder is not None:
        taken = clock.ladder[: clock.next_step]
        codes = {step["code"] for step in taken}
        clock.ladder = taken + [step.as_json() for step in check_ladder(ladder) if step.code not in codes]


def next_round(clock: Clock, at: datetime, *, ended_at: datetime) -> None:
    """Close the round as it stands and begin the next at `at`; a pause goes on into it."""
    if not clock.is_stopped:
        count_used(clock, ended_at)
    ClockRound.objects.create(
        clock=clock,
        round=clock.round,
        started_at=clock.round_started_at,
        due_at=clock.due_at,
        ended_at=ended_at,
        used=clock.used,
        stopped=clock.is_stopped,
    )
    clock.round += 1
    clock.round_started_at = clock.steps_from = at
    clock.used, clock.next_step = ZERO, 0
    clock.counted_from = None if clock.state == ClockState.PAUSED else at


def segments_since(clock: Clock, since: datetime) -> list:
    """The stretches in which the clock ran since a moment."""
    return running_segments(since, list(clock.pauses.values_list("started_at", "ended_at")))


def count_used(clock: Clock, until: datetime, *, still_running: bool = True) -> None:
    """Add what has been used up to a moment to the clock's number; count from there on if it still runs.

    Without the data to count it stays uncounted until they come (GEN-3).
    """
    if clock.counted_from is None:
        return
    until = max(until, clock.counted_from)
    time = timekeeping_since(clock.limit, clock.counted_from)
    segments = segments_since(clock, clock.counted_from) if clock.missing_year else [(clock.counted_from, None)]
    try:
        clock.used += used_time(time, segments, until)
    except NoWorkdayData as error:
        clock.missing_year = error.year
    else:
        clock.counted_from = until if still_running else None


def forget_missing_year(clock: Clock) -> None:
    """A stopped clock waits for data only if its used time could not be counted."""
    if clock.counted_from is None:
        clock.missing_year = None


def arrange(clock: Clock, at: datetime, *, due_at: datetime | None, time: Timekeeping | None = None) -> None:
    """Plan the due moment and the steps not yet taken. `due_at` fixes it, and measures a missing `whole`."""
    since = clock.counted_from or at
    time = time or timekeeping_since(clock.limit, since)
    clock.missing_year = None
    if clock.whole is None:
        clock.due_at = due_at or clock.due_at
        assert clock.due_at, "either the whole time or the due moment is given"
        try:
            clock.whole = clock.used + time.used(since, clock.due_at)
        except NoWorkdayData as error:
            clock.missing_year = error.year
            clock.plan = clock.plan[: clock.next_step] + [None] * (len(clock.ladder) - clock.next_step)
            return
    # Only what could not be counted for want of data may have pauses behind it.
    uncounted = clock.pk and clock.counted_from and clock.counted_from < at
    running = segments_since(clock, since) if uncounted else [(since, None)]
    planned = plan(
        whole=clock.whole,
        time=time,
        ladder=clock.steps[clock.next_step :],
        running=running,
        used=clock.used,
        due_at=due_at,
    )
    clock.due_at, clock.missing_year = planned.due_at, planned.missing_year
    clock.ladder = clock.ladder[: clock.next_step] + [step.as_json() for step, _ in planned.steps]
    clock.plan = clock.plan[: clock.next_step] + [moment for _, moment in planned.steps]


def passed_due(clock: Clock, at: datetime, time: Timekeeping) -> datetime:
    """When a limit that a regrade made shorter than the used time had passed: never later than the regrade."""
    with suppress(NoWorkdayData):
        running = segments_since(clock, clock.round_started_at)
        passed = plan(whole=clock.whole or ZERO, time=time, ladder=(), running=running).due_at
        if passed:
            return min(passed, at)
    return at
