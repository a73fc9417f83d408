"""What is printed and exported of bills and payments: the bill, a receipt, the day's cashier sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from foundation import pdf
from foundation.records.workbooks import Sheet, workbook, workbook_of
from handover.capitals import capitals
from handover.cashsheet import Line
from handover.models import Bill, Payment

# A longer list belongs in the xlsx: each row of a printed table takes 14 ms.
PRINTED = 200
SUMS = ("方式", "收款笔数", "收款(元)", "冲销笔数", "冲销(元)", "净额(元)")
BILLS = (
    "账单", "项目", "房屋", "付款方", "付款人", "费用开始", "费用结束", "合计(元)", "已收(元)", "还应缴(元)", "生成时间", "生成人",
    "作废时间", "作废原因",
)  # fmt: skip
ENTRIES = ("时间", "项目", "房屋", "付款人", "账单", "收据号", "方式", "金额(元)", "收银员", "冲销的收据", "冲销原因")


def bill_pdf(bill: Bill, printed_at: datetime) -> bytes:
    """With its estate, house and people at hand."""
    paid = sum((one.amount for one in bill.payments.all()), Decimal("0.00"))
    context = {
        "bill": bill, "lines": list(bill.lines.all()), "paid": paid, "owed": bill.total - paid,
        "words": capitals(bill.total), "title": "交房费用账单", "number": bill.number, "issuer": bill.estate.name,
        "printed_at": printed_at,
    }  # fmt: skip
    return pdf.render("handover/pdf/bill.html", context)


def receipt_pdf(payment: Payment, left: Decimal, printed_at: datetime) -> bytes:
    """`left`: what is still unpaid on the bill now."""
    context = {
        "payment": payment, "bill": payment.bill, "lines": list(payment.bill.lines.all()), "left": left,
        "words": capitals(payment.amount), "title": "冲销收据" if payment.reverses_id else "收款收据",
        "number": f"收据号 {payment.receipt}", "issuer": payment.estate.name, "printed_at": printed_at,
    }  # fmt: skip
    return pdf.render("handover/pdf/receipt.html", context)


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
        one.number, one.estate.name, one.house.code, one.get_payer_display(), one.payer_name, one.starts_on, one.ends_on,
        one.total, one.paid, owed, one.made_at, one.made_by, one.cancelled_at, one.cancel_reason,
    )  # fmt: skip


def sheet_xlsx(lines: Sequence[Line], total: Line, entries: Iterable[Payment]) -> bytes:
    """Entries with estate, bill with house, cashier and reversed receipt at hand."""
    sums = [_sum(line) for line in (*lines, total)]
    return workbook_of([Sheet("按方式汇总", SUMS, sums), Sheet("明细", ENTRIES, (_entry(one) for one in entries))])


def _sum(line: Line) -> Sequence[Any]:
    return (line.label, line.receipts, line.received, line.reversals, line.reversed, line.net)


def _entry(one: Payment) -> Sequence[Any]:
    return (
        one.at, one.estate.name, one.bill.house.code, one.bill.payer_name, one.bill.number, one.receipt,
        one.get_method_display(), one.amount, one.cashier, one.reverses.receipt if one.reverses else "", one.reason,
    )  # fmt: skip
