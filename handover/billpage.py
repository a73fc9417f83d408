"""What the page of a bill shows: its lines, what was paid, and what this user may do now. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.paginator import Paginator
from django.urls import reverse

from accounts.rights import Right
from foundation.journal.models import Entry
from foundation.records.paging import PAGE
from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import Verb
from foundation.worktime.local import local_date
from handover.forms.bills import CancelBillForm, MakeBillForm, ReceiveForm, ReverseForm
from handover.guards import billing as guards
from handover.models import Bill, Handover, Payment
from handover.monthbills import house_sums, houses_of, sums_of
from handover.services.billing import Draft, draft

if TYPE_CHECKING:
    from accounts.models import User

Bound = dict[str, forms.Form]


@dataclass(frozen=True)
class Entered:
    """One receipt or reversal; `reversing` is the verb that takes it back, for those who may."""

    payment: Payment
    reversal: Payment | None
    reversing: Verb | None


def context_of(bill: Bill, user: User, bound: Bound, number: str | None = None) -> dict[str, Any]:
    """Of a bill with house, handover and people at hand; `bound` are forms that were refused, by their verb.

    `number` is the page of the houses of a developer's bill.
    """
    entries = entered(bill, user, bound)
    paid = sum((one.payment.amount for one in entries), Decimal("0.00"))
    verbs = verbs_of(bill, bill.total - paid, user, bound)
    reversing = [one.reversing for one in entries if one.reversing]
    offered = {verb.dialog for verb in [*verbs, *reversing] if not verb.why_not}
    return {
        "bill": bill,
        **(_by_house(bill, number) if bill.batch_id else {"lines": list(bill.lines.all())}),
        "entries": entries,
        "paid": paid,
        "owed": bill.total - paid,
        "verbs": verbs,
        "dialogs": [verb for verb in [*verbs, *reversing] if not verb.why_not],
        # A verb that is no longer offered has no form on the page: its refusal is shown on top.
        "refused": [form for name, form in bound.items() if name not in offered],
        "timeline": list(Entry.objects.about(bill)),
        "earlier": _earlier(bill),
        "may_see_house": user.may(Right.VIEW_HOUSES, bill.estate),
    }


def verbs_of(bill: Bill, owed: Decimal, user: User, bound: Bound) -> list[Verb]:
    verbs = []
    if user.may(Right.COLLECT_FEES, bill.estate):
        verbs.append(
            Verb(
                "收款", "banknote", reverse("handover:receive_payment", args=[bill.pk]), primary=True, dialog="receive",
                why_not=refusal(guards.may_receive, bill, user), submit="收款",
                form=bound.get("receive") or ReceiveForm(owed=owed),
            )
        )  # fmt: skip
    if user.may(Right.HANDLE_STEP, bill.estate) and bill.cancelled_at is None:
        verbs.append(
            Verb(
                "作废", "ban", reverse("handover:cancel_bill", args=[bill.pk]), dialog="cancel",
                why_not=refusal(guards.may_cancel_bill, bill, user), submit="作废账单",
                form=bound.get("cancel") or CancelBillForm(), text="作废后可以重新生成。",
            )
        )  # fmt: skip
    return verbs


def entered(bill: Bill, user: User, bound: Bound) -> list[Entered]:
    found = list(bill.payments.select_related("cashier", "estate__parent", "reverses"))
    reversals = {one.reverses_id: one for one in found if one.reverses_id}
    may = user.may(Right.COLLECT_FEES, bill.estate)
    return [Entered(one, reversals.get(one.pk), _reversing(one, reversals, bound) if may else None) for one in found]


def _reversing(payment: Payment, reversals: dict[int, Payment], bound: Bound) -> Verb | None:
    if payment.reverses_id or payment.pk in reversals:
        return None
    name = f"reverse-{payment.pk}"
    return Verb(
        "冲销", "rotate-ccw", reverse("handover:reverse_payment", args=[payment.pk]), dialog=name, submit="冲销",
        form=bound.get(name) or ReverseForm(pk=payment.pk),
        text=f"冲销收据 {payment.receipt}，{payment.get_method_display()} {payment.amount} 元。原收款保留，另记一笔负数。",
    )  # fmt: skip


def _earlier(bill: Bill) -> Sequence[Bill]:
    """Other bills of the house, or of the batch's developer, cancelled ones included."""
    same = Bill.objects.filter(batch=bill.batch_id) if bill.batch_id else Bill.objects.filter(house=bill.house_id)
    return list(same.exclude(pk=bill.pk).order_by("-made_at"))


def _by_house(bill: Bill, number: str | None) -> dict[str, Any]:
    page = Paginator(houses_of(bill), PAGE).get_page(number)
    page.object_list = house_sums(page.object_list)
    return {"sums": sums_of(bill), "page": page}


def draft_context(handover: Handover, user: User, at: datetime, bound: Bound) -> dict[str, Any]:
    """Of a house without a bill: what it would come to, and the verb that makes it."""
    today: date = local_date(at)
    made, why_not = _draft(handover, today)
    why_not = refusal(guards.may_make_bill, handover, today, user) or why_not
    verbs = []
    if user.may(Right.HANDLE_STEP, handover.estate):
        form = MakeBillForm(initial={"shown": made.total if made else None})
        url = reverse("handover:make_bill", args=[handover.pk])
        verbs.append(Verb("生成账单", "file-plus", url, why_not=why_not, primary=True, form=form))
    return {
        "handover": handover,
        "draft": made,
        "lines": made.rows() if made else [],
        "why_not": why_not,
        "verbs": verbs,
        "refused": list(bound.values()),
        "earlier": list(Bill.objects.filter(house=handover.house_id).order_by("-made_at")),
        "may_see_house": user.may(Right.VIEW_HOUSES, handover.estate),
    }


def _draft(handover: Handover, today: date) -> tuple[Draft | None, str]:
    try:
        return draft(handover, today), ""
    except Refused as refused:
        return None, refused.sentence
