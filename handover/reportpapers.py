"""交房日报表, 《房屋交接汇总表》 and 未接房 as PDF and xlsx; phones are masked (HND-4, ORG-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from foundation import pdf
from foundation.records.workbooks import Sheet, workbook, workbook_of
from handover.reporting import Daily, Line, Part, Summary, Unaccepted

# A longer list belongs in the xlsx: each row of a printed table takes 14 ms.
PRINTED = 200
DAYS = ("日期", "预约", "到场", "接房", "登记未接房")
DAILY = ("房屋", "购房人", "手机", "预约时间", "当日情况", "未接房原因", "现在")
PARTS = ("楼栋", "应交", "已接房", "办理中", "未接房", "未办理", "接房率（%）")
HOUSES = (
    "房屋", "建筑面积（㎡）", "购房人", "手机", "状态", "预约时间", "到场时间", "接房时间", "未接房原因", "说明", "遗留问题",
    "未销遗留问题", "账单", "应收（元）", "实收（元）", "未收（元）",
)  # fmt: skip
UNACCEPTED = ("房屋", "购房人", "手机", "原因", "说明", "登记时间", "登记人", "到场时间")


# --- PDF ----------------------------------------------------------------------------------------------------------------


def daily_pdf(report: Daily, printed_at: datetime) -> bytes:
    return _print("daily", "交房日报表", report.batch, printed_at, report=report, rows=report.rows)


def summary_pdf(report: Summary, lines: Sequence[Line], printed_at: datetime) -> bytes:
    return _print("summary", "房屋交接汇总表", report.batch, printed_at, report=report, rows=lines)


def unaccepted_pdf(batch: Any, rows: Sequence[Unaccepted], reasons: Any, printed_at: datetime) -> bytes:
    return _print("unaccepted", "未接房明细表", batch, printed_at, rows=rows, reasons=reasons)


def _print(name: str, title: str, batch: Any, printed_at: datetime, *, rows: Sequence[Any], **context: Any) -> bytes:
    known = {
        "batch": batch, "title": title, "number": batch.number, "issuer": batch.estate.name, "printed_at": printed_at,
        "rows": rows[:PRINTED], "count": len(rows), "left_out": max(0, len(rows) - PRINTED),
    }  # fmt: skip
    return pdf.render(f"handover/pdf/{name}.html", {**known, **context})


# --- xlsx ---------------------------------------------------------------------------------------------------------------


def daily_xlsx(report: Daily) -> bytes:
    days = [(one.on, one.booked, one.came, one.done, one.not_taken) for one in report.days]
    rows = (
        (
            one.handover.house.code, one.handover.buyer_name, one.handover.masked_phone,
            one.handover.slot.starts_at if one.handover.slot else None, "、".join(one.happened), one.why,
            one.handover.get_state_display(),
        )
        for one in report.rows
    )  # fmt: skip
    sums = [
        ("批次", report.batch.name), ("日期", report.day), ("应交户数", report.houses),
        ("累计接房", report.done_so_far), ("累计接房率（%）", report.done_rate), ("当日遗留问题", report.defects),
        ("未销遗留问题", report.defects_open), ("当日应收（元）", report.billed), ("当日实收（元）", report.paid),
    ]  # fmt: skip
    return workbook_of(
        [Sheet("交房日报", ("项目", "数"), sums), Sheet("每日", DAYS, days), Sheet("当日房屋", DAILY, rows)]
    )


def summary_xlsx(report: Summary, lines: Iterable[Line], missing: Iterable[Unaccepted]) -> bytes:
    parts = [_part(part) for part in (*report.parts, report.total)]
    return workbook_of(
        [
            Sheet("按楼栋汇总", PARTS, parts),
            Sheet("未接房原因", ("原因", "户数"), report.reasons),
            Sheet("房屋明细", HOUSES, (_line(line) for line in lines)),
            Sheet("未接房", UNACCEPTED, (_missing(one) for one in missing)),
        ]
    )


def unaccepted_xlsx(missing: Iterable[Unaccepted]) -> bytes:
    return workbook("未接房", UNACCEPTED, (_missing(one) for one in missing))


def _part(part: Part) -> Sequence[Any]:
    return (part.label, part.houses, part.done, part.under_way, part.not_taken, part.not_begun, part.rate)


def _line(line: Line) -> Sequence[Any]:
    one = line.handover
    return (
        one.house.code, one.house.area, one.buyer_name, one.masked_phone, one.get_state_display(),
        one.slot.starts_at if one.slot else None, one.arrived_at, one.done_at, one.get_reason_display(), one.remark,
        line.defects, line.open_defects, line.bill.number if line.bill else "",
        line.bill.total if line.bill else None, line.paid if line.bill else None, line.owed,
    )  # fmt: skip


def _missing(row: Unaccepted) -> Sequence[Any]:
    one = row.handover
    return (
        one.house.code, one.buyer_name, one.masked_phone, one.get_reason_display(), one.remark, row.since, row.by,
        one.arrived_at,
    )  # fmt: skip
