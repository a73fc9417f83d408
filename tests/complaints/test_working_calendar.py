"""Cases when the working calendar changes or has no year (GEN-2, GEN-3)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from complaints.choices import Kind
from complaints.models import Case
from complaints.services.clocks import show_due_of_all
from foundation.notices.models import Notice
from foundation.timers import services as timers
from foundation.worktime.models import CalendarDay
from foundation.worktime.services import changing_calendar, edit_day
from tests.complaints.factories import (
    DAY,
    HOUR,
    clock,
    due,
    fresh,
    make_case,
    moment,
    policy_with,
    reported,
    text_of,
    transferred,
)

MONDAY = moment("2026-03-02T09:00")
WEDNESDAY = date(2026, 3, 4)


def day_off(cast, day=WEDNESDAY):
    row = CalendarDay.objects.get(date=day)
    row.is_workday = False
    edit_day(day=row, by=cast.administrator, at=MONDAY + HOUR)


def test_a_new_day_off_moves_the_limit_and_the_case_shows_it(cast, workdays, django_capture_on_commit_callbacks):
    policy_with(answer={"amount": 3, "calendar": "workday"}, transfer={"amount": 9, "unit": "days"})
    case = make_case(cast, kind=Kind.NEED)
    assert (text_of(case.due_at), case.due_clock) == ("2026-03-05 09:00:00", "answer")
    with django_capture_on_commit_callbacks(execute=True):
        day_off(cast)
    assert due(case, "answer") == "2026-03-06 09:00:00"
    case = fresh(case)
    assert (text_of(case.due_at), case.due_clock) == ("2026-03-06 09:00:00", "answer")


def test_cases_on_natural_time_stay_as_they_are(cast, workdays, django_capture_on_commit_callbacks):
    case = make_case(cast)
    before = case.due_at
    with django_capture_on_commit_callbacks(execute=True):
        day_off(cast)
    assert fresh(case).due_at == before


def test_only_what_differs_is_written(cast):
    case, closed = make_case(cast), make_case(cast)
    Case.objects.filter(pk=case.pk).update(due_at=MONDAY + DAY)
    assert show_due_of_all() == 1
    assert fresh(case).due_at == clock(case, "transfer").due_at
    assert show_due_of_all() == 0
    assert closed.due_at


@pytest.mark.parametrize("limit", ["answer", "handle"])
def test_a_year_without_data_the_case_is_saved_and_an_administrator_told(
    cast, workdays, limit, django_capture_on_commit_callbacks
):
    policy_with(**{limit: {"amount": 3, "calendar": "workday"}})
    at = moment("2026-12-30T10:00")
    case = make_case(cast, kind=Kind.REPAIR, at=at)
    held = clock(case, limit)
    assert (held.due_at, held.missing_year) == (None, 2027)
    assert case.due_clock == "transfer", "the limits that can be computed are shown"
    told = Notice.objects.filter(user=cast.administrator)
    assert [notice.title for notice in told if "2027" in notice.title + notice.body]
    timers.sweep(at=at + 2 * DAY)
    with django_capture_on_commit_callbacks(execute=True):
        give_year(2027)
    assert due(case, limit) == "2027-01-05 10:00:00"
    assert fresh(case).due_at is not None


def give_year(year):
    """An administrator enters the year: 1 January off, then Mondays to Fridays."""
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range(365)]
    with changing_calendar(at=moment("2027-01-01T10:00")):
        CalendarDay.objects.bulk_create(
            CalendarDay(date=day, is_workday=day.weekday() < 5 and day != first) for day in days
        )


def test_a_handled_case_without_data_says_neither_in_time_nor_late(cast, workdays):
    policy_with(handle={"amount": 3, "calendar": "workday"})
    case = make_case(cast, kind=Kind.REPAIR, at=moment("2026-12-30T10:00"))
    assert reported(transferred(case, cast), cast).rounds.get().handled_in_time is None


def test_of_many_cases_an_administrator_hears_once(cast, workdays):
    policy_with(answer={"amount": 3, "calendar": "workday"})
    for _ in range(3):
        make_case(cast, kind=Kind.NEED, at=moment("2026-12-30T10:00"))
    assert Notice.objects.filter(user=cast.administrator).count() == 1
