"""The counter page of one house and its verbs, each its own URL (HND-1, HND-4)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.forms import BaseForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.refusals import Refused
from foundation.records.verbs import act
from handover.choices import StepKind
from handover.forms import houses as forms
from handover.guards.steps import right_of
from handover.housepage import HousePage
from handover.models import Document, Handover, Slot
from handover.services import buyers, outcomes, papers, slots, steps

# Where the page has the step that is to be done next; of a house that is through, its top.
NEXT = "next"
# The second button of a form: keep what it says, and end the step.
FINISH = "finish"


@needs(Right.VIEW_HANDOVER)
@require_safe
def house(request: StaffRequest, pk: int) -> HttpResponse:
    return house_page(request, handover_of(request, pk))


def handover_of(request: StaffRequest, pk: int) -> Handover:
    """With what the page and the guards of its verbs read."""
    visible = Handover.objects.visible_to(request.user).select_related("batch", "estate__parent", "house", "slot")
    return get_object_or_404(visible, pk=pk)


def house_page(request: StaffRequest, handover: Handover, *bound: Any) -> HttpResponse:
    """The house; with a form that was refused, everything typed is still there."""
    forms_by_verb: dict[str, BaseForm] = {form.verb: form for form in bound}
    page = HousePage(handover, request.user, timezone.now(), forms_by_verb)
    return render(request, "handover/house.html", page.context())


def _act(
    request: StaffRequest, handover: Handover, form: Any, do: Callable[[datetime], object], done: str, kind: str = NEXT
) -> HttpResponse:
    """Do the verb and go back to the house: to its step of this kind, or to the one that is next."""
    return act(
        request, form, do, done=done, back=back_to(request, handover, kind),
        again=lambda refused: house_page(request, handover_of(request, handover.pk), refused),
    )  # fmt: skip


def _simple(
    request: StaffRequest, pk: int, form: type[forms.CounterForm], service: Callable[..., object], done: str
) -> HttpResponse:
    """A verb that needs nothing but its house and its form."""
    handover = handover_of(request, pk)
    filled = form(request.POST, handover=handover)

    def do(at: datetime) -> None:
        service(handover=handover, by=request.user, at=at, **filled.cleaned_data)

    return _act(request, handover, filled, do, done)


# --- the house ------------------------------------------------------------------------------------------------------


@needs(Right.HANDLE_STEP)
@require_POST
def arrive(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.ArriveForm, steps.arrive, "已登记到场。")


@needs(Right.HANDLE_STEP)
@require_POST
def not_taken(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.NotTakenForm, outcomes.not_taken, "未接房原因已登记。")


@needs(Right.HANDLE_STEP)
@require_POST
def retry(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.RetryForm, outcomes.retry, "已放回待办理，可以重新预约。")


@needs(Right.HANDLE_STEP)
@require_POST
def appoint(request: StaffRequest, pk: int) -> HttpResponse:
    handover = handover_of(request, pk)
    found = Slot.objects.filter(batch=handover.batch_id).annotate(taken=Count("handovers"))
    form = forms.AppointForm(request.POST, handover=handover, slots=found)

    def do(at: datetime) -> None:
        slots.appoint(handover=handover, slot=form.cleaned_data["slot"], by=request.user, at=at)

    return _act(request, handover, form, do, "预约已保存。")


@needs(Right.MANAGE_BATCH)
@require_POST
def buyer(request: StaffRequest, pk: int) -> HttpResponse:
    handover = handover_of(request, pk)
    form = forms.BuyerForm(request.POST, handover=handover)

    def do(at: datetime) -> None:
        buyers.change_buyer(handover=handover, values=form.cleaned_data, by=request.user, at=at)

    return _act(request, handover, form, do, "购房人资料已更正。")


@needs(Right.REVEAL_PERSONAL)
@never_cache
@require_POST
def reveal(request: StaffRequest, pk: int) -> HttpResponse:
    """The whole phone and document number, in place of the masked ones (ORG-4)."""
    handover = handover_of(request, pk)
    try:
        phone, number = buyers.reveal_buyer(handover=handover, by=request.user, at=timezone.now())
    except Refused as refused:
        return render(request, "handover/_buyer_revealed.html", {"refused": refused.sentence}, status=403)
    return render(request, "handover/_buyer_revealed.html", {"phone": phone, "number": number})


# --- its steps ------------------------------------------------------------------------------------------------------


def _step_of(request: StaffRequest, pk: int, kind: str) -> Handover:
    """The house; 403 for who has no right to this kind of step, 404 for a kind that there isn't."""
    if kind not in StepKind.values:
        raise Http404
    if not request.user.may(right_of(kind)):
        raise PermissionDenied("您的岗位不能办理这一步。")
    return handover_of(request, pk)


def _at_once(request: StaffRequest, pk: int, kind: str, service: Callable[..., object], done: str) -> HttpResponse:
    """开始办理 and 放回: one click, and back to the step."""
    handover = _step_of(request, pk, kind)
    try:
        service(handover=handover, kind=kind, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    else:
        messages.success(request, done)
    return redirect(f"{reverse('handover:house', args=[pk])}#{kind}")


@needs(Right.VIEW_HANDOVER)
@require_POST
def take_step(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    return _at_once(request, pk, kind, steps.take_step, f"您开始办理“{_label(kind)}”。")


@needs(Right.VIEW_HANDOVER)
@require_POST
def release_step(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    return _at_once(request, pk, kind, steps.release_step, f"“{_label(kind)}”已放回，别的柜台可以办理。")


@needs(Right.VIEW_HANDOVER)
@require_POST
def finish_step(request: StaffRequest, pk: int, kind: str) -> HttpResponse:
    handover = _step_of(request, pk, kind)
    form = forms.FinishForm(request.POST, handover=handover, kind=kind)

    def do(at: datetime) -> None:
        steps.finish_step(handover=handover, kind=kind, by=request.user, at=at, **form.cleaned_data)

    return _act(request, handover, form, do, f"“{_label(kind)}”已完成。")


def finish_if_asked(request: StaffRequest, handover: Handover, kind: str, at: datetime) -> None:
    """完成这一步 in one with its papers. What can't be finished yet says why; the papers are kept all the same."""
    if request.POST.get("then") != FINISH:
        return
    try:
        steps.finish_step(handover=handover, kind=kind, by=request.user, at=at)
    except Refused as refused:
        messages.error(request, refused.sentence)


def back_to(request: StaffRequest, handover: Handover, kind: str) -> str:
    """The step whose papers were kept; with 完成这一步, the one that is next."""
    step = NEXT if request.POST.get("then") == FINISH else kind
    return f"{reverse('handover:house', args=[handover.pk])}#{step}"


def _label(kind: str) -> str:
    return StepKind(kind).label if kind in StepKind.values else ""


# --- documents and 《业主档案》 ------------------------------------------------------------------------------------------


@needs(Right.HANDLE_STEP)
@require_POST
def documents(request: StaffRequest, pk: int) -> HttpResponse:
    handover = handover_of(request, pk)
    form = forms.DocumentsForm(request.POST, handover=handover, papers=list(handover.documents.all()))

    def do(at: datetime) -> None:
        papers.receive_documents(handover=handover, by=request.user, at=at, **form.cleaned_data)
        finish_if_asked(request, handover, StepKind.DOCUMENTS, at)

    return _act(request, handover, form, do, "收到的资料已登记。", StepKind.DOCUMENTS)


@needs(Right.HANDLE_STEP)
@require_POST
def withdraw_document(request: StaffRequest, pk: int) -> HttpResponse:
    visible = Document.objects.visible_to(request.user).select_related("handover")
    document = get_object_or_404(visible, pk=pk)
    try:
        papers.withdraw_document(document=document, by=request.user, at=timezone.now())
        messages.success(request, f"“{document.name}”已改为未收到。")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect(f"{reverse('handover:house', args=[document.handover_id])}#{StepKind.DOCUMENTS}")


@needs(Right.HANDLE_STEP)
@require_POST
def scan(request: StaffRequest, pk: int) -> HttpResponse:
    handover = handover_of(request, pk)
    found = list(handover.documents.all())
    form = forms.ScanForm(request.POST, handover=handover, papers=found)

    def do(at: datetime) -> None:
        uploads = request.FILES.getlist("photos")
        if not uploads:
            raise Refused("请选择扫描件或照片。")
        document = next(one for one in found if one.code == form.cleaned_data["code"])
        papers.attach_scans(document=document, scans=uploads, by=request.user, at=at)

    return _act(request, handover, form, do, "扫描件已保存。", StepKind.DOCUMENTS)


@needs(Right.HANDLE_STEP)
@require_POST
def owner_file(request: StaffRequest, pk: int) -> HttpResponse:
    handover = handover_of(request, pk)
    form = forms.OwnerFileForm(request.POST, handover=handover)

    def do(at: datetime) -> None:
        papers.fill_owner_file(handover=handover, values=form.cleaned_data, by=request.user, at=at)

    return _act(request, handover, form, do, "《业主档案》已保存。", StepKind.OWNER_FILE)
