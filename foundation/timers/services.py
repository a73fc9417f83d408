"""What can be done to a clock. Every verb locks it, may be repeated without harm, and is told the moment `at`.

A change first takes the steps that were due before it, so what a clock records does not depend on when the sweep ran;
then it plans what is left and takes at once what it put into the past (GEN-6). At the very moment of the limit it is
still in time (GEN-1): a stop, pause or hold at that moment precedes the step.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Model

from foundation.timers.arranging import (
    arrange,
    copy_of,
    count_used,
    forget_missing_year,
    lock,
    new_clock,
    next_round,
    passed_due,
    save,
    save_and_take,
    set_policy,
    timekeeping_since,
)
from foundation.timers.errors import TimerError
from foundation.timers.models import Clock, ClockPause, ClockState
from foundation.timers.signals import year_missing
from foundation.timers.sweeping import SweepResult, sweep, take_now
from foundation.timers.values import (
    Beginning,
    Limit,
    Step,
    Subject,
    check_ladder,
)
from foundation.worktime.arithmetic import ZERO, NoWorkdayData

__all__ = [
    "SweepResult",
    "catch_up",
    "extend",
    "hold",
    "pause",
    "paused_time",
    "regrade",
    "release",
    "reopen",
    "resume",
    "start",
    "start_all",
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
    time = timekeeping_since(limit, at)
    # Records with the same due moment share one computation.
    planned: dict[datetime | None, Clock] = {}
    clocks = []
    for subject in subjects:
        if subject.due_at not in planned:
            planned[subject.due_at] = new_clock(at, limit, steps, time, subject.due_at)
        clocks.append(_about(copy_of(planned[subject.due_at]), kind, model, subject.id, subject.node_id))
    _insert(clocks, at)


def start_all(*, subject: Model, node: Model | int | None, at: datetime, beginnings: Iterable[Beginning]) -> None:
    """Start the clocks that a new record has from the same moment on, in one statement; one that runs is kept."""
    clocks = []
    for one in beginnings:
        time = timekeeping_since(one.limit, at)
        clock = new_clock(at, one.limit, check_ladder(one.ladder), time, one.due_at)
        clocks.append(_about(clock, one.kind, type(subject), subject.pk, _node_id(node)))
    _insert(clocks, at)


def _about(clock: Clock, kind: str, model: type[Model], subject_id: int, node_id: int | None) -> Clock:
    clock.kind, clock.subject_kind = kind, model._meta.label_lower
    clock.subject_id, clock.node_id = subject_id, node_id
    return clock


def _insert(clocks: Sequence[Clock], at: datetime) -> None:
    with transaction.atomic(savepoint=False):
        Clock.objects.bulk_create(clocks, batch_size=BULK, ignore_conflicts=True)
    for year in {clock.missing_year for clock in clocks if clock.missing_year}:
        year_missing.send(sender=Clock, year=year, at=at)


# --- pause and hold -------------------------------------------------------------------------------------------------


@transaction.atomic
def pause(*, clock: Clock, at: datetime, by: Any, reason: str) -> Clock:
    """Stop counting until `resume`; what has happened stays, what has not is shifted (GEN-6, CMP-10).

    A pause that begins before the clock, or before a step that has happened, is clipped to it.
    """
    clock = lock(clock, at)
    if clock.state == ClockState.PAUSED:
        return clock
    if clock.state != ClockState.RUNNING:
        raise TimerError(f"{clock.get_state_display()}的计时不能暂停。")
    at = max(filter(None, [at, clock.round_started_at, clock.counted_from, *clock.plan[: clock.next_step]]))
    clock.pauses.create(started_at=at, by=by, reason=reason)
    count_used(clock, at, still_running=False)
    clock.state, clock.paused_at = ClockState.PAUSED, at
    return save(clock)


@transaction.atomic
def resume(*, clock: Clock, at: datetime) -> Clock:
    """Count again: what has not happened is shifted by the pause, a limit that had passed stays passed (GEN-6)."""
    clock = lock(clock, at)
    if clock.state == ClockState.RUNNING:
        return clock
    if clock.state != ClockState.PAUSED:
        raise TimerError(f"{clock.get_state_display()}的计时不能恢复。")
    assert clock.paused_at
    at = max(at, clock.paused_at)
    clock.pauses.filter(ended_at=None).update(ended_at=at)
    passed = clock.due_at if clock.is_overdue(clock.paused_at) else None
    clock.state, clock.paused_at, clock.steps_from = ClockState.RUNNING, None, at
    if clock.counted_from is None:
        clock.counted_from = at
    arrange(clock, at, due_at=passed)
    return save_and_take(clock, at)


@transaction.atomic
def hold(*, clock: Clock, at: datetime) -> Clock:
    """Let no step happen until `release`; the due moment does not move (INS-11, waiting for re-check)."""
    clock = lock(clock, at)
    if clock.state == ClockState.HELD:
        return clock
    if clock.state != ClockState.RUNNING:
        raise TimerError(f"{clock.get_state_display()}的计时不能搁置。")
    clock.state = ClockState.HELD
    return save(clock)


@transaction.atomic
def release(*, clock: Clock, at: datetime) -> Clock:
    """Let steps happen again; those that became due meanwhile are taken at once, in order (INS-11, GEN-6)."""
    clock = lock(clock, at)
    if clock.state == ClockState.RUNNING:
        return clock
    if clock.state != ClockState.HELD:
        raise TimerError(f"{clock.get_state_display()}的计时没有被搁置。")
    clock.state, clock.steps_from = ClockState.RUNNING, at
    return save_and_take(clock, at)


@transaction.atomic
def catch_up(*, clock: Clock, at: datetime, upto: datetime) -> Clock:
    """Take the steps that were due up to a moment, itself included (GEN-1): what a sweep had done then."""
    locked = Clock.objects.select_for_update().get(pk=clock.pk)
    return take_now(locked, at=at, upto=upto)


# --- end and begin again --------------------------------------------------------------------------------------------


@transaction.atomic
def stop(*, clock: Clock, at: datetime) -> Clock:
    """End the clock; the time it used becomes a number that no longer changes (GEN-2)."""
    clock = lock(clock, at)
    if clock.is_stopped:
        return clock
    at = max(at, clock.round_started_at)
    clock.pauses.filter(ended_at=None).update(ended_at=at)
    count_used(clock, clock.paused_at or at, still_running=False)
    clock.state, clock.paused_at, clock.stopped_at = ClockState.STOPPED, None, at
    forget_missing_year(clock)
    return save(clock)


@transaction.atomic
def extend(
    *,
    clock: Clock,
    at: datetime,
    due_at: datetime | None = None,
    more: Limit | None = None,
    ladder: Sequence[Step] | None = None,
) -> Clock:
    """Give more time, up to a new due moment or by `more` on top of what is left: a new round, its ladder anew (GEN-6).

    `more` is counted on the clock's own calendar. `ladder` is the new round's, by default the one it had. The same due
    moment twice changes nothing.
    """
    if (due_at is None) == (more is None):
        raise ValueError("either a due moment or more time")
    clock = lock(clock, at)
    if due_at is not None and due_at == clock.due_at:
        return clock
    if clock.is_stopped:
        raise TimerError("计时已结束，不能延期。")
    if due_at is not None and due_at <= at:
        raise TimerError("延期后的期限必须晚于现在。")
    time = timekeeping_since(clock.limit, clock.counted_from or at)
    whole = None
    if more is not None:
        if clock.whole is None:
            raise TimerError(str(NoWorkdayData(clock.missing_year or at.year)))
        count_used(clock, at)
        whole = clock.whole - clock.used + more.span(time.day)
        if whole <= ZERO:
            raise TimerError("延期后的期限必须晚于现在。")
    next_round(clock, at, ended_at=at)
    clock.extensions += 1
    clock.whole = whole
    set_policy(clock, None, ladder)
    arrange(clock, at, due_at=due_at)
    return save_and_take(clock, at)


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
    clock = lock(clock, at)
    if not clock.is_stopped:
        return clock
    if (
        Clock.objects.unstopped()
        .filter(kind=clock.kind, subject_kind=clock.subject_kind, subject_id=clock.subject_id)
        .exists()
    ):
        raise TimerError("同一事项已有正在进行的计时，不能重新打开。")
    assert clock.stopped_at
    at = max(at, clock.stopped_at)
    next_round(clock, at, ended_at=clock.stopped_at)
    clock.state, clock.stopped_at = ClockState.RUNNING, None
    set_policy(clock, limit, ladder)
    fresh = clock.limit
    if fresh is not None:
        clock.whole = fresh.span(timekeeping_since(fresh, at).day)
    if due_at is not None:
        clock.whole = None
    arrange(clock, at, due_at=due_at)
    return save_and_take(clock, at)


@transaction.atomic
def regrade(
    *, clock: Clock, at: datetime, limit: Limit, ladder: Sequence[Step], due_at: datetime | None = None
) -> Clock:
    """Put another policy on the clock: the round, the used and the paused time stay (CMP-17, GEN-6).

    Used time is a number and is carried over as it is, also to another calendar (GEN-2). Steps that have happened in
    this round do not happen again; those that the new policy puts into the past are taken at once.
    """
    clock = lock(clock, at)
    if clock.is_stopped:
        raise TimerError("计时已结束，不能改级。")
    count_used(clock, at)
    set_policy(clock, limit, ladder)
    time = timekeeping_since(limit, clock.round_started_at)
    clock.whole = limit.span(time.day)
    if due_at is not None:
        clock.whole = None
    elif clock.whole <= clock.used:
        due_at = passed_due(clock, at, time)
    clock.steps_from = at
    arrange(clock, at, due_at=due_at)
    return save_and_take(clock, at)


def paused_time(clock: Clock, at: datetime) -> timedelta:
    """How long the clock has been paused over all rounds, in natural time (CMP-10)."""
    pauses = ClockPause.objects.filter(clock=clock).values_list("started_at", "ended_at")
    return sum(((ended or at) - started for started, ended in pauses), ZERO)


def _node_id(node: Model | int | None) -> int | None:
    return node.pk if isinstance(node, Model) else node
