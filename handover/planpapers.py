"""The plans of a house with the pins of what was found, as sheets behind the signed 《验房记录》 (HND-3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from foundation import pdf
from foundation.attachments.services import photo_for_print
from handover.models import Defect, Handover
from handover.pins import pinned

# A plan fills the width of the sheet, and its small print is read.
SIDE = 1600


def plan_parts(handover: Handover, until: datetime, printed_at: datetime) -> list[pdf.Part]:
    """One paper with a sheet for each plan; none where nothing was pinned. `until` is when the list was signed.

    The numbers are those of the signed list.
    """
    found = [row for row in handover.defects.order_by("pk") if row.found_at <= until]
    numbers = {row.pk: number for number, row in enumerate(found, start=1)}
    sheets = [sheet for sheet in pinned(found, numbers, until) if sheet.pins]
    if not sheets:
        return []
    context: dict[str, Any] = {
        "title": "验房平面图",
        "number": handover.batch.number,
        "issuer": handover.estate.name,
        "printed_at": printed_at,
        "handover": handover,
        "sheets": [(sheet, f"plan-{sheet.plan.pk}", _rows(found, sheet.plan.pk, numbers)) for sheet in sheets],
    }
    images = {f"plan-{sheet.plan.pk}": photo_for_print(sheet.picture, side=SIDE) for sheet in sheets}
    return [pdf.Part("handover/pdf/plans.html", context, images)]


def _rows(found: list[Defect], plan: int, numbers: dict[int, int]) -> list[tuple[int, Defect]]:
    return [(numbers[row.pk], row) for row in found if row.plan_id == plan]
