"""A worker killed with SIGKILL in the middle of 1,000 escalations at 20 random points: none lost, none twice."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.db import connection

from foundation.timers import services
from foundation.timers.models import ClockStep
from foundation.timers.values import Subject
from foundation.worktime.models import CalendarDay
from tests.timers.clocks import DAY, DAYS, START
from tests.timers.killed_sweep import KIND, TABLE

ROOT = Path(__file__).resolve().parents[2]
CLOCKS, KILLS = 500, 20
AT = START + 4 * DAY  # two steps of each are due


@pytest.fixture
def escalations(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    yield lambda: rows("SELECT clock_id, round, code, what FROM tests_escalation")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE tests_escalation")


def rows(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def sweep_elsewhere():
    """A sweep in a new process, which has said that it is about to begin."""
    database = connection.settings_dict
    who = quote(database["USER"] or "", safe="") + (
        f":{quote(database['PASSWORD'], safe='')}" * bool(database["PASSWORD"])
    )
    place = f"{quote(database['HOST'] or '', safe='')}:{database['PORT'] or 5432}"
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings_test",
        "DATABASE_URL": f"postgres://{who}@{place}/{database['NAME']}",
        "SWEEP_AT": AT.isoformat(),
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.timers.killed_sweep"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "ready\n"
    return process


@pytest.mark.slow
def test_none_is_lost_and_none_happens_twice(escalations):
    services.start_many(
        kind=KIND,
        model=CalendarDay,
        subjects=[Subject(pk, 7, START + 3 * DAY) for pk in range(1, CLOCKS + 1)],
        at=START,
        ladder=DAYS,
    )
    chance = random.Random()
    progress = []
    for _ in range(KILLS):
        process = sweep_elsewhere()
        # A point of the work, not of time: a fast and a slow machine are killed alike.
        for _ in range(chance.randrange(70)):
            assert process.stdout.readline() == "escalated\n"
        process.kill()
        process.communicate(timeout=60)
        assert process.returncode == -9, "killed before it was done"
        # The server may still be rolling back what the dead worker had begun.
        wait_for_the_dead_worker()
        assert_each_step_has_its_rows(escalations())
        progress.append(ClockStep.objects.count())
    assert 0 < progress[-1] < 2 * CLOCKS, "the kills fell into the middle"
    assert len(set(progress)) > 3, "at many different points"
    process = sweep_elsewhere()
    process.communicate(timeout=120)
    assert process.returncode == 0
    assert_each_step_has_its_rows(escalations())
    assert ClockStep.objects.count() == 2 * CLOCKS
    assert len(escalations()) == 4 * CLOCKS


def wait_for_the_dead_worker():
    others = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    for _ in range(200):
        if not rows(f"{others} AND backend_type = 'client backend'"):
            return
        time.sleep(0.02)


def assert_each_step_has_its_rows(found):
    taken = set(ClockStep.objects.values_list("clock_id", "round", "code"))
    assert len(found) == 2 * len(taken)
    assert set(found) == {(*step, what) for step in taken for what in ("journal", "notice")}
