"""Reading an uploaded .xlsx, which may hold anything. Pure: bytes in, cells out."""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

# The reader makes room for the whole rectangle from A1 to the last filled cell: 32 bytes a cell.
MAX_CELLS = 2_000_000
NO_WORKBOOK = "这不是 .xlsx 文件，请用 Excel 或 WPS 另存为 .xlsx 再上传。"
PIECE = 1024 * 1024
LONGEST_TAG = 4096
TAG = re.compile(rb"<(?:[\w.-]+:)?(row|c)(\s[^<>]*)?>")
REFERENCE = re.compile(rb"""\sr\s*=\s*["']([A-Za-z]{0,3})(\d{0,7})["']""")


class SpreadsheetError(Exception):
    """A file that is refused; the message is the sentence for the user."""


def first_sheet(content: bytes, *, max_bytes: int, max_unpacked: int) -> list[list[Any]]:
    """The cells of the first sheet, row by row from A1; raises SpreadsheetError for what is no table or too large.

    One stray cell at XFD1048576 makes a file of 5 KB a table of 17 billion cells, for which the reader would ask for
    512 GB and end the process; so the extent is read from the XML first.
    """
    if len(content) > max_bytes:
        raise SpreadsheetError(f"文件超过 {max_bytes // 1024 // 1024} MB，请分开导入。")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            if "xl/workbook.xml" not in package.namelist():
                raise SpreadsheetError(NO_WORKBOOK)
            if sum(part.file_size for part in package.infolist()) > max_unpacked:
                raise SpreadsheetError("文件解开后太大，请分开导入。")
            for part in package.infolist():
                _check_extent(package, part)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (zipfile.BadZipFile, CalamineError, IndexError, ValueError, NotImplementedError, RuntimeError):
        raise SpreadsheetError(NO_WORKBOOK) from None


def is_workbook(content: bytes) -> bool:
    """Whether this looks like an .xlsx: a glance at the list of what is packed in it."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            return "xl/workbook.xml" in package.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def _check_extent(package: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a part whose filled cells span more than MAX_CELLS. Reads it to its end, which also proves its size."""
    row = column = last_row = last_column = 0
    with package.open(part) as file:
        rest = b""
        while piece := file.read(PIECE):
            text = rest + piece
            end = 0
            for tag in TAG.finditer(text):
                end = tag.end()
                attributes = tag[2] or b""
                found = REFERENCE.search(attributes)
                if tag[1] == b"row":
                    row, column = int(found[2]) if found and found[2] else row + 1, 0
                    continue
                column = _number(found[1]) if found and found[1] else column + 1
                row = int(found[2]) if found and found[2] else row
                if attributes.endswith(b"/"):  # formatted, but empty
                    continue
                last_row, last_column = max(last_row, row), max(last_column, column)
            if last_row * last_column > MAX_CELLS:
                raise SpreadsheetError(
                    f"表格太大：到第 {last_row} 行、第 {last_column} 列还有内容。请删去数据以外的内容再上传。"
                )
            rest = text[max(end, len(text) - LONGEST_TAG) :]


def _number(letters: bytes) -> int:
    """A → 1, XFD → 16384."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
