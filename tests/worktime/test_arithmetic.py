"""GEN-1 and GEN-2 by examples from the published calendar of 2026 and by properties."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.worktime.arithmetic import (
    NaturalTime,
    NoWorkdayData,
    ServiceHours,
    ServiceTime,
    WorkCalendar,
    WorkdayTime,
    add_service_time,
    add_working_days,
)
from foundation.worktime.local import SHANGHAI, parse_at
from foundation.worktime.services import published_year

CALENDAR = WorkCalendar({day.date: day.is_workday for year in (2025, 2026) for day in published_year(year)})
DAY_SHIFT = ServiceHours()
WORKDAYS = ServiceHours(workdays_only=True)
NIGHTS = ServiceHours(((time(20), time(2)),), workdays_only=True)
ALL_DAY = ServiceHours(((time(0), time(0)),))
SECOND = timedelta(seconds=1)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_the_published_calendar_of_2026_has_its_holidays_and_make_up_days():
    days = {day.date: day for day in published_year(2026)}
    assert len(days) == 365
    make_up = sorted(day.date for day in days.values() if day.is_workday and day.date.weekday() >= 5)
    assert make_up == [
        date(2026, 1, 4),
        date(2026, 2, 14),
        date(2026, 2, 28),
        date(2026, 5, 9),
        date(2026, 9, 20),
        date(2026, 10, 10),
    ]
    assert not any(days[date(2026, 10, day)].is_workday for day in range(1, 8))
    assert days[date(2026, 10, 1)].note == "国庆节"
    assert days[date(2026, 2, 14)].note == "春节调休"


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-18T10:00", 1, "2026-11-19T10:00"),  # Wednesday
        ("2026-11-20T15:30", 1, "2026-11-23T15:30"),  # Friday over a plain weekend
        ("2026-11-21T09:00", 1, "2026-11-24T00:00"),  # Saturday: counts from Monday 00:00
        ("2026-11-22T23:59:59", 1, "2026-11-24T00:00"),
        ("2026-11-23T00:00", 1, "2026-11-24T00:00"),
        ("2026-11-20T00:00", 1, "2026-11-23T00:00"),  # the same time of the next working day
        ("2026-11-20T15:30", 0, "2026-11-20T15:30"),
        ("2026-11-21T09:00", 0, "2026-11-23T00:00"),
        ("2026-02-13T10:00", 1, "2026-02-14T10:00"),  # Friday → make-up Saturday
        ("2026-02-14T10:00", 1, "2026-02-24T10:00"),  # make-up Saturday → after Spring Festival
        ("2026-02-20T10:00", 2, "2026-02-26T00:00"),  # in the holiday: counts from Tuesday the 24th
        ("2026-02-27T18:00", 2, "2026-03-02T18:00"),  # Friday, make-up Saturday, Monday
        ("2026-09-30T12:00", 3, "2026-10-10T12:00"),  # National Day, back on Saturday the 10th
        ("2026-10-10T12:00", 1, "2026-10-12T12:00"),
        ("2025-12-31T08:00", 1, "2026-01-04T08:00"),  # New Year: make-up Sunday
    ],
)
def test_gen_2_working_days_end_at_the_same_time_of_the_nth_next_working_day(start, days, due):
    assert add_working_days(parse_at(start), days, CALENDAR) == parse_at(due)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-11-18T08:30", hours(3.5), "2026-11-18T12:00"),  # closing time, not the next opening
        ("2026-11-18T08:30", hours(3.5) + SECOND, "2026-11-18T14:00:01"),
        ("2026-11-18T08:30", hours(7.5), "2026-11-18T18:00"),
        ("2026-11-18T10:00", hours(7.5), "2026-11-19T10:00"),
        ("2026-11-18T12:30", hours(1), "2026-11-18T15:00"),  # in the noon break
        ("2026-11-18T18:00", hours(1), "2026-11-19T09:30"),
        ("2026-11-18T03:00", hours(4), "2026-11-18T14:30"),
        ("2026-11-20T17:00", hours(2), "2026-11-21T09:30"),  # every day: Saturday counts
    ],
)
def test_gen_2_service_time_is_used_up_at_the_earliest_moment(start, span, due):
    assert add_service_time(parse_at(start), span, DAY_SHIFT) == parse_at(due)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-11-20T17:00", hours(2), "2026-11-23T09:30"),
        ("2026-11-21T10:00", hours(7.5), "2026-11-23T18:00"),
        ("2026-02-13T17:00", hours(2), "2026-02-14T09:30"),  # make-up Saturday
        ("2026-02-14T17:00", hours(2), "2026-02-24T09:30"),
    ],
)
def test_gen_2_service_time_on_working_days_only(start, span, due):
    assert add_service_time(parse_at(start), span, WORKDAYS, CALENDAR) == parse_at(due)


@pytest.mark.parametrize(
    ("start", "span", "due"),
    [
        ("2026-11-20T23:00", hours(3), "2026-11-21T02:00"),  # Friday's night runs into Saturday
        ("2026-11-21T00:30", hours(1), "2026-11-21T01:30"),
        ("2026-11-21T00:30", hours(2), "2026-11-23T20:30"),  # Saturday's own night does not count
        ("2026-11-23T01:00", hours(1), "2026-11-23T21:00"),  # nor does Sunday's, though it ends on Monday
    ],
)
def test_gen_2_a_span_that_crosses_midnight_belongs_to_the_day_on_which_it_begins(start, span, due):
    assert add_service_time(parse_at(start), span, NIGHTS, CALENDAR) == parse_at(due)


def test_a_service_day_is_worth_its_spans():
    assert DAY_SHIFT.day == hours(7.5)
    assert NIGHTS.day == hours(6)
    assert ALL_DAY.day == hours(24)
    assert ServiceTime(DAY_SHIFT).add(parse_at("2026-11-18T10:00"), 2 * DAY_SHIFT.day) == parse_at("2026-11-20T10:00")


@pytest.mark.parametrize(
    ("spans", "words"),
    [
        ((), "不能为空"),
        (((time(8), time(12)), (time(11), time(18))), "不能重叠"),
        (((time(14), time(18)), (time(8), time(12))), "不能重叠"),
        (((time(20), time(9)), (time(8), time(12))), "不能重叠"),
        (((time(8), time(12)), (time(20), time(9))), "不能重叠"),
    ],
)
def test_service_hours_that_overlap_are_refused(spans, words):
    with pytest.raises(ValueError, match=words):
        ServiceHours(spans)


def test_gen_3_a_year_without_data_is_refused_in_words_never_guessed():
    late = parse_at("2026-12-31T10:00")
    for time_ in (WorkdayTime(CALENDAR), ServiceTime(WORKDAYS, CALENDAR)):
        with pytest.raises(NoWorkdayData, match="无法计算：缺少2027年工作日数据"):
            time_.add(late, timedelta(days=3))
        with pytest.raises(NoWorkdayData, match="2027"):
            time_.used(late, parse_at("2027-01-04T10:00"))
    # What ends inside the year needs no other.
    assert WorkdayTime(CALENDAR).add(late, hours(13)) == parse_at("2026-12-31T23:00")
    assert ServiceTime(WORKDAYS, CALENDAR).add(late, hours(6)) == parse_at("2026-12-31T18:00")
    with pytest.raises(NoWorkdayData):
        published_year(2027)


def test_gen_3_service_hours_of_every_day_need_no_calendar():
    assert add_service_time(parse_at("2031-01-01T08:30"), hours(1), DAY_SHIFT) == parse_at("2031-01-01T09:30")


# --- properties -----------------------------------------------------------------------------------------------------

KINDS = [
    NaturalTime(),
    WorkdayTime(CALENDAR),
    ServiceTime(DAY_SHIFT),
    ServiceTime(WORKDAYS, CALENDAR),
    ServiceTime(NIGHTS, CALENDAR),
    ServiceTime(ALL_DAY),
]
kinds = st.sampled_from(KINDS)
# Many draws fall on the edges that matter: midnights, openings and closings, to the second.
edges = st.builds(
    lambda day, clock, seconds: datetime.combine(day, clock, SHANGHAI) + timedelta(seconds=seconds),
    st.dates(date(2025, 6, 1), date(2026, 6, 30)),
    st.sampled_from([time(0), time(2), time(8, 30), time(12), time(14), time(18), time(20)]),
    st.integers(-1, 1),
)
anywhere = st.integers(0, 86400 * 390).map(lambda seconds: parse_at("2025-06-01T00:00") + timedelta(seconds=seconds))
moments = edges | anywhere
spans = st.builds(timedelta, seconds=st.integers(0, 86400 * 12)) | st.sampled_from(
    [hours(n) for n in (0, 3.5, 7.5, 24, 48)]
)


@settings(deadline=None)
@given(kinds, moments, spans)
def test_used_time_up_to_the_due_moment_is_the_limit(kind, start, span):
    due = kind.add(start, span)
    assert due >= start
    assert kind.used(start, due) == span


@settings(deadline=None)
@given(kinds, moments, spans, spans)
def test_a_longer_limit_is_never_due_earlier(kind, start, one, other):
    short, long = sorted([one, other])
    assert kind.add(start, short) <= kind.add(start, long)


@settings(deadline=None)
@given(kinds, moments, moments, spans)
def test_what_begins_earlier_is_never_due_later(kind, one, other, span):
    early, late = sorted([one, other])
    assert kind.add(early, span) <= kind.add(late, span)


@settings(deadline=None)
@given(kinds, moments, spans, spans)
def test_a_limit_split_in_two_is_due_at_the_same_moment(kind, start, one, other):
    halfway = kind.add(start, one)
    if other > timedelta(0):
        assert kind.add(halfway, other) == kind.add(start, one + other)


@settings(deadline=None)
@given(kinds, moments, moments, moments)
def test_used_time_adds_up_over_any_moment_between(kind, one, two, three):
    first, middle, last = sorted([one, two, three])
    assert kind.used(first, middle) + kind.used(middle, last) == kind.used(first, last)
    assert timedelta(0) <= kind.used(first, last) <= last - first
    assert kind.used(last, first) == timedelta(0)


@settings(deadline=None)
@given(st.sampled_from([kind for kind in KINDS if isinstance(kind, ServiceTime)]), moments, spans)
def test_service_time_is_due_no_later_than_necessary(kind, start, span):
    due = kind.add(start, span)
    if span > timedelta(0):
        assert kind.used(start, due - SECOND) < span
