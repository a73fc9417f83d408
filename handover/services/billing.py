"""账单: what one payer owes for a house and a period (HND-2, GEN-5).

    make_bill(handover=handover, by=user, at=now)   # rates of today; later changes of rates leave it as it is

The periods that follow are in `periods`, the developer's bills in `developer`, what is unpaid to the day in `arrears`.
Locks: the handover first, then its bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from estates.models import Estate
from foundation.journal.services import record
from foundation.numbering.services import format_number, take
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from handover import fees
from handover.choices import Payer
from handover.guards import billing as guards
from handover.models import Bill, BillLine, FeeItem, FeeRule, Handover
from handover.services.verbs import working_on

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "ZD"
# Which of them says that the same was made at the same moment by someone else.
ONCE = ("bill_once_per_period", "one_bill_per_handover", "batch_billed_once_per_month")


@dataclass(frozen=True)
class Draft:
    """A bill as it would be made: `lines[n]` is what `items[n]` costs; `warning` is what to think of before."""

    payer: str
    payer_name: str
    starts_on: date
    ends_on: date
    items: Sequence[FeeItem]
    lines: Sequence[fees.Line]
    months: int = 1
    warning: str = ""

    @property
    def total(self) -> Decimal:
        return fees.total(self.lines)

    def rows(self) -> list[BillLine]:
        """The lines as they would be kept, not saved."""
        return [line_row(item, line) for item, line in zip(self.items, self.lines, strict=True)]


def line_row(item: FeeItem, line: fees.Line, **of: Any) -> BillLine:
    return BillLine(
        item=item, name=line.name, basis=line.basis, quantity=line.quantity, rate=line.rate, months=line.months,
        amount=line.amount, **of,
    )  # fmt: skip


def rule_of(estate_id: int) -> FeeRule:
    """The estate's own rule, or the defaults."""
    return FeeRule.objects.filter(estate=estate_id).first() or FeeRule(estate_id=estate_id)


def items_of(estate_id: int, *, monthly: bool) -> list[FeeItem]:
    """What is collected in advance by the rates as they are now; `monthly`: without what is charged once."""
    found = FeeItem.objects.filter(estate=estate_id, is_active=True, is_advance=True).order_by("pk")
    return list(found.filter(is_monthly=True) if monthly else found)


def rates_of(items: Sequence[FeeItem]) -> list[fees.Rate]:
    return [fees.Rate(item.code, item.name, item.basis, item.rate, item.is_monthly) for item in items]


def priced(items: Sequence[FeeItem], *, area: Decimal, months: int) -> list[fees.Line]:
    """Refused, in words, for what can't be billed: an area of zero above all."""
    try:
        return fees.bill_lines(rates_of(items), area=area, months=months)
    except ValueError as error:
        raise Refused(str(error)) from None


def draft(handover: Handover, on: date) -> Draft:
    """The owner's first bill by the estate's rates as they are now; Refused for what can't be billed."""
    start = fees.fees_start(handed_over_on=_handed_over_on(handover, on), notice_on=handover.notice_on)
    if start is None:
        raise Refused("业主还没有到场，交付前的费用由开发商承担。")
    items = items_of(handover.estate_id, monthly=False)
    if not items:
        raise Refused("这个项目还没有设置交房时预收的费用项目，请管理员先设置。")
    months, warning = _months(handover)
    lines = priced(items, area=handover.house.area, months=months)
    return Draft(Payer.OWNER, handover.buyer_name, *fees.period(start, months), items, lines, months, warning)


def _months(handover: Handover) -> tuple[int, str]:
    """The batch's months within the cap, and the sentence that goes with them (HND-2)."""
    rule, agreed = rule_of(handover.estate_id), handover.batch.advance_months
    months = rule.capped(agreed)
    if months < agreed:
        return months, f"批次预收 {agreed} 个月，超过本项目最多 {months} 个月的规定，按 {months} 个月计算。"
    return months, rule.warning(months)


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
        guards.is_free(handover.house, made.starts_on, made.ends_on)
        is_as_shown(made.total, shown)
        return keep(made, estate=handover.estate, by=by, at=at, house=handover.house, handover=handover)


def is_as_shown(total: Decimal, shown: Decimal | None) -> None:
    if shown is not None and shown != total:
        raise Refused(f"费用标准刚刚改过，合计现在是 {total} 元，请核对后再生成。")


def keep(
    made: Draft, *, estate: Estate, by: User, at: datetime, rows: Sequence[BillLine] | None = None, **of: Any
) -> Bill:
    """The bill with its lines (those of the draft, or `rows`); of two at once the constraints let one through."""
    lines = made.rows() if rows is None else list(rows)
    try:
        with transaction.atomic():
            bill = Bill.objects.create(
                number=_number(estate.code, at),
                estate=estate,
                payer=made.payer,
                payer_name=made.payer_name,
                starts_on=made.starts_on,
                ends_on=made.ends_on,
                total=sum((line.amount for line in lines), Decimal("0.00")),
                made_at=at,
                made_by=by,
                **of,
            )
    except IntegrityError as error:
        if not any(name in str(error) for name in ONCE):
            raise
        raise Refused("这一期的账单刚刚已经生成，请刷新页面。") from None
    for line in lines:
        line.bill = bill
    BillLine.objects.bulk_create(lines)
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


def is_paid(handover: Handover) -> bool:
    """Has its bill, and nothing of it is left to pay."""
    bill = handover.bills.valid().first()
    return bill is not None and guards.paid_on(bill) >= bill.total
