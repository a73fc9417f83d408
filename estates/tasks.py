"""A message is only a wake-up call: which file waits for what stands in its row."""

from celery import shared_task
from django.utils import timezone

from estates.services import importwork


@shared_task
def work_import(pk: int) -> bool:
    return importwork.work(pk=pk, at=timezone.now())


@shared_task
def resume_imports() -> int:
    """Once more what was lost on the way or with a worker; how many. One that is being worked on is left alone."""
    waiting = importwork.waiting_imports(at=timezone.now())
    for pk in waiting:
        work_import.delay(pk)
    return len(waiting)


@shared_task
def prune_imports() -> int:
    return importwork.prune_imports(at=timezone.now())
