"""交付批次: the list, one batch with its houses, the live board, its slots and its owner lists (HND-1, HND-4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.journal.models import Entry
from foundation.records import progress
from foundation.records.downloads import xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import Verb, act
from handover import ownerlists
from handover.board import board_of
from handover.forms.batches import BatchForm, CapacityForm, HouseFilter, OwnerListForm, SlotsForm
from handover.guards import batches as guards
from handover.models import Batch, Handover, HandoverStep, OwnerList, Slot
from handover.services import batches, lists, slots

# A worker takes up a message within a second, and tells of itself every few.
SILENCE = timedelta(seconds=15)
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
            messages.success(request, "批次已建立,请设置预约时段并导入交付名单。")
            return redirect("handover:batch", batch.pk)
    return render(request, "handover/create_batch.html", {"form": form}, status=422 if form.is_bound else 200)


# --- one batch ------------------------------------------------------------------------------------------------------


def batch_of(request: StaffRequest, pk: int) -> Batch:
    return get_object_or_404(
        Batch.objects.visible_to(request.user).select_related("estate__parent", "opened_by"), pk=pk
    )


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


# --- slots ----------------------------------------------------------------------------------------------------------


@needs(Right.MANAGE_BATCH)
@require_safe
def slots_page(request: StaffRequest, pk: int) -> HttpResponse:
    return _slots(request, managed(request, pk))


def managed(request: StaffRequest, pk: int) -> Batch:
    visible = Batch.objects.visible_to(request.user, Right.MANAGE_BATCH).select_related("estate__parent")
    return get_object_or_404(visible, pk=pk)


def _slots(
    request: StaffRequest, batch: Batch, form: SlotsForm | None = None, changed: tuple[int, CapacityForm] | None = None
) -> HttpResponse:
    may_manage = not refusal(guards.may_manage, batch, request.user)
    found = list(batch.slots.annotate(taken=Count("handovers")).order_by("starts_at"))
    days: dict[Any, list[tuple[Slot, CapacityForm | None]]] = {}
    for slot in found:
        known = changed[1] if changed and changed[0] == slot.pk else None
        own = known or CapacityForm(initial={"capacity": slot.capacity}, auto_id=f"slot-{slot.pk}-%s")
        days.setdefault(timezone.localtime(slot.starts_at).date(), []).append((slot, own if may_manage else None))
    context = {
        "batch": batch,
        "days": list(days.items()),
        "form": (form or SlotsForm(initial={"first": batch.starts_on, "last": batch.ends_on})) if may_manage else None,
        "room": sum(slot.capacity for slot in found),
        "taken": sum(slot.taken for slot in found),  # type: ignore[attr-defined]
        "houses": batch.handovers.count(),
    }
    return render(request, "handover/slots.html", context)


@needs(Right.MANAGE_BATCH)
@require_POST
def add_slots(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = managed(request, pk), SlotsForm(request.POST)
    return act(
        request,
        form,
        lambda at: slots.add_slots(batch=batch, by=request.user, at=at, **form.cleaned_data),
        done="时段已设置。",
        back=reverse("handover:slots", args=[pk]),
        again=lambda refused: _slots(request, batch, refused),
    )


@needs(Right.MANAGE_BATCH)
@require_POST
def change_slot(request: StaffRequest, pk: int) -> HttpResponse:
    visible = Slot.objects.visible_to(request.user, Right.MANAGE_BATCH)
    slot = get_object_or_404(visible.select_related("batch__estate__parent"), pk=pk)
    form = CapacityForm(request.POST, auto_id=f"slot-{slot.pk}-%s")
    return act(
        request,
        form,
        lambda at: slots.change_capacity(slot=slot, by=request.user, at=at, **form.cleaned_data),
        done="时段已调整。",
        back=reverse("handover:slots", args=[slot.batch_id]),
        again=lambda refused: _slots(request, slot.batch, changed=(slot.pk, refused)),
    )


# --- owner lists ----------------------------------------------------------------------------------------------------


@needs(Right.MANAGE_BATCH)
@require_safe
def lists_page(request: StaffRequest, pk: int) -> HttpResponse:
    return _lists(request, managed(request, pk), OwnerListForm())


def _lists(request: StaffRequest, batch: Batch, form: OwnerListForm) -> HttpResponse:
    context = {
        "batch": batch,
        "form": None if refusal(guards.may_manage, batch, request.user) else form,
        "lists": batch.lists.light(),
        "notes": ownerlists.NOTES,
    }
    return render(request, "handover/lists.html", context)


@needs(Right.MANAGE_BATCH)
@require_safe
def list_template(request: StaffRequest) -> HttpResponse:
    return xlsx_response(ownerlists.template(), "交付名单模板.xlsx")


@needs(Right.MANAGE_BATCH)
@require_POST
def upload_list(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = managed(request, pk), OwnerListForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = lists.upload_list(
                batch=batch, filename=file.name, content=file.read(), by=request.user, at=timezone.now()
            )
        except Refused as refused:
            form.add_error("file", refused.sentence)
        else:
            return redirect("handover:list", kept.pk)
    response = _lists(request, batch, form)
    response.status_code = 422
    return response


def _list(request: StaffRequest, pk: int) -> OwnerList:
    return get_object_or_404(OwnerList.objects.visible_to(request.user, Right.MANAGE_BATCH).light(), pk=pk)


@needs(Right.MANAGE_BATCH)
@require_safe
def list_record(request: StaffRequest, pk: int) -> HttpResponse:
    """What is wrong with the file, how far the worker is, or that it is saved."""
    kept = _list(request, pk)
    return render(request, "handover/list.html", {"list": kept, **_progress(kept, timezone.now())})


@needs(Right.MANAGE_BATCH)
@never_cache
@require_safe
def list_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The line that the page asks for every second; at the end of the work the whole page is read again."""
    kept = _list(request, pk)
    if not kept.is_under_way:
        return HttpResponseClientRefresh()
    return render(request, "handover/_list_progress.html", {"list": kept, **_progress(kept, timezone.now())})


@needs(Right.MANAGE_BATCH)
@require_POST
def retry_list(request: StaffRequest, pk: int) -> HttpResponse:
    kept = _list(request, pk)
    try:
        lists.retry_list(owner_list=kept, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("handover:list", pk)


def _progress(kept: OwnerList, at: datetime) -> dict[str, Any]:
    """How far the worker is, and since when nothing was heard of it where that is longer than it should be."""
    told = progress.told(kept.progress_key) if kept.is_under_way else None
    silence = at - told.at if told else kept.waits(at)
    return {"told": told, "silent_seconds": int(silence.total_seconds()) if silence > SILENCE else None}
