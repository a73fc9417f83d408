"""扫码报事码: the codes of an estate and its houses, made, ended and printed as QR by the archivist."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from complaints.forms.codes import CodeFilter, MakeForm
from complaints.models import ReportCode
from complaints.printing import codes_pdf
from complaints.services import codes
from estates.access import StaffRequest
from foundation.records.downloads import pdf_response
from foundation.records.paging import page_of
from foundation.records.refusals import Refused

RELATED = ("estate", "house", "made_by")
# A page of A4 holds eight labels.
PRINTED = 400


def _visible(request: StaffRequest):
    found = ReportCode.objects.visible_to(request.user, Right.MAKE_CODES).filter(ended_at=None)
    return found.below(current_place(request))


@needs(Right.MAKE_CODES)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    return _page(request, MakeForm(user=request.user, place=current_place(request)))


def _page(request: StaffRequest, form: MakeForm, status: int = 200) -> HttpResponse:
    filters = CodeFilter(request.GET)
    rows = filters.apply(_visible(request)).order_by("estate__code", "house__code", "pk")
    page = page_of(rows, count=rows.count(), number=request.GET.get("page"), related=RELATED)
    context = {"page": page, "form": form, "filters": filters}
    context["rows"] = [(code, codes.report_path(code)) for code in page]
    return render(request, "complaints/codes.html", context, status=status)


@needs(Right.MAKE_CODES)
@require_POST
def make(request: StaffRequest) -> HttpResponse:
    form = MakeForm(request.POST, user=request.user, place=current_place(request))
    if form.is_valid():
        try:
            made = form.make(by=request.user, at=timezone.now())
        except Refused as refused:
            form.add_error(None, refused.sentence)
        else:
            messages.success(request, f"已生成 {made} 个报事码，请打印后张贴或发放。")
            return redirect("complaints:codes")
    return _page(request, form, status=422)


@needs(Right.MAKE_CODES)
@require_POST
def end(request: StaffRequest, pk: int) -> HttpResponse:
    code = get_object_or_404(ReportCode.objects.visible_to(request.user, Right.MAKE_CODES), pk=pk)
    try:
        codes.end_code(code=code, by=request.user, at=timezone.now())
        messages.success(request, "报事码已停用。")
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("complaints:codes")


@needs(Right.MAKE_CODES)
@require_safe
def print_codes(request: StaffRequest) -> HttpResponse:
    """The codes of the list as QR: a poster for an estate, labels for houses."""
    rows = CodeFilter(request.GET).apply(_visible(request)).select_related("estate", "house")
    found = list(rows.order_by("estate__code", "house__code", "pk")[:PRINTED])
    if not found:
        messages.error(request, "没有可以打印的报事码，请先生成。")
        return redirect("complaints:codes")
    return pdf_response(codes_pdf(found), "扫码报事码.pdf")
