from celery import shared_task
from django.utils import timezone

from foundation.attachments import services


@shared_task
def prune() -> int:
    return services.prune(at=timezone.now())
