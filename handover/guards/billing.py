"""Who may make and cancel a bill, take and reverse money, and why not (HND-2). A guard changes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts.rights import Right
from foundation.records.refusals import Refused
from foundation.worktime.months import Month
from handover.choices import Payer, StepKind
from handover.models import Batch, Bill, BillLine, Handover, HandoverStep, Payment

if TYPE_CHECKING:
    from accounts.models import User
    from estates.models import House

# The next bill may be made when the present period ends within so many days.
AHEAD = timedelta(days=30)
State = Handover.State


def may_make_bill(handover: Handover, on: date, user: User) -> None:
    """The owner's first bill: at the counter, after the handover, or when a duly called owner stayed away (HND-2)."""
    if not user.may(Right.HANDLE_STEP, handover.estate):
        raise Refused("您的岗位不能生成账单。")
    if handover.bills.valid().exists():
        raise Refused("这户已经有账单。")
    if handover.batch.state == Batch.State.PREPARING:
        raise Refused("批次还没有开始办理。")
    if handover.state in (State.UNDER_WAY, State.DONE):
        return
    if handover.notice_on is None or handover.notice_on > on:
        raise Refused("业主还没有到场，交付前的费用由开发商承担。")


def may_make_next(last: Bill, on: date, user: User) -> None:
    """The period after the last one that was billed to the owner, from 30 days before that ends (HND-2)."""
    if not user.may(Right.MAKE_BILLS, last.estate):
        raise Refused("由收银员或客服生成下期账单。")
    if last.ends_on - AHEAD > on:
        raise Refused(f"本期到 {last.ends_on} 为止，从 {last.ends_on - AHEAD} 起可以生成下期账单。")


def may_begin(house: House, user: User) -> None:
    """The first bill of a house that was taken over before the product was in use: its batch is unknown here."""
    if not user.may(Right.MAKE_BILLS, house.estate):
        raise Refused("由收银员或客服生成账单。")
    if house.handovers.exists():
        raise Refused("这户在交付批次里，首期账单在办理页“计算费用”一步生成。")
    if house.owner is None:
        raise Refused("这户没有登记业主，请先登记业主。")


def may_bill_month(batch: Batch, month: Month, on: date, user: User) -> None:
    """The developer's bill of a month: once, when the month is over and it is known who took over what (HND-2)."""
    if not user.may(Right.MAKE_BILLS, batch.estate):
        raise Refused("由收银员或客服生成开发商账单。")
    if month.last < batch.developer_from:
        raise Refused(f"开发商费用从 {batch.developer_from} 开始。")
    if on <= month.last:
        raise Refused(f"{month.label}还没有结束，{month.next_first} 起可以生成。")
    made = batch.bills.valid().filter(ends_on=month.last).first()
    if made is not None:
        raise Refused(f"{month.label}的开发商账单已经生成：{made}。")


def is_free(house: House, starts_on: date, ends_on: date) -> None:
    """No day of a house is billed twice, neither to its owner nor to the developer before (HND-2)."""
    within = {"starts_on__lte": ends_on, "ends_on__gte": starts_on}
    bill = Bill.objects.valid().filter(house=house, **within).order_by("starts_on").first()
    if bill is not None:
        raise Refused(f"{bill.starts_on} 至 {bill.ends_on} 已有账单 {bill}，同一期间不能重复生成。")
    lines = BillLine.objects.filter(house=house, bill__cancelled_at=None, **within).select_related("bill")
    line = lines.order_by("-ends_on").first()
    if line is not None:
        raise Refused(f"开发商账单 {line.bill} 已计到 {line.ends_on}，业主费用从 {starts_on} 开始，请先作废那张账单。")


def may_cancel_bill(bill: Bill, user: User) -> None:
    """Made by mistake, and nothing is paid on it; after the payment step it stands, and so does what a later one follows."""
    if not user.may(Right.HANDLE_STEP, bill.estate):
        raise Refused("您的岗位不能作废账单。")
    if bill.cancelled_at is not None:
        raise Refused("账单已经作废。")
    if paid_on(bill) != 0:
        raise Refused("账单上有收款，请先由收银冲销。")
    later = Bill.objects.valid().filter(house=bill.house_id, payer=Payer.OWNER, starts_on__gt=bill.starts_on)
    if bill.house_id and bill.payer == Payer.OWNER and later.exists():
        raise Refused("后面还有账单，请从最后一期开始作废。")
    steps = HandoverStep.objects.filter(handover=bill.handover_id, kind=StepKind.PAYMENT)
    if bill.handover_id and steps.filter(state=HandoverStep.State.DONE).exists():
        raise Refused("“缴费”已经办完，账单不能作废。")


def may_receive(bill: Bill, user: User) -> None:
    if not user.may(Right.COLLECT_FEES, bill.estate):
        raise Refused("由收银员收款。")
    if bill.cancelled_at is not None:
        raise Refused("账单已经作废，不能收款。")
    if bill.total - paid_on(bill) <= 0:
        raise Refused("这张账单已经缴清。")


def may_reverse(payment: Payment, user: User) -> None:
    """A wrong payment is reversed, once and whole; a reversal stands."""
    if not user.may(Right.COLLECT_FEES, payment.estate):
        raise Refused("由收银员冲销收款。")
    if payment.reverses_id is not None:
        raise Refused("冲销记录不能再冲销。")
    if Payment.objects.filter(reverses=payment.pk).exists():
        raise Refused("这笔收款已经冲销过。")


def paid_on(bill: Bill) -> Decimal:
    """What has been paid on it, reversals taken off."""
    return sum(bill.payments.values_list("amount", flat=True), Decimal(0))
