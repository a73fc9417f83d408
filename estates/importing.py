"""A 业主清册 (.xlsx) read into rows and faults (ORG-6). Pure: bytes in, values out, no database."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import xlsxwriter

from estates import identity
from foundation.records.refusals import Refused
from foundation.records.workbooks import HEAD
from foundation.spreadsheets import NO_WORKBOOK, SpreadsheetError, first_sheet, is_workbook

COLUMNS = ("楼栋", "单元", "房号", "建筑面积", "业主姓名", "证件类型", "证件号", "手机", "共有人")
REQUIRED = {"楼栋", "房号", "建筑面积", "业主姓名"}
ID_TYPES = {"身份证": identity.ID_CARD, "护照": identity.PASSPORT, "统一社会信用代码": identity.USCC, "": ""}

MAX_BYTES = 20 * 1024 * 1024
MAX_UNPACKED_BYTES = 400 * 1024 * 1024
MAX_ROWS = 50_000
TELL_EVERY = 500
MAX_AREA = Decimal("9999999.99")
MAX_CHARS = {"楼栋": 30, "单元": 30, "房号": 30, "业主姓名": 60}
# Excel keeps 15 digits of a number; a longer document number typed as a number has lost its end.
EXCEL_DIGITS = 15


@dataclass(frozen=True)
class Fault:
    """Why a cell is refused: its row as Excel numbers it, its column, and one sentence."""

    row: int
    column: str
    why: str


@dataclass(frozen=True)
class Row:
    """One house with its owner, cleaned and checked."""

    line: int
    building: str
    unit: str
    number: str
    area: Decimal
    owner: str
    id_type: str
    id_number: str
    phone: str
    co_owners: tuple[str, ...]

    @property
    def code(self) -> str:
        return house_code(self.building, self.unit, self.number)


@dataclass
class Sheet:
    rows: list[Row] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def house_code(building: str, unit: str, number: str) -> str:
    """How people call a house: 3幢2单元1502."""
    return f"{building}{unit}{number}"


# Called from time to time with how many rows are done, and of how many.
Tell = Callable[[int, int], None]


def refuse_no_table(content: bytes) -> None:
    """A glance at the file: raises `Refused` for what is too large or no .xlsx at all."""
    if len(content) > MAX_BYTES:
        raise Refused(f"文件超过 {MAX_BYTES // 1024 // 1024} MB，请分开导入。")
    if not is_workbook(content):
        raise Refused(NO_WORKBOOK)


def read(content: bytes, tell: Tell = lambda done, total: None) -> Sheet:
    """The first sheet's rows and everything that is wrong with them.

    Raises `Refused` for what is no table at all: too large, not an .xlsx, nothing in it.
    """
    table = _open(content)
    if not table:
        raise Refused("文件里没有内容，请下载空白模板填写。")
    header = [_text(cell) for cell in table[0]]
    faults = list(_header_faults(header))
    if faults:
        return Sheet(faults=faults)
    filled = [(line, cells) for line, cells in enumerate(table[1:], start=2) if any(_text(cell) for cell in cells)]
    if not filled:
        raise Refused("文件里只有表头，没有一行房屋。")
    if len(filled) > MAX_ROWS:
        raise Refused(f"一次最多导入 {MAX_ROWS} 户，这个文件有 {len(filled)} 户，请分开导入。")
    sheet = Sheet()
    seen: dict[str, int] = {}
    for done, (line, cells) in enumerate(filled):
        if done % TELL_EVERY == 0:
            tell(done, len(filled))
        row = _row(line, dict(zip(header, cells, strict=False)), sheet.faults)
        if row is None:
            continue
        first = seen.setdefault(row.code, line)
        if first != line:
            sheet.faults.append(Fault(line, "房号", f"与第 {first} 行是同一户：{row.code}。"))
        else:
            sheet.rows.append(row)
    return sheet


def _open(content: bytes) -> list[list[Any]]:
    try:
        return first_sheet(content, max_bytes=MAX_BYTES, max_unpacked=MAX_UNPACKED_BYTES)
    except SpreadsheetError as error:
        raise Refused(str(error)) from None


def _header_faults(header: Sequence[str]) -> Iterable[Fault]:
    for name in COLUMNS:
        if name not in header:
            yield Fault(1, name, f"缺少“{name}”这一列。")
        elif header.count(name) > 1:
            yield Fault(1, name, f"“{name}”这一列出现了两次。")
    for name in header:
        if name and name not in COLUMNS:
            yield Fault(1, name, f"不认识“{name}”这一列，请按空白模板的列名填写。")


def _row(line: int, cells: dict[str, Any], faults: list[Fault]) -> Row | None:
    """The row, or None when one of its cells is at fault."""
    text = {name: _text(cells.get(name)) for name in COLUMNS}
    found: list[Fault] = []

    def fault(column: str, why: str) -> None:
        if why:
            found.append(Fault(line, column, why))

    for name in COLUMNS:
        if name in REQUIRED and not text[name]:
            fault(name, f"“{name}”不能空着。")
        elif len(text[name]) > MAX_CHARS.get(name, 400):
            fault(name, f"“{name}”不能超过 {MAX_CHARS.get(name, 400)} 个字。")
    area = _area(text["建筑面积"])
    if text["建筑面积"] and isinstance(area, str):
        fault("建筑面积", area)
    id_type, id_number = ID_TYPES.get(text["证件类型"]), identity.clean_id_number(text["证件号"])
    if id_type is None:
        fault("证件类型", "证件类型只能是身份证、护照或统一社会信用代码。")
    elif id_number and not id_type:
        fault("证件类型", identity.id_number_fault(id_type, id_number))
    elif isinstance(cells.get("证件号"), int | float) and len(id_number) > EXCEL_DIGITS:
        fault("证件号", "证件号在表格里是数字，末几位已经丢失，请把单元格设为文本后重填。")
    else:
        fault("证件号", identity.id_number_fault(id_type, id_number))
    phone = identity.clean_phone(text["手机"])
    fault("手机", identity.phone_fault(phone))
    co_owners = tuple(name.strip() for name in text["共有人"].split("、") if name.strip())
    if any(len(name) > MAX_CHARS["业主姓名"] for name in co_owners):
        fault("共有人", "共有人的姓名太长，多人请用顿号“、”隔开。")
    faults += found
    if found or isinstance(area, str) or id_type is None:
        return None
    building = f"{text['楼栋']}幢" if text["楼栋"].isdigit() else text["楼栋"]
    unit = f"{text['单元']}单元" if text["单元"].isdigit() else text["单元"]
    return Row(line, building, unit, text["房号"], area, text["业主姓名"], id_type, id_number, phone, co_owners)


def _text(cell: Any) -> str:
    """A cell as typed: 1502.0, which is how Excel stores 1502, loses its point."""
    if cell is None:
        return ""
    if isinstance(cell, bool | date):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).replace("\0", "").strip()


def _area(text: str) -> Decimal | str:
    """m² with at most two decimals, or the sentence that refuses it."""
    try:
        area = Decimal(text)
    except InvalidOperation:
        return "建筑面积应是数字，例如 89.50。"
    if not area.is_finite() or area <= 0:
        return "建筑面积必须大于 0。"
    if area > MAX_AREA:
        return "建筑面积太大，请检查单位（㎡）。"
    rounded = area.quantize(Decimal("0.01"))
    return rounded if area == rounded else "建筑面积最多两位小数。"


NOTES = (
    "一户一行；列名不要改，也不要增减列。",
    "楼栋、房号、建筑面积、业主姓名必填；没有单元的房屋，单元空着。",
    "楼栋、单元只写数字时，按“3幢”“2单元”保存。",
    "建筑面积以平方米计，大于 0，最多两位小数。",
    "证件类型写身份证、护照或统一社会信用代码；证件号、手机可以空着。证件号请用文本格式，以免末几位变成 0。",
    "共有人写姓名，多人用顿号“、”隔开。",
    "已有的房屋再次导入时：面积以新文件为准；业主姓名相同，则补充或更正证件、手机和共有人，空着的格不改动；业主姓名不同，按业主变更保存。",
)


def template() -> bytes:
    """The empty .xlsx to fill in, with the rules on a second sheet."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    head = workbook.add_format(HEAD)
    as_text = workbook.add_format({"num_format": "@"})
    sheet = workbook.add_worksheet("业主清册")
    sheet.set_column(0, len(COLUMNS) - 1, 14, as_text)
    sheet.set_column(COLUMNS.index("建筑面积"), COLUMNS.index("建筑面积"), 12)
    sheet.set_column(COLUMNS.index("证件号"), COLUMNS.index("证件号"), 24, as_text)
    sheet.write_row(0, 0, COLUMNS, head)
    sheet.freeze_panes(1, 0)
    column = COLUMNS.index("证件类型")
    sheet.data_validation(
        1, column, MAX_ROWS, column, {"validate": "list", "source": [name for name in ID_TYPES if name]}
    )
    notes = workbook.add_worksheet("填写说明")
    notes.set_column(0, 0, 100)
    for line, note in enumerate(NOTES):
        notes.write_string(line, 0, note)
    workbook.close()
    return buffer.getvalue()
