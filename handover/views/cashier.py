"""收银日报: what was taken and reversed on a day, by method: page, PDF and xlsx of the same entries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.downloads import EXPORT_ROWS, pdf_response, xlsx_response
from foundation.records.paging import page_of
from foundation.worktime.local import local_date
from handover import cashsheet
from handover.billpapers import sheet_pdf as sheet_paper
from handover.billpapers import sheet_xlsx as sheet_file
from handover.forms.bills import SheetForm
from handover.models import Payment
from handover.querysets import PaymentQuerySet

RELATED = ("estate", "bill__house", "bill__batch", "cashier", "reverses")


@dataclass(frozen=True)
class Sheet:
    """A day's entries as this user sees them, and what they add up to."""

    day: date
    form: SheetForm
    entries: PaymentQuerySet
    lines: list[cashsheet.Line]

    @property
    def total(self) -> cashsheet.Line:
        return cashsheet.total(self.lines)

    @property
    def count(self) -> int:
        return self.total.receipts + self.total.reversals


def _sheet(request: StaffRequest) -> Sheet:
    today = local_date(timezone.now())
    form = SheetForm({"day": today.isoformat(), **request.GET.dict()})
    visible = Payment.objects.visible_to(request.user).below(current_place(request))
    day, entries = form.apply(visible, request.user, today)
    lines = cashsheet.lines(entries.order_by().values_list("method", "amount"))
    return Sheet(day, form, entries.order_by("at", "pk"), lines)


def _issuer(request: StaffRequest) -> str:
    """Whose sheet it is: the chosen place, or the only estate of the user's posts."""
    place = current_place(request)
    if place is not None:
        return place.name
    nodes = {post.node_id: post.node.name for post in request.user.current_posts}
    return next(iter(nodes.values())) if len(nodes) == 1 else ""


@needs(Right.VIEW_HANDOVER)
@require_safe
def sheet(request: StaffRequest) -> HttpResponse:
    asked = _sheet(request)
    page = page_of(asked.entries, count=asked.count, number=request.GET.get("page"), related=RELATED)
    context = {"sheet": asked, "form": asked.form, "page": page}
    return render(request, "handover/cash_sheet.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def sheet_pdf(request: StaffRequest) -> HttpResponse:
    """The sums, and the first of the entries; the xlsx has them all."""
    asked = _sheet(request)
    content = sheet_paper(
        day=asked.day,
        lines=asked.lines,
        total=asked.total,
        entries=asked.entries.select_related(*RELATED),
        issuer=_issuer(request),
        printed_at=timezone.now(),
    )
    return pdf_response(content, f"收银日报{asked.day}.pdf")


@needs(Right.VIEW_HANDOVER)
@require_safe
def sheet_xlsx(request: StaffRequest) -> HttpResponse:
    asked = _sheet(request)
    if asked.count > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先选择项目。")
        return redirect("handover:cash_sheet")
    content = sheet_file(asked.lines, asked.total, asked.entries.select_related(*RELATED))
    return xlsx_response(content, f"收银日报{asked.day}.xlsx")
