"""交付批次: the list, one batch with its houses, and the live board (HND-1, HND-4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.journal.models import Entry
from foundation.records.paging import page_of
from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import Verb
from handover.board import board_of
from handover.forms.batches import BatchForm, HouseFilter
from handover.guards import batches as guards
from handover.models import Batch, Handover, HandoverStep
from handover.services import batches
from handover.services.billing import rule_of

State = Handover.State
TABS = (
    ("all", "全部", Q()),
    ("under_way", "办理中", Q(state=State.UNDER_WAY)),
    ("not_begun", "未办理", Q(state=State.NOT_BEGUN)),
    ("not_taken", "未接房", Q(state=State.NOT_TAKEN)),
    ("done", "已接房", Q(state=State.DONE)),
)


# --- the list -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    found = Batch.objects.visible_to(request.user).below(current_place(request))
    status = request.GET.get("status", "")
    status = status if status in Batch.State.values else ""
    counts = found.aggregate(**{value: Count("pk", filter=Q(state=value)) for value in Batch.State.values})
    rows = found.filter(state=status) if status else found
    total = counts[status] if status else sum(counts.values())
    page = page_of(rows, count=total, number=request.GET.get("page"), related=("estate",))
    figures = Batch.objects.filter(pk__in=[batch.pk for batch in page]).with_counts().in_bulk()
    page.object_list = [figures[batch.pk] for batch in page]
    for batch, known in zip(page.object_list, page, strict=True):
        batch.estate = known.estate
    tabs = [{"value": value, "label": label, "count": counts[value]} for value, label in Batch.State.choices]
    context = {
        "page": page,
        "tabs": [{"value": "", "label": "全部", "count": sum(counts.values())}, *tabs],
        "status": status,
        "may_create": request.user.may(Right.MANAGE_BATCH),
    }
    return render(request, "handover/batches.html", context)


@needs(Right.MANAGE_BATCH)
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: StaffRequest) -> HttpResponse:
    form = BatchForm(request.POST or None, user=request.user, place=current_place(request))
    if request.method == "POST" and form.is_valid():
        try:
            batch = batches.create_batch(by=request.user, at=timezone.now(), **form.cleaned_data)
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, "批次已建立，请设置预约时段并导入交付名单。")
            if warning := rule_of(batch.estate_id).warning(batch.advance_months):
                messages.warning(request, warning)
            return redirect("handover:batch", batch.pk)
    return render(request, "handover/create_batch.html", {"form": form}, status=422 if form.is_bound else 200)


# --- one batch ------------------------------------------------------------------------------------------------------


def batch_of(request: StaffRequest, pk: int) -> Batch:
    return get_object_or_404(
        Batch.objects.visible_to(request.user).select_related("estate__parent", "opened_by"), pk=pk
    )


def managed(request: StaffRequest, pk: int) -> Batch:
    visible = Batch.objects.visible_to(request.user, Right.MANAGE_BATCH).select_related("estate__parent")
    return get_object_or_404(visible, pk=pk)


@needs(Right.VIEW_HANDOVER)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    batch = batch_of(request, pk)
    form = HouseFilter(request.GET)
    found = form.apply(Handover.objects.visible_to(request.user).filter(batch=batch))
    counts = found.order_by().aggregate(**{value: Count("pk", filter=rows) for value, _, rows in TABS})
    wanted = request.GET.get("status", "all")
    status = wanted if wanted in counts else "all"
    rows = found.filter({value: rows for value, _, rows in TABS}[status]).in_order()
    page = page_of(rows, count=counts[status], number=request.GET.get("page"), related=("house", "slot"))
    context = {
        "batch": batch,
        "page": page,
        "rows": _with_progress(list(page)),
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label, _ in TABS],
        "status": status,
        "steps": _step_names(batch),
        "verbs": _verbs(batch, request.user),
        "may_manage": not refusal(guards.may_manage, batch, request.user),
        "entries": Entry.objects.about(batch),
        "months_warning": rule_of(batch.estate_id).warning(batch.advance_months),
    }
    return render(request, "handover/batch.html", context)


def _with_progress(rows: list[Handover]) -> list[tuple[Handover, dict[str, Any]]]:
    """Each house with how many of its steps are done and which one is next; one query."""
    found: dict[int, dict[str, Any]] = {row.pk: {"done": 0, "total": 0, "next": ""} for row in rows}
    steps = HandoverStep.objects.filter(handover__in=list(found)).order_by("handover_id", "position")
    for step in steps:
        told = found[step.handover_id]
        told["total"] += 1
        if step.state == HandoverStep.State.DONE:
            told["done"] += 1
        elif not told["next"]:
            told["next"] = str(step)
    return [(row, found[row.pk]) for row in rows]


def _step_names(batch: Batch) -> list[str]:
    names = dict(HandoverStep._meta.get_field("kind").flatchoices)
    return [names.get(kind, kind) for kind in batch.steps]


def _verbs(batch: Batch, user: Any) -> list[Verb]:
    """Opening and closing, for those who manage batches; why not, where it is refused."""
    if refusal(guards.may_manage, batch, user):
        return []
    verbs = []
    if batch.state == Batch.State.PREPARING:
        why_not = refusal(guards.may_open, batch, user)
        url = reverse("handover:open_batch", args=[batch.pk])
        verbs.append(Verb("开始办理", "play", url, why_not, primary=True, post=True))
    else:
        why_not = refusal(guards.may_close, batch, user)
        url = reverse("handover:close_batch", args=[batch.pk])
        verbs.append(Verb("结束批次", "circle-check", url, why_not, post=True))
    verbs.append(Verb("预约时段", "calendar-clock", reverse("handover:slots", args=[batch.pk])))
    verbs.append(Verb("导入交付名单", "upload", reverse("handover:lists", args=[batch.pk])))
    return verbs


@needs(Right.MANAGE_BATCH)
@require_POST
def open_batch(request: StaffRequest, pk: int) -> HttpResponse:
    return _at_once(request, pk, batches.open_batch, "批次已开始办理。")


@needs(Right.MANAGE_BATCH)
@require_POST
def close_batch(request: StaffRequest, pk: int) -> HttpResponse:
    return _at_once(request, pk, batches.close_batch, "批次已结束。")


def _at_once(request: StaffRequest, pk: int, service: Callable[..., object], done: str) -> HttpResponse:
    batch = batch_of(request, pk)
    try:
        service(batch=batch, by=request.user, at=timezone.now())
        messages.success(request, done)
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("handover:batch", pk)


# --- the board ------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@never_cache
@require_safe
def board(request: StaffRequest, pk: int) -> HttpResponse:
    """On a screen in the hall: houses, but nobody who buys one. The page asks for its fragment every few seconds."""
    batch = batch_of(request, pk)
    template = "handover/_board.html" if request.htmx else "handover/board.html"  # type: ignore[attr-defined]
    return render(request, template, {"batch": batch, "board": board_of(batch, timezone.now())})
