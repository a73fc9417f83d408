"""A message is only a wake-up call: which owner list waits for what stands in its row."""

from celery import shared_task
from django.utils import timezone

from handover.services import listwork, passes


@shared_task
def work_list(pk: int) -> bool:
    return listwork.work(pk=pk, at=timezone.now())


@shared_task
def resume_lists() -> int:
    """Once more what was lost on the way or with a worker; how many. One that is being worked on is left alone."""
    waiting = listwork.waiting_lists(at=timezone.now())
    for pk in waiting:
        work_list.delay(pk)
    return len(waiting)


@shared_task
def prune_lists() -> int:
    return listwork.prune_lists(at=timezone.now())


@shared_task
def expire_passes() -> int:
    return passes.expire_passes(at=timezone.now())
