"""督导总览: schedules, coverage (INS-14), repeated failures (INS-12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
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
from foundation.worktime.local import local_date
from inspections import exports
from inspections.choices import Tier
from inspections.coverage import Coverage, coverage_of, rows_behind
from inspections.forms.oversight import CoverageFilter, RepeatFilter, ScheduleFilter
from inspections.models import Checklist, Inspection, Rectification, Schedule
from inspections.oversight import chains_of, estates_at, progress_of, repeated_groups
from inspections.periods import Period, period_of
from inspections.querysets import InspectionQuerySet, RectificationQuerySet

PAGE = 50
ESTATES = 20
GROUPS = 15
NAMED = 30
SHORT = {Tier.ESTATE: "项", Tier.BRANCH: "分", Tier.GROUP: "集"}


# --- schedules -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def schedules(request: StaffRequest) -> HttpResponse:
    form = ScheduleFilter(request.GET)
    visible = form.apply(Schedule.objects.visible_to(request.user))
    found = list(visible.select_related("checklist").prefetch_related("nodes"))
    status = "inactive" if request.GET.get("status") == "inactive" else ""
    running = [one for one in found if one.is_active and one.checklist.is_active]
    stopped = [one for one in found if one not in running]
    inspections = Inspection.objects.visible_to(request.user).below(current_place(request))
    rows = progress_of(stopped if status else running, inspections, local_date(timezone.now()))
    context = {
        "form": form,
        "rows": rows,
        "tabs": [
            {"value": "", "label": "启用", "count": len(running)},
            {"value": "inactive", "label": "停用", "count": len(stopped)},
        ],
        "status": status,
        "may_manage": request.user.may(Right.MANAGE_SCHEDULES),
    }
    return render(request, "inspections/schedules.html", context)


# --- coverage --------------------------------------------------------------------------------------------------------


def _coverage_form(request: StaffRequest) -> CoverageFilter:
    checklists = Checklist.objects.visible_to(request.user).in_use()
    return CoverageFilter(request.GET, checklists=checklists, today=local_date(timezone.now()))


def _coverage(request: StaffRequest, form: CoverageFilter, checklist: Checklist) -> Coverage:
    place = current_place(request)
    return coverage_of(
        inspections=Inspection.objects.visible_to(request.user).below(place),
        estates=estates_at(request.user, place),
        checklist=checklist,
        period=form.period,
        today=form.today,
    )


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def coverage(request: StaffRequest) -> HttpResponse:
    """INS-14: estates × subjects × tiers in a period; every cell opens its inspections."""
    form = _coverage_form(request)
    checklist = form.chosen
    if checklist is None:
        return render(request, "inspections/coverage.html", {"form": form})
    found = _coverage(request, form, checklist)
    gaps = found.with_gaps()
    status = "gaps" if request.GET.get("status") == "gaps" else ""
    page = Paginator(gaps if status else found.estates, ESTATES).get_page(request.GET.get("page"))
    cells = _cell_url(checklist, form)
    context = {
        "form": form,
        "checklist": checklist,
        "period": found.period,
        "steps": _steps(form),
        "subjects": found.subjects,
        "tiers": [_tier_summary(found, tier, cells) for tier in found.tiers],
        "totals": [(s.name, [(t, SHORT[t], found.total(t, s.code)) for t in found.tiers]) for s in found.subjects],
        "rows": _matrix(found, list(page), cells),
        "page": page,
        "tabs": [
            {"value": "", "label": "全部项目", "count": len(found.estates)},
            {"value": "gaps", "label": "有漏检", "count": len(gaps)},
        ],
        "status": status,
    }
    return render(request, "inspections/coverage.html", context)


def _cell_url(checklist: Checklist, form: CoverageFilter) -> str:
    period = {"checklist": checklist.code, "frequency": form.period.frequency, "on": form.period.start.isoformat()}
    return f"{reverse('inspections:coverage_cell')}?{urlencode(period)}"


def _steps(form: CoverageFilter) -> dict[str, Any]:
    """The periods before and after; there is nothing after the present one."""
    period = form.period
    return {
        "previous": period_of(period.frequency, period.start - timedelta(days=1)),
        "next": period.next() if period.end <= form.today else None,
    }


def _tier_summary(found: Coverage, tier: Tier, cells: str) -> dict[str, Any]:
    """How many estates the tier supervised; the ones it did not, by name."""
    total, left = found.total(tier), found.unsupervised(tier)
    done = len(found.supervised(tier))
    return {
        "tier": tier,
        "total": total,
        "supervised": done,
        "left": [(estate, f"{cells}&estate={estate.code}&tier={tier}") for estate in left[:NAMED]],
        "hidden": max(0, len(left) - NAMED),
        "left_count": len(left),
        "url": f"{cells}&tier={tier}",
    }


def _matrix(found: Coverage, estates: list[Estate], cells: str) -> list[dict[str, Any]]:
    """The rows of one page, a branch's name before its first one."""
    rows, branch = [], None
    for estate in estates:
        lines = []
        for subject in found.subjects:
            place = f"{cells}&estate={estate.code}&section={subject.code}&tier="
            marks = [(SHORT[t], t, found.tally(estate.pk, t, subject.code), f"{place}{t}") for t in found.tiers]
            lines.append((subject.name, marks))
        rows.append({"estate": estate, "branch": estate.parent if estate.parent_id != branch else None, "cells": lines})
        branch = estate.parent_id
    return rows


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def coverage_cell(request: StaffRequest) -> HttpResponse:
    """The inspections behind a cell of the matrix; without estate, tier or section, behind what is wider."""
    cell = _cell(request)
    context = {
        **vars(cell),
        "page": Paginator(cell.rows, PAGE).get_page(request.GET.get("page")),
        "back": f"{reverse('inspections:coverage')}?{cell.query}",
        "export_url": reverse("inspections:coverage_cell_export"),
    }
    return render(request, "inspections/coverage_cell.html", context)


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def coverage_cell_export(request: StaffRequest) -> HttpResponse:
    """The same inspections, as .xlsx (RPT-5)."""
    cell = _cell(request)
    if cell.rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先选择分子公司或项目。")
        return redirect(f"{reverse('inspections:coverage')}?{cell.query}")
    place = cell.estate.name if cell.estate else "全部项目"
    name = f"{cell.checklist.name}_{cell.period.label}_{place}.xlsx"
    return xlsx_response(exports.inspections_xlsx(cell.rows.select_related("estate__parent")), name)


@dataclass
class Cell:
    """What a cell of the matrix, or a row or column of it, is about."""

    checklist: Checklist
    period: Period
    estate: Estate | None
    tier: Tier | None
    section: str
    rows: InspectionQuerySet
    query: str


def _cell(request: StaffRequest) -> Cell:
    form = _coverage_form(request)
    checklist = form.chosen
    if checklist is None:
        raise Http404
    code, tier = request.GET.get("section", "")[:40].replace("\0", ""), request.GET.get("tier", "")
    visible = Inspection.objects.visible_to(request.user).below(current_place(request))
    estate = None
    if estate_code := request.GET.get("estate", "").replace("\0", ""):
        estate = get_object_or_404(Estate.objects.visible_to(request.user), code=estate_code)
        visible = visible.filter(estate=estate)
    if tier in Tier.values:
        visible = visible.filter(tier=tier)
    rows = rows_behind(visible, checklist, form.period, code)
    return Cell(
        checklist=checklist,
        period=form.period,
        estate=estate,
        tier=Tier(tier) if tier in Tier.values else None,
        section=_section_name(checklist, code),
        rows=rows.select_related("estate", "version__checklist", "submitted_by").order_by("-period_end", "-pk"),
        query=_cell_url(checklist, form).partition("?")[2],
    )


def _section_name(checklist: Checklist, code: str) -> str:
    if not code:
        return ""
    version = checklist.versions.published().filter(sections__code=code).order_by("-number").first()
    return version.sections.get(code=code).name if version else ""


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def coverage_export(request: StaffRequest) -> HttpResponse:
    """The whole matrix, one line per estate, subject and tier (RPT-5)."""
    form = _coverage_form(request)
    if form.chosen is None:
        raise Http404
    found = _coverage(request, form, form.chosen)
    if len(found.estates) * len(found.subjects) * len(found.tiers) > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 行，请先选择分子公司或项目。")
        return redirect("inspections:coverage")
    return xlsx_response(exports.coverage_xlsx(found), f"{form.chosen.name}督导覆盖_{found.period.label}.xlsx")


# --- repeated failures -----------------------------------------------------------------------------------------------


def _repeats(request: StaffRequest) -> tuple[RectificationQuerySet, RepeatFilter]:
    form = RepeatFilter(request.GET, today=local_date(timezone.now()))
    visible = Rectification.objects.visible_to(request.user).below(current_place(request))
    return form.apply(visible.repeated()), form


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def repeats(request: StaffRequest) -> HttpResponse:
    """INS-12: what failed again within the window, by estate and item, with what was found to be the cause."""
    found, form = _repeats(request)
    page = Paginator(repeated_groups(found), GROUPS).get_page(request.GET.get("page"))
    visible = Rectification.objects.visible_to(request.user)
    context = {"form": form, "page": page, "groups": chains_of(page.object_list, found, visible)}
    return render(request, "inspections/repeats.html", context)


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def repeats_export(request: StaffRequest) -> HttpResponse:
    """The rectifications behind the list (RPT-5)."""
    found, _ = _repeats(request)
    if found.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("inspections:repeats")
    related = ("estate__parent", "item__section", "assignee", "rectified_by", "closed_by")
    rows = found.select_related(*related).order_by("estate__code", "item_key", "-opened_at")
    return xlsx_response(exports.rectifications_xlsx(rows, timezone.now()), "重复发生.xlsx")
