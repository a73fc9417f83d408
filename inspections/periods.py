"""Periods of a schedule (INS-7): pure calendar arithmetic on local (Asia/Shanghai) dates, no clock, no database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from inspections.choices import Frequency


@dataclass(frozen=True, order=True)
class Period:
    """`start` is the first day, `end` the first day after it. Weeks begin on Monday, half-months on the 1st and 16th."""

    start: date
    end: date
    frequency: str

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    @property
    def label(self) -> str:
        return label(self.frequency, self.start)

    def next(self) -> Period:
        return period_of(self.frequency, self.end)


def _month(year: int, month: int) -> date:
    """The first of a month; month 13 is next January."""
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


_MONTHS = {Frequency.MONTH: 1, Frequency.QUARTER: 3, Frequency.HALF_YEAR: 6, Frequency.YEAR: 12}


def period_of(frequency: str, on: date) -> Period:
    """The period of `frequency` in which the day `on` lies."""
    if frequency == Frequency.DAY:
        start, end = on, on + timedelta(days=1)
    elif frequency == Frequency.WEEK:
        start = on - timedelta(days=on.weekday())
        end = start + timedelta(days=7)
    elif frequency == Frequency.HALF_MONTH:
        first, middle = on.replace(day=1), on.replace(day=16)
        start, end = (first, middle) if on < middle else (middle, _month(on.year, on.month + 1))
    elif frequency in _MONTHS:
        length = _MONTHS[Frequency(frequency)]
        month = (on.month - 1) // length * length + 1
        start, end = _month(on.year, month), _month(on.year, month + length)
    else:
        raise ValueError(f"unknown frequency {frequency!r}")
    return Period(start=start, end=end, frequency=str(frequency))


def periods_between(frequency: str, first: date, last: date) -> Iterator[Period]:
    """Every period that begins in `first`…`last` (both included), in order."""
    period = period_of(frequency, first)
    if period.start < first:
        period = period.next()
    while period.start <= last:
        yield period
        period = period.next()


def label(frequency: str, start: date) -> str:
    """The period in words, e.g. 2026年第4季度."""
    year, month = start.year, start.month
    if frequency == Frequency.DAY:
        return f"{start:%Y-%m-%d}"
    if frequency == Frequency.WEEK:
        iso = start.isocalendar()
        return f"{iso.year}年第{iso.week}周"
    if frequency == Frequency.HALF_MONTH:
        return f"{year}年{month}月{'上' if start.day == 1 else '下'}半月"
    if frequency == Frequency.MONTH:
        return f"{year}年{month}月"
    if frequency == Frequency.QUARTER:
        return f"{year}年第{(month - 1) // 3 + 1}季度"
    if frequency == Frequency.HALF_YEAR:
        return f"{year}年{'上' if month == 1 else '下'}半年"
    return f"{year}年"
