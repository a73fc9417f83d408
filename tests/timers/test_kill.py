"""A worker killed with SIGKILL in the middle of 1,000 escalations at 20 random points: none lost, none twice."""

import random
import time

import pytest
from django.db import connection

from foundation.timers import services
from foundation.timers.models import ClockStep
from foundation.timers.values import Subject
from foundation.worktime.models import CalendarDay
from tests.forks import Loaded
from tests.processes import environment, rows, wait_until_alone
from tests.timers.clocks import DAY, DAYS, START
from tests.timers.killed_sweep import KIND, TABLE

CLOCKS, KILLS, PATIENCE = 500, 20, 60
AT = START + 4 * DAY  # two steps of each are due


@pytest.fixture
def escalations(transactional_db):
    with connection.cursor() as cursor:
        cursor.execute(TABLE)
    yield lambda: rows("SELECT clock_id, round, code, what FROM tests_escalation")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE tests_escalation")


@pytest.fixture
def loaded():
    with Loaded(
        ["foundation.timers.services", "tests.timers.killed_sweep"], environment(SWEEP_AT=AT.isoformat())
    ) as loaded:
        yield loaded


@pytest.mark.slow
def test_none_is_lost_and_none_happens_twice(escalations, loaded, tmp_path):
    services.start_many(
        kind=KIND,
        model=CalendarDay,
        subjects=[Subject(pk, 7, START + 3 * DAY) for pk in range(1, CLOCKS + 1)],
        at=START,
        ladder=DAYS,
    )
    chance = random.Random()
    progress = []
    for number in range(KILLS):
        out = tmp_path / str(number)
        process = loaded.fork("tests.timers.killed_sweep:main", out=out)
        # A point of the work, not of time: a fast and a slow machine are killed alike.
        enough, until = chance.randrange(70), time.monotonic() + PATIENCE
        while not out.exists() or out.read_text().count("escalated\n") < enough:
            assert time.monotonic() < until
            time.sleep(0.0005)
        process.kill()
        assert process.wait() == -9, "killed before it was done"
        wait_until_alone()
        assert_each_step_has_its_rows(escalations())
        progress.append(ClockStep.objects.count())
    assert 0 < progress[-1] < 2 * CLOCKS, "the kills fell into the middle"
    assert len(set(progress)) > 3, "at many different points"
    assert loaded.fork("tests.timers.killed_sweep:main", out=tmp_path / "last").wait(120) == 0
    assert_each_step_has_its_rows(escalations())
    assert ClockStep.objects.count() == 2 * CLOCKS
    assert len(escalations()) == 4 * CLOCKS


def assert_each_step_has_its_rows(found):
    taken = set(ClockStep.objects.values_list("clock_id", "round", "code"))
    assert len(found) == 2 * len(taken)
    assert set(found) == {(*step, what) for step in taken for what in ("journal", "notice")}
