"""As .xlsx (RPT-5): a weekly sheet, a sheet for each table as on the page (CMP-14); the rows behind a figure (RPT-3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from foundation.records.workbooks import Sheet, workbook, workbook_of
from reports.figures import FIGURES
from reports.models import WeeklySheet
from reports.rows import Listing

BATCH = 1000
# A number as it is counted with: one that begins with a zero is a code.
NUMBER = re.compile(r"-?(0|[1-9]\d{0,8})(\.\d{1,4})?")
NOTHING = "—"


def rows_xlsx(listing: Listing, rows: QuerySet) -> bytes:
    """All rows with the page's columns, their numbers to be counted with."""
    return workbook("明细", listing.heads, _lines(listing, rows))


def _lines(listing: Listing, rows: QuerySet) -> Iterator[list[Any]]:
    found = listing.prepare(rows).iterator(chunk_size=BATCH)
    while batch := list(islice(found, BATCH)):
        for _, cells in listing.cells(batch):
            yield [_cell(cell) for cell in cells]


def _cell(text: str) -> Any:
    if text == NOTHING:
        return None
    return Decimal(text) if NUMBER.fullmatch(text) else text


def weekly_xlsx(sheet: WeeklySheet) -> bytes:
    """概况 with the week before, then one sheet for each table."""
    chapters = sheet.figures["chapters"]
    heads = ("项目", "本周", "单位", "上周", "说明")
    sheets = [Sheet("概况", heads, list(_overview(chapters)))]
    for table in (table for chapter in chapters for table in chapter["tables"]):
        columns = [column["label"] for column in table["columns"]]
        rows = [[row["label"], *(_number(value) for value in row["values"])] for row in table["rows"]]
        sheets.append(Sheet(table["title"], [table["first"], *columns], rows))
    return workbook_of(sheets)


def _overview(chapters: list[dict[str, Any]]) -> Iterator[list[Any]]:
    for cell in (cell for chapter in chapters for cell in [*chapter["headline"], *chapter["cells"]]):
        figure = FIGURES[cell["figure"]]
        values = (_number(cell["value"]), figure.unit, _number(cell["before"]))
        yield [cell["label"] or figure.label, *values, figure.counted]


def _number(value: Any) -> Any:
    """Rates are stored as text, so that they stay what they were to the last digit."""
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return value
