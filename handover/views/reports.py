"""交房日报表, 《房屋交接汇总表》, 未接房: of any batch at any time, as page, PDF and xlsx (HND-4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.downloads import pdf_response, xlsx_response
from foundation.records.paging import page_of
from foundation.worktime.local import local_date
from handover import reporting, reportpapers
from handover.forms.reports import DayForm, ReasonForm
from handover.models import Batch, Handover
from handover.reporting import Daily

HOUSES = ("house", "slot")


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    """Every batch with how far it is, and the way to its three reports."""
    found = Batch.objects.visible_to(request.user).below(current_place(request))
    page = page_of(found, count=found.count(), number=request.GET.get("page"), related=("estate",))
    known = {batch.pk: batch for batch in Batch.objects.filter(pk__in=[batch.pk for batch in page]).with_counts()}
    rows = []
    for batch in page:
        counts: Any = known[batch.pk]
        houses = counts.not_begun + counts.under_way + counts.done + counts.not_taken
        rows.append({"batch": batch, "counts": counts, "houses": houses, "rate": reporting.rate(counts.done, houses)})
    return render(request, "handover/reports.html", {"page": page, "rows": rows})


def _batch(request: StaffRequest, pk: int) -> Batch:
    return get_object_or_404(Batch.objects.visible_to(request.user).select_related("estate__parent"), pk=pk)


# --- 交房日报表 ---------------------------------------------------------------------------------------------------------


def _daily(request: StaffRequest, pk: int, at: datetime) -> tuple[Daily, DayForm]:
    batch = _batch(request, pk)
    today = local_date(at)
    form = DayForm({"day": today.isoformat(), **request.GET.dict()})
    return reporting.daily(batch, form.asked(today), at), form


@needs(Right.VIEW_HANDOVER)
@require_safe
def daily(request: StaffRequest, pk: int) -> HttpResponse:
    report, form = _daily(request, pk, timezone.now())
    return render(request, "handover/daily.html", {"batch": report.batch, "report": report, "form": form})


@needs(Right.VIEW_HANDOVER)
@require_safe
def daily_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    now = timezone.now()
    report, _ = _daily(request, pk, now)
    return pdf_response(reportpapers.daily_pdf(report, now), f"交房日报表_{report.batch.name}_{report.day}.pdf")


@needs(Right.VIEW_HANDOVER)
@require_safe
def daily_xlsx(request: StaffRequest, pk: int) -> HttpResponse:
    report, _ = _daily(request, pk, timezone.now())
    return xlsx_response(reportpapers.daily_xlsx(report), f"交房日报表_{report.batch.name}_{report.day}.xlsx")


# --- 《房屋交接汇总表》 -----------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def summary(request: StaffRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    report = reporting.summary(batch, timezone.now())
    houses = reporting.in_order(batch)
    page = page_of(houses, count=report.total.houses, number=request.GET.get("page"), related=HOUSES)
    context = {"batch": batch, "report": report, "page": page, "lines": reporting.lines(page)}
    return render(request, "handover/summary.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def summary_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    now, batch = timezone.now(), _batch(request, pk)
    lines = reporting.lines(reporting.in_order(batch))
    content = reportpapers.summary_pdf(reporting.summary(batch, now), lines, now)
    return pdf_response(content, f"房屋交接汇总表_{batch.name}.pdf")


@needs(Right.VIEW_HANDOVER)
@require_safe
def summary_xlsx(request: StaffRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    lines = reporting.lines(reporting.in_order(batch))
    missing = reporting.unaccepted(reporting.not_taken(batch))
    content = reportpapers.summary_xlsx(reporting.summary(batch, timezone.now()), lines, missing)
    return xlsx_response(content, f"房屋交接汇总表_{batch.name}.xlsx")


# --- 未接房 -------------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def unaccepted(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = _batch(request, pk), ReasonForm(request.GET)
    found = reporting.not_taken(batch, form.asked)
    page = page_of(found, count=found.count(), number=request.GET.get("page"), related=HOUSES)
    context = {
        "batch": batch,
        "form": form,
        "page": page,
        "rows": reporting.unaccepted(page),
        "reasons": reporting.reasons(batch),
        "not_begun": Handover.objects.filter(batch=batch, state=Handover.State.NOT_BEGUN).count(),
    }
    return render(request, "handover/unaccepted.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def unaccepted_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = _batch(request, pk), ReasonForm(request.GET)
    rows = reporting.unaccepted(reporting.not_taken(batch, form.asked))
    content = reportpapers.unaccepted_pdf(batch, rows, reporting.reasons(batch), timezone.now())
    return pdf_response(content, f"未接房明细表_{batch.name}.pdf")


@needs(Right.VIEW_HANDOVER)
@require_safe
def unaccepted_xlsx(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = _batch(request, pk), ReasonForm(request.GET)
    rows = reporting.unaccepted(reporting.not_taken(batch, form.asked))
    return xlsx_response(reportpapers.unaccepted_xlsx(rows), f"未接房明细表_{batch.name}.xlsx")
