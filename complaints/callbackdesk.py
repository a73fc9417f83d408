"""回访: who is to be called next, and what the desk shows of one case (CMP-12). Reads only; queries do not grow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import F

from accounts.rights import Right
from complaints.choices import DISSATISFIED
from complaints.models import Call, Case
from complaints.querysets import CaseQuerySet
from complaints.sla import counted_tries, next_try_at
from estates.models import Node
from foundation.worktime.local import end_of_day, local_date, start_of_day

if TYPE_CHECKING:
    from accounts.models import User

HANDLED = "您经手过这张诉求单，请由另一人回访。"


@dataclass(frozen=True)
class Waiting:
    """One customer to be called, as the user at the desk finds them."""

    pk: int
    at: datetime
    handled: bool
    tries: list[datetime] = field(default_factory=list)

    @property
    def counted(self) -> int:
        return len(counted_tries(self.tries))

    @property
    def next_at(self) -> datetime | None:
        """When the next call counts; None where one may call now."""
        next_at = next_try_at(self.tries)
        return next_at if next_at and next_at > self.at else None

    @property
    def why_not(self) -> str:
        """CMP-12, fixed: by another than a handler."""
        return HANDLED if self.handled else ""

    @property
    def is_next(self) -> bool:
        return not self.handled and self.next_at is None


def due_to(user: User, place: Node | None) -> CaseQuerySet:
    """What is to be called back where the user calls back."""
    return Case.objects.visible_to(user, Right.CALL_BACK).below(place).to_call_back()


def queue(user: User, place: Node | None, at: datetime) -> list[Waiting]:
    """The most urgent first; then those whose next call does not count yet; last those that another has to call."""
    due = due_to(user, place)
    pks = list(due.order_by(F("due_at").asc(nulls_last=True), "pk").values_list("pk", flat=True))
    handled = set(due.filter(handlers=user).values_list("pk", flat=True))
    tries: dict[int, list[datetime]] = defaultdict(list)
    calls = Call.objects.filter(case__in=due.order_by().values("pk"), reached=False, round=F("case__round"))
    for case_id, tried_at in calls.values_list("case", "at"):
        tries[case_id].append(tried_at)
    rows = [Waiting(pk, at, pk in handled, tries[pk]) for pk in pks]
    return sorted(rows, key=lambda row: (row.handled, row.next_at is not None, row.next_at or at))


def following(rows: Iterable[Waiting], pk: int) -> Waiting | None:
    """Whom to call after this one: on in the queue, and from its beginning again; None when nobody else is due now."""
    rows = list(rows)
    place = next((index for index, row in enumerate(rows) if row.pk == pk), -1)
    onwards = [*rows[place + 1 :], *rows[: max(place, 0)]]
    return next((row for row in onwards if row.is_next), None)


def dissatisfied_on(user: User, place: Node | None, at: datetime) -> CaseQuerySet:
    """Closed today as solved, but 1 or 2 of 5: for those who may open it again (CMP-12)."""
    today = local_date(at)
    return (
        Case.objects.visible_to(user, Right.JUDGE_CASE)
        .below(place)
        .filter(closed_at__gte=start_of_day(today), closed_at__lt=end_of_day(today), satisfaction__lte=DISSATISFIED)
        .order_by("satisfaction", "-closed_at")
    )
