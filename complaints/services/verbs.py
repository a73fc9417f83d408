"""What every verb of a case does around its own work: lock, catch up, journal, show the next due moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from complaints.models import Case, Event, Round
from complaints.services.clocks import catch_up, show_due
from complaints.services.upgrading import grow_major
from foundation.journal.services import record
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User


@contextmanager
def working_on(case: Case, at: datetime, *, made_here: bool = False) -> Iterator[Case]:
    """The case, locked for one verb, with what time alone did to it first (CMP-8, CMP-9); afterwards its due moment is shown.

    Event, case, clocks, always in this order: who counts the customers of an event waits for who changes one of them.
    One that was `made_here`, in this transaction, nobody else can see: it is worked on as it is.
    """
    with transaction.atomic(savepoint=not made_here):
        locked = case if made_here else _lock(case)
        grow_major(locked, at, before=True)
        catch_up(locked, at, upto=at - timedelta.resolution)
        yield locked
        show_due(locked)


def _lock(case: Case) -> Case:
    event_id = Event.objects.of(case).select_for_update(of=("self",)).values_list("pk", flat=True).first()
    locked = Case.objects.locked(case.pk)
    if locked.event_id != event_id:
        raise Refused("诉求单刚刚归入或移出了事件，请再试一次。")
    return locked


def current_round(case: Case) -> Round:
    return case.rounds.get(number=case.round)


def note(case: Case, verb: str, *, by: User | None, at: datetime, **data: Any) -> None:
    """One line of the case's timeline; values that say nothing are left out."""
    said = {key: value for key, value in data.items() if value not in (None, "")}
    record(case, f"case.{verb}", by=by, at=at, node=case.estate_id, **said)
