from celery import shared_task
from django.utils import timezone

from reports import services, weekly


@shared_task
def draft_bulletins() -> str:
    """Draft what last month lacks (RPT-2); beat ticks several times a night and only the first one has work."""
    return services.draft_bulletins(at=timezone.now()).line()


@shared_task
def draft_weekly_sheets() -> str:
    """Draft what the last weeks lack (CMP-14); all but the first tick after Friday 17:00 find nothing to do."""
    return weekly.draft_weekly_sheets(at=timezone.now()).line()
