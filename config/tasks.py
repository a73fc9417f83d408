"""The heartbeat: beat sends it, a worker answers it, and /healthz reads when each was last seen."""

from typing import Any

from celery import shared_task
from celery.signals import beat_init, before_task_publish
from django.utils import timezone

from config import health


@shared_task(name="config.tasks.heartbeat", expires=60)
def heartbeat() -> None:
    """A worker is there and works."""
    health.mark(health.WORKER, at=timezone.now())


@before_task_publish.connect(sender=heartbeat.name, dispatch_uid="heartbeat-sent")
def note_tick(**kwargs: Any) -> None:
    """Only beat publishes the heartbeat, so publishing it is beat's tick: seen even when no worker answers."""
    health.mark(health.BEAT, at=timezone.now())


@beat_init.connect(dispatch_uid="heartbeat-first")
def send_first(**kwargs: Any) -> None:
    """The first one goes out at once: a fresh start is green after a second, not after the first interval."""
    heartbeat.delay()
