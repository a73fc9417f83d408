"""This chapter's part of 一户一档 (ORG-7): handover and defects, bills and keys, who moved in, what was carried out."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Value

from accounts.rights import Right
from estates import housefile
from estates.models import House
from handover.keyledger import with_last_move
from handover.models import Bill, Defect, Handover, HouseKey, MoveIn, Pass

SHOWN = 10
# Whose journals the house's timeline holds.
TOLD = 50


KINDS: tuple[Any, ...] = (Handover, Defect, Bill, HouseKey, MoveIn, Pass)


@housefile.panel(order=20)
def handover_and_living(house: House, user: Any) -> housefile.Panel | None:
    """None where nothing of the chapter concerns the house: one statement, and one for each kind that does."""
    known = {kind for kind, _ in _records(house, user)}
    if not known:
        return None

    def some(kind: Any) -> Any:
        rows = kind.objects.visible_to(user).filter(house=house).order_by("-pk")
        return rows if kind in known else rows.none()

    defects = list(some(Defect).select_related("builder")[:TOLD])
    context: dict[str, Any] = {
        "handovers": list(some(Handover).select_related("batch").defer("buyer_id_number")[:SHOWN]),
        "defects": defects,
        "open_defects": sum(not defect.is_over for defect in defects),
        "bills": list(some(Bill).with_paid()[:SHOWN]),
        "keys": list(with_last_move(some(HouseKey)).order_by("kind", "label")[:TOLD]),
        "move_ins": list(some(MoveIn)[:SHOWN]),
        "passes": list(some(Pass)[:SHOWN]),
    }
    return housefile.Panel("交房与入住", "handover/_house_panel.html", context)


@housefile.timeline
def of_handover(house: House, user: Any) -> list[models.Model]:
    return [kind(pk=pk) for kind, pk in _records(house, user)]


def _records(house: House, user: Any) -> list[tuple[Any, int]]:
    """The newest of each kind, in one statement; nothing for those who may not see the chapter.

    Panel and timeline ask for the same house of one page: it is read once and kept with it.
    """
    if not user.may(Right.VIEW_HANDOVER, house.estate):
        return []
    known: dict[int, list[tuple[Any, int]]] = house.__dict__.setdefault("_handover_records", {})
    if user.pk not in known:
        known[user.pk] = _read(house, user)
    return known[user.pk]


def _read(house: House, user: Any) -> list[tuple[Any, int]]:
    parts = [
        kind.objects.visible_to(user)
        .filter(house=house)
        .order_by("-pk")
        .annotate(kind_of=Value(number))
        .values_list("kind_of", "pk")[:TOLD]
        for number, kind in enumerate(KINDS)
    ]
    return [(KINDS[number], pk) for number, pk in parts[0].union(*parts[1:], all=True)]
