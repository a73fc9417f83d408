"""Fees as arithmetic (HND-2, GEN-4, GEN-5): examples of the rules, then properties for any areas, rates and days."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.worktime.local import add_months
from handover.choices import FeeBasis
from handover.fees import Rate, bill_lines, fees_start, line, period, periods, rate_in_words, total

areas = st.decimals("0.01", "9999999.99", places=2)
prices = st.decimals("0", "999999.9999", places=4)
months = st.integers(1, 36)
days = st.dates(date(2000, 1, 1), date(2090, 12, 31))
rates = st.builds(Rate, st.just("x"), st.just("费用"), st.sampled_from(FeeBasis.values), prices, st.booleans())


def rate(basis: str, price: str, *, monthly: bool = True) -> Rate:
    return Rate("x", "费用", basis, Decimal(price), monthly)


@pytest.mark.parametrize(
    ("given", "area", "amount"),
    [
        (rate("area", "2.8"), "89.50", "1503.60"),
        # 88.88 × 2.35 × 6 = 1253.208, rounded once: a monthly 208.87 × 6 would be 1253.22.
        (rate("area", "2.35"), "88.88", "1253.21"),
        # Half a fen goes up: 0.25 × 0.02 = 0.005.
        (rate("area", "0.02", monthly=False), "0.25", "0.01"),
        (rate("house", "15"), "89.50", "90.00"),
        (rate("fixed", "300", monthly=False), "89.50", "300.00"),
        (rate("area", "10", monthly=False), "89.50", "895.00"),
        (rate("house", "0"), "89.50", "0.00"),
    ],
)
def test_a_line_is_quantity_by_rate_by_months_rounded_once(given, area, amount):
    assert str(line(given, area=Decimal(area), months=6).amount) == amount


@pytest.mark.parametrize(
    ("rate", "shown"), [("2.8", "2.80"), ("300.0000", "300.00"), ("0.0250", "0.025"), ("0", "0.00")]
)
def test_a_rate_is_shown_to_the_fen_at_least(rate, shown):
    assert rate_in_words(Decimal(rate)) == shown


@pytest.mark.parametrize(
    ("given", "area", "count", "sentence"),
    [
        (rate("area", "2.8"), "0", 6, "建筑面积必须大于 0"),
        (rate("area", "2.8"), "-1", 6, "建筑面积必须大于 0"),
        (rate("area", "2.8"), "89.50", 0, "月数必须大于 0"),
        (rate("house", "-1"), "89.50", 6, "单价不能为负数"),
    ],
)
def test_what_cannot_be_billed_is_said(given, area, count, sentence):
    with pytest.raises(ValueError, match=sentence):
        line(given, area=Decimal(area), months=count)


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 27)),
        (date(2026, 3, 2), 6, date(2026, 9, 1)),
        (date(2027, 8, 31), 6, date(2028, 2, 28)),
        (date(2026, 1, 31), 1, date(2026, 2, 27)),
        (date(2026, 12, 31), 2, date(2027, 2, 27)),
    ],
)
def test_a_period_ends_on_the_day_before_the_corresponding_day(start, count, end):
    assert period(start, count) == (start, end)


def test_periods_do_not_drift_from_the_handover_day():
    found = list(islice(periods(date(2026, 8, 31), 6), 3))
    assert found == [
        (date(2026, 8, 31), date(2027, 2, 27)),
        (date(2027, 2, 28), date(2027, 8, 30)),
        (date(2027, 8, 31), date(2028, 2, 28)),
    ]


@pytest.mark.parametrize(
    ("taken", "notice", "start"),
    [
        (date(2026, 3, 2), None, date(2026, 3, 2)),
        (None, date(2026, 3, 1), date(2026, 3, 1)),
        (date(2026, 5, 4), date(2026, 3, 1), date(2026, 3, 1)),
        (date(2026, 2, 27), date(2026, 3, 1), date(2026, 2, 27)),
        (None, None, None),
    ],
)
def test_fees_begin_with_the_handover_or_on_the_day_of_the_notice(taken, notice, start):
    assert fees_start(handed_over_on=taken, notice_on=notice) == start


@given(st.lists(rates, min_size=1, max_size=8), areas, months)
def test_any_bill_is_exact_to_the_fen(found, area, count):
    lines = bill_lines(found, area=area, months=count)
    for given_rate, one in zip(found, lines, strict=True):
        quantity = area if given_rate.basis == "area" else Decimal(1)
        exact = quantity * given_rate.rate * (count if given_rate.is_monthly else 1)
        # Recounted in whole ten-thousandths of a fen, without decimals.
        fen, rest = divmod(int(exact * 10**6), 10**4)
        assert one.amount * 100 == fen + (rest >= 5000)
        assert one.amount == exact.quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert total(lines) == sum(one.amount for one in lines)
    assert total(lines).as_tuple().exponent == -2


@given(days, months)
def test_periods_join_without_gap_or_overlap(start, count):
    found = list(islice(periods(start, count), 10))
    assert found[0] == period(start, count)
    for (_, end), (begin, _) in pairwise(found):
        assert begin == end + timedelta(days=1)
    for number, (begin, end) in enumerate(found):
        assert begin == add_months(start, number * count)
        assert begin <= end
