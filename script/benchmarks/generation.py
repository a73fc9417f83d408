"""One day's inspections of 3,000 estates, beside the bare INSERT … SELECT of the same rows into the same table (INS-7).

All in one transaction that is rolled back; the foreign keys, checked at commit otherwise, are checked in both.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from estates.models import Branch, Estate, Group
from foundation.worktime.local import start_of_day
from inspections.models import Inspection, Schedule
from inspections.services.generation import generate_inspections
from script.benchmarks.measuring import Row, in_turns, timed

ESTATES = 3_000
ROUNDS = 9


def run(at: datetime) -> list[Row]:
    try:
        with transaction.atomic():
            rows = _measure(at)
            transaction.set_rollback(True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE inspections_inspection")
    return rows


def _measure(at: datetime) -> list[Row]:
    group = _group_of_3000()
    # A Wednesday in mid-month: weeks, months and quarters have begun before, a day begins.
    day = at.date().replace(day=10)
    day += timedelta(days=(2 - day.weekday()) % 7 + 365)
    Schedule.nodes.through.objects.all().delete()
    for schedule in Schedule.objects.all():
        schedule.nodes.set([group])
    Schedule.objects.update(starts_on=day - timedelta(days=1), generated_through=None)
    Inspection.objects.unfinished().update(state=Inspection.State.MISSED)
    generate_inspections(at=start_of_day(day - timedelta(days=1)))
    # What was due is done: this is about making, not about missing.
    Inspection.objects.unfinished().update(state=Inspection.State.MISSED)
    newest = Inspection.objects.latest("pk").pk
    began = start_of_day(day)

    made = _made(newest, began)
    columns = ", ".join(field.column for field in Inspection._meta.concrete_fields if not field.primary_key)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE bench_made AS SELECT {columns} FROM inspections_inspection WHERE id > %s", [newest]
        )
        cursor.execute("ANALYZE bench_made")
        cursor.execute("DELETE FROM inspections_inspection WHERE id > %s", [newest])
    Schedule.objects.filter(frequency="day").update(generated_through=day - timedelta(days=1))
    bare = f"INSERT INTO inspections_inspection ({columns}) SELECT {columns} FROM bench_made"
    ours, floor = in_turns(
        ROUNDS, lambda: _undone(lambda: _generate(began, made)), lambda: _undone(lambda: _execute(bare))
    )
    generate_inspections(at=began)
    again = _again(began)
    active = Schedule.objects.active().count()
    return [
        Row(
            f"{ESTATES:,} 个项目一天的检查",
            ours,
            ROUNDS,
            floor,
            times=3,
            about=f"{made:,} 次，{active} 个计划；下限为裸 INSERT … SELECT",
        ),
        Row("  当天第二次运行，一次也不生成", again, ROUNDS, about="新增 0 次"),
    ]


def _group_of_3000() -> Group:
    group = Group.objects.create(code="WIDE", name="三千项目集团")
    branches = [Branch.objects.create(code=f"W{n}", name=f"W{n}", parent=group) for n in range(10)]
    Estate.objects.bulk_create(
        Estate(code=f"W{n:04d}", name=f"W{n:04d}", parent=branches[n % 10], is_key_estate=n % 10 == 0)
        for n in range(ESTATES)
    )
    return group


def _made(newest: int, began: datetime) -> int:
    generate_inspections(at=began)
    return Inspection.objects.filter(pk__gt=newest).count()


def _generate(began: datetime, expected: int) -> None:
    done = generate_inspections(at=began)
    assert (done.inspections, done.missed) == (expected, 0), done


def _again(began: datetime) -> float:
    return in_turns(ROUNDS, lambda: timed(lambda: _generate(began, 0)))[0]


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _undone(job) -> float:
    """Milliseconds of the job with its foreign keys checked; then it has not happened."""
    with transaction.atomic():
        taken = timed(lambda: (job(), _execute("SET CONSTRAINTS ALL IMMEDIATE")))
        transaction.set_rollback(True)
    _execute("SET CONSTRAINTS ALL DEFERRED")
    return taken
