"""ORG-6: a worker killed with SIGKILL in the middle of saving has saved nothing, and the next one saves all, once."""

import random
import subprocess
import sys
import time

import pytest
from django.conf import settings

from estates import services, tasks
from estates.models import House, ImportBatch, NameKey, Owner
from estates.services import importwork
from foundation.journal.models import Entry
from tests.processes import KILLED, environment, rows, wait_until_alone

WORKER = """
import sys, django
django.setup()
from django.utils import timezone
from estates.services import importwork
importwork.BULK = 100
print("ready", flush=True)
importwork.work(pk=int(sys.argv[1]), at=timezone.now())
"""
HOUSES, KILLS = 2000, 2
PATIENCE = 60

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


WRITING = """
SELECT 1 FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %s AND query LIKE 'INSERT INTO "estates_house%%'
"""


def kill_one_that_saves(batch: ImportBatch) -> None:
    command = [sys.executable, "-c", WORKER, str(batch.pk)]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment(), stdout=subprocess.PIPE)
    until = time.monotonic() + PATIENCE
    while not rows(WRITING, KILLED):
        assert process.poll() is None, "the worker ended before it was killed"
        assert time.monotonic() < until
        time.sleep(0.001)
    time.sleep(random.random() / 5)
    process.kill()
    process.wait()
    wait_until_alone()


def test_a_worker_killed_while_saving_saved_nothing_and_the_next_one_saves_all_once(cast, now, xlsx, monkeypatch):
    monkeypatch.setattr(tasks.work_import, "delay", lambda pk: None)
    lines = [[f"{n // 100}幢", "1单元", str(n % 100), 88, f"王{n}", "", "", "", ""] for n in range(HOUSES)]
    batch = services.upload_import(
        estate=cast.estate_a1, filename="清册.xlsx", content=xlsx(*lines), by=cast.administrator, at=now
    )
    importwork.work(pk=batch.pk, at=now)
    services.confirm_import(batch=batch, by=cast.administrator, at=now)

    for killed in range(1, KILLS + 1):
        kill_one_that_saves(batch)
        batch.refresh_from_db()
        assert (batch.state, batch.attempts) == ("saving", killed)
        assert not House.objects.exists()
    assert importwork.waiting_imports(at=now + importwork.PATIENCE) == [batch.pk], "beat's tick takes it up"
    assert importwork.work(pk=batch.pk, at=now)

    batch.refresh_from_db()
    assert batch.state == "confirmed"
    assert House.objects.count() == Owner.objects.current().count() == HOUSES
    assert NameKey.objects.filter(key__startswith="王").count() == HOUSES
    assert Entry.objects.filter(verb="house.create").count() == HOUSES
    assert Entry.objects.filter(verb="estate.import").count() == 1
