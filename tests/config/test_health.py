"""/healthz for machines, /system/ in words."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import redis
from django.core.cache import cache
from django.db import OperationalError, connection
from django.utils import timezone

from config import health, tasks
from config.celery import app
from foundation.notices.models import Parcel
from foundation.timers.models import Clock

AT = datetime(2026, 3, 2, 9, 30, tzinfo=ZoneInfo("Asia/Shanghai"))

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clean(settings):
    """No heartbeat yet, and nothing in the queue (a queue of this test process: see settings)."""
    cache.delete_many([health.WORKER, health.BEAT])
    redis.Redis.from_url(settings.CELERY_BROKER_URL).delete(settings.CELERY_TASK_DEFAULT_QUEUE)


@pytest.fixture
def alive():
    for key in (health.WORKER, health.BEAT):
        health.mark(key, at=AT)


def checks(at: datetime = AT) -> dict[str, health.Check]:
    return {check.code: check for check in health.examine(at=at)}


def test_green_when_all_answer(alive):
    assert health.is_green(health.examine(at=AT))


def test_silent_processes_are_red_from_two_minutes_on(alive):
    limit = AT + health.SILENCE
    assert checks(limit)["worker"].ok
    assert checks(limit)["beat"].ok
    assert not checks(limit + timedelta(seconds=1))["worker"].ok
    assert not checks(limit + timedelta(seconds=1))["beat"].ok
    assert checks(AT + timedelta(hours=3))["worker"].says == "最近一次动静在 3 小时 0 分钟前。"


def test_never_seen_is_red():
    assert not checks()["worker"].ok
    assert not checks()["beat"].ok


def test_a_clock_nobody_swept_is_backlog(alive):
    Clock.objects.create(kind="k", subject_kind="a.b", subject_id=1, started_at=AT, round_started_at=AT, next_at=AT)
    limit = AT + health.LATENESS
    assert checks(limit - timedelta(seconds=1))["backlog"].ok
    late = checks(limit)["backlog"]
    assert not late.ok
    assert late.facts["overdue_clocks"] == 1


def test_messages_waiting_are_backlog(alive, settings):
    queue, name = redis.Redis.from_url(settings.CELERY_BROKER_URL), settings.CELERY_TASK_DEFAULT_QUEUE
    queue.rpush(name, *range(health.QUEUE_LIMIT))
    assert checks()["backlog"].ok
    queue.rpush(name, "one more")
    assert not checks()["backlog"].ok


@pytest.fixture
def parcel(cast):
    return Parcel.objects.create(user=cast.engineering, made_at=AT, next_at=AT)


def test_a_notice_nobody_sends_is_red_from_a_quarter_of_an_hour_on(alive, parcel):
    limit = AT + health.LATENESS
    assert checks(limit - timedelta(seconds=1))["notices"].ok
    late = checks(limit)["notices"]
    assert not late.ok
    assert late.facts["unsent"] == 1


def test_notices_that_do_not_arrive_are_said_in_words_and_do_not_take_the_site_down(alive, parcel):
    Parcel.objects.update(attempts=3, next_at=AT + timedelta(minutes=4), error="连接不上邮件服务器")
    retried = checks()["notices"]
    assert retried.ok
    assert "反复发送不成的 1 条" in retried.says
    assert "外发消息" in retried.advice
    Parcel.objects.update(state=Parcel.State.FAILED)
    week = AT + health.FAILED_SHOWN
    assert "未送达的 1 条" in checks(week - timedelta(seconds=1))["notices"].says
    assert "未送达的 0 条" in checks(week)["notices"].says


def test_the_worker_answers_the_heartbeat_and_publishing_it_is_beats_tick():
    tasks.heartbeat.delay()
    assert cache.get(health.WORKER) is not None
    tasks.note_tick(sender=tasks.heartbeat.name)
    assert cache.get(health.BEAT) is not None


def test_every_tick_of_beat_names_a_task_that_exists():
    app.loader.import_default_modules()
    assert {tick["task"] for tick in app.conf.beat_schedule.values()} <= set(app.tasks)


def test_healthz_is_open_and_says_200_when_green(client):
    for key in (health.WORKER, health.BEAT):
        health.mark(key, at=timezone.now())
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["green"] is True
    assert set(answer.json()["checks"]) == {"database", "broker", "worker", "beat", "backlog", "notices"}
    assert "no-store" in answer["Cache-Control"]


def test_healthz_without_database_says_503_and_no_secret(client, monkeypatch):
    def refuse():
        raise OperationalError('connection to "db.internal" failed: password "hunter2"')

    monkeypatch.setattr(connection, "cursor", refuse)
    answer = client.get("/healthz")
    monkeypatch.undo()
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == {"ok": False}
    assert b"hunter2" not in answer.content
    assert b"db.internal" not in answer.content


def test_healthz_without_broker_says_503_and_no_secret(client, settings):
    settings.CELERY_BROKER_URL = "redis://:hunter2@127.0.0.1:9/0"
    answer = client.get("/healthz")
    assert answer.status_code == 503
    report = answer.json()["checks"]
    assert [code for code, check in report.items() if not check["ok"]] == ["broker", "worker", "beat", "backlog"]
    assert b"hunter2" not in answer.content


def test_healthz_changes_nothing(client):
    assert client.post("/healthz").status_code == 405
