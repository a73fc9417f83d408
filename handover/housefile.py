"""This chapter's part of 一户一档 (ORG-7): handover and defects, bills and keys, who moved in, what was carried out."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.rights import Right
from estates import housefile
from estates.models import House
from handover.keyledger import with_last_move
from handover.models import Bill, Defect, Handover, HouseKey, MoveIn, Pass

SHOWN = 10
# Whose journals the house's timeline holds.
TOLD = 50


@housefile.panel(order=20)
def handover_and_living(house: House, user: Any) -> housefile.Panel | None:
    """None for those who may not see the chapter, and where nothing of it concerns the house. Six statements."""
    if not user.may(Right.VIEW_HANDOVER, house.estate):
        return None
    keys = with_last_move(HouseKey.objects.visible_to(user).filter(house=house))
    context: dict[str, Any] = {
        "handovers": list(_of(Handover, house, user).select_related("batch").defer("buyer_id_number")[:SHOWN]),
        "defects": list(_of(Defect, house, user).select_related("builder")[:TOLD]),
        "bills": list(_of(Bill, house, user).with_paid()[:SHOWN]),
        "keys": list(keys.order_by("kind", "label")[:TOLD]),
        "move_ins": list(_of(MoveIn, house, user)[:SHOWN]),
        "passes": list(_of(Pass, house, user)[:SHOWN]),
    }
    if not any(context.values()):
        return None
    context["open_defects"] = sum(not defect.is_over for defect in context["defects"])
    return housefile.Panel("交房与入住", "handover/_house_panel.html", context)


@housefile.timeline
def of_handover(house: House, user: Any) -> list[models.Model]:
    """Six statements; of keys as well, whose ledger is never changed."""
    if not user.may(Right.VIEW_HANDOVER, house.estate):
        return []
    kinds = (Handover, Defect, Bill, HouseKey, MoveIn, Pass)
    return [row for kind in kinds for row in _of(kind, house, user).only("pk")[:TOLD]]


def _of(kind: Any, house: House, user: Any) -> Any:
    """The newest first."""
    return kind.objects.visible_to(user).filter(house=house).order_by("-pk")
