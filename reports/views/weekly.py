"""周汇报表: the list, one week's sheet as page, PDF and xlsx, and its words (CMP-14)."""

from __future__ import annotations

from datetime import datetime

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from estates.querysets import at_or_below
from foundation.journal.models import Entry
from foundation.records.downloads import pdf_response, xlsx_response
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb, act
from reports import printing, weekly
from reports.exports import weekly_xlsx
from reports.forms import RemarkForm, WeekFilter
from reports.models import WeeklySheet
from reports.presenting import present
from reports.views.behind import PER_PAGE, behind, export_behind


def _get(request: StaffRequest, pk: int) -> WeeklySheet:
    return get_object_or_404(WeeklySheet.objects.visible_to(request.user).select_related("node__parent"), pk=pk)


@require_safe
@needs(Right.VIEW_WEEKLY)
def listing(request: StaffRequest) -> HttpResponse:
    """Sheets by week, filtered by place, level and week."""
    rows = WeeklySheet.objects.visible_to(request.user).select_related("node").defer("figures")
    if place := current_place(request):
        rows = rows.filter(at_or_below([place.pk], "node__"))
    form = WeekFilter(request.GET)
    page = Paginator(form.apply(rows).order_by("-friday", "node__code"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "reports/weekly.html", {"page": page, "form": form})


@require_safe
@needs(Right.VIEW_WEEKLY)
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _get(request, pk))


def _page(request: StaffRequest, sheet: WeeklySheet, form: RemarkForm | None = None) -> HttpResponse:
    verbs = []
    if not refusal(weekly.may_edit, sheet, request.user):
        form = form or RemarkForm(initial={"remark": sheet.remark})
        url = reverse("reports:edit_weekly", args=[sheet.pk])
        verbs = [Verb("填写本周说明", "pencil", url, dialog="remark", form=form, submit="保存")]
    near = WeeklySheet.objects.visible_to(request.user).filter(node=sheet.node_id).defer("figures")
    context = {
        "sheet": sheet,
        "shown": present(sheet),
        "verbs": verbs,
        "earlier": near.filter(friday__lt=sheet.friday).order_by("-friday").first(),
        "later": near.filter(friday__gt=sheet.friday).order_by("friday").first(),
        "entries": list(Entry.objects.about(sheet)),
    }
    return render(request, "reports/weekly_sheet.html", context)


@require_safe
@needs(Right.VIEW_WEEKLY)
def figure_rows(request: StaffRequest, pk: int, figure: str) -> HttpResponse:
    sheet = _get(request, pk)
    context = behind(request, sheet, figure)
    context["said"], context["kept"] = "统计时", "本表保持不变"
    context["crumbs"] = [
        ("周汇报表", reverse("reports:weekly")),
        (f"{sheet.node.name} {sheet.period.label}", reverse("reports:weekly_sheet", args=[pk])),
    ]
    context["export_url"] = reverse("reports:weekly_rows_export", args=[pk, figure])
    return render(request, "reports/figure_rows.html", context)


@require_safe
@needs(Right.VIEW_WEEKLY)
def figure_export(request: StaffRequest, pk: int, figure: str) -> HttpResponse:
    back = reverse("reports:weekly_rows", args=[pk, figure])
    return export_behind(request, _get(request, pk), figure, back=back)


@require_POST
@needs(Right.EDIT_WEEKLY)
def edit(request: StaffRequest, pk: int) -> HttpResponse:
    sheet = _get(request, pk)
    form = RemarkForm(request.POST)

    def do(at: datetime) -> None:
        weekly.edit_weekly(sheet=sheet, by=request.user, at=at, remark=form.cleaned_data["remark"])

    back = reverse("reports:weekly_sheet", args=[pk])
    return act(request, form, do, done="已保存。", back=back, again=lambda form: _page(request, sheet, form))


@require_safe
@needs(Right.VIEW_WEEKLY)
def pdf(request: StaffRequest, pk: int) -> HttpResponse:
    sheet = _get(request, pk)
    return pdf_response(printing.weekly_pdf(sheet), f"{_filename(sheet)}.pdf")


@require_safe
@needs(Right.VIEW_WEEKLY)
def xlsx(request: StaffRequest, pk: int) -> HttpResponse:
    sheet = _get(request, pk)
    return xlsx_response(weekly_xlsx(sheet), f"{_filename(sheet)}.xlsx")


def _filename(sheet: WeeklySheet) -> str:
    return f"{sheet.node.label}周汇报表{sheet.friday:%Y-%m-%d}"
