"""The owner's next periods (HND-2): joined, due 30 days before the end, once, by the rates of the day."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction

from estates.models import Owner
from foundation.records.refusals import Refused
from foundation.worktime.local import start_of_day
from handover.choices import Payer
from handover.models import Bill, FeeItem, FeeRule
from handover.services.billing import cancel_bill, make_bill
from handover.services.periods import begin_periods, chain_of, make_next, next_draft
from tests.handover.factories import HOUR, handed_over, journal, make_handover, make_house, refused
from tests.handover.money import NEXT, SOON, fee_items, first_billed


@pytest.fixture
def first(cast):
    return first_billed(cast)


# --- made -------------------------------------------------------------------------------------------------------------


def test_the_next_bill_joins_the_last_one(cast, first):
    bill = make_next(house=first.house, by=cast.cashier, at=SOON)
    assert (bill.starts_on, bill.ends_on) == (date(2026, 9, 2), date(2027, 3, 1))
    assert (bill.payer, bill.payer_name, bill.total, bill.handover) == ("owner", "购房人1502", NEXT, None)
    assert [(one.name, one.months, one.amount) for one in bill.lines.all()] == [
        ("物业服务费", 6, Decimal("1503.60")),
        ("垃圾清运费", 6, Decimal(90)),
    ]
    assert journal(bill, prefix="bill.") == ["make"]


def test_a_second_before_the_thirtieth_day_it_is_too_early(cast, first):
    """GEN-1: on the thirtieth day before the end it may be made."""
    with refused("从 2026-08-02 起可以生成下期账单"):
        make_next(house=first.house, by=cast.cashier, at=start_of_day(date(2026, 8, 2)) - timedelta(seconds=1))
    assert make_next(house=first.house, by=cast.service, at=start_of_day(date(2026, 8, 2)))


def test_done_twice_it_is_the_period_after_and_too_early(cast, first):
    make_next(house=first.house, by=cast.cashier, at=SOON)
    with refused("本期到 2027-03-01 为止"):
        make_next(house=first.house, by=cast.cashier, at=SOON)
    assert Bill.objects.count() == 2


def test_rates_of_the_day_are_charged_and_the_earlier_bill_keeps_its_own(cast, first):
    FeeItem.objects.filter(code="property").update(rate=Decimal("3.2"))
    bill = make_next(house=first.house, by=cast.cashier, at=SOON)
    assert bill.total == Decimal("1808.40")
    first.refresh_from_db()
    assert first.total == Decimal("1893.60")
    assert first.lines.get(item__code="property").rate == Decimal("2.8")


def test_a_total_that_was_read_before_is_checked(cast, first):
    with refused("合计现在是 1593.60 元"):
        make_next(house=first.house, by=cast.cashier, at=SOON, shown=Decimal("1500.00"))


def test_it_names_the_present_owner(cast, first):
    Owner.objects.filter(house=first.house).update(until=date(2026, 7, 1))
    Owner.objects.create(house=first.house, name="新业主", phone="13800009999", since=date(2026, 7, 2))
    assert make_next(house=first.house, by=cast.cashier, at=SOON).payer_name == "新业主"


def test_many_periods_do_not_drift_from_the_handover_day(cast):
    """From 31 August, month by month of the end of the month."""
    fee_items(cast.estate_a1)
    handover = handed_over(cast, at=start_of_day(date(2026, 8, 31)) + 10 * HOUR, advance_months=1)
    make_bill(handover=handover, by=cast.service, at=start_of_day(date(2026, 8, 31)) + 11 * HOUR)
    later = start_of_day(date(2028, 3, 31))
    while Bill.objects.latest("ends_on").ends_on < date(2028, 3, 30):
        make_next(house=handover.house, by=cast.cashier, at=later)
    found = list(Bill.objects.order_by("starts_on").values_list("starts_on", "ends_on"))
    assert len(found) == 19
    assert (date(2027, 2, 28), date(2027, 3, 30)) in found
    assert (date(2028, 2, 29), date(2028, 3, 30)) in found
    assert (date(2026, 10, 31), date(2026, 11, 29)) in found
    for (_, end), (begin, _) in pairwise(found):
        assert begin == end + timedelta(1)


def test_who_may_not_is_refused(cast, first):
    for who in (cast.engineering, cast.auditor, cast.foreign_manager):
        with refused("由收银员或客服"):
            make_next(house=first.house, by=who, at=SOON)


def test_an_area_of_zero_is_said(cast, first):
    first.house.area = Decimal(0)
    with refused("建筑面积必须大于 0"):
        next_draft(first.house, chain_of(first.house))


def test_without_monthly_items_it_is_said(cast, first):
    FeeItem.objects.filter(is_monthly=True).update(is_active=False)
    with refused("还没有设置按月预收的费用项目"):
        make_next(house=first.house, by=cast.cashier, at=SOON)


def test_the_first_of_two_bills_stands_until_the_second_is_cancelled(cast, first):
    """No gap opens between two bills."""
    second = make_next(house=first.house, by=cast.cashier, at=SOON)
    with refused("请从最后一期开始作废"):
        cancel_bill(bill=first, reason="重算", by=cast.service, at=SOON)
    cancel_bill(bill=second, reason="重算", by=cast.service, at=SOON)
    again = make_next(house=first.house, by=cast.cashier, at=SOON)
    assert (again.starts_on, again.pk) == (second.starts_on, again.pk)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_made(cast, first):
    def go(_):
        try:
            return make_next(house=first.house, by=cast.cashier, at=SOON).number
        except Refused as refusal:
            return refusal.sentence
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(go, range(2)))
    assert found[0].startswith("ZD-")
    assert "2027-03-01" in found[1]
    assert Bill.objects.valid().filter(house=first.house).count() == 2


def test_the_database_holds_one_bill_a_period(cast, first):
    with pytest.raises(IntegrityError, match="bill_once_per_period"), transaction.atomic():
        Bill.objects.create(
            number="X", estate=first.estate, house=first.house, payer=Payer.OWNER, payer_name="甲",
            starts_on=first.starts_on, ends_on=first.ends_on, total=1, made_at=SOON, made_by=cast.service,
        )  # fmt: skip


# --- houses without a batch -------------------------------------------------------------------------------------------


def test_a_house_without_a_batch_begins_on_a_day_and_goes_on_by_the_estates_months(cast):
    fee_items(cast.estate_a1)
    FeeRule.objects.create(estate=cast.estate_a1, period_months=3)
    house = make_house(cast.estate_a1, "1701")
    Owner.objects.create(house=house, name="老业主", phone="13800001701", since=date(2020, 1, 1))
    bill = begin_periods(house=house, starts_on=date(2026, 1, 31), by=cast.cashier, at=SOON)
    assert (bill.payer_name, bill.starts_on, bill.ends_on) == ("老业主", date(2026, 1, 31), date(2026, 4, 29))
    following = make_next(house=house, by=cast.cashier, at=SOON)
    assert (following.starts_on, following.ends_on) == (date(2026, 4, 30), date(2026, 7, 30))
    with refused("已经有账单"):
        begin_periods(house=house, starts_on=date(2026, 1, 31), by=cast.cashier, at=SOON)


def test_what_cannot_begin_is_said(cast):
    fee_items(cast.estate_a1)
    house = make_house(cast.estate_a1, "1701")
    with refused("没有登记业主"):
        begin_periods(house=house, starts_on=date(2026, 3, 1), by=cast.cashier, at=SOON)
    Owner.objects.create(house=house, name="老业主", since=date(2020, 1, 1))
    with refused("不能晚于 2026-09-01"):
        begin_periods(house=house, starts_on=date(2026, 9, 2), by=cast.cashier, at=SOON)
    with refused("首期账单在办理页"):
        begin_periods(house=make_handover(cast).house, starts_on=date(2026, 3, 1), by=cast.cashier, at=SOON)
    with refused("还没有首期账单"):
        make_next(house=house, by=cast.cashier, at=SOON)


# --- months are bounded -----------------------------------------------------------------------------------------------


def test_a_cap_that_came_later_holds_for_bills_too(cast, first):
    FeeRule.objects.create(estate=cast.estate_a1, period_months=3, most_months=3)
    bill = make_next(house=first.house, by=cast.cashier, at=SOON)
    assert (bill.starts_on, bill.ends_on) == (date(2026, 9, 2), date(2026, 12, 1))
