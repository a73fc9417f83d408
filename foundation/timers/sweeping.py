"""Taking the steps that are due: claim, record and move on in one statement, handlers in the same transaction.

Truth lives in Postgres: a step is taken when its row commits, and the handlers' rows commit with it or not at all.
So a sweep may be killed, repeated or run twice at once; SKIP LOCKED keeps two from waiting for each other.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from django.db import transaction

from foundation.timers.models import Clock, ClockState
from foundation.timers.registry import Firing, handler_of, standing_work

logger = logging.getLogger(__name__)

# The sweep runs every minute; what is recorded later than this was missed and is marked 补记.
LATE_AFTER = timedelta(minutes=5)
FIRST_RETRY = timedelta(minutes=1)
LAST_RETRY = timedelta(hours=1)

# What follows `due` reads that CTE only: it has the locked rows as they are now, while the table still shows them as
# they were when the statement began.
CLAIM = """
WITH due AS MATERIALIZED (
    SELECT * FROM timers_clock
    WHERE state = 'running' AND {which}
    ORDER BY next_at
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
), step AS MATERIALIZED (
    SELECT due.id, due.round, number, due.ladder -> (number - 1)::int ->> 'code' AS code,
           greatest(moment, due.steps_from) AS due_at
    FROM due CROSS JOIN LATERAL unnest(due.plan) WITH ORDINALITY AS planned (moment, number)
    WHERE number > due.next_step AND moment <= %(upto)s
), reached AS MATERIALIZED (
    SELECT due.id, coalesce(max(step.number), due.next_step) AS next_step
    FROM due LEFT JOIN step ON step.id = due.id
    GROUP BY due.id, due.next_step
), taken AS (
    INSERT INTO timers_clockstep (clock_id, round, code, due_at, taken_at, late)
    SELECT id, round, code, due_at, %(at)s, %(at)s - due_at > %(late_after)s
    FROM step
    ORDER BY due_at, id, number
), moved AS (
    UPDATE timers_clock AS clock
    SET next_step = reached.next_step, next_at = due.plan[reached.next_step + 1], failures = 0, error = ''
    FROM due JOIN reached ON reached.id = due.id
    WHERE clock.id = due.id
)
SELECT due.*, reached.next_step AS reached
FROM due JOIN reached ON reached.id = due.id
ORDER BY due.next_at, due.id
"""


class Claim(NamedTuple):
    """A locked clock and the numbers of the steps that happen now, of its ladder."""

    clock: Clock
    numbers: range


@dataclass
class SweepResult:
    """What a sweep did; `failed` are the clocks whose handler raised, with the error."""

    clocks: int = 0
    steps: int = 0
    late: int = 0
    failed: list[tuple[int, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"计时 {self.clocks}，步骤 {self.steps}，补记 {self.late}，失败 {len(self.failed)}"

    def add(self, firings: Sequence[Firing], clocks: int) -> None:
        self.clocks += clocks
        self.steps += len(firings)
        self.late += sum(firing.late for firing in firings)


def sweep(*, at: datetime, batch: int = 1000) -> SweepResult:
    """Take every step that is due at `at` (≥, GEN-1), oldest first, committing batch by batch; standing work first."""
    result = SweepResult()
    for work in standing_work():
        try:
            work(at=at)
        except Exception:
            logger.exception("standing work before the sweep failed")
    while _take_batch(at, batch, result) == batch:
        pass
    return result


def take_now(clock: Clock, *, at: datetime, upto: datetime | None = None) -> Clock:
    """Take the due steps of one locked clock as part of a change; returns the clock as it stands then."""
    _take_one(clock.pk, at, upto or at, SweepResult())
    return Clock.objects.get(pk=clock.pk)


def _take_batch(at: datetime, batch: int, result: SweepResult) -> int:
    """Claim and take up to `batch` clocks; how many were claimed. If anything raises, each clock is tried by itself."""
    try:
        with transaction.atomic():
            claims = _claim(at=at, upto=at, limit=batch)
            firings = _call_handlers(claims, at)
    except Exception:
        logger.exception("a batch of clocks is taken one by one")
        ids = list(Clock.objects.due_steps(at).order_by("next_at").values_list("pk", flat=True)[:batch])
        for pk in ids:
            _take_one(pk, at, at, result)
        return len(ids)
    result.add(firings, len(claims))
    return len(claims)


def _take_one(pk: int, at: datetime, upto: datetime, result: SweepResult) -> None:
    """Take one clock; if its handler raises, note the error and try again later, twice as late each time."""
    try:
        with transaction.atomic():
            claims = _claim(at=at, upto=upto, limit=1, only=pk)
            firings = _call_handlers(claims, at)
    except Exception as error:
        logger.exception("the steps of clock %s failed", pk)
        with transaction.atomic():
            for clock in Clock.objects.select_for_update(skip_locked=True).filter(pk=pk, state=ClockState.RUNNING):
                clock.next_at = at + min(FIRST_RETRY * 2 ** min(clock.failures, 10), LAST_RETRY)
                clock.failures += 1
                clock.error = f"{type(error).__name__}: {error}"[:2000]
                clock.save(update_fields=["next_at", "failures", "error"])
        result.failed.append((pk, str(error)))
        return
    result.add(firings, len(claims))


def _claim(*, at: datetime, upto: datetime, limit: int, only: int | None = None) -> list[Claim]:
    """Lock due clocks, record their due steps and move them on."""
    sql = CLAIM.format(which="next_at <= %(upto)s" if only is None else "id = %(only)s")
    params = {"at": at, "upto": upto, "limit": limit, "only": only, "late_after": LATE_AFTER}
    claims = []
    for clock in Clock.objects.raw(sql, params):
        reached: int = vars(clock).pop("reached")
        numbers = range(clock.next_step, reached)
        clock.next_step = reached
        claims.append(Claim(clock, numbers))
    return claims


def _call_handlers(claims: Sequence[Claim], at: datetime) -> list[Firing]:
    """Hand the firings to their kinds' handlers: oldest clock first, the steps of a clock in their order."""
    firings = [firing for claim in claims for firing in _firings(claim, at)]
    by_kind = sorted(firings, key=lambda firing: firing.clock.kind)
    for kind, group in groupby(by_kind, key=lambda firing: firing.clock.kind):
        handler_of(kind)(list(group))
    return firings


def _firings(claim: Claim, at: datetime) -> Iterator[Firing]:
    clock, steps = claim.clock, claim.clock.steps
    for number in claim.numbers:
        due_at = max(moment for moment in (clock.plan[number], clock.steps_from) if moment)
        yield Firing(
            clock=clock,
            step=steps[number],
            due_at=due_at,
            at=at,
            late=at - due_at > LATE_AFTER,
            newest=number == claim.numbers[-1],
        )
