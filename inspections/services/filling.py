"""Answering an inspection item by item, from several devices that come and go (INS-8, INS-9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Q

from foundation.attachments.models import Attachment
from foundation.attachments.services import attach, detach
from foundation.journal.models import Entry
from foundation.journal.services import record
from foundation.records.refusals import Refused
from inspections.choices import Evidence, Result
from inspections.guards import may_fill, on_team
from inspections.models import Answer, AnswerRevision, Inspection, Item
from inspections.scoring import reading_in_range

if TYPE_CHECKING:
    from accounts.models import User

# A phone's clock may be a little ahead of ours.
CLOCK_TOLERANCE = timedelta(minutes=5)
SLOT = "item:"
REMOVE_PHOTO = "inspection.remove_photo"


@dataclass(frozen=True)
class Given:
    """What a device sends for one item. `base_rev` is the revision it had seen (0 = none), `key` names this write."""

    key: UUID
    result: str
    note: str = ""
    reading: Decimal | None = None
    answered_at: datetime | None = None
    base_rev: int = 0


@dataclass(frozen=True)
class Saved:
    """`conflict` is true when another device had answered since: the answer that stands is then the other one's."""

    answer: Answer
    conflict: bool = False


def photo_slot(item: Item) -> str:
    """Photos of an item hang on the inspection under this slot."""
    return f"{SLOT}{item.pk}"


def item_id_of(photo: Attachment) -> int | None:
    """The item whose slot a photo of the inspection hangs in."""
    number = photo.slot.removeprefix(SLOT)
    return int(number) if number.isdigit() else None


def key_of(photo: Attachment) -> UUID:
    """What devices call a photo: the key of the one that sent it."""
    return photo.client_key or photo.uuid


def removed_photos(inspection: Inspection) -> list[str]:
    """The keys of the photos that were taken away: the journal forgets none, so a late device learns of each."""
    entries = Entry.objects.about(inspection).filter(verb=REMOVE_PHOTO)
    return list(entries.values_list("data__key", flat=True))


def item_of(inspection: Inspection, item_id: int) -> Item:
    """The item, if the inspection asks for it."""
    item = Item.objects.filter(pk=item_id, version=inspection.version_id).first()
    if item is None or (inspection.item_ids is not None and item.pk not in inspection.item_ids):
        raise Refused("这个检查项不在本次检查里。")
    return item


def save_answer(*, inspection: Inspection, item: Item, given: Given, by: User, at: datetime) -> Saved:
    """Save one answer once. A resend of the same key changes nothing; an older base than what stands is a conflict.

    INS-8: an answer given before the close counts as typed in time and is kept, also when it arrives after it; the
    inspection stays missed then. A reading outside its range is 不合格 by itself (INS-9).
    """
    with transaction.atomic():
        inspection = _locked(inspection)
        answered_at = _own_time(given.answered_at, inspection, at)
        standing = Answer.objects.filter(inspection=inspection, item=item).first()
        if standing and standing.key == given.key:
            return Saved(standing)
        if standing and AnswerRevision.objects.filter(key=given.key, inspection=inspection, item=item).exists():
            return Saved(standing, conflict=False)
        _may_save(inspection, by, answered_at, at)
        result, reading = _judge(item, given)
        told = {"result": result, "note": given.note.strip(), "reading": reading}
        if standing and standing.rev != given.base_rev:
            differs = any(getattr(standing, name) != value for name, value in told.items())
            return Saved(standing, conflict=differs)
        written = {"by": by, "answered_at": answered_at, "saved_at": at, "key": given.key, **told}
        if standing is None:
            answer = Answer.objects.create(inspection=inspection, item=item, rev=1, **written)
            _started(inspection, by, answered_at)
            return Saved(answer)
        _keep_revision(standing)
        Answer.objects.filter(inspection=inspection, item=item).update(rev=standing.rev + 1, **written)
        return Saved(Answer.objects.get(inspection=inspection, item=item))


def _keep_revision(standing: Answer) -> None:
    """What is written over stays readable, and its key stays known."""
    AnswerRevision.objects.create(
        key=standing.key,
        inspection_id=standing.inspection_id,
        item_id=standing.item_id,
        rev=standing.rev,
        result=standing.result,
        note=standing.note,
        reading=standing.reading,
        by_id=standing.by_id,
        answered_at=standing.answered_at,
    )


def _locked(inspection: Inspection) -> Inspection:
    """The row under lock, with what its guards ask for."""
    rows = Inspection.objects.select_for_update(of=("self",)).select_related("estate__parent")
    return rows.get(pk=inspection.pk)


def _own_time(answered_at: datetime | None, inspection: Inspection, at: datetime) -> datetime:
    """The device's own time where it is possible: not in the future, not before the inspection opened."""
    if answered_at is None or answered_at > at + CLOCK_TOLERANCE or answered_at < inspection.opens_at:
        return at
    return min(answered_at, at)


def _may_save(inspection: Inspection, by: User, answered_at: datetime, at: datetime) -> None:
    """As `may_fill`, except that what was typed before the close is kept when it arrives later (INS-8)."""
    if inspection.state == Inspection.State.SUBMITTED or not on_team(inspection, by):
        may_fill(inspection, by, at)
    may_fill_then = inspection.opens_at <= answered_at <= inspection.closes_at
    if not may_fill_then:
        may_fill(inspection, by, at)


def _judge(item: Item, given: Given) -> tuple[str, Decimal | None]:
    if given.result not in Result.values:
        raise Refused("请选择合格、不合格或不适用。")
    if item.evidence != Evidence.READING or given.result == Result.NOT_APPLICABLE:
        return given.result, None
    if given.reading is not None and not reading_in_range(given.reading, item.low, item.high):
        return Result.FAIL, given.reading
    return given.result, given.reading


def _started(inspection: Inspection, by: User, at: datetime) -> None:
    """The first answer begins the inspection; a missed one stays missed."""
    begun = Inspection.objects.filter(pk=inspection.pk, state=Inspection.State.OPEN).update(
        state=Inspection.State.DOING, started_at=at
    )
    if begun:
        record(inspection, "inspection.start", by=by, at=at, node=inspection.estate_id)


def attach_photo(
    *,
    inspection: Inspection,
    item: Item,
    upload: UploadedFile,
    key: UUID,
    taken_at: datetime | None,
    by: User,
    at: datetime,
) -> Attachment:
    """A photo of one item, kept once per device key; `AttachmentError` where the file is refused.

    One that was removed does not come back by a resend.
    The lock is taken last: a large picture takes seconds to read, in which the team's answers would have to wait.
    """
    own_time = _own_time(taken_at, inspection, at)
    is_resent = Attachment.objects.for_owner(inspection).filter(client_key=key).exists()
    if not is_resent:
        _may_save(inspection, by, own_time, at)
    if taken_at and taken_at > at + CLOCK_TOLERANCE:
        taken_at = None  # a clock that runs ahead says nothing; the camera may have written its own time
    slot = photo_slot(item)
    with transaction.atomic():
        photo = attach(owner=inspection, slot=slot, upload=upload, by=by, at=at, client_key=key, taken_at=taken_at)
        if not is_resent:
            _may_save(_locked(inspection), by, own_time, at)
            if str(key) in removed_photos(inspection):
                raise Refused("这张照片已经移除，不再保存。")
    return photo


def remove_photo(*, inspection: Inspection, key: UUID, removed_at: datetime | None, by: User, at: datetime) -> bool:
    """Take a photo away before the submission. False where there is none (any more): then nothing changes.

    INS-8: what was removed before the close is removed, also when the device says so after it.
    """
    with transaction.atomic():
        inspection = _locked(inspection)
        photos = Attachment.objects.for_owner(inspection).filter(slot__startswith=SLOT)
        photo = photos.filter(Q(client_key=key) | Q(client_key=None, uuid=key)).first()
        if photo is None:
            return False
        _may_save(inspection, by, _own_time(removed_at, inspection, at), at)
        item = item_of(inspection, item_id_of(photo) or 0)
        record(
            inspection, REMOVE_PHOTO, by=by, at=at, node=inspection.estate_id, item=item.what, key=str(key_of(photo))
        )
        detach(attachment=photo)
        return True
