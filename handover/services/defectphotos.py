"""Photos of defects: kept before anything else is looked at, for a browser can't be given them back (HND-3)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import models

from foundation.attachments.models import Attachment
from foundation.attachments.querysets import AttachmentQuerySet, kind_of
from foundation.attachments.services import AttachmentError, attach
from foundation.records.refusals import Refused
from handover.models import Defect, Handover

if TYPE_CHECKING:
    from accounts.models import User

BEFORE, AFTER = "before", "after"
# What a repair showed that did not pass its re-check.
REJECTED = "rejected"
MOST = 6


def keep(*, owner: models.Model, slot: str, photos: Sequence[UploadedFile], by: User | None, at: datetime) -> None:
    """Keep photos of a record; Refused names those that are none. The good ones stay."""
    faults = []
    for photo in photos:
        if Attachment.objects.for_owner(owner, slot).count() >= MOST:
            faults.append(f"最多 {MOST} 张照片。")
            break
        try:
            attach(owner=owner, slot=slot, upload=photo, by=by, at=at)
        except AttachmentError as error:
            faults.append(f"{photo.name}：{error}")
    if faults:
        raise Refused(" ".join(faults))


def slot_of(key: UUID) -> str:
    """Where the photos of a form wait on the handover until it becomes a defect."""
    return f"new:{key.hex}"


def waiting(*, handover: Handover, key: UUID) -> AttachmentQuerySet:
    return Attachment.objects.for_owner(handover, slot_of(key))


def take_over(*, handover: Handover, key: UUID, defect: Defect) -> None:
    waiting(handover=handover, key=key).update(owner_kind=kind_of(Defect), owner_id=defect.pk, slot=BEFORE)


def of_repair(defect: Defect) -> AttachmentQuerySet:
    return Attachment.objects.for_owner(defect, AFTER)


def set_aside(defect: Defect) -> None:
    """The photos of a repair that failed no longer speak for the next one."""
    of_repair(defect).update(slot=REJECTED)
