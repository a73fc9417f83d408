"""Sending what waits: after a commit, and every minute for what that missed."""

from celery import shared_task
from django.utils import timezone

from foundation.notices import posting


@shared_task(name="foundation.notices.tasks.deliver")
def deliver() -> str:
    """A lost or doubled message does no harm: what is to be sent stands in Postgres."""
    return str(posting.deliver(now=timezone.now))


@shared_task(name="foundation.notices.tasks.prune")
def prune() -> int:
    return posting.prune(at=timezone.now())
