"""检查: today's, all of them with their export, one of them, and one outside the schedule (INS-8, INS-13, RPT-5)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import Refused
from foundation.worktime.local import end_of_day, local_date, start_of_day
from inspections import exports, recordpage
from inspections.forms.records import AdhocForm, InspectionFilter
from inspections.models import Answer, Inspection
from inspections.querysets import InspectionQuerySet
from inspections.services.adhoc import start_adhoc

TODAY_PAGE = 60
DONE_SHOWN = 20
SOON = timedelta(hours=4)
TABS = [("", "全部"), *Inspection.State.choices]
SORTS: dict[str, Any] = {
    "opened": ("opens_at", "id"),
    "closes": ("closes_at", "id"),
    "submitted": ("submitted_at", "id"),
    "score": ("score", "id"),
}


# --- 今日检查 --------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def today(request: StaffRequest) -> HttpResponse:
    at = timezone.now()
    mine = Inspection.objects.visible_to(request.user).for_team(request.user).below(current_place(request))
    mine = mine.select_related("estate", "version__checklist")
    answers = Answer.objects.filter(inspection=OuterRef("pk")).values("inspection").annotate(n=Count("*")).values("n")
    waiting = mine.open(at).order_by("closes_at", "estate__code", "pk")
    waiting = waiting.annotate(done=Coalesce(Subquery(answers, output_field=IntegerField()), 0))
    page = Paginator(waiting, TODAY_PAGE).get_page(request.GET.get("page"))
    done = mine.submitted().filter(submitted_at__gte=start_of_day(local_date(at))).order_by("-submitted_at")
    context = {
        "page": page,
        "groups": [(label, list(rows)) for label, rows in groupby(page, key=lambda row: _urgency(row, at))],
        "done": done[:DONE_SHOWN],
        "at": at,
        "may_start": request.user.may(Right.START_ADHOC),
        "may_fill": request.user.may(Right.FILL_INSPECTION),
    }
    return render(request, "inspections/today.html", context)


def _urgency(inspection: Inspection, at: datetime) -> str:
    if inspection.closes_at - at <= SOON:
        return "即将截止"
    if inspection.closes_at <= end_of_day(local_date(at)):
        return "今天截止"
    return "7 天内截止" if inspection.closes_at - at <= timedelta(days=7) else "7 天以后截止"


# --- 检查记录 --------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def records(request: StaffRequest) -> HttpResponse:
    found, form = _filtered(request)
    status = _status(request)
    # The tabs' counts are the pages' counts too: the list is counted once.
    counts = dict(found.order_by().values_list("state").annotate(n=Count("*")))
    counts[""] = sum(counts.values())
    rows = _sorted(request, found.filter(state=status) if status else found)
    related = ("estate", "version__checklist")
    context = {
        "page": page_of(rows, count=counts.get(status, 0), number=request.GET.get("page"), related=related),
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts.get(value, 0)} for value, label in TABS],
        "status": status,
        "at": timezone.now(),
        "may_start": request.user.may(Right.START_ADHOC),
        "export_url": reverse("inspections:records_export"),
    }
    return render(request, "inspections/records.html", context)


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    found, _ = _filtered(request)
    status = _status(request)
    rows = _sorted(request, found.filter(state=status) if status else found)
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("inspections:records")
    rows = rows.select_related("estate__parent", "version__checklist", "submitted_by")
    return xlsx_response(exports.inspections_xlsx(rows), "检查记录.xlsx")


def _filtered(request: StaffRequest) -> tuple[InspectionQuerySet, InspectionFilter]:
    visible = Inspection.objects.visible_to(request.user).below(current_place(request))
    form = InspectionFilter(request.GET)
    return form.apply(visible), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "")
    return status if status in Inspection.State.values else ""


def _sorted(request: StaffRequest, found: InspectionQuerySet) -> InspectionQuerySet:
    """As asked, rows without the value last; else the newest first."""
    wanted = request.GET.get("sort", "-opened")
    if wanted.removeprefix("-") not in SORTS:
        wanted = "-opened"
    fields = SORTS[wanted.removeprefix("-")]
    if wanted.removeprefix("-") == "opened":  # never empty, and so ordered by its index
        return found.order_by(*(f"-{field}" if wanted.startswith("-") else field for field in fields))
    first, *rest = fields
    order = F(first).desc(nulls_last=True) if wanted.startswith("-") else F(first).asc(nulls_last=True)
    return found.order_by(order, *rest)


# --- one inspection -------------------------------------------------------------------------------------------------


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    visible = Inspection.objects.visible_to(request.user).select_related(
        "estate__parent", "version__checklist", "schedule", "created_by", "submitted_by"
    )
    found = get_object_or_404(visible, pk=pk)
    context = recordpage.context(found, request.user, timezone.now())
    return render(request, "inspections/record.html", context)


# --- 临时检查 (INS-13) ------------------------------------------------------------------------------------------------


@needs(Right.START_ADHOC)
@require_http_methods(["GET", "POST"])
def adhoc(request: StaffRequest) -> HttpResponse:
    """The form; with htmx, its list of items after a checklist was chosen."""
    at = timezone.now()
    asked = {"user": request.user, "place": current_place(request), "today": local_date(at)}
    if request.method == "POST":
        form = AdhocForm(request.POST, **asked)
        if form.is_valid():
            given = form.cleaned_data
            wanted = {name: given[name] for name in ("estate", "tier", "version", "item_ids", "days", "reason", "key")}
            try:
                started = start_adhoc(by=request.user, at=at, **wanted)
            except Refused as refused:
                form.add_error(None, refused.sentence)
            else:
                messages.success(request, f"已发起临时检查 {started.number}。")
                return redirect("inspections:fill", started.pk)
    else:
        form = AdhocForm(initial=request.GET.dict(), **asked)
    return _adhoc_page(request, form)


def _adhoc_page(request: StaffRequest, form: AdhocForm) -> HttpResponse:
    version = form.version()
    sections = version.sections.prefetch_related("items") if version else ()
    context = {"form": form, "sections": sections, "chosen": form.chosen(), "scope": form["scope"].value()}
    if request.htmx:  # type: ignore[attr-defined]
        return render(request, "inspections/_adhoc_items.html", context)
    return render(request, "inspections/adhoc.html", context, status=422 if form.is_bound else 200)
