"""The buyer who has taken a house over is its owner from that day on (HND-1, ORG-7).

    become_owner(handover, by=user, at=now)     # in the transaction of the last step

What the 《业主档案》 asks beside that (birthday, emergency mobile) stays with the handover: an owner has no such fields.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from estates.models import Owner
from estates.services.occupants import enter_buyer
from foundation.worktime.local import local_date
from handover.choices import BuyerKind
from handover.models import Handover

if TYPE_CHECKING:
    from accounts.models import User

BETWEEN = re.compile(r"[、,，;；/／&]")
# 王芳 李强: two names of two signs or more, not one that is set wide (王 芳).
CHINESE = re.compile(r"[一-鿿·]{2,}")


def buyer_names(name: str, kind: str) -> list[str]:
    """The people of a buyer's cell, the first of whom holds the document; a company is one, whatever its name holds."""
    if kind == BuyerKind.COMPANY:
        return [name.strip()]
    names = [part.strip() for part in BETWEEN.split(name) if part.strip()]
    apart = name.split()
    if kind == BuyerKind.COUPLE and len(names) == 1 and all(CHINESE.fullmatch(part) for part in apart):
        names = apart
    return list(dict.fromkeys(names)) or [name.strip()]


def become_owner(handover: Handover, *, by: User, at: datetime) -> Owner:
    """The buyer in the house's file, also where somebody acted for them; the owner before ends with the day before."""
    return enter_buyer(
        house=handover.house,
        names=buyer_names(handover.buyer_name, handover.buyer_kind),
        id_type=handover.buyer_id_type,
        id_number=handover.buyer_id_number or "",
        phone=handover.buyer_phone,
        since=local_date(at),
        by=by,
        at=at,
    )
