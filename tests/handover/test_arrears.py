"""截至当日欠费 (HND-7): what is billed and what has begun without a bill, apart."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from handover.models import FeeItem, Handover
from handover.services.arrears import arrears, unpaid
from handover.services.periods import make_next
from tests.handover.factories import handed_over, make_handover
from tests.handover.money import ENDS, NEXT, SOON, fee_items, first_billed, paid


@pytest.fixture
def first(cast):
    return first_billed(cast)


def test_periods_that_began_without_a_bill_are_owed_by_present_rates(cast, first):
    """HND-7: 截至当日欠费, billed and not billed apart."""
    paid(first, cast)
    assert arrears(first.house, ENDS).total == 0
    owed = arrears(first.house, date(2026, 9, 2))
    assert (owed.billed, owed.unbilled, owed.total) == (0, NEXT, NEXT)
    FeeItem.objects.filter(code="property").update(rate=Decimal("3.2"))
    later = arrears(first.house, date(2027, 3, 2))
    assert [(one.starts_on, one.ends_on, one.total) for one in later.periods] == [
        (date(2026, 9, 2), date(2027, 3, 1), Decimal("1808.40")),
        (date(2027, 3, 2), date(2027, 9, 1), Decimal("1808.40")),
    ]
    assert unpaid(first.house, date(2027, 3, 2)) == Decimal("3616.80")
    make_next(house=first.house, by=cast.cashier, at=SOON)
    billed_one = arrears(first.house, date(2026, 9, 2))
    assert (billed_one.billed, billed_one.unbilled) == (Decimal("1808.40"), 0)


def test_a_house_taken_over_without_a_bill_owes_its_first_period_with_what_is_charged_once(cast):
    fee_items(cast.estate_a1)
    handover = handed_over(cast)
    assert arrears(handover.house, date(2026, 3, 1)).total == 0
    assert arrears(handover.house, date(2026, 3, 2)).unbilled == Decimal("1893.60")
    assert arrears(handover.house, ENDS + timedelta(1)).unbilled == Decimal("1893.60") + NEXT


def test_who_was_called_and_stayed_away_owes_from_the_day_of_the_notice(cast):
    fee_items(cast.estate_a1)
    handover = make_handover(cast)
    Handover.objects.filter(pk=handover.pk).update(notice_on=date(2026, 3, 5))
    assert arrears(handover.house, date(2026, 3, 4)).total == 0
    assert arrears(handover.house, date(2026, 3, 5)).unbilled == Decimal("1893.60")


def test_without_rates_it_is_said_what_was_not_counted(cast):
    owed = arrears(handed_over(cast).house, ENDS)
    assert (owed.total, owed.why_not) == (0, "这个项目还没有设置交房时预收的费用项目，请管理员先设置。")
