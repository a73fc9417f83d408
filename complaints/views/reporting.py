"""The public pages behind a code: report, follow the progress, rate (CMP-1, CMP-12). Nobody logs in here.

What is shown is the estate, the house on the code and the case that was reported; nothing about anyone else.
"""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from complaints import throttle
from complaints.choices import Kind
from complaints.forms.reporting import RatingForm, ReportForm
from complaints.models import Case, ReportCode, Round
from complaints.services import codes
from complaints.services.calling import record_callback
from foundation.journal.models import Entry
from foundation.records.refusals import Refused

State = Case.State


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report_form(request: HttpRequest, signed: str) -> HttpResponse:
    if _looks_too_often(request):
        return _too_often(request)
    code = codes.code_of(signed)
    if code is None:
        ended = {"estate": codes.estate_of_ended(signed)}
        return render(request, "complaints/public/ended.html", ended, status=404)
    if request.method != "POST":
        return _form(request, code, ReportForm(has_house=code.house is not None))
    return _report(request, code)


def _report(request: HttpRequest, code: ReportCode) -> HttpResponse:
    """Photos are kept before anything else is looked at: a browser can't be given them back."""
    form = ReportForm(request.POST, has_house=code.house is not None)
    valid = form.is_valid()
    address = throttle.client_address(request)
    if throttle.is_too_often(throttle.REPORTS_OF_ADDRESS, "report", address) or throttle.is_too_often(
        throttle.REPORTS_OF_CODE, "report", code.key
    ):
        form.add_error(None, "提交得太频繁了，您写的内容还在，请十分钟后再提交，急事请拨打服务中心电话。")
        return _form(request, code, form, status=429)
    key, at = form.cleaned_data.get("client_key") or uuid4(), timezone.now()
    try:
        codes.keep_photos(code=code, key=key, photos=request.FILES.getlist("photos"), at=at)
        if valid and form.cleaned_data["website"]:
            raise Refused("没有提交成功，请拨打服务中心电话。")
        if valid:
            given = {name: form.cleaned_data.get(name, "") for name in ("kind", "text", "name", "phone", "place")}
            case = codes.report_case(code=code, key=key, at=at, **given)
            return redirect(codes.progress_path(case))
    except Refused as refused:
        form.add_error(None, refused.sentence)
    return _form(request, code, form, status=422)


def _form(request: HttpRequest, code: ReportCode, form: ReportForm, status: int = 200) -> HttpResponse:
    key = form["client_key"].value()
    kept = codes.kept_photos(code=code, key=form.cleaned_data["client_key"]).count() if _has_key(form) else 0
    context = {"code": code, "form": form, "key": key, "kept": kept, "most": codes.MOST_PHOTOS}
    return render(request, "complaints/public/report.html", context, status=status)


def _has_key(form: ReportForm) -> bool:
    return form.is_bound and bool(form.cleaned_data.get("client_key"))


def _looks_too_often(request: HttpRequest) -> bool:
    return throttle.is_too_often(throttle.LOOKS_OF_ADDRESS, "look", throttle.client_address(request))


def _too_often(request: HttpRequest) -> HttpResponse:
    return render(request, "429.html", status=429)


@login_not_required
@never_cache
@require_safe
def report_progress(request: HttpRequest, signed: str) -> HttpResponse:
    if _looks_too_often(request):
        return _too_often(request)
    return _progress(request, _case(signed), signed)


@login_not_required
@never_cache
@require_POST
def rate(request: HttpRequest, signed: str) -> HttpResponse:
    """评价: the customer's own answer to the callback's questions; once (CMP-12)."""
    if _looks_too_often(request):
        return _too_often(request)
    case, form = _case(signed), RatingForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            record_callback(
                case=case, by=None, at=timezone.now(), solved=given["solved"] == "yes",
                satisfaction=given["satisfaction"], remark=given["remark"],
            )  # fmt: skip
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            return redirect("complaints:report_progress", signed)
    return _progress(request, case, signed, form, status=422)


def _case(signed: str) -> Case:
    case = codes.reported_case(signed)
    if case is None:
        raise Http404
    return case


def _taken_at(case: Case, round_: Round) -> datetime | None:
    """When somebody of ours took it up: 受理, or whatever came first without it."""
    taken = Entry.objects.about(case).filter(verb="case.take", at__gte=round_.started_at).first()
    moments = [taken.at if taken else None, round_.transferred_at, round_.replied_at, round_.result_at]
    return min(filter(None, moments), default=None)


def _progress(
    request: HttpRequest, case: Case, signed: str, form: RatingForm | None = None, status: int = 200
) -> HttpResponse:
    round_ = case.rounds.get(number=case.round)
    asks = case.state == State.TO_CALLBACK
    context = {
        "case": case,
        "signed": signed,
        "steps": [
            ("已提交", case.registered_at),
            ("已受理", _taken_at(case, round_)),
            ("处理完成", round_.result_at),
            ("已答复", round_.answered_at),
            ("已关闭", case.closed_at),
        ],
        "answer": round_.answer,
        "is_praise": case.kind == Kind.PRAISE,
        "form": form or (RatingForm() if asks else None),
        "said": case.calls.filter(by=None).last(),
    }
    return render(request, "complaints/public/progress.html", context, status=status)
