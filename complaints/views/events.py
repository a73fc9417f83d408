"""同一事件: the list, and one event with all its cases, answered together (CMP-16)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django import forms
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from complaints import eventguards, guards
from complaints.forms.events import AnswerEventForm, TieMoreForm, UntieForm
from complaints.models import Case, Event
from complaints.services.events import answer_event, tie_cases
from complaints.services.upgrading import customers
from estates.access import StaffRequest
from foundation.journal.models import Entry
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb, act

PAGE = 50
CANDIDATES = 50
NEAR = timedelta(days=7)
TABS = (("open", "未关闭"), ("closed", "已关闭"), ("all", "全部"))


@needs(Right.VIEW_CASES)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    found = Event.objects.visible_to(request.user).below(current_place(request)).counted()
    status = request.GET.get("status", "open")
    status = status if status in dict(TABS) else "open"
    if status != "all":
        still_open = Exists(Case.objects.open().filter(event=OuterRef("pk")))
        found = found.filter(still_open if status == "open" else ~still_open)
    page = Paginator(found.order_by("-opened_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "tabs": [{"value": value, "label": label} for value, label in TABS],
        "status": status,
    }
    return render(request, "complaints/events.html", context)


@needs(Right.VIEW_CASES)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _event(request, pk))


def _event(request: StaffRequest, pk: int) -> Event:
    visible = (
        Event.objects.visible_to(request.user).with_cases().select_related("estate__parent", "building", "opened_by")
    )
    return get_object_or_404(visible, pk=pk)


def _page(request: StaffRequest, event: Event, **bound: forms.Form) -> HttpResponse:
    """The event; with a form that was refused, everything typed is still there."""
    cases = _cases(event)
    may_tie = request.user.may(Right.TIE_EVENT, event.estate)
    candidates = _candidates(request, event, cases) if may_tie else []
    answering = _answering(request, event, cases, bound)
    context = {
        "event": event,
        "cases": cases,
        "customers": customers(case for case in cases if case.is_complaint and not case.is_invalid),
        "candidates": candidates,
        "tie_form": bound.get("tie") or (TieMoreForm(candidates=candidates) if candidates else None),
        "untie_forms": [(case, UntieForm(case=case, at=timezone.now())) for case in cases] if may_tie else [],
        "verbs": answering,
        "dialogs": [verb for verb in answering if not verb.why_not],
        "entries": Entry.objects.about(event),
        "at": timezone.now(),
    }
    return render(request, "complaints/event.html", context)


def _cases(event: Event) -> list[Case]:
    """Its cases, each with the event's own estate at hand."""
    cases = list(event.cases.all())
    for case in cases:
        case.estate = event.estate
    return cases


def _answering(request: StaffRequest, event: Event, cases: Sequence[Case], bound: dict[str, forms.Form]) -> list[Verb]:
    """统一答复, for those who may; refused in words where nothing is left to answer."""
    if refusal(eventguards.may_answer_event, event, request.user):
        return []
    waiting = [case for case in cases if not refusal(guards.may_answer, case, request.user)]
    why_not = "" if waiting else "这个事件没有可以答复的诉求单。"
    form = bound.get("answer") or AnswerEventForm(auto_id="answer-%s")
    text = f"答复内容登记到 {len(waiting)} 张还可以答复的诉求单；处理结果已上报的，作为最终答复。"
    url = reverse("complaints:answer_event", args=[event.pk])
    return [Verb("统一答复", "message-circle", url, why_not, True, "answer", form, "答复", text)]


def _candidates(request: StaffRequest, event: Event, cases: Sequence[Case]) -> list[Case]:
    """Cases that may belong to it: of its cause, open and untied, received about when its own were."""
    moments = [case.received_at for case in cases] or [event.opened_at]
    alike = Q(building=event.building_id, cause=event.cause) if event.building_id else Q(pk__in=[])
    if event.cause:
        alike |= Q(cause=event.cause) | Q(building=event.building_id, cause="")
    found = Case.objects.visible_to(request.user).open().filter(alike, estate=event.estate_id, event=None)
    about_then = found.filter(received_at__range=(min(moments) - NEAR, max(moments) + NEAR))
    return list(about_then.for_lists().order_by("-received_at", "-pk")[:CANDIDATES])


@needs(Right.TIE_EVENT)
@require_POST
def answer(request: StaffRequest, pk: int) -> HttpResponse:
    event = _event(request, pk)
    form = AnswerEventForm(request.POST, auto_id="answer-%s")
    return act(
        request,
        form,
        lambda at: answer_event(event=event, by=request.user, at=at, **form.cleaned_data),
        done="已统一答复。",
        back=reverse("complaints:event", args=[event.pk]),
        again=lambda refused: _page(request, _event(request, pk), answer=refused),
    )


@needs(Right.TIE_EVENT)
@require_POST
def tie_more(request: StaffRequest, pk: int) -> HttpResponse:
    """More cases into the event, from those that its page lists."""
    event = _event(request, pk)
    form = TieMoreForm(request.POST, candidates=_candidates(request, event, _cases(event)))

    return act(
        request,
        form,
        lambda at: tie_cases(event=event, by=request.user, at=at, **form.cleaned_data),
        done="已归入这个事件。",
        back=reverse("complaints:event", args=[event.pk]),
        again=lambda refused: _page(request, _event(request, pk), tie=refused),
    )
