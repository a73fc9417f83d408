"""账单: what one payer owes for a house and a period (HND-2, GEN-5).

    make_bill(handover=handover, by=user, at=now)   # rates of today; later changes of rates leave it as it is
    unpaid(house, on)                               # what the owner owes to the day

Locks: the handover first, then its bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Sum

from estates.models import House
from foundation.journal.services import record
from foundation.numbering.services import format_number, take
from foundation.records.refusals import Refused
from foundation.worktime.local import end_of_day, local_date
from handover import fees
from handover.choices import Payer
from handover.guards import billing as guards
from handover.models import Bill, BillLine, FeeItem, Handover
from handover.services.verbs import working_on

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "ZD"
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Draft:
    """A bill as it would be made: `lines[n]` is what `items[n]` costs."""

    payer: str
    payer_name: str
    starts_on: date
    ends_on: date
    items: Sequence[FeeItem]
    lines: Sequence[fees.Line]

    @property
    def total(self) -> Decimal:
        return fees.total(self.lines)

    def rows(self) -> list[BillLine]:
        """The lines as they would be kept, not saved."""
        return [
            BillLine(
                item=item, name=line.name, basis=line.basis, quantity=line.quantity, rate=line.rate,
                months=line.months, amount=line.amount,
            )
            for item, line in zip(self.items, self.lines, strict=True)
        ]  # fmt: skip


def draft(handover: Handover, on: date) -> Draft:
    """The owner's first bill by the estate's rates as they are now; Refused for what can't be billed."""
    months = handover.batch.advance_months
    start = fees.fees_start(handed_over_on=_handed_over_on(handover, on), notice_on=handover.notice_on)
    if start is None:
        raise Refused("业主还没有到场,交付前的费用由开发商承担。")
    items = list(FeeItem.objects.filter(estate=handover.estate_id, is_active=True, is_advance=True).order_by("pk"))
    if not items:
        raise Refused("这个项目还没有设置交房时预收的费用项目,请管理员先设置。")
    rates = [fees.Rate(item.code, item.name, item.basis, item.rate, item.is_monthly) for item in items]
    try:
        lines = fees.bill_lines(rates, area=handover.house.area, months=months)
    except ValueError as error:
        raise Refused(str(error)) from None
    return Draft(Payer.OWNER, handover.buyer_name, *fees.period(start, months), items, lines)


def _handed_over_on(handover: Handover, on: date) -> date | None:
    """The owner at the counter takes the house today."""
    if handover.done_at is not None:
        return local_date(handover.done_at)
    return on if handover.state == Handover.State.UNDER_WAY else None


def make_bill(*, handover: Handover, by: User, at: datetime, shown: Decimal | None = None) -> Bill:
    """生成账单. `shown` is the total that was read before: when a rate has changed since, it is refused."""
    with working_on(handover, at) as handover:
        today = local_date(at)
        guards.may_make_bill(handover, today, by)
        made = draft(handover, today)
        if shown is not None and shown != made.total:
            raise Refused(f"费用标准刚刚改过,合计现在是 {made.total} 元,请核对后再生成。")
        bill = Bill.objects.create(
            number=_number(handover.estate.code, at),
            estate_id=handover.estate_id,
            house=handover.house,
            handover=handover,
            payer=made.payer,
            payer_name=made.payer_name,
            starts_on=made.starts_on,
            ends_on=made.ends_on,
            total=made.total,
            made_at=at,
            made_by=by,
        )
        rows = made.rows()
        for row in rows:
            row.bill = bill
        BillLine.objects.bulk_create(rows)
        record(bill, "bill.make", by=by, at=at, node=bill.estate_id, total=str(bill.total))
    return bill


def _number(estate_code: str, at: datetime) -> str:
    period = f"{local_date(at):%Y%m}"
    return format_number(NUMBER, estate_code, period, take(kind=NUMBER, place=estate_code, period=period)[0])


def cancel_bill(*, bill: Bill, reason: str, by: User, at: datetime) -> Bill:
    """作废, while nothing is paid on it; another one can be made then."""
    with transaction.atomic():
        if bill.handover_id:
            Handover.objects.locked(bill.handover_id)
        bill = Bill.objects.locked(bill.pk)
        guards.may_cancel_bill(bill, by)
        if not reason.strip():
            raise Refused("请写明作废原因。")
        bill.cancelled_at, bill.cancel_reason = at, reason.strip()
        bill.save(update_fields=["cancelled_at", "cancel_reason"])
        record(bill, "bill.cancel", by=by, at=at, node=bill.estate_id, reason=bill.cancel_reason)
    return bill


def unpaid(house: House, on: date) -> Decimal:
    """截至当日欠费 (HND-7): what the owner owes of the periods begun by the end of the day, less what was paid by then."""
    bills = Bill.objects.valid().filter(house=house, payer=Payer.OWNER, starts_on__lte=on)
    owed = bills.with_paid(before=end_of_day(on)).aggregate(sum=Sum("owed"))["sum"]
    return max(owed or ZERO, ZERO)


def is_paid(handover: Handover) -> bool:
    """Has its bill, and nothing of it is left to pay."""
    bill = handover.bills.valid().first()
    return bill is not None and guards.paid_on(bill) >= bill.total
