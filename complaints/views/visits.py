"""客户访问: the list with its export, planning, the record and its verbs (CMP-13)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from complaints import exports, guards
from complaints.forms.visits import CancelForm, PlanForm, PointForm, RecordForm, VisitFilter
from complaints.models import Visit, VisitPoint
from complaints.querysets import VisitQuerySet
from complaints.services import visiting
from estates.access import StaffRequest
from foundation.journal.models import Entry
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb, act
from foundation.worktime.local import local_date

State = Visit.State
PLANNED = Q(state=State.PLANNED)
TABS = (
    ("planned", "待访问"),
    ("overdue", "过了计划日期"),
    ("done", "已访问"),
    ("cancelled", "已取消"),
    ("all", "全部"),
)
SORTS = {"planned": "planned_on", "done": "done_at", "satisfaction": "satisfaction"}
RELATED = ("estate", "house", "visitor")


# --- the list -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_CASES)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    today = local_date(timezone.now())
    found, form = _filtered(request)
    status = _status(request)
    counts = found.order_by().aggregate(
        **{value: Count("estate", filter=_in_tab(value, today)) for value, _ in TABS},
    )
    rows = _sorted(request, found.filter(_in_tab(status, today)), status)
    page = page_of(rows, count=counts[status], number=request.GET.get("page"), related=RELATED)
    context = {
        "page": page,
        "rows": [(visit, visit.is_overdue(today)) for visit in page.object_list],
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label in TABS],
        "status": status,
        "may_plan": request.user.may(Right.VISIT_CUSTOMERS),
    }
    return render(request, "complaints/visits.html", context)


@needs(Right.VIEW_CASES)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    today = local_date(timezone.now())
    found, _ = _filtered(request)
    status = _status(request)
    rows = _sorted(request, found.filter(_in_tab(status, today)), status)
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("complaints:visits")
    rows = rows.select_related("estate__parent", "house", "visitor", "planned_by").prefetch_related("points__case")
    return xlsx_response(exports.visits_xlsx(rows, today), "客户访问.xlsx")


def _filtered(request: StaffRequest) -> tuple[VisitQuerySet, VisitFilter]:
    visible = Visit.objects.visible_to(request.user).below(current_place(request))
    form = VisitFilter(request.GET)
    return form.apply(visible, request.user), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "planned")
    return status if status in dict(TABS) else "planned"


def _in_tab(value: str, today: date) -> Q:
    """Overdue is the day after the planned one; those are still to be made as well."""
    if value == "overdue":
        return PLANNED & Q(planned_on__lt=today)
    return Q() if value == "all" else Q(state=value)


def _sorted(request: StaffRequest, found: VisitQuerySet, status: str) -> VisitQuerySet:
    """As asked; else what is planned first, or what was done last."""
    wanted = request.GET.get("sort", "planned" if status in ("planned", "overdue") else "-planned")
    field = F(SORTS.get(wanted.removeprefix("-"), "planned_on"))
    if wanted.startswith("-"):
        return found.order_by(field.desc(nulls_last=True), "-pk")
    return found.order_by(field.asc(), "pk")


# --- planning -------------------------------------------------------------------------------------------------------


@needs(Right.VISIT_CUSTOMERS)
@require_http_methods(["GET", "POST"])
def plan_visit(request: StaffRequest) -> HttpResponse:
    at = timezone.now()
    asked = {"user": request.user, "place": current_place(request), "at": at}
    if request.method != "POST":
        form = PlanForm(initial={"planned_on": local_date(at), **request.GET.dict()}, **asked)
        return render(request, "complaints/plan_visit.html", {"form": form})
    form = PlanForm(request.POST, **asked)

    def do(at: datetime) -> None:
        names = ("visitor", "planned_on", "mode", "purpose")
        given = {name: form.cleaned_data[name] for name in names}
        assert form.found is not None
        visiting.plan_visit(house=form.found.house, by=request.user, at=at, **given)

    def again(refused: PlanForm) -> HttpResponse:
        return render(request, "complaints/plan_visit.html", {"form": refused})

    return act(request, form, do, done="访问已安排。", back=reverse("complaints:visits"), again=again)


# --- the record and its verbs -----------------------------------------------------------------------------------------


@needs(Right.VIEW_CASES)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _visit(request, pk))


def _visit(request: StaffRequest, pk: int) -> Visit:
    visible = Visit.objects.visible_to(request.user)
    related = ("estate__parent", "house", "visitor", "planned_by")
    return get_object_or_404(visible.select_related(*related), pk=pk)


def _page(request: StaffRequest, visit: Visit, **bound: forms.Form) -> HttpResponse:
    """The record; with a form that was refused, everything typed is still there."""
    user = request.user
    why_not = refusal(guards.may_visit, visit, user)
    cancel = bound.get("cancel") or CancelForm(auto_id="cancel-%s")
    url = reverse("complaints:cancel_visit", args=[visit.pk])
    cancelling = Verb("取消访问", "calendar-x", url, dialog="cancel", form=cancel, submit="取消访问")
    offered = bound.get("record") or (None if why_not else RecordForm())
    points = list(visit.points.select_related("case"))
    may_turn = user.may(Right.REGISTER_CASE, visit.estate) and user.may(Right.VISIT_CUSTOMERS, visit.estate)
    context = {
        "visit": visit,
        "is_late": visit.is_overdue(local_date(timezone.now())),
        "form": offered,
        "draft": f"visit:{visit.pk}",
        "verbs": [] if why_not else [cancelling],
        "points": [(point, _point_form(point, bound) if may_turn and not point.case else None) for point in points],
        "entries": list(Entry.objects.about(visit)),
        # A verb that is no longer offered has no form on the page: its refusal is shown on top.
        "refused": [cancel] if why_not and "cancel" in bound else [],
        "may_see_house": user.may(Right.VIEW_HOUSES, visit.estate),
    }
    return render(request, "complaints/visit.html", context)


def _point_form(point: VisitPoint, bound: dict[str, forms.Form]) -> forms.Form:
    return bound.get(f"point_{point.pk}") or PointForm(auto_id=f"point-{point.pk}-%s")


def _act(
    request: StaffRequest, visit: Visit, name: str, form: forms.Form, do: Callable[[datetime], Any], done: str
) -> HttpResponse:
    def again(refused: forms.Form) -> HttpResponse:
        return _page(request, _visit(request, visit.pk), **{name: refused})

    back = reverse("complaints:visit", args=[visit.pk])
    return act(request, form, do, done=done, back=back, again=again)


@needs(Right.VISIT_CUSTOMERS)
@require_POST
def record_visit(request: StaffRequest, pk: int) -> HttpResponse:
    visit, form = _visit(request, pk), RecordForm(request.POST)

    def do(at: datetime) -> None:
        visiting.record_visit(visit=visit, by=request.user, at=at, **form.cleaned_data)

    return _act(request, visit, "record", form, do, "访问已登记。")


@needs(Right.VISIT_CUSTOMERS)
@require_POST
def cancel_visit(request: StaffRequest, pk: int) -> HttpResponse:
    visit, form = _visit(request, pk), CancelForm(request.POST, auto_id="cancel-%s")

    def do(at: datetime) -> None:
        visiting.cancel_visit(visit=visit, by=request.user, at=at, **form.cleaned_data)

    return _act(request, visit, "cancel", form, do, "访问已取消。")


@needs(Right.VISIT_CUSTOMERS)
@require_POST
def case_from_point(request: StaffRequest, pk: int) -> HttpResponse:
    """转为诉求单; it is transferred or answered on its own page."""
    visible = VisitPoint.objects.visible_to(request.user)
    point = get_object_or_404(visible.select_related("visit"), pk=pk)
    form = PointForm(request.POST, auto_id=f"point-{point.pk}-%s")

    def do(at: datetime) -> None:
        visiting.case_from_point(point=point, by=request.user, at=at, **form.cleaned_data)

    return _act(request, point.visit, f"point_{point.pk}", form, do, "已转为诉求单，请及时转派或答复。")
