"""Outputs (INS-15): the filled form, the report of one inspection and of one round, each as page and PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Avg, Count, Max, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.downloads import EXPORT_ROWS, pdf_response, xlsx_response
from foundation.records.rates import percent
from foundation.worktime.local import local_date
from inspections import exports, printing
from inspections.forms.oversight import RoundFilter
from inspections.models import Inspection, Schedule
from inspections.periods import Period, label, period_of
from inspections.querysets import InspectionQuerySet
from inspections.reporting.rounds import round_report_of
from inspections.reporting.single import report_of
from inspections.reporting.subjects import report_name

PAGE = 50
State = Inspection.State


# --- one inspection --------------------------------------------------------------------------------------------------


def _inspection(request: StaffRequest, pk: int) -> Inspection:
    visible = Inspection.objects.visible_to(request.user).select_related(
        "estate__parent", "version__checklist", "submitted_by", "created_by"
    )
    return get_object_or_404(visible, pk=pk)


def _file_name(title: str, inspection: Inspection) -> str:
    return f"{title}_{inspection.estate.label}_{inspection.period_label}.pdf"


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def form_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    """《…检查表》, also of an inspection that is not submitted: then to be filled in by hand."""
    found = _inspection(request, pk)
    return pdf_response(
        printing.form_pdf(found, timezone.now()), _file_name(f"{found.version.checklist.name}检查表", found)
    )


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def report(request: StaffRequest, pk: int) -> HttpResponse:
    found = _inspection(request, pk)
    context: dict[str, Any] = {"inspection": found, "title": report_name(found.version.checklist)}
    if found.state == State.SUBMITTED:
        context["report"] = report_of(found, request.user, timezone.now())
    return render(request, "inspections/report.html", context)


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def report_pdf(request: StaffRequest, pk: int) -> HttpResponse:
    found = _inspection(request, pk)
    if found.state != State.SUBMITTED:
        messages.error(request, "这次检查没有提交，还没有督导报告。")
        return redirect("inspections:report", found.pk)
    made = report_of(found, request.user, timezone.now())
    return pdf_response(printing.report_pdf(made), _file_name(report_name(found.version.checklist), found))


# --- one round -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def rounds(request: StaffRequest) -> HttpResponse:
    """The rounds of the schedules: which period, how many estates, done and missed, as far as the user sees them."""
    form, counted = _rounds(request)
    # One statement instead of a count and a page: they are grouped either way.
    page = Paginator(counted, PAGE).get_page(request.GET.get("page"))
    page.object_list = _described(list(page))
    context = {"form": form, "page": page, "export_url": reverse("inspections:rounds_export")}
    return render(request, "inspections/rounds.html", context)


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def rounds_export(request: StaffRequest) -> HttpResponse:
    """All rounds of the list (RPT-5)."""
    _, counted = _rounds(request)
    if len(counted) > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("inspections:rounds")
    return xlsx_response(exports.rounds_xlsx(_described(counted)), "各轮督导.xlsx")


def _rounds(request: StaffRequest) -> tuple[RoundFilter, list[dict[str, Any]]]:
    schedules = Schedule.objects.visible_to(request.user)
    form = RoundFilter(request.GET, schedules=schedules, today=local_date(timezone.now()))
    visible = Inspection.objects.visible_to(request.user).below(current_place(request)).filter(schedule__isnull=False)
    counted = (
        visible.filter(**form.lookups())
        .order_by()
        .values("schedule_id", "frequency", "period_start")
        .annotate(
            due=Count("pk"),
            done=Count("pk", filter=Q(state=State.SUBMITTED)),
            missed=Count("pk", filter=Q(state=State.MISSED)),
            average=Avg("score"),
            redlines=Count("pk", filter=Q(redline_failed__gt=0)),
            last=Max("submitted_at"),
        )
        .order_by("-period_start", "schedule_id")
    )
    return form, [dict(row) for row in counted]


def _described(rounds: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """With schedule, period and rate in words."""
    named = Schedule.objects.select_related("checklist").in_bulk({row["schedule_id"] for row in rounds})
    return [
        row
        | {
            "schedule": named[row["schedule_id"]],
            "period": row["period_start"].isoformat(),
            "label": label(row["frequency"], row["period_start"]),
            "rate": percent(row["done"], row["due"]),
        }
        for row in rounds
    ]


def _round(request: StaffRequest, schedule_pk: int, period: str) -> tuple[Schedule, Period, InspectionQuerySet]:
    """The round's inspections that the user sees; 404 where there is none of them."""
    try:
        start = date.fromisoformat(period)
    except ValueError:
        raise Http404 from None
    rows = Inspection.objects.visible_to(request.user).filter(schedule=schedule_pk, period_start=start)
    first = rows.only("frequency").first()
    if first is None:
        raise Http404
    schedule = get_object_or_404(Schedule.objects.select_related("checklist"), pk=schedule_pk)
    return schedule, period_of(first.frequency, start), rows.below(current_place(request))


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def round_report(request: StaffRequest, schedule_pk: int, period: str) -> HttpResponse:
    schedule, span, rows = _round(request, schedule_pk, period)
    made = round_report_of(schedule, span, rows)
    context = {
        "report": made,
        "title": report_name(schedule.checklist),
        "ranking": made.ranking[: printing.LISTED],
        "hidden": max(0, len(made.ranking) - printing.LISTED),
        "place": current_place(request),
    }
    return render(request, "inspections/round_report.html", context)


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def round_report_pdf(request: StaffRequest, schedule_pk: int, period: str) -> HttpResponse:
    schedule, span, rows = _round(request, schedule_pk, period)
    made = round_report_of(schedule, span, rows)
    name = f"{report_name(schedule.checklist)}_{schedule.get_tier_display()}_{span.label}.pdf"
    return pdf_response(printing.round_pdf(made, timezone.now()), name)
