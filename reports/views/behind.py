"""The rows behind a number of a sheet (RPT-3)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from estates.access import StaffRequest
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from reports.exports import rows_xlsx
from reports.figures import FIGURES, Figure, Scope, Slice, flatten
from reports.figures.values import count
from reports.models import Bulletin, WeeklySheet
from reports.presenting import text
from reports.rows import listing_of, visible_rows

PER_PAGE = 50


def behind(request: StaffRequest, sheet: Bulletin | WeeklySheet, figure: str) -> dict[str, Any]:
    """A page of them as they are now, what the number was and what it is; 404 for what is no figure."""
    wanted, scope, part, rows = _asked(request, sheet, figure)
    listed = listing_of(rows)
    now = wanted.measure(rows)
    paginator = Paginator(listed.prepare(rows), PER_PAGE)
    if wanted.measure is count:
        paginator.count = now  # type: ignore[assignment]  # asked once
    page = paginator.get_page(request.GET.get("page"))
    where, stored = flatten(sheet.figures).get((figure, repr(sorted(part.asdict().items()))), ("", None))
    return {
        "figure": wanted,
        "where": where,
        "stored": text(stored),
        "now": text(now),
        "has_changed": bool(where) and str(stored) != str(now),
        "heads": listed.heads,
        "rows": [
            (url, list(zip(listed.heads, cells, strict=True))) for url, cells in listed.cells(list(page.object_list))
        ],
        "page": page,
        "month": scope.month,
    }


def export_behind(request: StaffRequest, sheet: Bulletin | WeeklySheet, figure: str, *, back: str) -> HttpResponse:
    """All of them as .xlsx (RPT-5); where they are too many, `back` to the page with the reason."""
    wanted, scope, _, rows = _asked(request, sheet, figure)
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请从分项的数字进入后再导出。")
        return redirect(f"{back}?{request.GET.urlencode()}")
    name = f"{wanted.label}_{sheet.node.label}_{scope.month.label}.xlsx"
    return xlsx_response(rows_xlsx(listing_of(rows), rows), name)


def _asked(request: StaffRequest, sheet: Bulletin | WeeklySheet, figure: str) -> tuple[Figure, Scope, Slice, QuerySet]:
    """The figure, where it is taken, the slice that was asked for, and the rows that the user may see."""
    wanted = FIGURES.get(figure)
    part = Slice.parse(request.GET)
    try:
        estates = tuple(sheet.node.estates().values_list("pk", flat=True))
        scope = Scope(sheet.node, sheet.period, timezone.now(), estate_ids=estates).narrowed(part)
    except ValueError:
        raise Http404 from None
    if wanted is None:
        raise Http404
    return wanted, scope, part, visible_rows(wanted.rows(scope), request.user)
