"""The sweep over 1,000,000 running clocks: empty, and with 1,000 due beside the bare claim of as many rows.

Runs in a schema of its own in the current database and drops it again. Then the same with the real handler, over the
year's open rectifications, in a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from unittest import mock

from django.db import connection, transaction

from foundation.timers import registry, sweeping
from foundation.timers.registry import Firing
from foundation.timers.sweeping import sweep
from foundation.worktime.local import parse_at
from inspections.models import Rectification
from script.benchmarks.measuring import Row, in_turns, timed

CLOCKS = 1_000_000
DUE = 1_000
ROUNDS = 15
ESCALATED = 7
KIND = "bench.limit"
BASE = parse_at("2030-01-01T00:00")

SETUP = """
CREATE SCHEMA bench_timers;
SET search_path = bench_timers, public;
CREATE TABLE bench_timers.timers_clock (LIKE public.timers_clock INCLUDING ALL);
CREATE TABLE bench_timers.timers_clockstep (LIKE public.timers_clockstep INCLUDING ALL);
ALTER TABLE bench_timers.timers_clockstep
    ADD FOREIGN KEY (clock_id) REFERENCES bench_timers.timers_clock (id) DEFERRABLE INITIALLY DEFERRED;
"""

# One clock due each millisecond from BASE on, with the ladder of INS-11.
FILL = """
INSERT INTO timers_clock (
    kind, subject_kind, subject_id, node_id, calendar, unit, ladder, state, round, extensions, started_at,
    round_started_at, due_at, whole, used, counted_from, plan, next_step, next_at, failures, error
)
SELECT 'bench.limit', 'bench.subject', n, n %% 300, 'natural', '', %(ladder)s::jsonb, 'running', 1, 0,
       due - '3 days'::interval, due - '3 days'::interval, due, '3 days', '0', due - '3 days'::interval,
       ARRAY[due, due + '1 day'::interval, due + '3 days'::interval, due + '7 days'::interval], 0, due, 0, ''
FROM generate_series(1, %(clocks)s) AS n, LATERAL (SELECT %(base)s + n * '1 millisecond'::interval AS due) AS moment
"""

LADDER = """[
    {"code": "lead", "name": "主管", "to": "lead", "days_after": 0},
    {"code": "manager", "name": "项目经理", "to": "estate_manager", "days_after": 1},
    {"code": "branch", "name": "分公司督导", "to": "branch_supervisor", "days_after": 3},
    {"code": "group", "name": "集团督导", "to": "group_supervisor", "days_after": 7}
]"""

BARE_CLAIM = """
UPDATE timers_clock SET next_at = plan[2], next_step = 1
WHERE id IN (
    SELECT id FROM timers_clock WHERE state = 'running' AND next_at <= %s
    ORDER BY next_at LIMIT %s FOR UPDATE SKIP LOCKED
)
RETURNING *
"""


def run(at: datetime) -> list[Row]:
    """The figures of the sweep; what it does before it looks at clocks is measured with the cases."""
    with mock.patch.object(sweeping, "standing_work", return_value=[]):
        return _measure(at)


def _measure(at: datetime) -> list[Row]:
    with _million_clocks():
        fresh, trip = in_turns(
            ROUNDS, lambda: timed(lambda: sweep(at=BASE)), lambda: timed(lambda: _execute("SELECT 1"))
        )
        ours, floor = _due_against_bare_claim()
        swept_to = BASE + 2 * ROUNDS * timedelta(milliseconds=DUE)
        (unvacuumed,) = in_turns(ROUNDS, lambda: timed(lambda: sweep(at=swept_to)))
        _vacuum()
        (vacuumed,) = in_turns(ROUNDS, lambda: timed(lambda: sweep(at=swept_to)))
    whole, claim, handler = _escalations(at)
    return [
        Row(f"空扫：{CLOCKS:,} 个计时，均未到点", fresh, ROUNDS, trip, most=5, about="下限为一次往返"),
        Row(f"  又处理 {2 * ROUNDS} 批、尚未清理时", unvacuumed, ROUNDS, trip),
        Row(f"  又处理 {2 * ROUNDS} 批、自动清理后", vacuumed, ROUNDS, trip, most=5),
        Row(f"{DUE:,} 个到点，空处理程序", ours, ROUNDS, floor, times=3, about="下限为裸 SKIP LOCKED 认领"),
        Row(
            f"{DUE:,} 张整改单到点升级",
            whole,
            ESCALATED,
            claim,
            times=3,
            plus=handler,
            about=f"处理程序单独 {handler:,.1f} ms",
        ),
    ]


# One turn of the handler's rows: 1,000 open rectifications whose next step is now, each at its first.
DUE_NOW = """
UPDATE timers_clock SET state = 'running', next_step = 0, stopped_at = NULL,
       plan = ARRAY[%(at)s, %(at)s + '1 day'::interval, %(at)s + '3 days'::interval, %(at)s + '7 days'::interval], next_at = %(at)s
WHERE id IN (SELECT id FROM timers_clock WHERE kind = %(kind)s ORDER BY id DESC LIMIT %(due)s);
DELETE FROM timers_clockstep WHERE clock_id IN (SELECT id FROM timers_clock WHERE state = 'running' AND next_at = %(at)s);
"""


def _escalations(at: datetime) -> list[float]:
    """Medians of the sweep of 1,000 rectifications, of their bare claim, and of the handler alone on the same firings."""
    # Nothing else is due then: the year's own clocks have been taken out of the way.
    moment = at + timedelta(days=400)
    try:
        with transaction.atomic():
            _execute("UPDATE timers_clock SET state = 'held' WHERE state = 'running'")
            _execute(DUE_NOW, {"at": moment, "kind": Rectification.CLOCK, "due": DUE})
            firings: list[Firing] = []
            with mock.patch.object(sweeping, "handler_of", return_value=firings.extend):
                _undone(lambda: _swept(sweep(at=moment, batch=DUE + 1).steps))
            handler = registry.handler_of(Rectification.CLOCK)
            whole = lambda: _undone(lambda: _swept(sweep(at=moment, batch=DUE + 1).steps))  # noqa: E731
            claim = lambda: _undone(lambda: _execute(BARE_CLAIM, [moment, DUE], rows=DUE))  # noqa: E731
            alone = lambda: _undone(lambda: handler(firings))  # noqa: E731
            measured = in_turns(ESCALATED, whole, claim, alone)
            transaction.set_rollback(True)
    finally:
        _vacuum()
    return measured


def _undone(job) -> float:
    """Milliseconds of the job; then it has not happened."""
    with transaction.atomic():
        taken = timed(job)
        transaction.set_rollback(True)
    return taken


def _due_against_bare_claim() -> list[float]:
    """Median milliseconds of a sweep with an idle handler and of the bare claim, taken in turns over fresh rows."""
    moments = (BASE + number * timedelta(milliseconds=DUE) for number in range(1, 2 * ROUNDS + 1))

    def ours() -> float:
        at = next(moments)
        return timed(lambda: _swept(sweep(at=at, batch=DUE + 1).steps))

    def floor() -> float:
        at = next(moments)
        return timed(lambda: _execute(BARE_CLAIM, [at, DUE], rows=DUE))

    return in_turns(ROUNDS, ours, floor)


def _vacuum() -> None:
    """What autovacuum does within a minute of this, by the table's own setting."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM timers_clock")


def _swept(steps: int) -> None:
    assert steps == DUE, steps


def _execute(sql: str, params: list | dict | None = None, rows: int | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchall() if cursor.description else []
    assert rows is None or len(found) == rows, len(found)


@contextmanager
def _million_clocks() -> Iterator[None]:
    registry.handler(KIND, name="计时")(lambda firings: None)
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS bench_timers CASCADE")
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = 'public.timers_clock'::regclass")
        storage = ", ".join(cursor.fetchone()[0])
        cursor.execute(SETUP)
        try:
            cursor.execute(f"ALTER TABLE timers_clock SET ({storage})")
            cursor.execute(FILL, {"clocks": CLOCKS, "base": BASE, "ladder": LADDER})
            cursor.execute("VACUUM ANALYZE timers_clock")
            yield
        finally:
            cursor.execute("SET search_path = DEFAULT")
            cursor.execute("DROP SCHEMA bench_timers CASCADE")
            registry._handlers.pop(KIND)
            registry._names.pop(KIND)
