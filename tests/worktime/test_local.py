from datetime import UTC, date, datetime, timedelta

import pytest

from foundation.worktime.local import (
    SHANGHAI,
    add_months,
    end_of_day,
    format_duration,
    format_left,
    local_date,
    parse_at,
    start_of_day,
)


def test_a_day_begins_and_ends_at_midnight_in_shanghai():
    day = date(2026, 11, 21)
    assert start_of_day(day) == datetime(2026, 11, 20, 16, tzinfo=UTC)
    assert end_of_day(day) == start_of_day(date(2026, 11, 22))


def test_the_local_date_changes_at_sixteen_utc():
    assert local_date(datetime(2026, 11, 20, 15, 59, 59, tzinfo=UTC)) == date(2026, 11, 20)
    assert local_date(datetime(2026, 11, 20, 16, tzinfo=UTC)) == date(2026, 11, 21)


def test_text_without_an_offset_is_shanghai_time():
    assert parse_at("2026-11-21T08:30") == datetime(2026, 11, 21, 8, 30, tzinfo=SHANGHAI)
    assert parse_at("2026-11-21T00:30Z") == parse_at("2026-11-21T08:30")


def test_unreadable_text_is_refused_in_words():
    with pytest.raises(ValueError, match="看不懂的时间：明天"):
        parse_at("明天")


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 1, 15), 3, date(2026, 4, 15)),
        (date(2026, 12, 1), 1, date(2027, 1, 1)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 1, 31), -2, date(2025, 11, 30)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_gen_4_months_run_to_the_corresponding_day_or_the_months_last(day, months, expected):
    assert add_months(day, months) == expected


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(hours=3, minutes=20, seconds=59), "3 小时 20 分"),
        (timedelta(days=2), "2 天"),
        (timedelta(days=2, minutes=3), "2 天"),
        (timedelta(days=1, hours=5, minutes=3), "1 天 5 小时"),
        (timedelta(hours=1), "1 小时"),
        (timedelta(minutes=20), "20 分"),
        (timedelta(seconds=59), "不到 1 分"),
        (timedelta(hours=-3), "3 小时"),
    ],
)
def test_a_duration_is_said_in_its_two_largest_units(span, words):
    assert format_duration(span) == words


def test_gen_1_the_due_moment_itself_is_not_yet_late():
    due = parse_at("2026-11-21T12:00")
    assert format_left(due, due - timedelta(hours=3, minutes=20)) == "剩 3 小时 20 分"
    assert format_left(due, due) == "剩不到 1 分"
    assert format_left(due, due + timedelta(seconds=1)) == "已超时不到 1 分"
    assert format_left(due, due + timedelta(days=2)) == "已超时 2 天"
