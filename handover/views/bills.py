"""账单收款: the list, a bill's page with its verbs, receipts, and the rates of the fees (HND-2)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.downloads import EXPORT_ROWS, pdf_response, xlsx_response
from foundation.records.paging import page_of
from foundation.records.verbs import act
from handover import billpage
from handover.billpapers import bill_pdf, bills_xlsx, receipt_pdf
from handover.forms.bills import BillFilter, CancelBillForm, MakeBillForm, ReceiveForm, ReverseForm
from handover.guards.billing import paid_on
from handover.models import Bill, FeeItem, FeeRule, Handover, Payment
from handover.services import billing, payments

TABS = (("open", "待收款"), ("settled", "已缴清"), ("cancelled", "已作废"), ("all", "全部"))
IN_TAB = {
    "open": Q(cancelled_at=None, owed__gt=0),
    "settled": Q(cancelled_at=None, owed__lte=0),
    "cancelled": Q(cancelled_at__isnull=False),
    "all": Q(),
}
NEWEST = ("-made_at", "-pk")
RELATED = ("estate__parent", "house", "batch", "made_by")
OF_BILL = (*RELATED, "handover__batch")


# --- the list ---------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    found, form = _filtered(request)
    status = _status(request)
    counts = found.order_by().aggregate(**{value: Count("pk", filter=IN_TAB[value]) for value, _ in TABS})
    rows = found.filter(IN_TAB[status]).order_by(*NEWEST)
    page = page_of(rows, count=counts[status], number=request.GET.get("page"), related=RELATED)
    shown: Any = Bill.objects.filter(pk__in=[bill.pk for bill in page.object_list]).with_paid()
    owed = dict(shown.values_list("pk", "owed"))
    context = {
        "page": page,
        "rows": [(bill, owed[bill.pk]) for bill in page.object_list],
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label in TABS],
        "status": status,
        "export_url": reverse("handover:bills_export"),
        "may_make": request.user.may(Right.MAKE_BILLS),
    }
    return render(request, "handover/bills.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    found, _ = _filtered(request)
    rows = found.filter(IN_TAB[_status(request)]).order_by(*NEWEST)
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("handover:bills")
    return xlsx_response(bills_xlsx(rows.select_related(*RELATED)), "账单.xlsx")


def _filtered(request: StaffRequest) -> tuple[Any, BillFilter]:
    """Bills `with_paid`, which types do not know of."""
    form = BillFilter(request.GET)
    visible = Bill.objects.visible_to(request.user).below(current_place(request))
    return form.apply(visible, request.user).with_paid(), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "open")
    return status if status in IN_TAB else "open"


@needs(Right.VIEW_HANDOVER)
@require_safe
def fee_items(request: StaffRequest) -> HttpResponse:
    """费用标准: what is charged where, and for how many months at a time where that is not the default."""
    visible = FeeItem.objects.visible_to(request.user).below(current_place(request))
    rows = visible.order_by("estate__code", "-is_active", "pk")
    page = page_of(rows, count=rows.count(), number=request.GET.get("page"), related=("estate",))
    rules = FeeRule.objects.visible_to(request.user).below(current_place(request)).select_related("estate")
    context = {"page": page, "rules": rules, "may_change": request.user.may(Right.ADMINISTER)}
    return render(request, "handover/fee_items.html", context)


# --- the page of a bill -----------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _bill(request, pk))


@needs(Right.VIEW_HANDOVER)
@require_safe
def house_bill(request: StaffRequest, pk: int) -> HttpResponse:
    """The bill of a house in its batch, or what it would come to."""
    handover = _handover(request, pk)
    bill = handover.bills.valid().select_related(*OF_BILL).first()
    return _page(request, bill) if bill else _draft_page(request, handover)


def _bill(request: StaffRequest, pk: int, right: Right = Right.VIEW_HANDOVER) -> Bill:
    return get_object_or_404(Bill.objects.visible_to(request.user, right).select_related(*OF_BILL), pk=pk)


def _handover(request: StaffRequest, pk: int, right: Right = Right.VIEW_HANDOVER) -> Handover:
    visible = Handover.objects.visible_to(request.user, right)
    return get_object_or_404(visible.select_related("batch", "estate__parent", "house"), pk=pk)


def _payment(request: StaffRequest, pk: int, right: Right = Right.VIEW_HANDOVER) -> Payment:
    related = ("bill__house", "bill__batch", "bill__estate__parent", "estate", "cashier", "reverses")
    return get_object_or_404(Payment.objects.visible_to(request.user, right).select_related(*related), pk=pk)


def _page(request: StaffRequest, bill: Bill, **bound: forms.Form) -> HttpResponse:
    return render(
        request, "handover/bill.html", billpage.context_of(bill, request.user, bound, request.GET.get("page"))
    )


def _draft_page(request: StaffRequest, handover: Handover, **bound: forms.Form) -> HttpResponse:
    context = billpage.draft_context(handover, request.user, timezone.now(), bound)
    return render(request, "handover/bill_draft.html", context)


def _act(
    request: StaffRequest, pk: int, name: str, form: forms.Form, do: Callable[[datetime], object], done: str
) -> HttpResponse:
    """Do the verb and go back to the bill; or show it again with the form on it."""

    def again(refused: forms.Form) -> HttpResponse:
        return _page(request, _bill(request, pk), **{name: refused})

    return act(request, form, do, done=done, back=reverse("handover:bill", args=[pk]), again=again)


# --- its verbs --------------------------------------------------------------------------------------------------------


@needs(Right.HANDLE_STEP)
@require_POST
def make_bill(request: StaffRequest, pk: int) -> HttpResponse:
    handover, form = _handover(request, pk, Right.HANDLE_STEP), MakeBillForm(request.POST)

    def do(at: datetime) -> None:
        billing.make_bill(handover=handover, by=request.user, at=at, shown=form.cleaned_data["shown"])

    def again(refused: MakeBillForm) -> HttpResponse:
        bill = handover.bills.valid().select_related(*OF_BILL).first()
        return _page(request, bill, make=refused) if bill else _draft_page(request, handover, make=refused)

    back = reverse("handover:house_bill", args=[pk])
    return act(request, form, do, done="账单已生成。", back=back, again=again)


@needs(Right.HANDLE_STEP)
@require_POST
def cancel_bill(request: StaffRequest, pk: int) -> HttpResponse:
    bill, form = _bill(request, pk, Right.HANDLE_STEP), CancelBillForm(request.POST)

    def do(at: datetime) -> None:
        billing.cancel_bill(bill=bill, by=request.user, at=at, **form.cleaned_data)

    return _act(request, pk, "cancel", form, do, "账单已作废。")


@needs(Right.COLLECT_FEES)
@require_POST
def receive_payment(request: StaffRequest, pk: int) -> HttpResponse:
    bill = _bill(request, pk, Right.COLLECT_FEES)
    form = ReceiveForm(request.POST, owed=bill.total - paid_on(bill))

    def do(at: datetime) -> None:
        payments.receive(bill=bill, by=request.user, at=at, **form.cleaned_data)

    return _act(request, pk, "receive", form, do, "收款已登记。")


@needs(Right.COLLECT_FEES)
@require_POST
def reverse_payment(request: StaffRequest, pk: int) -> HttpResponse:
    payment, form = _payment(request, pk, Right.COLLECT_FEES), ReverseForm(request.POST, pk=pk)

    def do(at: datetime) -> None:
        payments.reverse(payment=payment, by=request.user, at=at, **form.cleaned_data)

    return _act(request, payment.bill_id, f"reverse-{pk}", form, do, "已冲销。")


# --- printed ----------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def print_bill(request: StaffRequest, pk: int) -> HttpResponse:
    bill = _bill(request, pk)
    return pdf_response(bill_pdf(bill, timezone.now()), f"账单{bill.number}.pdf")


@needs(Right.VIEW_HANDOVER)
@require_safe
def receipt(request: StaffRequest, pk: int) -> HttpResponse:
    payment = _payment(request, pk)
    left: Decimal = payment.bill.total - paid_on(payment.bill)
    return pdf_response(receipt_pdf(payment, left, timezone.now()), f"收据{payment.receipt}.pdf")
