"""GEN-6, INS-11: the product's worker killed with SIGKILL while 1,000 rectifications escalate: none lost, none twice.

The worker is Celery's, started by the command of script/server; the sweep comes to it as a message. A sweep commits all
that is due at once, so before each kill another fifty rectifications fall due, and the kills, at random points of the
work, undo some sweeps and come right after the commit of others.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.utils import timezone

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.timers import services as timers
from foundation.timers.models import ClockStep
from foundation.timers.tasks import sweep
from inspections.models import EscalationStep, Rectification
from tests.inspections.factories import make_rectifications, start_clocks
from tests.worker import notices_written, worker

__all__ = ["worker"]

ROWS, KILLS, POOLS = 1000, 20, 5
WAVE = ROWS // KILLS
# Two days late: the step of the due moment and that of the day after are due, the branch's on the third day is not.
AUDIENCES = ("department_lead", "estate_manager")
LATE, AGE = timedelta(days=2), timedelta(days=3)


def escalations() -> Counter[tuple[int, str]]:
    """How often each rectification was escalated to each audience: its steps, which have as many entries and notices."""
    taken = Counter(ClockStep.objects.values_list("clock__subject_id", "code"))
    entries = Entry.objects.filter(verb="rectification.escalate").values_list("subject_id", "data__to")
    codes = {label: code for code, label in EscalationStep.Audience.choices}
    assert Counter((subject, codes[to]) for subject, to in entries) == taken
    notices = Notice.objects.filter(key__contains=":escalate:").values_list("subject_id", "key")
    assert Counter((subject, key.rpartition(":")[2]) for subject, key in notices) == taken
    return taken


def once(rectifications: Sequence[Rectification]) -> Counter[tuple[int, str]]:
    return Counter((row.pk, audience) for row in rectifications for audience in AUDIENCES)


@pytest.fixture
def overdue(cast) -> list[Rectification]:
    now = timezone.now()
    return make_rectifications(cast.estate_a1, ROWS, opened_at=now - AGE, due_at=now - LATE)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_at_twenty_points_escalates_each_rectification_once(overdue, worker):
    # One random point in each twentieth of the way; the last ones lie behind the commit, where the worker may or may
    # not have acknowledged its message.
    points = [(place + random.random()) / KILLS * 1.3 for place in range(KILLS)]
    random.shuffle(points)
    done, undone = 0, 0
    for number, point in enumerate(points, start=1):
        start_clocks(overdue[(number - 1) * WAVE : number * WAVE])
        work, before = number * WAVE * len(AUDIENCES) - done, notices_written()
        sweep.delay()
        worker.start()
        if point < 1:
            worker.wait_until(lambda: notices_written() - before >= point * work)  # noqa: B023
        else:
            worker.wait_until(lambda: ClockStep.objects.count() == done + work)  # noqa: B023
        worker.kill()
        found = escalations()
        assert found <= once(overdue[: number * WAVE])
        undone += found.total() == done
        done = found.total()
    assert undone >= KILLS / 2, "the kills fell into the middle of the work"
    sweep.delay()
    worker.start()
    worker.wait_until(lambda: ClockStep.objects.count() == ROWS * len(AUDIENCES))
    worker.kill()
    assert timers.sweep(at=timezone.now()).steps == 0
    assert escalations() == once(overdue)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_killed_process_of_the_pool_gives_its_message_back(overdue, worker):
    """At once; but while the database has not noticed yet that the process is dead, its rows are passed over, and it is
    the next tick that takes them.
    """
    worker.start()
    each, undone = ROWS // POOLS, 0
    for number in range(POOLS):
        steps, before = ClockStep.objects.count(), notices_written()
        start_clocks(overdue[number * each : (number + 1) * each])
        sweep.delay()
        point = random.randrange(1, each)
        worker.wait_until(lambda: notices_written() - before >= point, each_second=sweep.delay)  # noqa: B023
        worker.kill_pool()
        # Unless its commit was quicker, as on a busy machine it may be.
        undone += ClockStep.objects.count() == steps
    assert undone >= 2, "kills fell into the middle of the work"
    worker.wait_until(lambda: ClockStep.objects.count() == ROWS * len(AUDIENCES), each_second=sweep.delay)
    worker.kill()
    received = Counter(re.findall(r"sweep\[(\S+)\] received", worker.log.read_text()))
    assert max(received.values()) > 1, "the message of a killed process came back"
    assert escalations() == once(overdue)
