from collections.abc import Iterable

from django.db import models
from django.db.models import Q


def subject_of(subject: models.Model) -> tuple[str, int]:
    """How a record is named here: its model's label and its key."""
    if subject.pk is None:
        raise ValueError(f"{subject._meta.label} 尚未保存，不能记录")
    # A proxy and its table are one record.
    return (subject._meta.concrete_model or subject)._meta.label_lower, subject.pk


class EntryQuerySet(models.QuerySet):
    def about(self, *subjects: models.Model) -> "EntryQuerySet":
        """Everything that happened to these records, oldest first, with the people who did it."""
        wanted = Q(pk__in=[])
        kinds: dict[str, list[int]] = {}
        for subject in subjects:
            kind, pk = subject_of(subject)
            kinds.setdefault(kind, []).append(pk)
        for kind, pks in kinds.items():
            wanted |= Q(subject_kind=kind, subject_id__in=pks)
        return self.filter(wanted).select_related("by").order_by("at", "id")

    def at_nodes(self, node_ids: Iterable[int]) -> "EntryQuerySet":
        """What happened at these places."""
        return self.filter(node_id__in=list(node_ids))
