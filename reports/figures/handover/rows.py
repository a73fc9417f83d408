"""The rows behind the figures of handover, move-in and goods release (RPT-3, HND-2…7).

What happens belongs to the period in which it happens; what is left is as it was when the period ended.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from django.db.models import OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.fields.json import KT

from foundation.journal.models import Entry
from handover.choices import NotTaken
from handover.models import Bill, Defect, Handover, MoveIn, Pass, Payment
from reports.figures.values import Figure, Scope, Value

HANDOVER = Handover._meta.label_lower
NOT_TAKEN = "handover.not_taken"
# What ends 未接房, and what begins it.
TURNS = (NOT_TAKEN, "handover.retry", "handover.arrive")


# --- conditions, by a scope ---------------------------------------------------------------------------------------------


def within(scope: Scope, field: str) -> Q:
    return Q(**{f"{field}__gte": scope.start, f"{field}__lt": scope.until})


def still_none(scope: Scope, field: str) -> Q:
    """Had not happened when the period ended."""
    return Q(**{field: None}) | Q(**{f"{field}__gte": scope.until})


def billed(scope: Scope) -> Q:
    return within(scope, "made_at") & still_none(scope, "cancelled_at")


def standing(scope: Scope) -> Q:
    """Made and not cancelled when the period ended."""
    return Q(made_at__lt=scope.until) & still_none(scope, "cancelled_at")


def defect_open(scope: Scope) -> Q:
    """Found, and neither confirmed nor waived."""
    return Q(found_at__lt=scope.until) & still_none(scope, "confirmed_at")


def defect_overdue(scope: Scope) -> Q:
    """Open and not mended by its due moment (GEN-1)."""
    return defect_open(scope) & still_none(scope, "fixed_at") & Q(due_at__lt=scope.until)


# --- rows ---------------------------------------------------------------------------------------------------------------


def _rows(model: type, condition: Callable[[Scope], Q]) -> Callable[[Scope], QuerySet]:
    return lambda scope: model.objects.filter(scope.at_estates(), condition(scope))  # type: ignore[attr-defined]


def not_taken(scope: Scope) -> QuerySet:
    """未接房 when the period ended, by the journal: `why` is the reason as it was then, in words (HND-4)."""
    turns = Entry.objects.filter(
        subject_kind=HANDOVER, subject_id=OuterRef("pk"), verb__in=TURNS, at__lt=scope.until
    ).order_by("-at", "-id")
    rows = Handover.objects.filter(scope.at_estates(), still_none(scope, "done_at"))
    rows = rows.annotate(
        turn=Subquery(turns.values("verb")[:1]), why=Subquery(turns.values(said=KT("data__reason"))[:1])
    )
    rows = rows.filter(turn=NOT_TAKEN)
    reason = scope.slice.kind
    return rows.filter(why=NotTaken(reason).label if reason in NotTaken.values else "") if reason else rows


def owed(scope: Scope) -> QuerySet:
    """Bills that were not paid in full when the period ended; `owed` is what was missing."""
    rows = Bill.objects.filter(scope.at_estates(), standing(scope)).with_paid(before=scope.until)
    return rows.filter(owed__gt=0)  # type: ignore[misc]


def yuan(amount: Decimal | None) -> Value:
    """As it is stored: exact to the fen (GEN-5)."""
    return f"{amount or 0:.2f}"


def sum_of(name: str) -> Callable[[QuerySet], Value]:
    return lambda rows: yuan(rows.aggregate(sum=Sum(name))["sum"])


FIGURES = (
    Figure("handover_done", "接房", "户", "本期办完全部步骤、领取钥匙的房屋。",
           _rows(Handover, lambda scope: within(scope, "done_at"))),
    Figure("handover_not_taken", "期末未接房", "户", "本期结束时登记了未接房原因、还没有重新办理的房屋。", not_taken,
           better="less"),
    Figure("defect_found", "新登记遗留问题", "个", "本期验房登记的遗留问题。",
           _rows(Defect, lambda scope: within(scope, "found_at"))),
    Figure("defect_open", "期末未销遗留问题", "个", "本期结束时业主还没有确认、也没有放弃的遗留问题。", _rows(Defect, defect_open),
           better="less"),
    Figure("defect_overdue", "期末超期遗留问题", "个", "本期结束时过了整改期限还没有整改的遗留问题。", _rows(Defect, defect_overdue),
           better="less", late=True),
    Figure("handover_billed", "应收费用", "元", "本期生成、期末没有作废的账单合计。", _rows(Bill, billed), sum_of("total")),
    Figure("handover_paid", "实收费用", "元", "本期的收款减去本期的冲销。",
           _rows(Payment, lambda scope: within(scope, "at")), sum_of("amount")),
    Figure("handover_owed", "期末未收费用", "元", "本期结束时有效账单中还没有收到的金额。", owed, sum_of("owed"), better="less"),
    Figure("move_in_done", "入住", "户", "本期办完入住的业主和租户。",
           _rows(MoveIn, lambda scope: within(scope, "done_at"))),
    Figure("pass_made", "开具出门条", "张", "本期开具的出门条。", _rows(Pass, lambda scope: within(scope, "made_at"))),
    Figure("pass_used", "放行", "张", "本期在岗亭核验放行的出门条。", _rows(Pass, lambda scope: within(scope, "used_at"))),
)  # fmt: skip
