"""The developer's owner list (HND-1): uploaded by a person; `listwork` reads and saves it."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from foundation.records.refusals import Refused
from handover import ownerlists, tasks
from handover.guards import batches as guards
from handover.models import Batch, OwnerList
from handover.services.batches import locked

if TYPE_CHECKING:
    from accounts.models import User

State = OwnerList.State


@transaction.atomic
def upload_list(*, batch: Batch, filename: str, content: bytes, by: User, at: datetime) -> OwnerList:
    """Keep the file for a worker. What is no .xlsx at all is refused at once."""
    batch = locked(batch)
    guards.may_manage(batch, by)
    ownerlists.refuse_no_table(content)
    if batch.lists.under_way().exists():
        raise Refused("上一份名单还在导入，请等它完成。")
    kept = OwnerList.objects.create(
        batch=batch,
        filename=filename[:200],
        content=base64.b64encode(content).decode(),
        uploaded_by=by,
        uploaded_at=at,
        asked_at=at,
    )
    _ask(kept)
    return kept


@transaction.atomic
def retry_list(*, owner_list: OwnerList, by: User, at: datetime) -> OwnerList:
    """Once more what broke off; done twice it is tried once."""
    guards.may_manage(owner_list.batch, by)
    broken = OwnerList.objects.filter(pk=owner_list.pk, state=State.BROKEN).exclude(content=None)
    if broken.update(state=State.UPLOADED, attempts=0, fault="", asked_at=at):
        _ask(owner_list)
    owner_list.refresh_from_db(fields=["state", "attempts", "fault", "asked_at"])
    return owner_list


def _ask(owner_list: OwnerList) -> None:
    # A broker that is down delays the work until beat's tick, it does not undo the upload.
    transaction.on_commit(lambda: tasks.work_list.delay(owner_list.pk), robust=True)
