"""A developer's owner list (.xlsx) read into rows and faults (HND-1). Pure: bytes in, values out, no database."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

import xlsxwriter

from estates import identity, spelling
from estates.importing import ID_TYPES
from foundation.records.refusals import Refused
from foundation.records.workbooks import HEAD
from foundation.spreadsheets import NO_WORKBOOK, SpreadsheetError, first_sheet, is_workbook
from handover.choices import BuyerKind

COLUMNS = ("房屋", "购房人", "购房人类别", "证件类型", "证件号", "手机", "通知交付日", "预约日期", "预约时间")
REQUIRED = {"房屋", "购房人"}
KINDS = {kind.label: kind for kind in BuyerKind} | {"": BuyerKind.PERSON}
MAX_CHARS = {"房屋": 90, "购房人": 60}
MAX_BYTES = 10 * 1024 * 1024
TOO_LARGE = f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请分开导入。"
MAX_UNPACKED_BYTES = 200 * 1024 * 1024
MAX_ROWS = 20_000
TELL_EVERY = 500
# Excel keeps 15 digits of a number; a longer document number typed as a number has lost its end.
EXCEL_DIGITS = 15
CLOCK = re.compile(r"^([01]?\d|2[0-3])[:：]([0-5]\d)")

Tell = Callable[[int, int], None]


@dataclass(frozen=True)
class Fault:
    """Why a cell is refused: its row as Excel numbers it, its column, and one sentence."""

    row: int
    column: str
    why: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Row:
    """One house with its buyer, cleaned and checked; `key` is the house as it is looked up (3-2-1502-)."""

    line: int
    house: str
    key: str
    name: str
    kind: str
    id_type: str
    id_number: str
    phone: str
    notice_on: date | None
    day: date | None
    clock: time | None


@dataclass
class Table:
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def refuse_no_table(content: bytes) -> None:
    """A glance at the file: raises `Refused` for what is too large or no .xlsx at all."""
    if len(content) > MAX_BYTES:
        raise Refused(TOO_LARGE)
    if not is_workbook(content):
        raise Refused(NO_WORKBOOK)


def read(content: bytes, tell: Tell = lambda done, total: None) -> Table:
    """The first sheet's rows and everything that is wrong with them. Raises `Refused` for what is no table at all."""
    try:
        cells = first_sheet(content, max_bytes=MAX_BYTES, max_unpacked=MAX_UNPACKED_BYTES)
    except SpreadsheetError as error:
        raise Refused(str(error)) from None
    head = [_text(cell) for cell in cells[0]] if cells else []
    table = Table(faults=list(_head_faults(head)))
    if table.faults:
        return table
    filled = [(line, row) for line, row in enumerate(cells[1:], 2) if any(_text(cell) for cell in row)]
    if not filled:
        raise Refused("文件里没有一行房屋，请按空白模板填写。")
    if len(filled) > MAX_ROWS:
        raise Refused(f"一次最多导入 {MAX_ROWS} 户，这个文件有 {len(filled)} 户，请分开导入。")
    seen: dict[str, int] = {}
    for done, (line, row) in enumerate(filled):
        if done % TELL_EVERY == 0:
            tell(done, len(filled))
        _take(table, seen, line, dict(zip(head, row, strict=False)))
    return table


def _head_faults(head: Sequence[str]) -> Iterator[Fault]:
    for name in COLUMNS:
        if name not in head:
            yield Fault(1, name, f"缺少“{name}”这一列。")
        elif head.count(name) > 1:
            yield Fault(1, name, f"“{name}”这一列出现了两次。")
    for name in head:
        if name and name not in COLUMNS:
            yield Fault(1, name, f"不认识“{name}”这一列，请按空白模板的列名填写。")


def _take(table: Table, seen: dict[str, int], line: int, cells: dict[str, Any]) -> None:
    row, faults = _row(line, cells)
    table.faults += faults
    if row is None:
        return
    first = seen.setdefault(row.key, line)
    if first != line:
        table.faults.append(Fault(line, "房屋", f"与第 {first} 行是同一户：{row.house}。"))
    elif not faults:
        table.rows.append(row)


def _row(line: int, cells: dict[str, Any]) -> tuple[Row | None, list[Fault]]:
    """The row, as far as its house can be told, and what is wrong with its cells."""
    text = {name: _text(cells.get(name)) for name in COLUMNS}
    faults: list[Fault] = []

    def fault(column: str, why: str) -> None:
        if why:
            faults.append(Fault(line, column, why))

    for name in COLUMNS:
        if name in REQUIRED and not text[name]:
            fault(name, f"“{name}”不能空着。")
        elif len(text[name]) > MAX_CHARS.get(name, 100):
            fault(name, f"“{name}”不能超过 {MAX_CHARS.get(name, 100)} 个字。")
    kind = KINDS.get(text["购房人类别"])
    if kind is None:
        fault("购房人类别", f"购房人类别只能是{'、'.join(label for label in KINDS if label)}。")
    id_type, id_number = _identity(cells, text, fault)
    phone = identity.clean_phone(text["手机"])
    fault("手机", identity.phone_fault(phone))
    notice_on, day = (_day(cells.get(name), name, fault) for name in ("通知交付日", "预约日期"))
    clock = _clock(cells.get("预约时间"), fault)
    if (day is None) != (clock is None) and not any(one.column in ("预约日期", "预约时间") for one in faults):
        fault("预约时间" if day else "预约日期", "预约日期和预约时间要一起填，或者都空着。")
    key = spelling.lookup(text["房屋"])
    if text["房屋"] and not key:
        fault("房屋", "看不懂这个房号，请写成“3幢2单元1502”。")
    if not key:
        return None, faults
    row = Row(
        line, text["房屋"], key, text["购房人"], kind or "", id_type, id_number, phone, notice_on, day, clock
    )  # fmt: skip
    return row, faults


def _identity(cells: dict[str, Any], text: dict[str, str], fault: Callable[[str, str], None]) -> tuple[str, str]:
    id_type, number = ID_TYPES.get(text["证件类型"]), identity.clean_id_number(text["证件号"])
    if id_type is None:
        fault("证件类型", "证件类型只能是身份证、护照或统一社会信用代码。")
    elif number and not id_type:
        fault("证件类型", identity.id_number_fault(id_type, number))
    elif isinstance(cells.get("证件号"), int | float) and len(number) > EXCEL_DIGITS:
        fault("证件号", "证件号在表格里是数字，末几位已经丢失，请把单元格设为文本后重填。")
    else:
        fault("证件号", identity.id_number_fault(id_type, number))
    return id_type or "", number


def _text(cell: Any) -> str:
    """A cell as typed: 1502.0, which is how Excel stores 1502, loses its point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\0", "").strip()


def _day(cell: Any, column: str, fault: Callable[[str, str], None]) -> date | None:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = _text(cell).replace("/", "-").replace(".", "-")
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007
    except ValueError:
        fault(column, "日期请写成 2026-03-02。")
        return None


def _clock(cell: Any, fault: Callable[[str, str], None]) -> time | None:
    """When the slot begins: 09:00, 9:00–9:30 or a time of Excel."""
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, timedelta):
        minutes = int(cell.total_seconds()) // 60 % (24 * 60)
        return time(minutes // 60, minutes % 60)
    text = _text(cell)
    if not text:
        return None
    if found := CLOCK.match(text):
        return time(int(found[1]), int(found[2]))
    fault("预约时间", "时间请写成 09:00。")
    return None


NOTES = (
    "一户一行；列名不要改，也不要增减列。",
    "房屋写完整的房号，如 3幢2单元1502，应与房屋档案一致；不在档案里的房屋请先用业主清册导入。",
    "房屋、购房人必填。购房人类别写个人、夫妻共有、单位或委托办理，空着按个人。",
    "证件类型写身份证、护照或统一社会信用代码；证件号、手机可以空着。证件号请用文本格式，以免末几位变成 0。",
    "通知交付日是交付通知书上写的日期；业主收到通知没有来的，费用从这一天算起。",
    "预约日期和预约时间一起填，要与批次里已经设置的时段一致；也可以都空着，以后再约。",
    "已在批次里的房屋不再导入；有一行不对，一户也不保存。",
)


def template() -> bytes:
    """The empty .xlsx to fill in, with the rules on a second sheet."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    head, as_text = workbook.add_format(HEAD), workbook.add_format({"num_format": "@"})
    sheet = workbook.add_worksheet("交付名单")
    sheet.set_column(0, len(COLUMNS) - 1, 14, as_text)
    sheet.set_column(COLUMNS.index("证件号"), COLUMNS.index("证件号"), 24, as_text)
    sheet.write_row(0, 0, COLUMNS, head)
    sheet.freeze_panes(1, 0)
    for name, choices in (("证件类型", ID_TYPES), ("购房人类别", KINDS)):
        column = COLUMNS.index(name)
        wanted = {"validate": "list", "source": [choice for choice in choices if choice]}
        sheet.data_validation(1, column, MAX_ROWS, column, wanted)
    notes = workbook.add_worksheet("填写说明")
    notes.set_column(0, 0, 100)
    for line, sentence in enumerate(NOTES):
        notes.write_string(line, 0, sentence)
    workbook.close()
    return buffer.getvalue()
