"""Reading, seeding and editing the working calendar."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

import chinese_calendar
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import Max, Min

from foundation.journal import services as journal
from foundation.worktime.arithmetic import NoWorkdayData, WorkCalendar
from foundation.worktime.models import CalendarDay
from foundation.worktime.signals import calendar_changed, calendar_changing

HOLIDAY_NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "National Day": "国庆节",
    "Mid-autumn Festival": "中秋节",
    "Anti-Fascist 70th Day": "抗战胜利70周年纪念日",
}


def load_calendar(first: date) -> WorkCalendar:
    """The working calendar from 31 December before the year of `first` on, in one query.

    The day before is there because a night shift belongs to the day on which it begins.
    """
    rows = CalendarDay.objects.filter(date__gte=date(first.year - 1, 12, 31)).order_by()
    return WorkCalendar(dict(rows.values_list("date", "is_workday")))


def known_years() -> tuple[int, int] | None:
    """First and last year with working-day data, for the administrator's health page."""
    span = CalendarDay.objects.aggregate(first=Min("date__year"), last=Max("date__year"))
    return (span["first"], span["last"]) if span["first"] else None


@contextmanager
def changing_calendar(*, at: datetime) -> Iterator[None]:
    """Around every write to the calendar: what was used keeps its number, what is left is planned anew (GEN-2)."""
    with transaction.atomic():
        calendar_changing.send(sender=CalendarDay, at=at)
        yield
        calendar_changed.send(sender=CalendarDay, at=at)


def published_year(year: int) -> list[CalendarDay]:
    """The days of a year by the published holidays and make-up workdays. NoWorkdayData where none are published yet."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    # Every year's notice names National Day; the library itself refuses only what lies beyond its last year.
    if date(year, 10, 1) not in chinese_calendar.holidays:
        raise NoWorkdayData(year)
    published = chinese_calendar.holidays | chinese_calendar.workdays
    days = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        is_workday = chinese_calendar.is_workday(day)
        holiday = HOLIDAY_NAMES.get(published.get(day, ""), "")
        days.append(
            CalendarDay(date=day, is_workday=is_workday, note=f"{holiday}调休" if holiday and is_workday else holiday)
        )
    return days


def seed_year(year: int, *, at: datetime) -> int:
    """Write the published days of a year; how many rows are new or differ. What an administrator edited stays.

    Only a row that is put right is journalled: what was published is nobody's decision.
    """
    published = published_year(year)
    known = {day.date: day for day in CalendarDay.objects.filter(date__year=year)}
    fresh = [day for day in published if day.date not in known]
    differing = [
        (row, day)
        for day in published
        if (row := known.get(day.date)) and not row.edited and (row.is_workday, row.note) != (day.is_workday, day.note)
    ]
    if fresh or differing:
        with changing_calendar(at=at):
            CalendarDay.objects.bulk_create(fresh, ignore_conflicts=True)
            for row, day in differing:
                unedited = CalendarDay.objects.filter(pk=row.pk, edited=False)
                if unedited.update(is_workday=day.is_workday, note=day.note):
                    journal.record(row, "workday.change", by=None, at=at, date=day.date, **_changes(row, day))
    return len(fresh) + len(differing)


def edit_day(*, day: CalendarDay, by: AbstractBaseUser | None, at: datetime) -> CalendarDay:
    """Save what an administrator decided about a day, journalled; seeding leaves it alone from then on."""
    with changing_calendar(at=at):
        before = CalendarDay.objects.select_for_update().filter(pk=day.pk).first()
        day.edited = True
        day.save()
        if before is None:
            journal.record(day, "workday.create", by=by, at=at, **_facts(day))
        elif changes := _changes(before, day):
            journal.record(day, "workday.change", by=by, at=at, date=day.date, **changes)
    return day


def delete_days(*, days: list[date], by: AbstractBaseUser | None, at: datetime) -> None:
    """Take days out of the calendar, journalled; clocks that need them are then not computable (GEN-3)."""
    with changing_calendar(at=at):
        rows = CalendarDay.objects.filter(date__in=days)
        journal.record_many(
            journal.entry(day, "workday.remove", by=by, at=at, **_facts(day)) for day in rows.select_for_update()
        )
        rows.delete()


def _facts(day: CalendarDay) -> dict[str, Any]:
    return {"date": day.date, "is_workday": day.is_workday, "note": day.note}


def _changes(before: CalendarDay, after: CalendarDay) -> dict[str, Any]:
    return {
        field: journal.change(getattr(before, field), getattr(after, field))
        for field in ("is_workday", "note", "edited")
        if getattr(before, field) != getattr(after, field)
    }
