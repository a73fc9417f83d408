from collections import defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from foundation.attachments.models import Attachment


def kind_of(model: type[models.Model] | models.Model) -> str:
    """How a record's kind is named; a proxy and its table are one kind."""
    return (model._meta.concrete_model or model)._meta.label_lower


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def for_owner(self, owner: models.Model, slot: str | None = None) -> "AttachmentQuerySet":
        """The files of one record, in the order they came."""
        return self.for_owners(type(owner), [owner.pk], slot)

    def for_owners(
        self, model: type[models.Model], ids: Iterable[int], slot: str | None = None
    ) -> "AttachmentQuerySet":
        """The files of many records of one kind, in one query; `by_owner()` sorts them out."""
        found = self.filter(owner_kind=kind_of(model), owner_id__in=list(ids))
        return found.filter(slot=slot) if slot else found

    def by_owner(self) -> dict[int, list["Attachment"]]:
        """The files per owner's key; an owner without any has an empty list."""
        found: dict[int, list[Attachment]] = defaultdict(list)
        for attachment in self:
            found[attachment.owner_id].append(attachment)
        return found
