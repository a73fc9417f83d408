"""ORG-6: what is read from a 业主清册, and one sentence for each thing that is wrong with it."""

import io
import zipfile
from decimal import Decimal

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from estates import importing
from estates.importing import COLUMNS
from foundation.records.refusals import Refused
from foundation.spreadsheets import MAX_CELLS
from tests.estates.conftest import ID_CARD, LINE, USCC


def with_cell(column: str, value: object) -> list[object]:
    line = list(LINE)
    line[COLUMNS.index(column)] = value
    return line


def test_a_line_becomes_a_house_with_its_owner(xlsx):
    sheet = importing.read(xlsx(LINE))

    assert sheet.faults == []
    (row,) = sheet.rows
    assert row.code == "3幢2单元1502"
    assert row.area == Decimal("89.50")
    assert (row.owner, row.id_type, row.id_number, row.phone) == ("王小明", "id_card", ID_CARD, "13800001234")
    assert row.co_owners == ("李梅", "王一")


def test_numbers_as_excel_stores_them_are_read_as_typed(xlsx):
    line = [3, 2, 1502, 89.5, "王小明", "", "", 13800001234, ""]

    (row,) = importing.read(xlsx(line)).rows

    assert (row.code, row.phone) == ("3幢2单元1502", "13800001234")


def test_empty_lines_are_skipped_and_columns_may_stand_in_any_order(xlsx):
    content = xlsx(LINE[::-1], [""] * 9, columns=COLUMNS[::-1])

    assert [row.line for row in importing.read(content).rows] == [2]


def test_a_house_may_have_no_unit(xlsx):
    (row,) = importing.read(xlsx(with_cell("单元", ""))).rows

    assert row.code == "3幢1502"


@pytest.mark.parametrize(
    ("column", "value", "why"),
    [
        ("楼栋", "", "“楼栋”不能空着。"),
        ("房号", None, "“房号”不能空着。"),
        ("业主姓名", "  ", "“业主姓名”不能空着。"),
        ("建筑面积", "", "“建筑面积”不能空着。"),
        ("建筑面积", "八十九", "建筑面积应是数字，例如 89.50。"),
        ("建筑面积", 0, "建筑面积必须大于 0。"),
        ("建筑面积", -3, "建筑面积必须大于 0。"),
        ("建筑面积", "nan", "建筑面积必须大于 0。"),
        ("建筑面积", "89.555", "建筑面积最多两位小数。"),
        ("建筑面积", "99999999", "建筑面积太大，请检查单位（㎡）。"),
        ("建筑面积", "1e30", "建筑面积太大，请检查单位（㎡）。"),
        ("房号", "9" * 31, "“房号”不能超过 30 个字。"),
        ("证件类型", "驾照", "证件类型只能是身份证、护照或统一社会信用代码。"),
        ("证件类型", "", "填了证件号，就要写明证件类型：身份证、护照或统一社会信用代码。"),
        ("证件号", "110105194912310020", "身份证号的校验位不对。"),
        ("证件号", "1101051949123", "身份证号应为 18 位。"),
        ("证件号", "110105194913310021", "身份证号的格式或日期不对。"),
        ("证件号", 110105194912310020, "证件号在表格里是数字，末几位已经丢失，请把单元格设为文本后重填。"),
        ("手机", "1380000", "手机应为 11 位数字，境外号码以 + 和国家代码开头。"),
        ("手机", "23800001234", "手机应为 11 位数字，境外号码以 + 和国家代码开头。"),
        ("共有人", "李" * 61, "共有人的姓名太长，多人请用顿号“、”隔开。"),
    ],
)
def test_each_fault_has_its_row_its_column_and_its_sentence(xlsx, column, value, why):
    sheet = importing.read(xlsx(LINE, with_cell("房号", "1501"), with_cell(column, value)))

    (fault,) = [fault for fault in sheet.faults if fault.why == why]
    assert (fault.row, fault.column) == (4, column)
    assert len(sheet.rows) == 2


@pytest.mark.parametrize(
    ("kind", "number", "why"),
    [
        ("护照", "E12345678", None),
        ("护照", "护照一号", "护照号应为 5—20 位字母和数字。"),
        ("统一社会信用代码", USCC, None),
        ("统一社会信用代码", USCC[:-1] + "0", "统一社会信用代码的校验位不对。"),
        ("身份证", ID_CARD.lower(), None),
        # Born before the district had its number; a district of 2021; a letter where a digit belongs.
        ("身份证", "330106196001010014", None),
        ("身份证", "330114199001010018", None),
        ("身份证", "33010619600101A014", "身份证号的格式或日期不对。"),
        ("身份证", "", None),
    ],
)
def test_a_document_number_is_checked_by_its_type(xlsx, kind, number, why):
    line = with_cell("证件类型", kind)
    line[COLUMNS.index("证件号")] = number

    sheet = importing.read(xlsx(line))

    assert [fault.why for fault in sheet.faults] == ([why] if why else [])


def test_a_house_twice_in_the_file_names_the_first(xlsx):
    sheet = importing.read(xlsx(LINE, with_cell("房号", "1501"), with_cell("楼栋", "3")))

    (fault,) = sheet.faults
    assert (fault.row, fault.column, fault.why) == (4, "房号", "与第 2 行是同一户：3幢2单元1502。")


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ([*COLUMNS[:-1], "共有"], "不认识“共有”这一列，请按空白模板的列名填写。"),
        ([*COLUMNS[:-1]], "缺少“共有人”这一列。"),
        ([*COLUMNS, "手机"], "“手机”这一列出现了两次。"),
    ],
)
def test_wrong_columns_are_named(xlsx, columns, why):
    sheet = importing.read(xlsx(LINE, columns=columns))

    assert why in [fault.why for fault in sheet.faults]
    assert sheet.rows == []


def zipped(name: str, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content", [b"", b"not a workbook", b"\xd0\xcf\x11\xe0" * 200, zipped("a.txt"), zipped("xl/workbook.xml")]
)
def test_what_is_no_xlsx_is_refused(content):
    with pytest.raises(Refused, match=r"这不是 \.xlsx 文件"):
        importing.read(content)


def test_an_empty_sheet_and_a_bare_header_are_refused(xlsx):
    with pytest.raises(Refused, match="文件里没有内容"):
        importing.read(xlsx(columns=[]))
    with pytest.raises(Refused, match="文件里只有表头"):
        importing.read(xlsx())


def test_more_than_20_mb_is_refused():
    with pytest.raises(Refused, match="文件超过 20 MB"):
        importing.read(b"x" * (20 * 1024 * 1024 + 1))


def test_a_file_that_unpacks_to_a_mountain_is_refused_unread(monkeypatch):
    monkeypatch.setattr(importing, "MAX_UNPACKED_BYTES", 1000)

    with pytest.raises(Refused, match="解开后太大"):
        importing.read(zipped("xl/workbook.xml", b"0" * 2000))


def test_too_many_houses_are_refused(xlsx, monkeypatch):
    monkeypatch.setattr(importing, "MAX_ROWS", 1)

    with pytest.raises(Refused, match="一次最多导入 1 户，这个文件有 2 户"):
        importing.read(xlsx(LINE, with_cell("房号", "1501")))


def test_the_template_has_the_columns_and_no_line():
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(importing.template()))

    assert workbook.get_sheet_by_index(0).to_python() == [list(COLUMNS)]
    assert workbook.sheet_names == ["业主清册", "填写说明"]


@pytest.mark.parametrize(("row", "column"), [(1_048_575, 16_383), (1_048_575, 8), (1, 16_383)])
def test_a_stray_cell_far_away_does_not_make_the_process_grow(row, column):
    """5 KB that claim a table of up to 17 billion cells (`foundation.spreadsheets`)."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, COLUMNS)
    sheet.write(row, column, "x")
    workbook.close()

    if (row + 1) * (column + 1) > MAX_CELLS:
        with pytest.raises(Refused, match=f"到第 {row + 1} 行、第 {column + 1} 列还有内容"):
            importing.read(buffer.getvalue())
    else:
        assert {fault.row for fault in importing.read(buffer.getvalue()).faults} == {2}


def test_cells_that_are_formatted_but_empty_do_not_count(xlsx):
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer)
    sheet = workbook.add_worksheet()
    sheet.write_row(0, 0, COLUMNS)
    sheet.write_row(1, 0, LINE)
    sheet.write_blank(1_048_575, 16_383, None, workbook.add_format({"bold": True}))
    workbook.close()

    assert [row.code for row in importing.read(buffer.getvalue()).rows] == ["3幢2单元1502"]
