"""A worker is woken after the commit, once for what is committed together; without a broker nothing breaks."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.db import transaction

from config.celery import app
from foundation.notices import services, tasks
from foundation.notices.models import Notice, Parcel
from tests.notices.conftest import AT


@pytest.fixture
def commits(django_capture_on_commit_callbacks):
    return lambda: django_capture_on_commit_callbacks(execute=True)


def test_a_worker_is_woken_after_the_commit_and_not_before(mailbox, tell, woken, commits):
    with commits():
        tell(3, AT)
        assert woken == []
    assert woken == [services.WAKE_AFTER]


def test_a_wake_up_call_comes_after_all_that_it_serves():
    assert services.WAKE_AFTER > services.WAKE_EVERY


def test_nothing_to_send_wakes_nobody(mailbox, tell, woken, commits, zhang):
    zhang.email = ""
    zhang.save()
    with commits():
        tell(3, AT)
    assert woken == []


def test_what_is_rolled_back_wakes_nobody(mailbox, tell, woken, commits):
    with commits(), transaction.atomic():
        tell(1, AT)
        transaction.set_rollback(True)
    assert woken == []


def test_without_a_broker_the_notice_is_written_and_the_tick_sends_it(mailbox, tell, monkeypatch, commits):
    def refuse(*args, **more):
        raise ConnectionError("no broker")

    monkeypatch.setattr(cache, "add", refuse)
    with commits():
        tell(1, AT, level="urgent")
    assert Notice.objects.count() == 1
    tasks.deliver.apply()
    assert Parcel.objects.get().attempts == 1


def test_beat_ticks_each_minute():
    ticks = {tick["task"]: tick["schedule"] for tick in app.conf.beat_schedule.values()}
    assert ticks[tasks.deliver.name] == 60.0
