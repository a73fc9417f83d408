"""The sweep over 1,000,000 running clocks: empty, and with 1,000 due beside the bare claim of as many rows.

Runs in a schema of its own in the current database and drops it again.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from time import perf_counter

from django.db import connection, transaction

from foundation.timers import registry
from foundation.timers.sweeping import sweep
from foundation.worktime.local import parse_at
from script.bench import Row

CLOCKS = 1_000_000
DUE = 1_000
ROUNDS = 15
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


def run() -> list[Row]:
    """The figures of the sweep."""
    with _million_clocks():
        fresh = _median(lambda: sweep(at=BASE))
        ours, floor = _due_against_bare_claim()
        swept_to = BASE + 2 * ROUNDS * timedelta(milliseconds=DUE)
        unvacuumed = _median(lambda: sweep(at=swept_to))
        _vacuum()
        vacuumed = _median(lambda: sweep(at=swept_to))
        trip = _median(lambda: _execute("SELECT 1"))
    return [
        Row("空扫：100 万个计时，均未到点（下限为一次往返）", fresh, trip, limit="≤ 5 ms"),
        Row(f"空扫：又处理 {2 * ROUNDS} 批、尚未清理时", unvacuumed, trip),
        Row(f"空扫：又处理 {2 * ROUNDS} 批、自动清理后", vacuumed, trip, limit="≤ 5 ms"),
        Row("1000 个到点（下限为裸 SKIP LOCKED 认领）", ours, floor, limit="≤ 3 ×"),
    ]


def _due_against_bare_claim() -> tuple[float, float]:
    """Median milliseconds of a sweep with an idle handler and of the bare claim, taken in turns over fresh rows."""
    ours, floor = [], []
    at = BASE
    for _ in range(ROUNDS):
        at += timedelta(milliseconds=DUE)
        floor.append(_time(lambda at=at: _execute(BARE_CLAIM, [at, DUE], rows=DUE)))
        at += timedelta(milliseconds=DUE)
        ours.append(_time(lambda at=at: _swept(sweep(at=at, batch=DUE + 1).steps)))
    return median(ours), median(floor)


def _vacuum() -> None:
    """What autovacuum does within a minute of this, by the table's own setting."""
    with connection.cursor() as cursor:
        cursor.execute("VACUUM timers_clock")


def _swept(steps: int) -> None:
    assert steps == DUE, steps


def _execute(sql: str, params: list | None = None, rows: int | None = None) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchall()
    assert rows is None or len(found) == rows, len(found)


def _time(job: Callable[[], object]) -> float:
    began = perf_counter()
    job()
    return (perf_counter() - began) * 1000


def _median(job: Callable[[], object]) -> float:
    return median(_time(job) for _ in range(ROUNDS))


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
