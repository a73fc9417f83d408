"""What can be done to a clock. Every verb locks it, may be repeated without harm, and is told the moment `at`.

A change first takes the steps that were due before it, so what a clock records does not depend on when the sweep ran;
then it plans what is left and takes at once what it put into the past (GEN-6). At the very moment of the limit it is
still in time (GEN-1): a stop, pause or hold at that moment precedes the step.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Model, Q

from foundation.timers.errors import TimerError
from foundation.timers.models import Clock, ClockPause, ClockRound, ClockState
from foundation.timers.plan import plan, running_segments, used_time
from foundation.timers.signals import year_missing
from foundation.timers.sweeping import SweepResult, sweep, take_now
from foundation.timers.values import (
    Calendar,
    Limit,
    Step,
    Subject,
    check_ladder,
    hours_as_json,
    needs_work_calendar,
    timekeeping,
)
from foundation.worktime.arithmetic import ZERO, NoWorkdayData, Timekeeping, WorkCalendar
from foundation.worktime.local import local_date
from foundation.worktime.services import load_calendar

__all__ = [
    "SweepResult",
    "extend",
    "hold",
    "pause",
    "recompute_waiting",
    "regrade",
    "release",
    "reopen",
    "resume",
    "start",
    "start_many",
    "stop",
    "sweep",
]

BULK = 1000


# --- begin ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def start(
    *,
    kind: str,
    subject: Model,
    node: Model | int | None,
    at: datetime,
    limit: Limit | None = None,
    ladder: Sequence[Step] = (),
    due_at: datetime | None = None,
) -> Clock:
    """Start the clock of a kind for a record; the one that is already running is returned as it is.

    The due moment follows from `limit`, or is given by `due_at` (a promise, 24:00 of a day): then shares of the ladder
    are shares of the time up to it.
    """
    start_many(
        kind=kind,
        model=type(subject),
        subjects=[Subject(subject.pk, _node_id(node), due_at)],
        at=at,
        limit=limit,
        ladder=ladder,
    )
    return Clock.objects.unstopped().about(subject).get(kind=kind)


@transaction.atomic
def start_many(
    *,
    kind: str,
    model: type[Model],
    subjects: Iterable[Subject],
    at: datetime,
    limit: Limit | None = None,
    ladder: Sequence[Step] = (),
) -> None:
    """Start one clock for each of many records; those that already run one of the kind keep it."""
    steps = check_ladder(ladder)
    time = _timekeeping(limit, at)
    # Records with the same due moment share one computation.
    planned: dict[datetime | None, Clock] = {}
    clocks = []
    for subject in subjects:
        if subject.due_at not in planned:
            planned[subject.due_at] = _new_clock(at, limit, steps, time, subject.due_at)
        clock = _copy(planned[subject.due_at])
        clock.kind, clock.subject_kind = kind, model._meta.label_lower
        clock.subject_id, clock.node_id = subject.id, subject.node_id
        clocks.append(clock)
    Clock.objects.bulk_create(clocks, batch_size=BULK, ignore_conflicts=True)
    for year in {clock.missing_year for clock in planned.values() if clock.missing_year}:
        year_missing.send(sender=Clock, year=year, at=at)


# --- pause and hold -------------------------------------------------------------------------------------------------


@transaction.atomic
def pause(*, clock: Clock, at: datetime, by: Model | None, reason: str) -> Clock:
    """Stop counting until `resume`; what has happened stays, what has not is shifted (GEN-6, CMP-10).

    A pause that begins before the clock, or before a step that has happened, is clipped to it.
    """
    clock = _lock(clock, at)
    if clock.state == ClockState.PAUSED:
        return clock
    if clock.state != ClockState.RUNNING:
        raise TimerError(f"{clock.get_state_display()}的计时不能暂停。")
    at = max([at, clock.round_started_at, *clock.plan[: clock.next_step], *filter(None, [clock.counted_from])])
    clock.pauses.create(started_at=at, by=by, reason=reason)
    _count(clock, at, still_running=False)
    clock.state, clock.paused_at = ClockState.PAUSED, at
    return _save(clock)


@transaction.atomic
def resume(*, clock: Clock, at: datetime) -> Clock:
    """Count again: what has not happened is shifted by the pause, a limit that had passed stays passed (GEN-6)."""
    clock = _lock(clock, at)
    if clock.state == ClockState.RUNNING:
        return clock
    if clock.state != ClockState.PAUSED:
        raise TimerError(f"{clock.get_state_display()}的计时不能恢复。")
    at = max(at, clock.paused_at)
    clock.pauses.filter(ended_at=None).update(ended_at=at)
    passed = clock.due_at if clock.is_overdue(clock.paused_at) else None
    clock.state, clock.paused_at, clock.steps_from = ClockState.RUNNING, None, at
    if clock.counted_from is None:
        clock.counted_from = at
    _arrange(clock, at, due_at=passed)
    return _save_and_take(clock, at)


@transaction.atomic
def hold(*, clock: Clock, at: datetime) -> Clock:
    """Let no step happen until `release`; the due moment does not move (INS-11, waiting for re-check)."""
    clock = _lock(clock, at)
    if clock.state == ClockState.HELD:
        return clock
    if clock.state != ClockState.RUNNING:
        raise TimerError(f"{clock.get_state_display()}的计时不能搁置。")
    clock.state = ClockState.HELD
    return _save(clock)


@transaction.atomic
def release(*, clock: Clock, at: datetime) -> Clock:
    """Let steps happen again; those that became due meanwhile are taken at once, in order (INS-11, GEN-6)."""
    clock = _lock(clock, at)
    if clock.state == ClockState.RUNNING:
        return clock
    if clock.state != ClockState.HELD:
        raise TimerError(f"{clock.get_state_display()}的计时没有被搁置。")
    clock.state, clock.steps_from = ClockState.RUNNING, at
    return _save_and_take(clock, at)


# --- end and begin again --------------------------------------------------------------------------------------------


@transaction.atomic
def stop(*, clock: Clock, at: datetime) -> Clock:
    """End the clock; the time it used becomes a number that no longer changes (GEN-2)."""
    clock = _lock(clock, at)
    if clock.is_stopped:
        return clock
    at = max(at, clock.round_started_at)
    clock.pauses.filter(ended_at=None).update(ended_at=at)
    _count(clock, clock.paused_at or at, still_running=False)
    clock.state, clock.paused_at, clock.stopped_at = ClockState.STOPPED, None, at
    _forget_missing_year(clock)
    return _save(clock)


@transaction.atomic
def extend(*, clock: Clock, at: datetime, due_at: datetime | None = None, more: Limit | None = None) -> Clock:
    """Give more time, up to a new due moment or by `more` on top of what is left: a new round, its ladder anew (GEN-6).

    `more` is counted on the clock's own calendar. The same due moment twice changes nothing.
    """
    if (due_at is None) == (more is None):
        raise ValueError("either a due moment or more time")
    clock = _lock(clock, at)
    if due_at is not None and due_at == clock.due_at:
        return clock
    if clock.is_stopped:
        raise TimerError("计时已结束，不能延期。")
    if due_at is not None and due_at <= at:
        raise TimerError("延期后的期限必须晚于现在。")
    time = _timekeeping(clock.limit, clock.counted_from or at)
    whole = None
    if more is not None:
        if clock.whole is None:
            raise TimerError(str(NoWorkdayData(clock.missing_year or at.year)))
        _count(clock, at)
        whole = clock.whole - clock.used + more.span(time.day)
        if whole <= ZERO:
            raise TimerError("延期后的期限必须晚于现在。")
    _next_round(clock, at, ended_at=at)
    clock.extensions += 1
    clock.whole = whole
    _arrange(clock, at, due_at=due_at)
    return _save_and_take(clock, at)


@transaction.atomic
def reopen(
    *,
    clock: Clock,
    at: datetime,
    limit: Limit | None = None,
    ladder: Sequence[Step] | None = None,
    due_at: datetime | None = None,
) -> Clock:
    """Run a stopped clock again: a new round with a fresh limit and ladder, by default those it had (CMP-12)."""
    clock = _lock(clock, at)
    if not clock.is_stopped:
        return clock
    if (
        Clock.objects.unstopped()
        .filter(kind=clock.kind, subject_kind=clock.subject_kind, subject_id=clock.subject_id)
        .exists()
    ):
        raise TimerError("同一事项已有正在进行的计时，不能重新打开。")
    at = max(at, clock.stopped_at)
    _next_round(clock, at, ended_at=clock.stopped_at)
    clock.state, clock.stopped_at = ClockState.RUNNING, None
    _set_policy(clock, limit, ladder)
    fresh = clock.limit
    if fresh is not None:
        clock.whole = fresh.span(_timekeeping(fresh, at).day)
    if due_at is not None:
        clock.whole = None
    _arrange(clock, at, due_at=due_at)
    return _save_and_take(clock, at)


@transaction.atomic
def regrade(
    *, clock: Clock, at: datetime, limit: Limit, ladder: Sequence[Step], due_at: datetime | None = None
) -> Clock:
    """Put another policy on the clock: the round, the used and the paused time stay (CMP-17, GEN-6).

    Used time is a number and is carried over as it is, also to another calendar (GEN-2). Steps that have happened in
    this round do not happen again; those that the new policy puts into the past are taken at once.
    """
    clock = _lock(clock, at)
    if clock.is_stopped:
        raise TimerError("计时已结束，不能改级。")
    _count(clock, at)
    _set_policy(clock, limit, ladder)
    time = _timekeeping(limit, clock.round_started_at)
    clock.whole = limit.span(time.day)
    if due_at is not None:
        clock.whole = None
    elif clock.whole <= clock.used:
        due_at = _passed_due(clock, at, time)
    clock.steps_from = at
    _arrange(clock, at, due_at=due_at)
    return _save_and_take(clock, at)


# --- the working calendar changes -----------------------------------------------------------------------------------


@transaction.atomic
def recompute_waiting(*, at: datetime) -> int:
    """Set the clocks whose missing year has come (GEN-3); how many are no longer waiting."""
    waiting = Clock.objects.waiting_for_data().select_for_update().order_by("pk")
    still = 0
    for clock in waiting:
        _replan(clock, at)
        still += clock.missing_year is not None
    return len(waiting) - still


def count_by_old_calendar(*, at: datetime, **_: object) -> None:
    """Before the working calendar changes: what was used up to now is fixed as a number (GEN-2)."""
    for clock in _counting_workdays():
        _count(clock, at)
        _save(clock)


def plan_by_new_calendar(*, at: datetime, **_: object) -> None:
    """After the working calendar has changed: what is left is planned by it, a passed limit stays passed."""
    for clock in _counting_workdays():
        _replan(clock, at)
    recompute_waiting(at=at)


def _counting_workdays() -> Iterable[Clock]:
    counted = Q(calendar=Calendar.WORKDAY) | Q(calendar=Calendar.SERVICE, hours__workdays_only=True)
    return Clock.objects.unstopped().filter(counted).select_for_update().order_by("pk")


def _replan(clock: Clock, at: datetime) -> None:
    """Plan anew what is left; count what could not be counted before."""
    frozen_at = clock.stopped_at or clock.paused_at
    if frozen_at and clock.counted_from:
        _count(clock, frozen_at, still_running=False)
    if clock.is_stopped:
        _forget_missing_year(clock)
        _save(clock)
        return
    passed = clock.due_at if clock.is_overdue(at) else None
    clock.steps_from = at
    _arrange(clock, clock.paused_at or at, due_at=passed)
    _save(clock)


# --- shared ---------------------------------------------------------------------------------------------------------


def _node_id(node: Model | int | None) -> int | None:
    return node.pk if isinstance(node, Model) else node


def _lock(clock: Clock, at: datetime) -> Clock:
    """The clock's row, locked, after the steps that were due before `at` have been taken."""
    locked = Clock.objects.select_for_update().get(pk=clock.pk)
    waiting = locked.plan[locked.next_step :] if locked.state == ClockState.RUNNING else []
    if waiting and waiting[0] and waiting[0] < at:
        return take_now(locked, at=at, upto=at - timedelta.resolution)
    return locked


def _save(clock: Clock) -> Clock:
    """Write the clock with the moment at which the sweep looks next."""
    clock.next_at = None
    if clock.state == ClockState.RUNNING and clock.next_step < len(clock.plan):
        planned = clock.plan[clock.next_step]
        clock.next_at = max(planned, clock.steps_from) if planned and clock.steps_from else planned
    clock.save()
    return clock


def _save_and_take(clock: Clock, at: datetime) -> Clock:
    """Write the clock, take what the change put into the past, tell of a year that is missing."""
    _save(clock)
    if clock.missing_year:
        year_missing.send(sender=Clock, year=clock.missing_year, at=at)
    if clock.next_at and clock.next_at <= at:
        return take_now(clock, at=at)
    return clock


def _timekeeping(limit: Limit | None, since: datetime) -> Timekeeping:
    """The arithmetic of a limit, with the working calendar from the year of `since` on if it needs one."""
    if limit is None:
        return timekeeping(Calendar.NATURAL, None, WorkCalendar())
    needed = needs_work_calendar(limit.calendar, limit.hours)
    calendar = load_calendar(local_date(since)) if needed else WorkCalendar()
    return timekeeping(limit.calendar, limit.hours, calendar)


def _new_clock(
    at: datetime, limit: Limit | None, steps: Sequence[Step], time: Timekeeping, due_at: datetime | None
) -> Clock:
    if limit is None and due_at is None:
        raise ValueError("a clock needs a limit or a due moment")
    clock = Clock(started_at=at, round_started_at=at, counted_from=at)
    _set_policy(clock, limit, steps)
    if due_at is None and limit is not None:
        clock.whole = limit.span(time.day)
    _arrange(clock, at, due_at=due_at, time=time)
    clock.next_at = clock.plan[0] if clock.plan else None
    return clock


def _copy(clock: Clock) -> Clock:
    return Clock(**{field.attname: getattr(clock, field.attname) for field in Clock._meta.concrete_fields})


def _set_policy(clock: Clock, limit: Limit | None, ladder: Sequence[Step] | None) -> None:
    """Write the policy on the clock; steps that this round has taken stay in front and are not repeated."""
    if limit is not None:
        clock.calendar, clock.hours = limit.calendar, hours_as_json(limit.hours)
        clock.amount, clock.unit = limit.amount, limit.unit
    if ladder is not None:
        taken = clock.ladder[: clock.next_step]
        codes = {step["code"] for step in taken}
        clock.ladder = taken + [step.as_json() for step in check_ladder(ladder) if step.code not in codes]


def _next_round(clock: Clock, at: datetime, *, ended_at: datetime) -> None:
    """Close the round as it stands and begin the next at `at`; a pause goes on into it."""
    if not clock.is_stopped:
        _count(clock, ended_at)
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


def _running(clock: Clock, since: datetime) -> list:
    """The stretches in which the clock ran since a moment."""
    return running_segments(since, list(clock.pauses.values_list("started_at", "ended_at")))


def _count(clock: Clock, until: datetime, *, still_running: bool = True) -> None:
    """Add what has been used up to a moment to the clock's number; count from there on if it still runs.

    Without the data to count it stays uncounted until they come (GEN-3).
    """
    if clock.counted_from is None:
        return
    until = max(until, clock.counted_from)
    time = _timekeeping(clock.limit, clock.counted_from)
    segments = _running(clock, clock.counted_from) if clock.missing_year else [(clock.counted_from, None)]
    try:
        clock.used += used_time(time, segments, until)
    except NoWorkdayData as error:
        clock.missing_year = error.year
    else:
        clock.counted_from = until if still_running else None


def _forget_missing_year(clock: Clock) -> None:
    """A stopped clock waits for data only if its used time could not be counted."""
    if clock.counted_from is None:
        clock.missing_year = None


def _arrange(clock: Clock, at: datetime, *, due_at: datetime | None, time: Timekeeping | None = None) -> None:
    """Plan the due moment and the steps not yet taken. `due_at` fixes it, and measures a missing `whole`."""
    since = clock.counted_from or at
    time = time or _timekeeping(clock.limit, since)
    clock.missing_year = None
    if clock.whole is None:
        clock.due_at = due_at or clock.due_at
        try:
            clock.whole = clock.used + time.used(since, clock.due_at)
        except NoWorkdayData as error:
            clock.missing_year = error.year
            clock.plan = clock.plan[: clock.next_step] + [None] * (len(clock.ladder) - clock.next_step)
            return
    running = _running(clock, since) if clock.pk and clock.counted_from and clock.counted_from < at else [(since, None)]
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


def _passed_due(clock: Clock, at: datetime, time: Timekeeping) -> datetime:
    """When a limit that a regrade made shorter than the used time had passed: never later than the regrade."""
    with suppress(NoWorkdayData):
        running = _running(clock, clock.round_started_at)
        passed = plan(whole=clock.whole or ZERO, time=time, ladder=(), running=running).due_at
        if passed:
            return min(passed, at)
    return at


def paused_time(clock: Clock, at: datetime) -> timedelta:
    """How long the clock has been paused over all rounds, in natural time (CMP-10)."""
    pauses = ClockPause.objects.filter(clock=clock).values_list("started_at", "ended_at")
    return sum(((ended or at) - started for started, ended in pauses), ZERO)
