"""Writing the journal: always inside the transaction of what it tells of, so that both happen or neither."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import models

from foundation.journal import verbs
from foundation.journal.models import Entry
from foundation.journal.querysets import subject_of


def change(before: Any, after: Any) -> dict[str, Any]:
    """A value in an entry's data that was one thing and is now another."""
    return {"before": before, "after": after}


def entry(
    subject: models.Model,
    verb: str,
    *,
    by: AbstractBaseUser | None,
    at: datetime,
    node: models.Model | int | None = None,
    **data: Any,
) -> Entry:
    """An entry not yet saved, for `record_many`. `by` None means that the system acted by itself.

    A verb that no app registered is a programming error: people would read a code in the timeline.
    """
    if not verbs.is_known(verb):
        raise LookupError(f"Verb {verb!r} has no label: register it in the app's AppConfig.ready()")
    kind, pk = subject_of(subject)
    node_id = node.pk if isinstance(node, models.Model) else node
    by_id = by.pk if by else None
    return Entry(subject_kind=kind, subject_id=pk, node_id=node_id, verb=verb, by_id=by_id, at=at, data=data)


def record(
    subject: models.Model,
    verb: str,
    *,
    by: AbstractBaseUser | None,
    at: datetime,
    node: models.Model | int | None = None,
    **data: Any,
) -> Entry:
    """Write down that `by` did `verb` to `subject` at `at` (ORG-5)."""
    written = entry(subject, verb, by=by, at=at, node=node, **data)
    written.save(force_insert=True)
    return written


def record_many(entries: Iterable[Entry]) -> list[Entry]:
    """Write many entries, made by `entry`, in few statements."""
    return Entry.objects.bulk_create(entries, batch_size=2000)
