"""The lists of cases and visits as .xlsx (RPT-5); phones are masked (ORG-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from complaints.choices import ClockKind
from complaints.models import Case, Visit
from foundation.records.workbooks import workbook, yes

CASE_HEAD = (
    "编号", "项目", "分子公司", "类型", "等级", "界定", "紧急", "状态", "渠道", "事由", "房屋或位置", "来电人", "身份",
    "电话", "内容", "受理时间", "首问责任人", "责任部门", "经办人", "最近的时限", "最近期限", "是否超期", "轮次",
    "承诺答复时间", "结果上报时间", "答复客户时间", "关闭时间", "关闭方式", "满意度", "同一事件",
)  # fmt: skip
VISIT_HEAD = (
    "项目", "分子公司", "房屋", "方式", "状态", "计划日期", "过了计划日期", "访问事由", "访问人", "安排人", "访问时间",
    "受访人", "满意度", "访问情况", "反映事项", "转为诉求单",
)  # fmt: skip


def cases_xlsx(cases: Iterable[Case], at: datetime) -> bytes:
    """With estate and branch, house, people and event at hand; overdue as of `at`."""
    return workbook("诉求单", CASE_HEAD, (_case(row, at) for row in cases))


def _case(row: Case, at: datetime) -> Sequence[Any]:
    return (
        row.number, row.estate.name, row.estate.branch.name, row.get_kind_display(), row.get_grade_display(),
        row.get_validity_display(), yes(row.urgent), row.get_state_display(), row.get_channel_display(),
        row.get_cause_display(), row.where, row.caller_name, row.get_caller_kind_display(), row.masked_phone, row.text,
        row.received_at, row.responsible, row.get_department_display(), row.handler,
        ClockKind(row.due_clock).label if row.due_clock else "", row.due_at, yes(row.is_overdue(at)), row.round,
        row.promised_at, row.result_at, row.answered_at, row.closed_at, row.get_outcome_display(),
        row.get_satisfaction_display() if row.satisfaction else "", row.event,
    )  # fmt: skip


def visits_xlsx(visits: Iterable[Visit], today: date) -> bytes:
    """With estate and branch, house, people and points with their cases at hand; overdue as of `today`."""
    return workbook("客户访问", VISIT_HEAD, (_visit(row, today) for row in visits))


def _visit(row: Visit, today: date) -> Sequence[Any]:
    points = list(row.points.all())
    return (
        row.estate.name, row.estate.branch.name, row.house.code, row.get_mode_display(), row.get_state_display(),
        row.planned_on, yes(row.is_overdue(today)), row.purpose, row.visitor, row.planned_by, row.done_at, row.visited,
        row.get_satisfaction_display() if row.satisfaction else "", row.remark,
        "\n".join(point.text for point in points), "、".join(point.case.number for point in points if point.case),
    )  # fmt: skip
