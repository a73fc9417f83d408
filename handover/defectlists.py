"""Defects as .xlsx: the list of the staff, and what a builder has to mend (HND-3, RPT-5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from foundation.records.workbooks import workbook, yes
from foundation.worktime.local import format_deadline
from handover.models import Builder, Defect

HEAD = (
    "编号", "项目", "房屋", "部位", "工种", "问题", "说明", "责任单位", "状态", "整改期限", "是否超期", "登记时间", "登记人",
    "整改时间", "整改说明", "复验时间", "复验人", "复验不通过次数", "了结时间",
)  # fmt: skip
BUILDER_HEAD = (
    "编号",
    "房屋",
    "部位",
    "工种",
    "问题",
    "说明",
    "整改期限",
    "是否超期",
    "登记时间",
    "整改完成日期",
    "整改人签字",
)
RELATED = ("estate", "house", "builder", "found_by", "rechecked_by")


def defects_xlsx(defects: Iterable[Defect], at: datetime) -> bytes:
    """With what `RELATED` names at hand; overdue as of `at`."""
    return workbook("遗留问题", HEAD, (_row(row, at) for row in defects))


def _row(row: Defect, at: datetime) -> tuple[Any, ...]:
    return (
        row.number, row.estate.name, row.house.code, row.room, row.trade, row.fault, row.note, row.builder,
        row.get_state_display(), format_deadline(row.due_at), yes(row.is_overdue(at)), row.found_at, row.found_by,
        row.fixed_at, row.fixed_note, row.rechecked_at, row.rechecked_by, row.rejections or None, row.confirmed_at,
    )  # fmt: skip


def builder_xlsx(builder: Builder, at: datetime) -> bytes:
    """整改清单: what the builder has not mended yet, house by house; with columns to be filled in by hand."""
    rows = builder.defects.filter(state=Defect.State.OPEN).select_related("house").order_by("house__code", "pk")
    return workbook("整改清单", BUILDER_HEAD, (_line(row, at) for row in rows))


def _line(row: Defect, at: datetime) -> tuple[Any, ...]:
    return (
        row.number, row.house.code, row.room, row.trade, row.fault, row.note, format_deadline(row.due_at),
        yes(row.is_overdue(at)), row.found_at, "", "",
    )  # fmt: skip
