"""INS-7: day, week, half-month, month, quarter, half-year, year, in Asia/Shanghai."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.choices import Frequency
from inspections.periods import period_of, periods_between

DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize(
    ("frequency", "on", "start", "last", "label"),
    [
        ("day", date(2026, 11, 21), date(2026, 11, 21), date(2026, 11, 21), "2026-11-21"),
        ("week", date(2026, 11, 21), date(2026, 11, 16), date(2026, 11, 22), "2026年第47周"),
        ("week", date(2027, 1, 1), date(2026, 12, 28), date(2027, 1, 3), "2026年第53周"),
        ("half_month", date(2026, 2, 15), date(2026, 2, 1), date(2026, 2, 15), "2026年2月上半月"),
        ("half_month", date(2026, 2, 16), date(2026, 2, 16), date(2026, 2, 28), "2026年2月下半月"),
        ("month", date(2028, 2, 29), date(2028, 2, 1), date(2028, 2, 29), "2028年2月"),
        ("quarter", date(2026, 12, 31), date(2026, 10, 1), date(2026, 12, 31), "2026年第4季度"),
        ("half_year", date(2026, 7, 1), date(2026, 7, 1), date(2026, 12, 31), "2026年下半年"),
        ("year", date(2026, 1, 1), date(2026, 1, 1), date(2026, 12, 31), "2026年"),
    ],
)
def test_a_day_lies_in_the_period_of_the_calendar(frequency, on, start, last, label):
    period = period_of(frequency, on)
    assert (period.start, period.last, period.label) == (start, last, label)


@given(st.sampled_from(list(Frequency)), DAYS)
def test_periods_join_without_gap_or_overlap(frequency, on):
    period = period_of(frequency, on)
    assert period.start <= on <= period.last
    assert period.next().start == period.end
    assert period_of(frequency, period.start - timedelta(days=1)).end == period.start


@given(st.sampled_from(list(Frequency)), DAYS, st.integers(0, 800))
def test_between_two_days_every_period_that_begins_there_comes_once(frequency, first, days):
    last = first + timedelta(days=days)
    found = [period.start for period in periods_between(frequency, first, last)]
    expected = {period_of(frequency, first + timedelta(days=n)).start for n in range(days + 1)}
    assert found == sorted(start for start in expected if start >= first)


def test_an_unknown_frequency_is_an_error():
    with pytest.raises(ValueError, match="fortnight"):
        period_of("fortnight", date(2026, 1, 1))
