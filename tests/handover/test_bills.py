"""账单 (HND-2, GEN-5): made by the rates of the day, cancelled while nothing is paid, what is unpaid to the day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import transaction
from django.db.utils import Error

from handover.choices import NotTaken, StepKind
from handover.models import Bill, BillLine, FeeItem, Handover
from handover.services.arrears import unpaid
from handover.services.billing import cancel_bill, draft, is_paid, make_bill
from handover.services.outcomes import not_taken
from handover.services.payments import reverse
from handover.services.steps import finish_step
from tests.handover.factories import (
    DAY,
    HOUR,
    MONDAY,
    at_step,
    entry,
    fresh,
    handed_over,
    journal,
    make_handover,
    refused,
)
from tests.handover.money import AT, TOTAL, billed, fee_items, paid

TODAY = date(2026, 3, 2)


@pytest.fixture
def items(cast):
    return fee_items(cast.estate_a1)


# --- made -------------------------------------------------------------------------------------------------------------


def test_a_bill_has_its_lines_period_and_payer(cast):
    bill = billed(cast)
    assert (bill.payer, bill.payer_name, bill.total) == ("owner", "购房人1502", TOTAL)
    assert (bill.starts_on, bill.ends_on) == (TODAY, date(2026, 9, 1))
    assert [(one.name, one.quantity, one.rate, one.months, one.amount) for one in bill.lines.all()] == [
        ("物业服务费", Decimal("89.50"), Decimal("2.8"), 6, Decimal("1503.60")),
        ("垃圾清运费", 1, 15, 6, 90),
        ("装修垃圾费", 1, 300, 1, 300),
    ]
    assert (bill.made_at, bill.made_by) == (AT, cast.service)
    assert bill.number == "ZD-A1-202603-0001"
    assert journal(bill, prefix="bill.") == ["make"]
    assert entry(bill, "bill.make").data == {"total": "1893.60"}


def test_a_second_bill_is_refused_and_changes_nothing(cast):
    bill = billed(cast)
    with refused("这户已经有账单"):
        make_bill(handover=bill.handover, by=cast.service, at=AT)
    assert Bill.objects.get() == bill


def test_bills_keep_their_rate_when_it_changes_after(cast):
    bill = billed(cast)
    FeeItem.objects.filter(code="property").update(rate=Decimal("3.2"), name="物业费")
    FeeItem.objects.filter(code="waste").update(is_active=False)
    assert fresh(bill).total == TOTAL
    line = bill.lines.first()
    assert (line.name, line.rate, line.amount) == ("物业服务费", Decimal("2.8"), Decimal("1503.60"))
    # 89.50 × 3.2 × 6 + 300
    later = make_bill(handover=at_step(cast, StepKind.FEES, number="1601"), by=cast.service, at=AT)
    assert later.total == Decimal("2018.40")


def test_a_rate_that_changed_while_the_bill_was_read_is_said(cast, items):
    handover = at_step(cast, StepKind.FEES)
    shown = draft(handover, TODAY).total
    FeeItem.objects.filter(code="waste").update(rate=16)
    with refused("合计现在是 1899.60 元"):
        make_bill(handover=handover, by=cast.service, at=AT, shown=shown)
    assert not Bill.objects.exists()
    assert make_bill(handover=handover, by=cast.service, at=AT, shown=Decimal("1899.60")).total == Decimal("1899.60")


def test_only_what_is_charged_in_advance_is_on_it(cast, items):
    FeeItem.objects.filter(code="waste").update(is_advance=False)
    FeeItem.objects.filter(code="rubble").update(is_active=False)
    bill = make_bill(handover=at_step(cast, StepKind.FEES), by=cast.service, at=AT)
    assert [line.name for line in bill.lines.all()] == ["物业服务费"]


def test_the_months_are_those_of_the_batch(cast, items):
    handover = at_step(cast, StepKind.FEES, advance_months=3)
    bill = make_bill(handover=handover, by=cast.service, at=AT)
    assert (bill.ends_on, bill.total) == (date(2026, 6, 1), Decimal("1096.80"))


def test_without_fee_items_it_says_what_is_missing(cast):
    fee_items(cast.estate_b1)
    with refused("还没有设置交房时预收的费用项目"):
        make_bill(handover=at_step(cast, StepKind.FEES), by=cast.service, at=AT)


def test_before_the_owner_comes_the_developer_pays(cast, items):
    with refused("交付前的费用由开发商承担"):
        make_bill(handover=make_handover(cast), by=cast.service, at=AT)


@pytest.mark.parametrize("who", ["cashier", "engineering", "auditor", "foreign_manager"])
def test_who_takes_the_money_does_not_compute_it(cast, items, who):
    with refused("您的岗位不能生成账单"):
        make_bill(handover=at_step(cast, StepKind.FEES), by=getattr(cast, who), at=AT)
    assert not Bill.objects.exists()


def test_the_day_is_that_of_shanghai(cast, items):
    handover = at_step(cast, StepKind.FEES)
    midnight = MONDAY.replace(hour=0) + DAY
    assert draft(handover, TODAY).starts_on == TODAY
    bill = make_bill(handover=handover, by=cast.service, at=midnight)
    assert bill.starts_on == date(2026, 3, 3)


# --- a duly called owner who stayed away --------------------------------------------------------------------------------


def called_for(cast, day, **options) -> Handover:
    handover = make_handover(cast, **options)
    Handover.objects.filter(pk=handover.pk).update(notice_on=day)
    return fresh(handover)


def test_who_stayed_away_pays_from_the_day_of_the_notice(cast, items):
    handover = not_taken(handover=called_for(cast, TODAY), by=cast.service, at=AT, reason=NotTaken.AWAY)
    bill = make_bill(handover=handover, by=cast.service, at=AT + 30 * DAY)
    assert (bill.payer, bill.starts_on, bill.ends_on) == ("owner", TODAY, date(2026, 9, 1))


def test_who_comes_late_pays_from_the_day_of_the_notice(cast, items):
    handover = at_step(cast, StepKind.FEES)
    Handover.objects.filter(pk=handover.pk).update(notice_on=date(2026, 2, 27))
    assert make_bill(handover=handover, by=cast.service, at=AT).starts_on == date(2026, 2, 27)


def test_until_the_day_of_the_notice_nothing_is_billed(cast, items):
    handover = called_for(cast, date(2026, 3, 3))
    with refused("业主还没有到场"):
        make_bill(handover=handover, by=cast.service, at=AT)
    assert make_bill(handover=handover, by=cast.service, at=AT + DAY).starts_on == date(2026, 3, 3)


def test_after_the_handover_it_runs_from_that_day(cast, items):
    bill = make_bill(handover=handed_over(cast), by=cast.service, at=AT + 5 * DAY)
    assert bill.starts_on == TODAY


# --- cancelled ----------------------------------------------------------------------------------------------------------


def test_a_cancelled_bill_makes_room_for_the_right_one(cast):
    bill = cancel_bill(bill=billed(cast), reason=" 面积有误 ", by=cast.service, at=AT + HOUR)
    assert (bill.cancelled_at, bill.cancel_reason) == (AT + HOUR, "面积有误")
    assert journal(bill, prefix="bill.") == ["make", "cancel"]
    again = make_bill(handover=bill.handover, by=cast.service, at=AT + HOUR)
    assert again.number == "ZD-A1-202603-0002"
    with refused("账单已经作废"):
        cancel_bill(bill=bill, reason="又一次", by=cast.service, at=AT + 2 * HOUR)
    assert fresh(bill).cancel_reason == "面积有误"


def test_with_money_on_it_a_bill_is_not_cancelled(cast):
    bill = billed(cast)
    payment = paid(bill, cast, "0.01")
    with refused("账单上有收款"):
        cancel_bill(bill=bill, reason="面积有误", by=cast.service, at=AT)
    reverse(payment=payment, reason="收错", by=cast.cashier, at=AT)
    assert cancel_bill(bill=bill, reason="面积有误", by=cast.service, at=AT).cancelled_at == AT


def test_after_the_payment_step_it_stands(cast):
    bill = billed(cast)
    payment = paid(bill, cast)
    finish_step(handover=bill.handover, kind=StepKind.FEES, by=cast.service, at=AT)
    finish_step(handover=bill.handover, kind=StepKind.PAYMENT, by=cast.cashier, at=AT)
    reverse(payment=payment, reason="收错", by=cast.cashier, at=AT)
    with refused("“缴费”已经办完"):
        cancel_bill(bill=bill, reason="面积有误", by=cast.service, at=AT)


@pytest.mark.parametrize(
    ("who", "reason", "sentence"), [("cashier", "有误", "不能作废账单"), ("service", " ", "请写明")]
)
def test_cancelling_asks_for_the_right_and_a_reason(cast, who, reason, sentence):
    bill = billed(cast)
    with refused(sentence):
        cancel_bill(bill=bill, reason=reason, by=getattr(cast, who), at=AT)
    assert fresh(bill).cancelled_at is None


# --- what the database holds by itself ------------------------------------------------------------------------------------


def test_no_road_changes_what_was_billed(cast):
    bill = billed(cast)
    for statement in (
        lambda: Bill.objects.filter(pk=bill.pk).update(total=1),
        lambda: Bill.objects.filter(pk=bill.pk).update(payer_name="别人"),
        lambda: Bill.objects.filter(pk=bill.pk).delete(),
        lambda: BillLine.objects.filter(bill=bill).update(amount=1),
        lambda: BillLine.objects.filter(bill=bill).delete(),
    ):
        with pytest.raises(Error), transaction.atomic():
            statement()
    assert (fresh(bill).total, bill.lines.count()) == (TOTAL, 3)


# --- what a step needs, and what is unpaid --------------------------------------------------------------------------------


def test_the_steps_wait_for_the_bill_and_its_payment(cast, items):
    handover = at_step(cast, StepKind.FEES)
    with refused("还没有生成账单"):
        finish_step(handover=handover, kind=StepKind.FEES, by=cast.service, at=AT)
    bill = make_bill(handover=handover, by=cast.service, at=AT)
    finish_step(handover=handover, kind=StepKind.FEES, by=cast.service, at=AT)
    paid(bill, cast, "1893.59")
    assert not is_paid(handover)
    with refused("账单还有 0.01 元没有缴清"):
        finish_step(handover=handover, kind=StepKind.PAYMENT, by=cast.cashier, at=AT)
    paid(bill, cast, "0.01")
    assert is_paid(handover)
    assert finish_step(handover=handover, kind=StepKind.PAYMENT, by=cast.cashier, at=AT).done_by == cast.cashier


def test_a_cancelled_bill_pays_nothing(cast):
    bill = cancel_bill(bill=billed(cast), reason="有误", by=cast.service, at=AT)
    assert not is_paid(bill.handover)
    with refused("还没有生成账单"):
        finish_step(handover=bill.handover, kind=StepKind.FEES, by=cast.service, at=AT)


def test_unpaid_is_counted_to_the_end_of_the_day(cast):
    bill = billed(cast)
    assert unpaid(bill.house, date(2026, 3, 1)) == 0
    assert unpaid(bill.house, TODAY) == TOTAL
    last_second = MONDAY.replace(hour=23, minute=59, second=59)
    first = paid(bill, cast, "500", at=last_second)
    assert unpaid(bill.house, TODAY) == Decimal("1393.60")
    paid(bill, cast, "1000", at=MONDAY.replace(hour=0) + DAY)
    assert unpaid(bill.house, TODAY) == Decimal("1393.60")
    assert unpaid(bill.house, date(2026, 3, 3)) == Decimal("393.60")
    reverse(payment=first, reason="收错", by=cast.cashier, at=AT + DAY)
    assert unpaid(bill.house, date(2026, 3, 3)) == Decimal("893.60")


def test_a_cancelled_bill_is_no_arrears(cast):
    bill = cancel_bill(bill=billed(cast), reason="有误", by=cast.service, at=AT)
    assert unpaid(bill.house, TODAY) == 0
