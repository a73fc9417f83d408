from celery import shared_task
from django.utils import timezone

from estates import services


@shared_task
def prune_imports() -> int:
    return services.prune_imports(at=timezone.now())
