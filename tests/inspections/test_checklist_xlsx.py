"""A checklist as .xlsx and back (INS-1): what goes out comes in, and what is wrong is said by row and column."""

import io
import zipfile

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from foundation.records.refusals import Refused
from inspections.checklist_xlsx import COLUMNS, MAX_BYTES, MAX_FAULTS, export, read
from inspections.content import ItemContent, SectionContent, fingerprint
from inspections.services.standards import STANDARDS, read_checklist
from tests.inspections.content import sections

GOOD = {
    "主题": "消防安全管理",
    "检查内容": "安全出口",
    "判定标准": "畅通",
    "方法": "看",
    "风险等级": "红线",
    "取证要求": "照片",
    "责任岗位": "秩序",
    "整改天数": 0,
}


ALL = tuple(COLUMNS.values())


def sheet(*rows: dict, columns=ALL) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    page = workbook.add_worksheet()
    page.write_row(0, 0, columns)
    for line, row in enumerate(rows, start=1):
        page.write_row(line, 0, [row.get(column, "") for column in columns])
    workbook.close()
    return buffer.getvalue()


def faults(*rows: dict, **changes) -> list[str]:
    return [str(fault) for fault in read(sheet(*(rows or [GOOD | changes]))).faults]


def test_every_delivered_checklist_survives_the_way_out_and_in():
    for path in sorted((STANDARDS / "checklists").glob("*.yaml")):
        _, content = read_checklist(path)
        found = read(export(content))
        assert not found.faults, path.name
        assert fingerprint(found.sections) == fingerprint(content), path.name


def test_the_columns_are_those_of_the_rule_in_chinese():
    table = CalamineWorkbook.from_filelike(io.BytesIO(export([]))).get_sheet_by_index(0).to_python()
    assert "、".join(table[0]) == (
        "主题代码、主题、代码、检查内容、判定标准、方法、风险等级、取证要求、单位、下限、上限、责任岗位、整改天数、权重、依据标准"
    )


def test_choices_are_offered_as_lists():
    with zipfile.ZipFile(io.BytesIO(export(sections()))) as package:
        text = package.read("xl/worksheets/sheet1.xml").decode()
    assert text.count('<dataValidation type="list"') == 4


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)"])
def test_text_never_becomes_a_formula(text):
    content = export([SectionContent("a", text, [ItemContent("x", text, text, "security")])])
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert b"<f>" not in package.read("xl/worksheets/sheet1.xml")
    assert read(content).sections[0].items[0].what == text


def test_codes_and_weights_that_are_empty_are_written():
    found = read(sheet(GOOD, GOOD | {"检查内容": "防火门"}, GOOD | {"主题": "电梯", "代码": "lift-a"})).sections
    assert [(one.code, one.name, [item.code for item in one.items]) for one in found] == [
        ("subject-01", "消防安全管理", ["subject-01-01", "subject-01-02"]),
        ("subject-02", "电梯", ["lift-a"]),
    ]
    assert found[0].items[0].fields()["weight"] == 5


def test_a_missing_or_unknown_column_is_named():
    columns = [name for name in COLUMNS.values() if name != "判定标准"] + ["备注"]
    found = [str(fault) for fault in read(sheet(GOOD, columns=columns)).faults]
    assert found == [
        "第 1 行 · 判定标准：缺少“判定标准”这一列。",
        "第 1 行 · 备注：不认识“备注”这一列，请按模板的列名填写。",
    ]


def test_a_column_twice_is_named():
    assert "出现了两次" in str(read(sheet(GOOD, columns=[*COLUMNS.values(), "主题"])).faults[0])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"风险等级": "很高"}, "第 2 行 · 风险等级：“很高”不在选项里，可选：红线、重要、一般。"),
        ({"责任岗位": "集团督导"}, "第 2 行 · 责任岗位：“集团督导”不在选项里"),
        ({"检查内容": ""}, "第 2 行 · 检查内容：“检查内容”不能空着。"),
        ({"整改天数": "三"}, "第 2 行 · 整改天数：“整改天数”应是 0 到 365 的整数。"),
        ({"权重": 0}, "第 2 行 · 权重：“权重”应是 1 到 100 的整数。"),
        ({"代码": "安全 1"}, "第 2 行 · 代码：代码只能用字母、数字、- 和 _。"),
        ({"检查内容": "长" * 121}, "第 2 行 · 检查内容：“检查内容”不能超过 120 个字。"),
        ({"上限": 3}, "第 2 行 · 上限：取证要求不是“读数”，“上限”应空着。"),
        ({"取证要求": "读数", "单位": "MPa", "下限": 5, "上限": 2}, "第 2 行 · 上限：读数范围上下限颠倒"),
        ({"取证要求": "读数", "下限": 5}, "第 2 行 · 单位：要求读数的检查项必须填写单位。"),
        ({"取证要求": "读数", "单位": "MPa"}, "第 2 行 · 下限：要求读数的检查项至少填写一个界限。"),
        ({"取证要求": "读数", "单位": "MPa", "下限": "很多"}, "第 2 行 · 下限：“很多”不是数字。"),
        ({"取证要求": "读数", "单位": "MPa", "下限": 0.00001}, "第 2 行 · 下限：最多三位小数。"),
    ],
)
def test_what_is_wrong_is_said_by_row_and_column(changes, said):
    found = faults(**changes)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_an_item_twice_names_the_first_row():
    assert faults(GOOD | {"代码": "x"}, GOOD | {"代码": "x"}) == ["第 3 行 · 代码：检查项代码 x 与第 2 行重复。"]


def test_a_subject_has_one_name():
    found = faults(GOOD | {"主题代码": "fire"}, GOOD | {"主题代码": "fire", "主题": "电梯"})
    assert found == ["第 3 行 · 主题：主题代码 fire 在前面叫“消防安全管理”，这里叫“电梯”。"]


def test_all_faults_are_listed_at_once_and_nothing_is_read():
    found = read(sheet(GOOD, *[GOOD | {"方法": "闻"}] * 60))
    assert (len(found.faults), found.fault_count, found.sections) == (MAX_FAULTS, 60, [])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "不是 .xlsx 文件"),
        (b"PK\x03\x04 not a zip", "不是 .xlsx 文件"),
        (b"x" * (MAX_BYTES + 1), "超过 5 MB"),
        (sheet(), "只有表头"),
        (sheet(columns=()), "没有内容"),
        (sheet(*[GOOD] * 1001), "最多 1000 个检查项"),
    ],
)
def test_what_is_no_table_is_refused_as_a_whole(content, said):
    with pytest.raises(Refused, match=said):
        read(content)
