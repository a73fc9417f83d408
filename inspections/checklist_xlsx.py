"""A checklist as .xlsx and back (INS-1). Pure: contents and bytes, no database.

A file is refused as a whole (`Refused`) when it is no table at all; otherwise everything that is wrong with it is
listed by row and column, and nothing of it is used.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

import xlsxwriter

from foundation.records.refusals import Refused
from foundation.records.workbooks import HEAD
from foundation.spreadsheets import SpreadsheetError, first_sheet
from inspections.content import ItemContent, SectionContent
from inspections.wording import CHOICES, ITEM_FIELDS, next_code, offered

COLUMNS = {"section_code": "主题代码", "section": "主题", **ITEM_FIELDS}
REQUIRED = ("section", "what", "criterion", "method", "risk", "role", "days")
# As long as the models keep them.
LENGTHS = {"section_code": 40, "section": 40, "code": 40, "what": 120, "criterion": 400, "unit": 12, "standard": 120}
WHOLE = {"days": (0, 365), "weight": (1, 100)}
WIDTHS = {"section": 22, "what": 32, "criterion": 60, "standard": 30, "section_code": 14, "code": 18}

MAX_BYTES = 5 * 1024 * 1024
MAX_UNPACKED_BYTES = 60 * 1024 * 1024
MAX_ITEMS = 1000
MAX_FAULTS = 50
CODE = re.compile(r"[A-Za-z0-9_-]+")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
RANGE_DIGITS = Decimal(10) ** 7

NOTES = (
    "一行一个检查项；列名不要改，也不要增减列；行的先后就是检查的先后。",
    "主题、检查内容、判定标准、方法、风险等级、责任岗位、整改天数必填。",
    "方法：查（查资料）、听（询问）、看（看现场）。取证要求空着表示无。",
    "取证要求为“读数”时，单位和至少一个界限必填，超出范围即不合格；其他情况单位、下限、上限空着。",
    "代码是检查项在各个版本里的标识，改动原有检查项时请保留；新检查项的代码空着，由系统编写。",
    "权重空着时按风险等级：红线 5、重要 3、一般 1。整改天数 0 表示当日。",
)


@dataclass(frozen=True)
class Fault:
    """Why a cell is refused: its row as Excel numbers it, its column, and one sentence."""

    row: int
    column: str
    why: str

    def __str__(self) -> str:
        return f"第 {self.row} 行 · {self.column}：{self.why}"


@dataclass
class Sheet:
    """What a file says; of its faults the first `MAX_FAULTS`, and how many there are."""

    sections: list[SectionContent] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    fault_count: int = 0


def export(sections: Sequence[SectionContent]) -> bytes:
    """All items, one a row, ready to be imported again; without sections it is the empty template."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = workbook.add_worksheet("检查项")
    head = workbook.add_format(HEAD)
    as_text = workbook.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    number = workbook.add_format({"valign": "top"})
    for column, (name, title) in enumerate(COLUMNS.items()):
        is_number = name in WHOLE or name in ("low", "high")
        sheet.set_column(column, column, WIDTHS.get(name, 10), number if is_number else as_text)
        sheet.write_string(0, column, title, head)
        if name in CHOICES:
            _offer(workbook, sheet, column, [label for _, label in offered(name)])
    sheet.freeze_panes(1, 0)
    rows = ((section, item) for section in sections for item in section.items)
    for line, (section, item) in enumerate(rows, start=1):
        for column, value in enumerate(_cells(section, item).values()):
            if value is None:
                sheet.write_blank(line, column, None, number)
            elif isinstance(value, str):
                # write_string: what begins with =, +, - or @ stays text.
                sheet.write_string(line, column, value, as_text)
            else:
                sheet.write_number(line, column, float(value), number)
    notes = workbook.add_worksheet("填写说明")
    notes.set_column(0, 0, 100)
    for line, note in enumerate(NOTES):
        notes.write_string(line, 0, note)
    workbook.close()
    return buffer.getvalue()


def _offer(workbook: Any, sheet: Any, column: int, labels: list[str]) -> None:
    """A drop-down. The choices stand on a sheet of their own: a list written in the rule may have 255 characters."""
    name = "选项"
    options = workbook.get_worksheet_by_name(name) or workbook.add_worksheet(name)
    options.hide()
    for line, label in enumerate(labels):
        options.write_string(line, column, label)
    letter = chr(ord("A") + column)
    source = f"={name}!${letter}$1:${letter}${len(labels)}"
    rule = {"validate": "list", "source": source, "error_title": "不在选项里", "error_message": "请从下拉列表里选择。"}
    sheet.data_validation(1, column, MAX_ITEMS, column, rule)


def _cells(section: SectionContent, item: ItemContent) -> dict[str, Any]:
    values = item.fields()
    for name, choices in CHOICES.items():
        values[name] = str(choices(values[name]).label)
    return {"section_code": section.code, "section": section.name} | {name: values[name] for name in ITEM_FIELDS}


def read(content: bytes) -> Sheet:
    """The first sheet as sections and items, and everything that is wrong with it.

    Raises `Refused` for what is no table: too large, not an .xlsx, nothing in it.
    """
    table = _open(content)
    if not table or not any(_text(cell) for cell in table[0]):
        raise Refused("文件里没有内容，请下载模板填写。")
    header = [_text(cell) for cell in table[0]]
    faults = list(_header_faults(header))
    if faults:
        return _faulty(faults)
    names = {title: name for name, title in COLUMNS.items()}
    rows = [
        (line, {names[title]: cell for title, cell in zip(header, cells, strict=False) if title})
        for line, cells in enumerate(table[1:], start=2)
        if any(_text(cell) for cell in cells)
    ]
    if not rows:
        raise Refused("文件里只有表头，没有一个检查项。")
    if len(rows) > MAX_ITEMS:
        raise Refused(f"一张检查表最多 {MAX_ITEMS} 个检查项，这个文件有 {len(rows)} 个。")
    return _Reader(rows).sheet()


def _faulty(faults: list[Fault]) -> Sheet:
    return Sheet(faults=faults[:MAX_FAULTS], fault_count=len(faults))


def _open(content: bytes) -> list[list[Any]]:
    try:
        return first_sheet(content, max_bytes=MAX_BYTES, max_unpacked=MAX_UNPACKED_BYTES)
    except SpreadsheetError as error:
        raise Refused(str(error)) from None


def _header_faults(header: Sequence[str]) -> Iterator[Fault]:
    for title in COLUMNS.values():
        if title not in header:
            yield Fault(1, title, f"缺少“{title}”这一列。")
        elif header.count(title) > 1:
            yield Fault(1, title, f"“{title}”这一列出现了两次。")
    for title in header:
        if title and title not in COLUMNS.values():
            yield Fault(1, title, f"不认识“{title}”这一列，请按模板的列名填写。")


def _text(cell: Any) -> str:
    """A cell as typed: 3.0, which is how Excel stores 3, loses its point."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return CONTROLS.sub("", str(cell)).strip()


class _Reader:
    """One pass over the rows: codes and subjects depend on the rows before."""

    def __init__(self, rows: list[tuple[int, dict[str, Any]]]) -> None:
        self.rows = [(line, {name: _text(cells.get(name)) for name in COLUMNS}) for line, cells in rows]
        self.faults: list[Fault] = []
        self.sections: dict[str, SectionContent] = {}
        self.section_codes = {text["section_code"] for _, text in self.rows}
        self.codes = {text["code"] for _, text in self.rows}
        self.lines: dict[str, int] = {}

    def sheet(self) -> Sheet:
        for line, text in self.rows:
            self._row(line, text)
        if self.faults:
            return _faulty(self.faults)
        return Sheet(list(self.sections.values()))

    def _fault(self, line: int, name: str, why: str) -> None:
        self.faults.append(Fault(line, COLUMNS[name], why))

    def _row(self, line: int, text: dict[str, str]) -> None:
        before = len(self.faults)
        for name, title in COLUMNS.items():
            if name in REQUIRED and not text[name]:
                self._fault(line, name, f"“{title}”不能空着。")
            elif len(text[name]) > LENGTHS.get(name, 400):
                self._fault(line, name, f"“{title}”不能超过 {LENGTHS.get(name, 400)} 个字。")
            elif name.endswith("code") and text[name] and not CODE.fullmatch(text[name]):
                self._fault(line, name, "代码只能用字母、数字、- 和 _。")
        values: dict[str, Any] = {name: text[name] for name in ("what", "criterion", "unit", "standard")}
        values |= {name: self._choice(line, name, text[name]) for name in CHOICES}
        values |= {name: self._whole(line, name, text[name]) for name in WHOLE}
        values |= {name: self._bound(line, name, text[name]) for name in ("low", "high")}
        self._range(line, values, text)
        section = self._section(line, text)
        code = self._code(line, text, section.code)
        if len(self.faults) == before:
            section.items.append(ItemContent(code=code, **values))

    def _choice(self, line: int, name: str, text: str) -> str:
        if not text:
            return "none" if name == "evidence" else ""
        for value, label in offered(name):
            if text == label:
                return value
        labels = "、".join(label for _, label in offered(name))
        self._fault(line, name, f"“{text}”不在选项里，可选：{labels}。")
        return ""

    def _whole(self, line: int, name: str, text: str) -> int | None:
        low, high = WHOLE[name]
        if not text:
            return None
        if not text.isascii() or not text.isdecimal() or not low <= int(text[:6]) <= high:
            self._fault(line, name, f"“{COLUMNS[name]}”应是 {low} 到 {high} 的整数。")
            return None
        return int(text)

    def _bound(self, line: int, name: str, text: str) -> Decimal | None:
        if not text:
            return None
        try:
            value = Decimal(text)
        except InvalidOperation:
            self._fault(line, name, f"“{text}”不是数字。")
            return None
        if not value.is_finite() or abs(value) >= RANGE_DIGITS:
            self._fault(line, name, f"“{text}”太大，请检查单位。")
            return None
        if value != round(value, 3):
            self._fault(line, name, "最多三位小数。")
        return value

    def _range(self, line: int, values: dict[str, Any], text: dict[str, str]) -> None:
        low, high = values["low"], values["high"]
        if low is not None and high is not None and low > high:
            self._fault(line, "high", "读数范围上下限颠倒：下限不能大于上限。")
        if values["evidence"] == "reading":
            if not text["unit"]:
                self._fault(line, "unit", "要求读数的检查项必须填写单位。")
            if not text["low"] and not text["high"]:
                self._fault(line, "low", "要求读数的检查项至少填写一个界限。")
        elif values["evidence"]:
            for name in ("unit", "low", "high"):
                if text[name]:
                    self._fault(line, name, f"取证要求不是“读数”，“{COLUMNS[name]}”应空着。")

    def _section(self, line: int, text: dict[str, str]) -> SectionContent:
        """By its code; where that is empty, the one with the same name above, else a new one."""
        code, name = text["section_code"], text["section"]
        if not code:
            same = (section.code for section in self.sections.values() if section.name == name)
            code = next(same, "") or next_code("subject", self.section_codes)
            self.section_codes.add(code)
        section = self.sections.setdefault(code, SectionContent(code, name))
        if name and section.name != name:
            self._fault(line, "section", f"主题代码 {code} 在前面叫“{section.name}”，这里叫“{name}”。")
        return section

    def _code(self, line: int, text: dict[str, str], section: str) -> str:
        code = text["code"] or next_code(section, self.codes)
        self.codes.add(code)
        first = self.lines.setdefault(code, line)
        if first != line:
            self._fault(line, "code", f"检查项代码 {code} 与第 {first} 行重复。")
        return code
