"""Fees as arithmetic (HND-2, GEN-4, GEN-5): examples of the rules, then properties for any areas, rates and days."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.worktime.local import add_months
from foundation.worktime.months import Month
from handover.choices import FeeBasis
from handover.fees import (
    Rate,
    bill_lines,
    developers_days,
    fees_start,
    line,
    next_period,
    part_line,
    period,
    periods,
    rate_in_words,
    total,
)

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


@pytest.mark.parametrize(
    ("given", "days", "amount"),
    [
        # 89.50 × 2.80 × 14 / 31 = 113.1741…
        (rate("area", "2.8"), ("2026-03-01", "2026-03-14"), "113.17"),
        (rate("area", "2.8"), ("2026-03-01", "2026-03-31"), "250.60"),
        (rate("area", "2.8"), ("2028-02-29", "2028-02-29"), "8.64"),
        # 15 × 15 / 30 = 7.50, and half a fen goes up: 0.31 × 1 / 31 × 0.5 = 0.005.
        (rate("house", "15"), ("2026-04-16", "2026-04-30"), "7.50"),
        (rate("house", "0.155"), ("2026-03-31", "2026-03-31"), "0.01"),
    ],
)
def test_a_broken_month_is_billed_by_its_days(given, days, amount):
    first, last = (date.fromisoformat(day) for day in days)
    assert str(part_line(given, area=Decimal("89.50"), starts_on=first, ends_on=last).amount) == amount


@pytest.mark.parametrize("last", [date(2026, 4, 1), date(2026, 3, 1)])
def test_a_part_lies_in_one_month(last):
    with pytest.raises(ValueError, match="同一个月"):
        part_line(rate("house", "15"), area=Decimal(1), starts_on=date(2026, 3, 2), ends_on=last)


@pytest.mark.parametrize(
    ("since", "owner_from", "expected"),
    [
        ("2026-01-05", None, ("2026-03-01", "2026-03-31")),
        ("2026-03-02", None, ("2026-03-02", "2026-03-31")),
        ("2026-03-02", "2026-03-15", ("2026-03-02", "2026-03-14")),
        ("2026-03-02", "2026-04-01", ("2026-03-02", "2026-03-31")),
        # Taken over on the first day, before the month, or delivered after it: nothing.
        ("2026-03-02", "2026-03-02", None),
        ("2026-01-05", "2026-02-20", None),
        ("2026-04-01", None, None),
    ],
)
def test_the_developer_pays_to_the_day_before_the_owner(since, owner_from, expected):
    found = developers_days(
        Month(date(2026, 3, 1)),
        since=date.fromisoformat(since),
        owner_from=date.fromisoformat(owner_from) if owner_from else None,
    )
    assert found == (expected and tuple(date.fromisoformat(day) for day in expected))


@pytest.mark.parametrize(
    ("first", "ended", "count", "expected"),
    [
        (date(2026, 8, 31), date(2027, 2, 27), 6, (date(2027, 2, 28), date(2027, 8, 30))),
        (date(2026, 8, 31), date(2027, 8, 30), 6, (date(2027, 8, 31), date(2028, 2, 28))),
        # The months of a period were changed after the first.
        (date(2026, 8, 31), date(2027, 2, 27), 3, (date(2027, 2, 28), date(2027, 5, 30))),
        # Not on a corresponding day: counted anew.
        (date(2026, 8, 31), date(2027, 1, 9), 6, (date(2027, 1, 10), date(2027, 7, 9))),
    ],
)
def test_the_next_period_begins_on_the_day_after(first, ended, count, expected):
    assert next_period(first, ended, count) == expected


@given(areas, rates.filter(lambda one: one.is_monthly), days, st.integers(0, 30), st.integers(0, 30))
def test_a_part_of_any_month_is_exact_to_the_fen(area, one, day, begin, end):
    month = Month.of(day)
    first, last = (month.first + timedelta(min(number, month.last.day - 1)) for number in sorted((begin, end)))
    got = part_line(one, area=area, starts_on=first, ends_on=last)
    # In whole millionths of a yuan: half a fen more, rounded down.
    quantity = int(area * 100) if one.basis == "area" else 100
    exact, parts = quantity * int(one.rate * 10**4) * ((last - first).days + 1), month.last.day
    assert int(got.amount * 100) == (2 * exact + parts * 10**4) // (2 * parts * 10**4)
    assert got.amount.as_tuple().exponent == -2


@given(days, st.dates(date(2000, 1, 1), date(2090, 12, 31)), months)
def test_developer_and_owner_share_every_day_once(since, owner_from, count):
    month, found = Month.of(min(since, owner_from)).shift(-1), []
    while month <= Month.of(min(max(since, owner_from), min(since, owner_from) + timedelta(800))).shift(1):
        if part := developers_days(month, since=since, owner_from=owner_from):
            found.append(part)
        month = month.shift(1)
    if owner_from <= since:
        assert found == []
        return
    assert found[0][0] == since
    for (_, end), (begin, _) in pairwise(found):
        assert begin == end + timedelta(days=1)
    if (owner_from - since).days <= 700:
        assert found[-1][1] + timedelta(days=1) == period(owner_from, count)[0]


@given(days, st.lists(months, min_size=1, max_size=4))
def test_ten_years_of_periods_join_whatever_their_months(start, counts):
    """Each begins on the day after; none drifts from the corresponding day of the first, leap years included."""
    begin, end = period(start, counts[0])
    passed, number = counts[0], 0
    while (end - start).days < 3653:
        number += 1
        count = counts[number % len(counts)]
        following, last = next_period(start, end, count)
        assert following == end + timedelta(days=1) == add_months(start, passed)
        passed += count
        assert last + timedelta(days=1) == add_months(start, passed)
        begin, end = following, last
    assert begin <= end


@pytest.mark.parametrize("day", [28, 29, 30, 31])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 12])
def test_the_same_periods_come_out_one_by_one_and_all_at_once(day, count):
    start = date(2027, 1, day) if day != 29 else date(2028, 2, 29)
    wanted = list(islice(periods(start, count), 120 // count + 1))
    found = [period(start, count)]
    while len(found) < len(wanted):
        found.append(next_period(start, found[-1][1], count))
    assert found == wanted


@given(days, months)
def test_periods_join_without_gap_or_overlap(start, count):
    found = list(islice(periods(start, count), 120 // count + 1))
    assert found[0] == period(start, count)
    for (_, end), (begin, _) in pairwise(found):
        assert begin == end + timedelta(days=1)
    for number, (begin, end) in enumerate(found):
        assert begin == add_months(start, number * count)
        assert begin <= end
