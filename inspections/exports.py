"""The lists of 督导检查 as .xlsx (RPT-5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from foundation.records.workbooks import workbook, yes
from inspections.coverage import Coverage
from inspections.models import Discrepancy, Inspection, Rectification
from inspections.oversight import Credibility

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

CREDIBILITY_HEAD = ("项目编码", "项目", "分子公司", "可比对项", "不符项", "不符率%", "前一段不符率%", "变化（百分点）")
DISCREPANCY_HEAD = (
    "检查项", "检查主题", "项目", "分子公司", "自查编号", "自查合格时间", "自查人", "上级检查编号", "督导层级",
    "上级判不合格时间", "上级检查人",
)  # fmt: skip
ROUND_HEAD = (
    "周期", "周期开始", "督导计划", "检查表", "督导层级", "应检", "已检", "漏检", "完成率%", "平均得分", "红线项目",
    "最近提交",
)  # fmt: skip


def inspections_xlsx(inspections: Iterable[Inspection]) -> bytes:
    """With estate and branch, checklist and submitter at hand."""
    return workbook("检查记录", INSPECTION_HEAD, (_inspection(row) for row in inspections))


def rectifications_xlsx(rectifications: Iterable[Rectification], at: datetime) -> bytes:
    """With estate and branch, item and section and the people at hand; overdue as of `at`."""
    return workbook("整改单", RECTIFICATION_HEAD, (_rectification(row, at) for row in rectifications))


def coverage_xlsx(coverage: Coverage) -> bytes:
    """INS-14, one line per estate, subject and tier."""
    return workbook(
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


def credibility_xlsx(rows: Iterable[Credibility]) -> bytes:
    """INS-16, one line per estate."""
    lines = (
        (
            row.estate.code, row.estate.name, row.estate.branch.name, row.compared, row.contradicted, row.rate,
            row.rate_before, row.change,
        )
        for row in rows if row.estate
    )  # fmt: skip
    return workbook("自查可信度", CREDIBILITY_HEAD, lines)


def discrepancies_xlsx(pairs: Iterable[Discrepancy]) -> bytes:
    """INS-16: with estate and branch, item and section, both inspections and their submitters at hand."""
    lines = (
        (
            pair.item.what, pair.item.section.name, pair.estate.name, pair.estate.branch.name, pair.self_check.number,
            pair.passed_at, pair.self_check.submitted_by, pair.upper.number, pair.upper.get_tier_display(),
            pair.failed_at, pair.upper.submitted_by,
        )
        for pair in pairs
    )  # fmt: skip
    return workbook("自查不符", DISCREPANCY_HEAD, lines)


def rounds_xlsx(rounds: Iterable[dict[str, Any]]) -> bytes:
    """Rows as the list of rounds shows them."""
    lines = (
        (
            row["label"], row["period_start"], row["schedule"].name, row["schedule"].checklist.name,
            row["schedule"].get_tier_display(), row["due"], row["done"], row["missed"], row["rate"],
            None if row["average"] is None else round(row["average"], 1), row["redlines"], row["last"],
        )
        for row in rounds
    )  # fmt: skip
    return workbook("各轮督导", ROUND_HEAD, lines)


def _inspection(row: Inspection) -> Sequence[Any]:
    return (
        row.number, row.estate.name, row.estate.branch.name, row.get_tier_display(), row.version.checklist.name,
        row.period_label, row.get_state_display(), yes(row.is_made_up), row.closes_at, row.submitted_at,
        row.submitted_by, row.item_total, row.passed, row.failed, row.not_applicable, row.redline_failed, row.score,
        row.get_grade_display(),
    )  # fmt: skip


def _rectification(row: Rectification, at: datetime) -> Sequence[Any]:
    return (
        row.number, row.estate.name, row.estate.branch.name, row.get_tier_display(), row.item.section.name,
        row.item.what, row.get_risk_display(), row.problem, row.get_role_display(), row.assignee,
        row.get_state_display(), row.opened_at, row.due_at, yes(row.is_overdue(at)), row.extensions_granted,
        row.rejections, yes(row.is_repeat), row.measures, row.cause, row.prevention, row.rectified_at,
        row.rectified_by, row.closed_at, row.closed_by,
    )  # fmt: skip
