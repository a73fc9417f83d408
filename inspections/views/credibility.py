"""自查可信度 (INS-16): by estate, and the pairs behind the rate; both as page and .xlsx."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from estates.models import Estate
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.worktime.local import format_duration, local_date
from inspections import exports
from inspections.forms.oversight import MonthsFilter
from inspections.oversight import Credibility, credibility_of, discrepancies, estates_at, pairs_in
from inspections.querysets import DiscrepancyQuerySet

PAGE = 50


def _months(request: StaffRequest) -> MonthsFilter:
    return MonthsFilter(request.GET, today=local_date(timezone.now()))


def _by_estate(request: StaffRequest, form: MonthsFilter) -> list[Credibility]:
    estates = estates_at(request.user, current_place(request), Right.VIEW_CREDIBILITY)
    inspections, _ = discrepancies(request.user, estates)
    return credibility_of(inspections=inspections, estates=estates, first=form.first, end=form.end, before=form.before)


@needs(Right.VIEW_CREDIBILITY)
@require_safe
def credibility(request: StaffRequest) -> HttpResponse:
    """By estate, how often an upper tier failed what the estate had passed."""
    form = _months(request)
    rows = _by_estate(request, form)
    total = Credibility(None)
    for row in rows:
        total.add(row)
    context = {
        "form": form,
        "page": Paginator(rows, PAGE).get_page(request.GET.get("page")),
        "total": total,
        "total_better": total.change < 0 if total.change else None,
        "pairs_url": f"{reverse('inspections:discrepancies')}?{form.query}",
        "export_url": reverse("inspections:credibility_export"),
    }
    return render(request, "inspections/credibility.html", context)


@needs(Right.VIEW_CREDIBILITY)
@require_safe
def credibility_export(request: StaffRequest) -> HttpResponse:
    """All estates of the list (RPT-5)."""
    form = _months(request)
    return xlsx_response(exports.credibility_xlsx(_by_estate(request, form)), f"自查可信度_{form.label}.xlsx")


def _pairs(request: StaffRequest, form: MonthsFilter) -> tuple[DiscrepancyQuerySet, Estate | None]:
    """The pairs of one estate, or of all, the newest first."""
    estates = estates_at(request.user, current_place(request), Right.VIEW_CREDIBILITY)
    estate = None
    if code := request.GET.get("estate", "").replace("\0", ""):
        estate = get_object_or_404(estates, code=code)
        estates = estates.filter(pk=estate.pk)
    inspections, pairs = discrepancies(request.user, estates)
    related = ("estate__parent", "item__section", "upper__submitted_by", "self_check__submitted_by")
    found = pairs_in(pairs, inspections, form.first, form.end).select_related(*related)
    return found.order_by("-failed_at", "-pk"), estate


@needs(Right.VIEW_CREDIBILITY)
@require_safe
def discrepancy_pairs(request: StaffRequest) -> HttpResponse:
    """The pairs behind the rate: what was passed when and by whom, and what the upper tier found."""
    form = _months(request)
    pairs, estate = _pairs(request, form)
    page = Paginator(pairs, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "estate": estate,
        "page": page,
        "pairs": [(pair, format_duration(pair.failed_at - pair.passed_at)) for pair in page],
        "back": f"{reverse('inspections:credibility')}?{form.query}",
        "export_url": reverse("inspections:discrepancies_export"),
    }
    return render(request, "inspections/discrepancies.html", context)


@needs(Right.VIEW_CREDIBILITY)
@require_safe
def discrepancies_export(request: StaffRequest) -> HttpResponse:
    """All pairs of the list (RPT-5)."""
    form = _months(request)
    pairs, estate = _pairs(request, form)
    if pairs.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先选择项目或缩短时间。")
        return redirect(f"{reverse('inspections:credibility')}?{form.query}")
    place = f"_{estate.name}" if estate else ""
    return xlsx_response(exports.discrepancies_xlsx(pairs), f"自查不符{place}_{form.label}.xlsx")
