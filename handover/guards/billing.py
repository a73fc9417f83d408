"""Who may make and cancel a bill, take and reverse money, and why not (HND-2). A guard changes nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from accounts.rights import Right
from foundation.records.refusals import Refused
from handover.choices import StepKind
from handover.models import Batch, Bill, Handover, HandoverStep, Payment

if TYPE_CHECKING:
    from accounts.models import User

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
        raise Refused("业主还没有到场,交付前的费用由开发商承担。")


def may_cancel_bill(bill: Bill, user: User) -> None:
    """Made by mistake, and nothing is paid on it; after the payment step it stands."""
    if not user.may(Right.HANDLE_STEP, bill.estate):
        raise Refused("您的岗位不能作废账单。")
    if bill.cancelled_at is not None:
        raise Refused("账单已经作废。")
    if paid_on(bill) != 0:
        raise Refused("账单上有收款,请先由收银冲销。")
    steps = HandoverStep.objects.filter(handover=bill.handover_id, kind=StepKind.PAYMENT)
    if bill.handover_id and steps.filter(state=HandoverStep.State.DONE).exists():
        raise Refused("“缴费”已经办完,账单不能作废。")


def may_receive(bill: Bill, user: User) -> None:
    if not user.may(Right.COLLECT_FEES, bill.estate):
        raise Refused("由收银员收款。")
    if bill.cancelled_at is not None:
        raise Refused("账单已经作废,不能收款。")
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
