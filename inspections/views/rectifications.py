"""整改: the list with its export, the record, and its verbs (INS-10…12, RPT-5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

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
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import Refused
from foundation.records.verbs import act
from inspections import exports
from inspections.forms.rectifications import (
    AskExtensionForm,
    AssignForm,
    FailForm,
    GrantExtensionForm,
    PassForm,
    RectificationFilter,
    RefuseExtensionForm,
    SubmitForm,
)
from inspections.models import Extension, Rectification
from inspections.querysets import RectificationQuerySet
from inspections.rectificationpage import Page
from inspections.services import extensions
from inspections.services import rectifications as services

State = Rectification.State
TABS = (
    (State.OPEN, "待整改"),
    (State.RECHECK, "待复查"),
    ("overdue", "已超期"),
    (State.CLOSED, "已关闭"),
    ("all", "全部"),
)
SORTS = {"due": ("due_at", "pk"), "opened": ("opened_at", "pk"), "number": ("number",)}


# --- the list -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    at = timezone.now()
    found, form = _filtered(request)
    status = _status(request)
    counts = found.aggregate(
        # Of a column that stands in the index: the table itself is not read.
        all=Count("estate"),
        overdue=Count("estate", filter=Q(state=State.OPEN, due_at__lt=at)),
        **{state: Count("estate", filter=Q(state=state)) for state in State.values},
    )
    rows = _sorted(request, _in_status(found, status, at), status)
    related = ("estate", "item", "assignee")
    context = {
        "page": page_of(rows, count=counts[status], number=request.GET.get("page"), related=related),
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label in TABS],
        "status": status,
        "export_url": reverse("inspections:rectifications_export"),
        "at": at,
    }
    return render(request, "inspections/rectifications.html", context)


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    at = timezone.now()
    found, _ = _filtered(request)
    status = _status(request)
    rows = _sorted(request, _in_status(found, status, at), status)
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("inspections:rectifications")
    related = ("estate__parent", "item__section", "assignee", "rectified_by", "closed_by")
    return xlsx_response(exports.rectifications_xlsx(rows.select_related(*related), at), "整改单.xlsx")


def _filtered(request: StaffRequest) -> tuple[RectificationQuerySet, RectificationFilter]:
    visible = Rectification.objects.visible_to(request.user).below(current_place(request))
    form = RectificationFilter(request.GET)
    return form.apply(visible, request.user), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", State.OPEN)
    return status if status in dict(TABS) else State.OPEN


def _in_status(found: RectificationQuerySet, status: str, at: datetime) -> RectificationQuerySet:
    if status == "all":
        return found
    return found.overdue(at) if status == "overdue" else found.filter(state=status)


def _sorted(request: StaffRequest, found: RectificationQuerySet, status: str) -> RectificationQuerySet:
    """As asked; else what is due first, or what was opened last where nothing is due any more."""
    wanted = request.GET.get("sort", "-opened" if status in (State.CLOSED, "all") else "due")
    fields = SORTS.get(wanted.removeprefix("-"), SORTS["due"])
    return found.order_by(*(f"-{field}" if wanted.startswith("-") else field for field in fields))


# --- the record -----------------------------------------------------------------------------------------------------


@needs(Right.VIEW_INSPECTIONS)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _rectification(request, pk))


def _rectification(request: StaffRequest, pk: int) -> Rectification:
    visible = Rectification.objects.visible_to(request.user).select_related(
        "estate__parent", "item__section", "inspection__version__checklist", "inspection__submitted_by",
        "assignee", "rectified_by", "closed_by",
    )  # fmt: skip
    return get_object_or_404(visible, pk=pk)


def _page(request: StaffRequest, found: Rectification, **bound: forms.Form) -> HttpResponse:
    """The record; with a form that was refused, everything typed is still there."""
    page = Page(found, request.user, timezone.now(), bound)
    return render(request, "inspections/rectification.html", page.context())


# --- verbs ----------------------------------------------------------------------------------------------------------


def _act(
    request: StaffRequest,
    found: Rectification,
    name: str,
    form: forms.Form,
    do: Callable[[datetime], object],
    done: str,
) -> HttpResponse:
    def again(refused: forms.Form) -> HttpResponse:
        return _page(request, _rectification(request, found.pk), **{name: refused})

    back = reverse("inspections:rectification", args=[found.pk])
    return act(request, form, do, done=done, back=back, again=again)


@needs(Right.RECTIFY)
@require_POST
def submit_rectification(request: StaffRequest, pk: int) -> HttpResponse:
    """Photos are kept before anything else is looked at: a browser can't be given them back."""
    found = _rectification(request, pk)
    form = SubmitForm(request.POST, rectification=found)
    if photos := request.FILES.getlist("photos"):
        try:
            services.attach_evidence(rectification=found, photos=photos, by=request.user, at=timezone.now())
        except Refused as refused:
            form.add_error(None, refused.sentence)

    def do(at: datetime) -> None:
        services.submit_rectification(rectification=found, by=request.user, at=at, **form.cleaned_data)

    return _act(request, found, "submit", form, do, "整改已提交，等待复查。")


@needs(Right.RECHECK)
@require_POST
def pass_recheck(request: StaffRequest, pk: int) -> HttpResponse:
    found = _rectification(request, pk)
    form = PassForm(request.POST, auto_id="pass-%s")

    def do(at: datetime) -> None:
        services.pass_recheck(rectification=found, by=request.user, at=at, **form.cleaned_data)

    return _act(request, found, "pass", form, do, "复查通过，整改单已关闭。")


@needs(Right.RECHECK)
@require_POST
def fail_recheck(request: StaffRequest, pk: int) -> HttpResponse:
    found = _rectification(request, pk)
    form = FailForm(request.POST, auto_id="fail-%s")

    def do(at: datetime) -> None:
        services.fail_recheck(rectification=found, by=request.user, at=at, **form.cleaned_data)

    return _act(request, found, "fail", form, do, "复查不通过，整改单已退回。")


@needs(Right.RECTIFY)
@require_POST
def assign(request: StaffRequest, pk: int) -> HttpResponse:
    found = _rectification(request, pk)
    people = services.assignable(found, timezone.now())
    form = AssignForm(request.POST, people=people, auto_id="assign-%s")

    def do(at: datetime) -> None:
        services.assign(rectification=found, by=request.user, at=at, **form.cleaned_data)

    return _act(request, found, "assign", form, do, "责任人已指派。")


@needs(Right.ASK_EXTENSION)
@require_POST
def ask_extension(request: StaffRequest, pk: int) -> HttpResponse:
    found = _rectification(request, pk)
    form = AskExtensionForm(request.POST, auto_id="ask-%s")

    def do(at: datetime) -> None:
        extensions.ask_extension(rectification=found, by=request.user, at=at, **form.cleaned_data)

    return _act(request, found, "ask", form, do, "延期申请已提交，等待批准。")


@needs(Right.DECIDE_EXTENSION)
@require_POST
def decide_extension(request: StaffRequest, pk: int) -> HttpResponse:
    visible = Rectification.objects.visible_to(request.user).values("pk")
    extension = get_object_or_404(Extension, pk=pk, rectification__in=visible)
    grant = bool(request.POST.get("grant"))
    form = (
        GrantExtensionForm(request.POST, auto_id="grant-%s")
        if grant
        else RefuseExtensionForm(request.POST, auto_id="refuse-%s")
    )

    def do(at: datetime) -> None:
        note = form.cleaned_data["note"]
        extensions.decide_extension(extension=extension, by=request.user, at=at, grant=grant, note=note)

    done = "延期已批准。" if grant else "延期申请未批准，已通知申请人。"
    return _act(request, extension.rectification, "grant" if grant else "refuse", form, do, done)
