"""待出账单: the bills of a house, its next period, and the houses whose next bill is due (HND-2)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates import search
from estates.access import StaffRequest
from estates.models import House
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.paging import PAGE, page_of
from foundation.records.refusals import Refused
from foundation.records.verbs import act
from foundation.worktime.local import local_date
from handover import duebills
from handover.billpapers import due_xlsx, unbilled_xlsx
from handover.forms.batches import HouseFilter
from handover.forms.bills import MakeBillForm
from handover.forms.passes import HouseForm, plain
from handover.forms.periods import BeginForm, DueFilter
from handover.models import Bill, Handover
from handover.querysets import BillQuerySet, HandoverQuerySet
from handover.services import periods

RELATED = ("estate", "house", "batch")
# Refusals that are shown one by one; the rest is counted.
SAID = 5


# --- the houses whose next bill is due --------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def due(request: StaffRequest) -> HttpResponse:
    today, status = local_date(timezone.now()), _status(request)
    bills, bill_form = _bills(request, today)
    handovers, handover_form = _handovers(request, today)
    counts = {"due": bills.count(), "first": handovers.count()}
    rows, related = (handovers.in_order(), RELATED) if status == "first" else (bills, RELATED)
    page = page_of(rows, count=counts[status], number=request.GET.get("page"), related=related)
    context = {
        "form": handover_form if status == "first" else bill_form,
        "export_url": reverse("handover:bills_due_export"),
        "page": page,
        "rows": duebills.rows(list(page), today) if status == "due" else [],
        "tabs": [
            {"value": "due", "label": "下期待出账", "count": counts["due"]},
            {"value": "first", "label": "首期未出账", "count": counts["first"]},
        ],
        "status": status,
        "may_make": request.user.may(Right.MAKE_BILLS),
    }
    return render(request, "handover/bills_due.html", context)


def _status(request: StaffRequest) -> str:
    return "first" if request.GET.get("status") == "first" else "due"


def _bills(request: StaffRequest, today: date) -> tuple[BillQuerySet, DueFilter]:
    form = DueFilter(request.GET)
    found = form.apply(Bill.objects.visible_to(request.user).below(current_place(request)), request.user)
    return duebills.due(found, today), form


def _handovers(request: StaffRequest, today: date) -> tuple[HandoverQuerySet, HouseFilter]:
    form = HouseFilter(request.GET)
    found = Handover.objects.visible_to(request.user).below(current_place(request))
    return form.apply(found.unbilled(today)), form


@needs(Right.VIEW_HANDOVER)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    today, is_first = local_date(timezone.now()), _status(request) == "first"
    rows: Any = _handovers(request, today)[0].in_order() if is_first else _bills(request, today)[0]
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("handover:bills_due")
    if is_first:
        return xlsx_response(unbilled_xlsx(rows.select_related(*RELATED).defer("buyer_id_number")), "首期未出账.xlsx")
    return xlsx_response(due_xlsx(duebills.rows(list(rows.select_related(*RELATED)), today)), "下期待出账.xlsx")


@needs(Right.MAKE_BILLS)
@require_POST
def make_due(request: StaffRequest) -> HttpResponse:
    """生成本页账单: each house by itself, so that one that is refused doesn't hold up the others."""
    asked = [int(pk) for pk in request.POST.getlist("house")[:PAGE] if pk.isascii() and pk.isdecimal()]
    at, made, refusals = timezone.now(), 0, []
    houses = House.objects.visible_to(request.user, Right.MAKE_BILLS).filter(pk__in=asked)
    for house in houses.order_by("estate__code", "code"):
        try:
            periods.make_next(house=house, by=request.user, at=at)
            made += 1
        except Refused as refused:
            refusals.append(f"{house.code}：{refused.sentence}")
    if made:
        messages.success(request, f"已生成 {made} 户的账单。")
    elif not refusals:
        messages.error(request, "没有可以出账的房屋。")
    for sentence in refusals[:SAID]:
        messages.error(request, sentence)
    if len(refusals) > SAID:
        messages.error(request, f"还有 {len(refusals) - SAID} 户没有生成。")
    return redirect("handover:bills_due")


# --- the bills of one house -------------------------------------------------------------------------------------------


@needs(Right.MAKE_BILLS)
@require_safe
def choose_house(request: StaffRequest) -> HttpResponse:
    """Whose bills: also of houses that no batch knows, whose first bill is to be made."""
    text = plain(request.GET.get("q"))
    found = search.callers(request.user, text, place=current_place(request), right=Right.MAKE_BILLS) if text else []
    context = {
        "title": "按房屋查账单",
        "list_url": reverse("handover:bills"),
        "list_label": "账单收款",
        "form": HouseForm(request.GET if text else None),
        "found": [(reverse("handover:house_bills", args=[one.house.pk]), one) for one in found],
        "text": text,
    }
    return render(request, "handover/choose_house.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def house_bills(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _house(request, pk))


def _house(request: StaffRequest, pk: int, right: Right = Right.VIEW_HANDOVER) -> House:
    return get_object_or_404(House.objects.visible_to(request.user, right).select_related("estate__parent"), pk=pk)


def _page(request: StaffRequest, house: House, **bound: forms.Form) -> HttpResponse:
    return render(request, "handover/house_bills.html", duebills.context_of(house, request.user, timezone.now(), bound))


def _act(request: StaffRequest, house: House, name: str, form: forms.Form, do: Any) -> HttpResponse:
    def again(refused: forms.Form) -> HttpResponse:
        return _page(request, house, **{name: refused})

    back = reverse("handover:house_bills", args=[house.pk])
    return act(request, form, do, done="账单已生成。", back=back, again=again)


@needs(Right.MAKE_BILLS)
@require_POST
def make_next(request: StaffRequest, pk: int) -> HttpResponse:
    house, form = _house(request, pk, Right.MAKE_BILLS), MakeBillForm(request.POST)

    def do(at: Any) -> None:
        periods.make_next(house=house, by=request.user, at=at, shown=form.cleaned_data["shown"])

    return _act(request, house, "next", form, do)


@needs(Right.MAKE_BILLS)
@require_POST
def begin(request: StaffRequest, pk: int) -> HttpResponse:
    house, form = _house(request, pk, Right.MAKE_BILLS), BeginForm(request.POST)

    def do(at: Any) -> None:
        periods.begin_periods(house=house, by=request.user, at=at, **form.cleaned_data)

    return _act(request, house, "begin", form, do)
