"""What a step needs before it can be finished (HND-1, HND-5): "" or the sentence that says what is missing.

Reads the tables only, so that every counter and every service may ask.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.db.models import Sum

from handover.choices import StepKind
from handover.models import Bill, Handover, HouseKey, KeyMove, OwnerFile
from handover.signedpapers import unsigned

ZERO = Decimal(0)


def papers_in(handover: Handover) -> str:
    missing = [paper.name for paper in handover.documents.all() if paper.is_required and paper.received_at is None]
    return f"还缺必需资料：{'、'.join(missing)}。" if missing else ""


def filled_in(handover: Handover) -> str:
    return "" if OwnerFile.objects.filter(handover=handover).exists() else "请先填写《业主档案》。"


def billed(handover: Handover) -> str:
    return "" if _bill(handover) else "还没有生成账单。"


def paid(handover: Handover) -> str:
    bill = _bill(handover)
    if bill is None:
        return "还没有生成账单。"
    owed = bill.total - (bill.payments.aggregate(sum=Sum("amount"))["sum"] or ZERO)
    return f"账单还有 {owed} 元没有缴清。" if owed > 0 else ""


def keys_out(handover: Handover) -> str:
    """Every key is with the owner, or was kept with the owner's consent (HND-3)."""
    keys = list(HouseKey.objects.filter(house=handover.house_id).prefetch_related("moves"))
    if not keys:
        return "还没有登记这户的钥匙。"
    if any(key.place != HouseKey.Place.OWNER and not _is_kept(key) for key in keys):
        return "还有钥匙没有交给业主，也没有登记业主同意留存。"
    return ""


def _is_kept(key: HouseKey) -> bool:
    return any(move.kind == KeyMove.Kind.KEPT for move in key.moves.all())


def _bill(handover: Handover) -> Bill | None:
    return Bill.objects.filter(handover=handover, cancelled_at=None).first()


READY: dict[StepKind, Callable[[Handover], str]] = {
    StepKind.DOCUMENTS: papers_in,
    StepKind.OWNER_FILE: filled_in,
    StepKind.FEES: billed,
    StepKind.PAYMENT: paid,
    StepKind.KEYS: keys_out,
}


def missing(handover: Handover, kind: str) -> str:
    """The first thing that this step still needs; HND-5: a signature last, under all the rest."""
    return content_of(handover, kind) or unsigned(handover, kind)


def content_of(handover: Handover, kind: str) -> str:
    """What has to be there before anything is signed."""
    asked = READY.get(StepKind(kind))
    return asked(handover) if asked else ""
