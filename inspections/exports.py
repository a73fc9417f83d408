"""Lists as .xlsx (RPT-5): every cell is text, a number or a time, never a formula, whatever it begins with."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import xlsxwriter
from django.utils import timezone

from inspections.coverage import Coverage
from inspections.models import Inspection, Rectification

INSPECTION_HEAD = (
    "编号", "项目", "分子公司", "督导层级", "检查表", "周期", "状态", "补生成", "截止时间", "提交时间", "提交人",
    "检查项", "合格", "不合格", "不适用", "红线不合格", "得分", "等级",
)  # fmt: skip
RECTIFICATION_HEAD = (
    "编号", "项目", "分子公司", "发现层级", "检查主题", "检查内容", "风险等级", "问题描述", "责任岗位", "责任人",
    "状态", "开单时间", "整改期限", "是否超期", "延期次数", "复查不通过次数", "重复发生", "整改措施", "原因分析",
    "预防措施", "提交整改时间", "整改人", "关闭时间", "复查人",
)  # fmt: skip
COVERAGE_HEAD = (
    "分子公司", "项目编码", "项目", "检查主题", "督导层级", "周期", "应检", "已检", "其中临时检查", "漏检", "未结",
)  # fmt: skip


def inspections_xlsx(inspections: Iterable[Inspection]) -> bytes:
    """With estate and branch, checklist and submitter at hand."""
    return _workbook("检查记录", INSPECTION_HEAD, (_inspection(row) for row in inspections))


def rectifications_xlsx(rectifications: Iterable[Rectification], at: datetime) -> bytes:
    """With estate and branch, item and section and the people at hand; overdue as of `at`."""
    return _workbook("整改单", RECTIFICATION_HEAD, (_rectification(row, at) for row in rectifications))


def coverage_xlsx(coverage: Coverage) -> bytes:
    """INS-14, one line per estate, subject and tier."""
    return _workbook(
        "督导覆盖",
        COVERAGE_HEAD,
        (
            (
                estate.branch.name, estate.code, estate.name, subject.name, tier.label, coverage.period.label,
                cell.due, cell.done, cell.adhoc, cell.missed, cell.pending,
            )
            for estate, subject, tier, cell in coverage.cells()
        ),
    )  # fmt: skip


def _inspection(row: Inspection) -> Sequence[Any]:
    return (
        row.number, row.estate.name, row.estate.branch.name, row.get_tier_display(), row.version.checklist.name,
        row.period_label, row.get_state_display(), _yes(row.is_made_up), row.closes_at, row.submitted_at,
        row.submitted_by, row.item_total, row.passed, row.failed, row.not_applicable, row.redline_failed, row.score,
        row.get_grade_display(),
    )  # fmt: skip


def _rectification(row: Rectification, at: datetime) -> Sequence[Any]:
    return (
        row.number, row.estate.name, row.estate.branch.name, row.get_tier_display(), row.item.section.name,
        row.item.what, row.get_risk_display(), row.problem, row.get_role_display(), row.assignee,
        row.get_state_display(), row.opened_at, row.due_at, _yes(row.is_overdue(at)), row.extensions_granted,
        row.rejections, _yes(row.is_repeat), row.measures, row.cause, row.prevention, row.rectified_at,
        row.rectified_by, row.closed_at, row.closed_by,
    )  # fmt: skip


def _yes(flag: bool) -> str:
    return "是" if flag else ""


def _workbook(name: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_formulas": False})
    sheet = workbook.add_worksheet(name)
    bold = workbook.add_format({"bold": True, "bg_color": "#E7F3EC", "border": 1})
    moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.set_column(0, len(head) - 1, 16)
    sheet.freeze_panes(1, 1)
    for column, title in enumerate(head):
        sheet.write_string(0, column, title, bold)
    line = 0
    for line, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _write(sheet, line, column, value, moment)
    sheet.autofilter(0, 0, line, len(head) - 1)
    workbook.close()
    return buffer.getvalue()


def _write(sheet: Any, line: int, column: int, value: Any, moment: Any) -> None:
    match value:
        case None | "":
            return
        case datetime():
            sheet.write_datetime(line, column, timezone.localtime(value).replace(tzinfo=None), moment)
        case date():
            sheet.write_string(line, column, value.isoformat())
        case int() | Decimal():
            sheet.write_number(line, column, value)
        case _:
            # As a string, so that what begins with = + - @ stays what was typed.
            sheet.write_string(line, column, str(value))
