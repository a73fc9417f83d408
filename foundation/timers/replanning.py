"""Running clocks when the working calendar changes: used time stays a number, what is left is planned anew (GEN-2)."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from foundation.timers.arranging import arrange, count_used, forget_missing_year, save
from foundation.timers.models import Clock
from foundation.timers.values import Calendar


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
        count_used(clock, at)
        save(clock)


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
        count_used(clock, frozen_at, still_running=False)
    if clock.is_stopped:
        forget_missing_year(clock)
        save(clock)
        return
    passed = clock.due_at if clock.is_overdue(at) else None
    clock.steps_from = at
    arrange(clock, clock.paused_at or at, due_at=passed)
    save(clock)
