from celery import shared_task
from django.utils import timezone

from inspections.services.generation import generate_inspections


@shared_task
def tick() -> str:
    """Make what is due and mark what was missed."""
    return generate_inspections(at=timezone.now()).line()
