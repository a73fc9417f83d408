from __future__ import annotations

from typing import Self

from django.db import models

from foundation.attachments.querysets import kind_of


class SignatureQuerySet(models.QuerySet):
    def about(self, subject: models.Model) -> Self:
        """The signatures of one record, oldest first."""
        return self.filter(subject_kind=kind_of(subject), subject_id=subject.pk).order_by("pk")

    def in_slot(self, subject: models.Model, slot: str) -> Self:
        """The rounds of one thing that is signed there, the last one first."""
        return self.about(subject).filter(slot=slot).order_by("-round")
