from celery import shared_task
from django.utils import timezone

from reports import services


@shared_task
def draft_bulletins() -> str:
    """Draft what last month lacks (RPT-2); beat ticks several times a night and only the first one has work."""
    return services.draft_bulletins(at=timezone.now()).line()
