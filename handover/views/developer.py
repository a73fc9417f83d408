"""开发商费用: what the developer owes for the houses of a batch, month by month (HND-2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.downloads import xlsx_response
from foundation.records.paging import PAGE
from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import act
from foundation.worktime.local import local_date
from foundation.worktime.months import Month
from handover.billpapers import bill_houses_xlsx
from handover.forms.periods import MonthBillForm, MonthForm
from handover.guards import billing as guards
from handover.models import Batch, Bill
from handover.services import developer
from handover.services.developer import MonthDraft


@needs(Right.VIEW_HANDOVER)
@require_safe
def month_page(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _batch(request, pk))


def _batch(request: StaffRequest, pk: int, right: Right = Right.VIEW_HANDOVER) -> Batch:
    return get_object_or_404(Batch.objects.visible_to(request.user, right).select_related("estate__parent"), pk=pk)


def _page(
    request: StaffRequest, batch: Batch, month: Month | None = None, refused: forms.Form | None = None
) -> HttpResponse:
    at = timezone.now()
    form = MonthForm({"month": str(month or request.GET.get("month") or Month.before(at))})
    month = form.asked(Month.before(at))
    bills: Any = batch.bills.order_by("-ends_on", "-pk")
    shown = list(bills.with_paid())
    made, why_not = _draft(batch, month)
    why_not = refusal(guards.may_bill_month, batch, month, local_date(at), request.user) or why_not
    paginator = Paginator([part.summed for part in made.parts] if made else [], PAGE)
    context = {
        "batch": batch,
        "month": month,
        "form": form,
        "bill": next((bill for bill in shown if bill.ends_on == month.last and not bill.cancelled_at), None),
        "draft": made,
        "page": paginator.get_page(request.GET.get("page")),
        "why_not": why_not,
        "make_form": MonthBillForm(initial={"month": str(month), "shown": made.total if made else None}),
        "bills": shown,
        "missing": _missing(batch, shown, at),
        "refused": [refused] if refused else [],
        "may_make": request.user.may(Right.MAKE_BILLS, batch.estate),
    }
    return render(request, "handover/developer.html", context)


def _draft(batch: Batch, month: Month) -> tuple[MonthDraft | None, str]:
    try:
        return developer.month_draft(batch, month), ""
    except Refused as refused:
        return None, refused.sentence


def _missing(batch: Batch, bills: list[Bill], at: datetime) -> list[Month]:
    """Months that are over and have no bill, the newest first."""
    made = {bill.ends_on for bill in bills if bill.cancelled_at is None}
    return [month for month in developer.months_of(batch, local_date(at)) if month.last not in made]


@needs(Right.MAKE_BILLS)
@require_POST
def make_month(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = _batch(request, pk, Right.MAKE_BILLS), MonthBillForm(request.POST)
    made: list[Bill] = []

    def do(at: datetime) -> None:
        made.append(developer.make_month(batch=batch, by=request.user, at=at, **form.cleaned_data))

    def again(refused: forms.Form) -> HttpResponse:
        return _page(request, batch, refused.cleaned_data.get("month"), refused)

    response = act(request, form, do, done="账单已生成。", back=reverse("handover:developer", args=[pk]), again=again)
    return redirect("handover:bill", made[0].pk) if made else response


@needs(Right.VIEW_HANDOVER)
@require_safe
def bill_houses(request: StaffRequest, pk: int) -> HttpResponse:
    """The appendix of a developer's bill: every house and item."""
    visible = Bill.objects.visible_to(request.user).filter(batch__isnull=False).select_related("batch", "estate")
    bill = get_object_or_404(visible, pk=pk)
    return xlsx_response(bill_houses_xlsx(bill), f"开发商账单{bill.number}房屋明细.xlsx")
