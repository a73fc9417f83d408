"""Keeping files: `attach` is called by the business's own view, which has already asked whether the user may."""

import os
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from uuid import UUID, uuid4

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, models, transaction

from foundation.attachments import contents
from foundation.attachments.contents import AttachmentError, Content
from foundation.attachments.models import Attachment
from foundation.attachments.querysets import kind_of
from foundation.attachments.registry import is_pdf_slot

__all__ = ["AttachmentError", "attach", "detach", "photo_for_print", "prune"]

ROOT = "attachments"
# A file without a row may belong to a transaction that is still running; none runs for a day.
ORPHAN_AGE = timedelta(days=1)
PRINT_SIDE = 800


def attach(
    *,
    owner: models.Model,
    slot: str,
    upload: UploadedFile,
    by: AbstractBaseUser | None,
    at: datetime,
    client_key: UUID | None = None,
    taken_at: datetime | None = None,
) -> Attachment:
    """Keep one file of `owner`, or raise AttachmentError with the sentence for the user.

    `client_key` is made by the device that sends: the same file sent again for the same record by the same person gives
    the attachment of the first time; a key used for anything else is an error. `taken_at` is the device's word, else
    the camera's (EXIF). Files are written first, the row last: a crash in between leaves a file without a row, which
    `prune` deletes, never a row without its file.
    """
    size, sha256 = contents.measure(upload)
    if client_key and (first := Attachment.objects.filter(client_key=client_key).first()):
        return _same(first, owner, slot, by, sha256)
    content = contents.read(upload, pdf=is_pdf_slot(owner, slot))
    attachment = Attachment(
        uuid=uuid4(),
        owner_kind=kind_of(owner),
        owner_id=owner.pk,
        slot=slot,
        name=_clean_name(upload.name, content.suffix),
        content_type=content.content_type,
        size=size,
        width=content.width,
        height=content.height,
        sha256=sha256,
        by_id=by.pk if by else None,
        at=at,
        taken_at=taken_at or content.taken_at,
        client_key=client_key,
    )
    _write(attachment, upload, content)
    try:
        with transaction.atomic():
            attachment.save(force_insert=True)
    except IntegrityError:
        # The same key was sent twice at once, and the other one was faster.
        _delete_folder(PurePosixPath(str(attachment.original)).parent)
        first = Attachment.objects.filter(client_key=client_key).first() if client_key else None
        if first is None:
            raise
        return _same(first, owner, slot, by, sha256)
    return attachment


def detach(*, attachment: Attachment) -> None:
    """Take a file away from its record, where the business allows it. Its bytes go with the next `prune`."""
    attachment.delete()


def photo_for_print(attachment: Attachment, *, side: int = PRINT_SIDE) -> bytes:
    """A photo as it goes into a PDF: at most 800 px, so that a report with fifty of them stays a few megabytes."""
    with default_storage.open(str(attachment.shown)) as file:
        return contents.scaled(file.read(), side)


def prune(*, at: datetime) -> int:
    """Delete the folders that are older than a day and have no row; returns how many."""
    deleted = 0
    for month in _folders(PurePosixPath(ROOT)):
        folders = {UUID(folder.name): folder for folder in _folders(month)}
        known = set(Attachment.objects.filter(uuid__in=folders).values_list("uuid", flat=True))
        for uuid in folders.keys() - known:
            if default_storage.get_modified_time(str(folders[uuid])) <= at - ORPHAN_AGE:
                _delete_folder(folders[uuid])
                deleted += 1
    return deleted


def _same(first: Attachment, owner: models.Model, slot: str, by: AbstractBaseUser | None, sha256: str) -> Attachment:
    """The first attachment, if what comes again under its key is the same thing."""
    again = (kind_of(owner), owner.pk, slot, by.pk if by else None, sha256)
    if again != (first.owner_kind, first.owner_id, first.slot, first.by_id, first.sha256):
        raise AttachmentError("这个提交标识已用于另一个文件，请重新选择文件后上传。")
    return first


def _clean_name(name: str | None, suffix: str) -> str:
    """The name the file came with, for downloads: its last part, with the ending of what it really is."""
    stem = PurePosixPath((name or "").replace("\\", "/")).stem or "附件"
    return f"{''.join(sign for sign in stem if sign.isprintable())[:150]}.{suffix}"


def _write(attachment: Attachment, upload: UploadedFile, content: Content) -> None:
    folder = f"{ROOT}/{attachment.at:%Y%m}/{attachment.uuid}"
    upload.seek(0)
    attachment.original = _save(f"{folder}/original.{content.suffix}", File(upload))
    if content.shown:
        attachment.shown = _save(f"{folder}/shown.jpg", ContentFile(content.shown))
        attachment.thumb = _save(f"{folder}/thumb.jpg", ContentFile(content.thumb))


def _save(name: str, content: File) -> str:
    """Write a file and wait for the disk: the row that will name it waits for the disk as well."""
    saved = default_storage.save(name, content)
    with open(default_storage.path(saved), "rb") as file:
        os.fsync(file.fileno())
    return saved


def _folders(folder: PurePosixPath) -> list[PurePosixPath]:
    with suppress(FileNotFoundError):
        return [folder / name for name in sorted(default_storage.listdir(str(folder))[0])]
    return []


def _delete_folder(folder: PurePosixPath) -> None:
    with suppress(FileNotFoundError):
        for name in default_storage.listdir(str(folder))[1]:
            default_storage.delete(str(folder / name))
        default_storage.delete(str(folder))
