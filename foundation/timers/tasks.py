"""The minute's wake-up call."""

from celery import shared_task
from django.utils import timezone

from foundation.timers import services


@shared_task(name="foundation.timers.tasks.sweep")
def sweep() -> str:
    """Take what is due now. A lost or doubled message does no harm: what is due stands in Postgres."""
    return str(services.sweep(at=timezone.now()))
