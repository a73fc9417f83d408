"""Lists as .xlsx (RPT-5): every cell is text, a number or a time, never a formula, whatever it begins with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import timezone

LONGEST_NAME = 31
HEAD = {"bold": True, "bg_color": "#E7F3EC", "border": 1}


@dataclass(frozen=True)
class Sheet:
    """One sheet of a file: its name, heads and rows."""

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[Any]]


def workbook(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    """One sheet called `name`, its head frozen and filtered. Rows are written as they come and not kept."""
    return workbook_of([Sheet(name, head, rows)])


def workbook_of(sheets: Iterable[Sheet]) -> bytes:
    """Several sheets, in their order; names are cut to what a file allows."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_formulas": False})
    bold = book.add_format(HEAD)
    formats = {
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        Decimal: book.add_format({"num_format": "0.00"}),
    }
    for one in sheets:
        sheet = book.add_worksheet(one.name[:LONGEST_NAME])
        sheet.set_column(0, len(one.head) - 1, 16)
        sheet.freeze_panes(1, 1)
        for column, title in enumerate(one.head):
            sheet.write_string(0, column, title, bold)
        line = 0
        for line, row in enumerate(one.rows, start=1):
            for column, value in enumerate(row):
                _write(sheet, line, column, value, formats)
        sheet.autofilter(0, 0, line, len(one.head) - 1)
    book.close()
    return buffer.getvalue()


def yes(flag: bool) -> str:
    """是, or an empty cell: what stands out in a column is what is the case."""
    return "是" if flag else ""


def _write(sheet: Any, line: int, column: int, value: Any, formats: dict[type, Any]) -> None:
    match value:
        case None | "":
            return
        case datetime():
            sheet.write_datetime(line, column, timezone.localtime(value).replace(tzinfo=None), formats[datetime])
        case date():
            sheet.write_string(line, column, value.isoformat())
        case int():
            sheet.write_number(line, column, value)
        case Decimal():
            sheet.write_number(line, column, value, formats[Decimal])
        case _:
            # As a string, so that what begins with = + - @ stays what was typed.
            sheet.write_string(line, column, str(value))
