"""The verbs of a case, each its own URL (CMP-3…12). What is refused comes back with everything that was typed (422)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.decorators import needs
from accounts.rights import Right
from complaints.forms import events as event_forms
from complaints.forms import verbs as forms
from complaints.models import Case, CaseExtension
from complaints.services import answering, calling, closing, extending, handling, judging, opinions, promising
from complaints.services import events as tying
from complaints.services.photos import attach_results
from complaints.services.registering import take_case
from complaints.services.revealing import reveal_phone
from complaints.services.transferring import transfer_case
from complaints.views.cases import case_of, case_page
from estates.access import StaffRequest
from foundation.records.refusals import Refused
from foundation.records.verbs import act


def _act(
    request: StaffRequest, case: Case, form: forms.VerbForm, service: Callable[..., object], done: str
) -> HttpResponse:
    """Do the verb with what its form holds, and go back to the case; or show the case again with the form on it."""

    def do(at: datetime) -> None:
        service(case=case, by=request.user, at=at, **form.cleaned_data)

    def again(refused: forms.VerbForm) -> HttpResponse:
        return case_page(request, case_of(request, case.pk), refused)

    return act(request, form, do, done=done, back=reverse("complaints:case", args=[case.pk]), again=again)


def _simple(
    request: StaffRequest, pk: int, form: type[forms.VerbForm], service: Callable[..., object], done: str
) -> HttpResponse:
    """A verb that needs nothing but its case and its form."""
    case = case_of(request, pk)
    return _act(request, case, form(request.POST, case=case, at=timezone.now()), service, done)


def _with_photos(request: StaffRequest, form: forms.VerbForm, keep: Callable[..., None]) -> None:
    """Keep the photos whatever else is wrong: a browser can't be given them back."""
    if photos := request.FILES.getlist("photos"):
        try:
            keep(photos)
        except Refused as refused:
            form.add_error(None, refused.sentence)


# --- intake and handling --------------------------------------------------------------------------------------------


@needs(Right.REGISTER_CASE)
@require_POST
def take(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.TakeForm, take_case, "已受理，您是首问责任人。")


@needs(Right.TRANSFER_CASE)
@require_POST
def transfer(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.TransferForm, transfer_case, "已转派。")


@needs(Right.HANDLE_CASE)
@require_POST
def accept(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.AcceptForm, handling.accept_case, "已接单。")


@needs(Right.HANDLE_CASE)
@require_POST
def arrive(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.ArriveForm, handling.arrive, "已登记到场。")


@needs(Right.HANDLE_CASE)
@require_POST
def pause(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.PauseForm, handling.pause_case, "处理时限已暂停。")


@needs(Right.HANDLE_CASE)
@require_POST
def resume(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.ResumeForm, handling.resume_case, "处理时限恢复计时。")


@needs(Right.HANDLE_CASE)
@require_POST
def report(request: StaffRequest, pk: int) -> HttpResponse:
    case = case_of(request, pk)
    form = forms.ReportForm(request.POST, case=case, at=timezone.now())
    _with_photos(
        request, form, lambda photos: attach_results(case=case, photos=photos, by=request.user, at=timezone.now())
    )
    return _act(request, case, form, handling.report_result, "处理结果已上报，请在当日答复客户。")


@needs(Right.HANDLE_CASE)
@require_POST
def ask_extension(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.AskExtensionForm, extending.ask_extension, "延期申请已提交，等待批准。")


@needs(Right.EXTEND_CASE)
@require_POST
def decide_extension(request: StaffRequest, pk: int) -> HttpResponse:
    visible = Case.objects.visible_to(request.user).values("pk")
    extension = get_object_or_404(CaseExtension, pk=pk, case__in=visible)
    case = case_of(request, extension.case_id)
    grant = bool(request.POST.get("grant"))
    form = (forms.GrantForm if grant else forms.RefuseForm)(request.POST, case=case, at=timezone.now())

    def decide(*, case: Case, by: Any, at: datetime, remark: str, **_: Any) -> None:
        extending.decide_extension(extension=extension, by=by, at=at, grant=grant, remark=remark)

    return _act(request, case, form, decide, "延期已批准。" if grant else "延期申请未批准，已通知申请人。")


# --- the customer ---------------------------------------------------------------------------------------------------


@needs(Right.ANSWER_CASE)
@require_POST
def answer(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.AnswerForm, answering.answer_customer, "答复已登记。")


@needs(Right.ANSWER_CASE)
@require_POST
def promise(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.PromiseForm, promising.promise_answer, "承诺的答复时间已登记。")


@needs(Right.ANSWER_CASE)
@require_POST
def explain(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.ExplainForm, answering.explain_invalid, "已向客户说明，诉求单已关闭。")


@needs(Right.ANSWER_CASE)
@require_POST
def close(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.CloseForm, closing.close_case, "表扬已转达，诉求单已关闭。")


@needs(Right.ANSWER_CASE)
@require_POST
def sign(request: StaffRequest, pk: int) -> HttpResponse:
    case = case_of(request, pk)
    form = forms.SignForm(request.POST, case=case, at=timezone.now())
    _with_photos(
        request, form, lambda scans: opinions.attach_signed(case=case, scans=scans, by=request.user, at=timezone.now())
    )
    return _act(request, case, form, opinions.sign_opinion, "客户签署意见已登记。")


@needs(Right.CALL_BACK)
@require_POST
def call_attempt(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.AttemptForm, calling.record_attempt, "未接通已登记。")


@needs(Right.CALL_BACK)
@require_POST
def callback(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.CallbackForm, calling.record_callback, "回访已登记。")


@needs(Right.CALL_BACK)
@require_POST
def close_unreachable(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.CloseUnreachableForm, closing.close_unreachable, "已以无法联系关闭。")


@needs(Right.REVEAL_PERSONAL)
@never_cache
@require_POST
def reveal(request: StaffRequest, pk: int) -> HttpResponse:
    """The caller's whole number, in place of the masked one (ORG-4)."""
    case = case_of(request, pk)
    try:
        phone = reveal_phone(case=case, by=request.user, at=timezone.now())
    except Refused as refused:
        return render(request, "complaints/_revealed.html", {"refused": refused.sentence}, status=403)
    return render(request, "complaints/_revealed.html", {"phone": phone})


# --- the service lead -----------------------------------------------------------------------------------------------


@needs(Right.JUDGE_CASE)
@require_POST
def judge(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.JudgeForm, judging.judge_case, "界定已登记。")


@needs(Right.JUDGE_CASE)
@require_POST
def grade(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.GradeForm, judging.grade_case, "等级已登记。")


@needs(Right.JUDGE_CASE)
@require_POST
def reopen(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, forms.ReopenForm, closing.reopen_case, "诉求单已重新打开。")


# --- 同一事件 (CMP-16) ------------------------------------------------------------------------------------------------


@needs(Right.TIE_EVENT)
@require_POST
def tie(request: StaffRequest, pk: int) -> HttpResponse:
    case, at = case_of(request, pk), timezone.now()
    events = tying.events_to_tie(case, request.user, at, tying.suggestions(case, request.user))
    form = event_forms.TieForm(request.POST, case=case, at=at, events=events)
    return _act(request, case, form, tying.tie_case, "已归入同一事件。")


@needs(Right.TIE_EVENT)
@require_POST
def open_event(request: StaffRequest, pk: int) -> HttpResponse:
    """A new event of this case and the ticked ones."""
    case = case_of(request, pk)
    untied = [one for one in tying.suggestions(case, request.user) if one.event_id is None]
    form = event_forms.OpenEventForm(request.POST, case=case, at=timezone.now(), suggested=untied)

    def do(*, case: Case, **given: Any) -> None:
        tying.open_event(**given)

    return _act(request, case, form, do, "已归并为同一事件。")


@needs(Right.TIE_EVENT)
@require_POST
def untie(request: StaffRequest, pk: int) -> HttpResponse:
    """From the case's page, or from the event's, which is then gone back to."""
    case = case_of(request, pk)
    event, form = case.event_id, event_forms.UntieForm(request.POST, case=case, at=timezone.now())
    response = _act(request, case, form, tying.untie_case, "已移出事件。")
    if response.status_code == 302 and request.POST.get("stay"):
        return redirect("complaints:event", event)
    return response


@needs(Right.TIE_EVENT)
@require_POST
def decline_event(request: StaffRequest, pk: int) -> HttpResponse:
    return _simple(request, pk, event_forms.DeclineEventForm, tying.decline_event, "已确认不是同一事件。")
