"""What is printed and exported of bills and payments: the bill, a receipt, the day's cashier sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from foundation import pdf
from foundation.records.workbooks import Sheet, workbook, workbook_of, yes
from foundation.worktime.months import Month
from handover.capitals import capitals
from handover.cashsheet import Line
from handover.duebills import Row
from handover.models import Bill, Handover, Payment
from handover.monthbills import house_sums, houses_of, sums_of

# A longer list belongs in the xlsx: each row of a printed table takes 14 ms.
PRINTED = 200
SUMS = ("方式", "收款笔数", "收款（元）", "冲销笔数", "冲销（元）", "净额（元）")
BILLS = (
    "账单", "项目", "房屋", "付款方", "付款人", "费用开始", "费用结束", "合计（元）", "已收（元）", "还应缴（元）", "生成时间", "生成人",
    "作废时间", "作废原因",
)  # fmt: skip
HOUSES = ("房屋", "费用项目", "计费方式", "数量", "单价（元）", "自", "至", "天数", "当月天数", "金额（元）")
DUE = ("房屋", "项目", "付款人", "本期开始", "本期结束", "剩余天数", "已标注收费", "本期账单")
UNBILLED = ("房屋", "项目", "交付批次", "购房人", "状态", "接房时间", "通知交付日")
ENTRIES = ("时间", "项目", "房屋", "付款人", "账单", "收据号", "方式", "金额（元）", "收银员", "冲销的收据", "冲销原因")


def bill_pdf(bill: Bill, printed_at: datetime) -> bytes:
    """With its estate, house or batch, and people at hand. Of a developer's bill the first houses; the xlsx has all."""
    part = bill_part(bill, printed_at)
    return pdf.render(part.template, part.context)


def bill_part(bill: Bill, printed_at: datetime) -> pdf.Part:
    paid = sum((one.amount for one in bill.payments.all()), Decimal("0.00"))
    context = {
        "bill": bill, **printed_lines(bill), "paid": paid, "owed": bill.total - paid,
        "words": capitals(bill.total), "title": _title(bill), "number": bill.number, "issuer": bill.estate.name,
        "printed_at": printed_at,
    }  # fmt: skip
    return pdf.Part("handover/pdf/bill.html", context)


def _title(bill: Bill) -> str:
    if bill.batch_id:
        return "开发商费用账单"
    return "交房费用账单" if bill.handover_id else "物业费用账单"


def printed_lines(bill: Bill) -> dict[str, Any]:
    """The lines of a house; of a developer's bill the items over all houses, and the first of these."""
    if not bill.batch_id:
        return {"lines": list(bill.lines.all())}
    houses = houses_of(bill)
    count = houses.count()
    return {
        "sums": sums_of(bill),
        "houses": house_sums(houses[:PRINTED]),
        "house_count": count,
        "left_out": max(0, count - PRINTED),
    }


def bill_houses_xlsx(bill: Bill) -> bytes:
    """Every line of a developer's bill, house by house."""
    lines = bill.lines.select_related("house").order_by("pk")
    return workbook("房屋明细", HOUSES, (_house_line(one) for one in lines))


def _house_line(one: Any) -> Sequence[Any]:
    days = (one.ends_on - one.starts_on).days + 1
    return (
        one.house.code, one.name, one.get_basis_display(), one.quantity, one.shown_rate, one.starts_on, one.ends_on, days,
        Month.of(one.starts_on).last.day, one.amount,
    )  # fmt: skip


def receipt_pdf(payment: Payment, left: Decimal, printed_at: datetime) -> bytes:
    """`left`: what is still unpaid on the bill now."""
    part = receipt_part(payment, left, printed_at)
    return pdf.render(part.template, part.context)


def receipt_part(payment: Payment, left: Decimal, printed_at: datetime) -> pdf.Part:
    context = {
        "payment": payment, "bill": payment.bill, **printed_lines(payment.bill), "houses": [], "left": left,
        "words": capitals(payment.amount), "title": "冲销收据" if payment.reverses_id else "收款收据",
        "number": f"收据号 {payment.receipt}", "issuer": payment.estate.name, "printed_at": printed_at,
    }  # fmt: skip
    return pdf.Part("handover/pdf/receipt.html", context)


def sheet_pdf(
    *,
    day: date,
    lines: Sequence[Line],
    total: Line,
    entries: QuerySet[Payment],
    issuer: str,
    printed_at: datetime,
) -> bytes:
    count = total.receipts + total.reversals
    context = {
        "day": day, "lines": lines, "total": total, "entries": entries[:PRINTED], "words": capitals(total.net),
        "left_out": max(0, count - PRINTED), "title": "收银日报", "number": f"{day:%Y-%m-%d}", "issuer": issuer,
        "printed_at": printed_at,
    }  # fmt: skip
    return pdf.render("handover/pdf/cash_sheet.html", context)


def bills_xlsx(bills: Iterable[Any]) -> bytes:
    """Bills `with_paid`, with estate, house and people at hand."""
    return workbook("账单", BILLS, (_bill(one) for one in bills))


def _bill(one: Any) -> Sequence[Any]:
    owed = None if one.cancelled_at else one.owed
    return (
        one.number, one.estate.name, one.where, one.get_payer_display(), one.payer_name, one.starts_on, one.ends_on,
        one.total, one.paid, owed, one.made_at, one.made_by, one.cancelled_at, one.cancel_reason,
    )  # fmt: skip


def due_xlsx(rows: Iterable[Row]) -> bytes:
    """Houses whose next bill is due, by their last one with house and estate at hand; past the end the days are below 0."""
    return workbook("下期待出账", DUE, (_due(one) for one in rows))


def _due(one: Row) -> Sequence[Any]:
    bill = one.bill
    return (
        bill.where, bill.estate.name, bill.payer_name, bill.starts_on, bill.ends_on, one.days, yes(one.is_watched),
        bill.number,
    )  # fmt: skip


def unbilled_xlsx(handovers: Iterable[Handover]) -> bytes:
    """Houses whose owner has no bill yet, with house, estate and batch at hand."""
    rows = (
        (
            one.house.code, one.estate.name, one.batch.name, one.buyer_name, one.get_state_display(), one.done_at,
            one.notice_on,
        )
        for one in handovers
    )  # fmt: skip
    return workbook("首期未出账", UNBILLED, rows)


def sheet_xlsx(lines: Sequence[Line], total: Line, entries: Iterable[Payment]) -> bytes:
    """Entries with estate, bill with house, cashier and reversed receipt at hand."""
    sums = [_sum(line) for line in (*lines, total)]
    return workbook_of([Sheet("按方式汇总", SUMS, sums), Sheet("明细", ENTRIES, (_entry(one) for one in entries))])


def _sum(line: Line) -> Sequence[Any]:
    return (line.label, line.receipts, line.received, line.reversals, line.reversed, line.net)


def _entry(one: Payment) -> Sequence[Any]:
    return (
        one.at, one.estate.name, one.bill.where, one.bill.payer_name, one.bill.number, one.receipt,
        one.get_method_display(), one.amount, one.cashier, one.reverses.receipt if one.reverses else "", one.reason,
    )  # fmt: skip
