"""业主清册 (ORG-6): uploaded, looked at and confirmed by a person; read and saved by a worker in between."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from django.db import transaction

from estates import importing, tasks
from estates.models import Estate, ImportBatch
from estates.services.importwork import guard_import
from foundation.records.refusals import Refused

State = ImportBatch.State


@transaction.atomic
def upload_import(*, estate: Estate, filename: str, content: bytes, by: Any, at: datetime) -> ImportBatch:
    """Keep the file for a worker to read. What is no .xlsx at all is refused at once."""
    guard_import(by, estate)
    importing.refuse_no_table(content)
    batch = ImportBatch.objects.create(
        estate=estate,
        filename=filename[:200],
        content=base64.b64encode(content).decode(),
        uploaded_by=by,
        uploaded_at=at,
        asked_at=at,
    )
    _ask(batch)
    return batch


@transaction.atomic
def confirm_import(*, batch: ImportBatch, by: Any, at: datetime) -> ImportBatch:
    """Have a worker save all rows, or none. Confirming twice changes nothing."""
    batch = ImportBatch.objects.select_for_update(of=("self",)).select_related("estate__parent").get(pk=batch.pk)
    guard_import(by, batch.estate)
    if batch.state in (State.SAVING, State.CONFIRMED):
        return batch
    if batch.state == State.EXPIRED:
        raise Refused("预览已过期，请重新上传文件。")
    if batch.state != State.PREVIEWED:
        raise Refused("这份清册现在不能确认。")
    if batch.errors or not batch.rows:
        raise Refused("文件里还有错误，请改好后重新上传。")
    batch.state, batch.attempts = State.SAVING, 0
    batch.confirmed_by, batch.confirmed_at, batch.asked_at = by, at, at
    batch.save(update_fields=["state", "attempts", "confirmed_by", "confirmed_at", "asked_at"])
    _ask(batch)
    return batch


@transaction.atomic
def retry_import(*, batch: ImportBatch, by: Any, at: datetime) -> ImportBatch:
    """Once more what broke off; done twice it is tried once."""
    guard_import(by, batch.estate)
    broken = ImportBatch.objects.filter(pk=batch.pk, state=State.BROKEN)
    broken.filter(confirmed_at=None).update(state=State.UPLOADED, attempts=0, fault="", asked_at=at)
    broken.exclude(confirmed_at=None).update(state=State.SAVING, attempts=0, fault="", asked_at=at)
    batch.refresh_from_db(fields=["state", "attempts", "fault", "asked_at"])
    if batch.is_under_way:
        _ask(batch)
    return batch


def _ask(batch: ImportBatch) -> None:
    # A broker that is down delays the work until beat's tick, it does not undo the upload.
    transaction.on_commit(lambda: tasks.work_import.delay(batch.pk), robust=True)
