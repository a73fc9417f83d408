"""回访台: the queue of callbacks due, one after another, three answers and done (CMP-12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from complaints import guards
from complaints.callbackdesk import Waiting, dissatisfied_on, following, queue
from complaints.forms.verbs import AttemptForm, CallbackForm, CloseUnreachableForm, VerbForm
from complaints.models import Call, Case
from complaints.services.calling import record_attempt, record_callback
from complaints.services.clocks import with_clocks
from complaints.services.closing import close_unreachable
from estates.access import StaffRequest
from foundation.records.paging import PAGE
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb, act

DUE, DISSATISFIED = "due", "dissatisfied"


# --- the queue ------------------------------------------------------------------------------------------------------


@needs(Right.CALL_BACK)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    at, place, user = timezone.now(), current_place(request), request.user
    rows = queue(user, place, at)
    tabs = [{"value": DUE, "label": "待回访", "count": len(rows)}]
    unhappy = dissatisfied_on(user, place, at)
    if user.may(Right.JUDGE_CASE):
        tabs.append({"value": DISSATISFIED, "label": "今天不满意", "count": unhappy.count()})
    status = DISSATISFIED if request.GET.get("status") == DISSATISFIED and len(tabs) > 1 else DUE
    context: dict[str, Any] = {"tabs": tabs, "status": status, "at": at}
    if status == DISSATISFIED:
        context["calls"] = _said(unhappy.for_lists())
    else:
        page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
        context |= {"page": page, "rows": _with_cases(list(page.object_list))}
        context["first"] = next((row for row in rows if row.is_next), None)
        context["due"] = sum(row.is_next for row in rows)
    return render(request, "complaints/callbacks.html", context)


def _with_cases(rows: list[Waiting]) -> list[tuple[Waiting, Case, Any]]:
    found = Case.objects.for_lists().in_bulk([row.pk for row in rows])
    clocks = {case.pk: clock for case, clock in with_clocks(list(found.values()))}
    return [(row, found[row.pk], clocks[row.pk]) for row in rows if row.pk in found]


def _said(cases: Any) -> list[tuple[Case, Call | None]]:
    """Each with the call in which the customer said so."""
    cases = list(cases)
    calls = Call.objects.filter(case__in=[case.pk for case in cases], reached=True).select_related("by")
    last = {call.case_id: call for call in calls}
    return [(case, last.get(case.pk)) for case in cases]


# --- one after another ----------------------------------------------------------------------------------------------


@needs(Right.CALL_BACK)
@require_safe
def desk(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _case(request, pk))


@needs(Right.CALL_BACK)
@require_POST
def desk_callback(request: StaffRequest, pk: int) -> HttpResponse:
    """保存并下一位."""
    case = _case(request, pk)

    def do(at: datetime, form: VerbForm) -> None:
        record_callback(case=case, by=request.user, at=at, **form.cleaned_data)

    return _act(request, case, CallbackForm, do, "回访已保存")


@needs(Right.CALL_BACK)
@require_POST
def desk_attempt(request: StaffRequest, pk: int) -> HttpResponse:
    """未接通, on to the next one."""
    case = _case(request, pk)

    def do(at: datetime, form: VerbForm) -> None:
        record_attempt(case=case, by=request.user, at=at, **form.cleaned_data)

    return _act(request, case, AttemptForm, do, "已记录未接通")


@needs(Right.CALL_BACK)
@require_POST
def desk_close(request: StaffRequest, pk: int) -> HttpResponse:
    """以无法联系关闭."""
    case = _case(request, pk)

    def do(at: datetime, form: VerbForm) -> None:
        close_unreachable(case=case, by=request.user, at=at)

    return _act(request, case, CloseUnreachableForm, do, "已以无法联系关闭")


def _case(request: StaffRequest, pk: int) -> Case:
    visible = Case.objects.visible_to(request.user, Right.CALL_BACK)
    related = ("estate__parent", "house", "handler", "responsible")
    return get_object_or_404(visible.select_related(*related), pk=pk)


def _act(
    request: StaffRequest,
    case: Case,
    form_class: type[VerbForm],
    do: Callable[[datetime, VerbForm], object],
    done: str,
) -> HttpResponse:
    """Do it and go on to the next one; a refusal shows this one again with all that was typed."""
    at = timezone.now()
    form = form_class(request.POST, case=case, at=at)
    rows = queue(request.user, current_place(request), at)
    after = following(rows, case.pk)
    left = sum(row.is_next for row in rows if row.pk != case.pk)
    back = reverse("complaints:desk", args=[after.pk]) if after else reverse("complaints:callbacks")
    words = f"{done}。还有 {left} 位。" if after else f"{done}。现在要回访的都打完了。"

    def again(refused: VerbForm) -> HttpResponse:
        return _page(request, _case(request, case.pk), refused)

    return act(request, form, lambda at: do(at, form), done=words, back=back, again=again)


def _page(request: StaffRequest, case: Case, refused: VerbForm | None = None) -> HttpResponse:
    at = timezone.now()
    rows = queue(request.user, current_place(request), at)
    here = next((row for row in rows if row.pk == case.pk), None)
    # What was typed for another verb of this page stays in its fields as well.
    form = CallbackForm(request.POST, case=case, at=at) if refused else CallbackForm(case=case, at=at)
    context = {
        "case": case,
        "at": at,
        "clock": with_clocks([case])[0][1],
        "round": case.rounds.select_related("result_by", "answered_by").get(number=case.round),
        "calls": case.calls.select_related("by"),
        "row": here,
        "why_not": refusal(guards.may_call, case, request.user),
        "form": form,
        "refused": refused,
        "unreachable": _unreachable(request, case, at),
        "after": following(rows, case.pk),
        "left": sum(row.is_next for row in rows if row.pk != case.pk),
        "may_reveal": request.user.may(Right.REVEAL_PERSONAL, case.estate),
    }
    return render(request, "complaints/desk.html", context)


def _unreachable(request: StaffRequest, case: Case, at: datetime) -> list[Verb]:
    """Offered once somebody has tried, with the reason why not yet."""
    if case.state != Case.State.TO_CALLBACK or not case.calls.tries(case).exists():
        return []
    url = reverse("complaints:desk_close", args=[case.pk])
    why_not = refusal(guards.may_close_unreachable, case, request.user, at)
    return [Verb("以无法联系关闭", "phone-off", url, why_not, post=True)]
