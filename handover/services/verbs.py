"""What every verb of a handover begins with: its row, locked; and its line in the journal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from foundation.journal.services import record
from handover.models import Handover

if TYPE_CHECKING:
    from accounts.models import User


@contextmanager
def working_on(handover: Handover, at: datetime) -> Iterator[Handover]:
    """The handover, locked for one verb. Handover, slot, step: always in this order."""
    with transaction.atomic():
        yield Handover.objects.locked(handover.pk)


def note(handover: Handover, verb: str, *, by: User | None, at: datetime, **data: Any) -> None:
    """One line of the handover's timeline; values that say nothing are left out."""
    said = {key: value for key, value in data.items() if value not in (None, "")}
    record(handover, f"handover.{verb}", by=by, at=at, node=handover.estate_id, **said)
