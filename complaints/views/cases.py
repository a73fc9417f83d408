"""诉求单: the list with its export, and the record (CMP-2, RPT-5)."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.db.models import Count, F, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from complaints import exports
from complaints.casepage import Page
from complaints.forms.cases import CaseFilter
from complaints.forms.verbs import VerbForm
from complaints.models import Case
from complaints.querysets import CaseQuerySet
from complaints.services.clocks import with_clocks
from estates.access import StaffRequest
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.paging import page_of

State = Case.State
CLOSED = (State.CLOSED,)
OPEN = tuple(state for state in State if state != State.CLOSED)
# 已超期 is the one that shows only a part of its states' rows.
OVERDUE = "overdue"
TABS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("open", "未关闭", OPEN),
    ("to_transfer", "待转派", (State.REGISTERED, State.TO_TRANSFER)),
    ("handling", "处理中", (State.HANDLING,)),
    ("to_answer", "待回复", (State.TO_ANSWER,)),
    ("to_callback", "待回访", (State.TO_CALLBACK,)),
    (OVERDUE, "已超期", OPEN),
    ("closed", "已关闭", CLOSED),
    ("all", "全部", tuple(State)),
)
SORTS = {"due": "due_at", "received": "received_at", "number": "number"}


# --- the list -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_CASES)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    at = timezone.now()
    found, form = _filtered(request)
    status = _status(request)
    counts = _counts(found, at)
    page = page_of(
        _sorted(request, found.filter(_in_tab(status, at)), status),
        count=counts[status],
        number=request.GET.get("page"),
        related=("estate", "house", "handler", "responsible"),
    )
    context = {
        "page": page,
        "rows": with_clocks(list(page)),
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label, _ in TABS],
        "status": status,
        "at": at,
        "may_register": request.user.may(Right.REGISTER_CASE),
    }
    return render(request, "complaints/cases.html", context)


@needs(Right.VIEW_CASES)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    at = timezone.now()
    found, _ = _filtered(request)
    status = _status(request)
    rows = _sorted(request, found.filter(_in_tab(status, at)), status)
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("complaints:cases")
    related = ("estate__parent", "house", "handler", "responsible", "event")
    return xlsx_response(exports.cases_xlsx(rows.select_related(*related), at), "诉求单.xlsx")


def _filtered(request: StaffRequest) -> tuple[CaseQuerySet, CaseFilter]:
    visible = Case.objects.visible_to(request.user).below(current_place(request))
    form = CaseFilter(request.GET)
    return form.apply(visible, request.user), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "open")
    return status if status in {value for value, _, _ in TABS} else "open"


def _counts(found: CaseQuerySet, at: datetime) -> dict[str, int]:
    """How many rows each tab has, in one pass by state, over columns that stand in an index."""
    by_state = (
        found.order_by().values("state").annotate(all=Count("estate"), late=Count("estate", filter=Q(due_at__lt=at)))
    )
    rows = {row["state"]: row for row in by_state}
    return {
        value: sum(rows[state]["late" if value == OVERDUE else "all"] for state in states if state in rows)
        for value, _, states in TABS
    }


def _in_tab(value: str, at: datetime) -> Q:
    """The tab's rows; overdue as `CaseQuerySet.overdue` says (GEN-1)."""
    if value in ("open", OVERDUE):
        open_ = ~Q(state=State.CLOSED)  # as the index of the open ones has it
        return open_ & Q(due_at__lt=at) if value == OVERDUE else open_
    states = {value: states for value, _, states in TABS}[value]
    return Q(state__in=states) if len(states) < len(State) else Q()


def _sorted(request: StaffRequest, found: CaseQuerySet, status: str) -> CaseQuerySet:
    """As asked; else the most urgent first, or the newest where nothing is due any more. What has no limit comes last."""
    wanted = request.GET.get("sort", "-received" if status in ("closed", "all") else "due")
    field = SORTS.get(wanted.removeprefix("-"), SORTS["due"])
    if not wanted.startswith("-"):
        return found.order_by(field, "pk")
    return found.order_by(F(field).desc(nulls_last=True) if field == "due_at" else f"-{field}", "-pk")


# --- the record -----------------------------------------------------------------------------------------------------


@needs(Right.VIEW_CASES)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return case_page(request, case_of(request, pk))


def case_of(request: StaffRequest, pk: int) -> Case:
    """With what the page and the guards of its verbs read."""
    visible = Case.objects.visible_to(request.user).select_related(
        "estate__parent", "building", "house", "responsible", "handler", "registered_by", "judged_by", "closed_by",
        "event", "policy",
    )  # fmt: skip
    return get_object_or_404(visible, pk=pk)


def case_page(request: StaffRequest, case: Case, *refused: VerbForm) -> HttpResponse:
    """The record; with a form that was refused, everything typed is still there."""
    page = Page(case, request.user, timezone.now(), {form.verb: form for form in refused})
    return render(request, "complaints/case.html", page.context())
