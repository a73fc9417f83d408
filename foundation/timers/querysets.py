"""Named questions about clocks."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models


class ClockQuerySet(models.QuerySet):
    def about(self, subject: models.Model) -> Self:
        """The clocks of one record."""
        return self.filter(subject_kind=subject._meta.label_lower, subject_id=subject.pk)

    def about_many(self, model: type[models.Model], ids: Iterable[int]) -> Self:
        """The clocks of many records of one model."""
        return self.filter(subject_kind=model._meta.label_lower, subject_id__in=ids)

    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def unstopped(self) -> Self:
        return self.exclude(state="stopped")

    def overdue(self, at: datetime) -> Self:
        """Not stopped and past the due moment; at that very moment it is still in time (GEN-1)."""
        return self.unstopped().filter(due_at__lt=at)

    def due_steps(self, at: datetime) -> Self:
        """Clocks with a step that is due and not taken: the backlog of the sweep."""
        return self.filter(state="running", next_at__lte=at)

    def waiting_for_data(self) -> Self:
        """Clocks that lack a year of the working calendar (GEN-3)."""
        return self.filter(missing_year__isnull=False)

    def failing(self) -> Self:
        """Clocks whose handler raised at the last try."""
        return self.unstopped().filter(failures__gt=0)
