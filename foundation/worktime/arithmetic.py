"""How time is counted (GEN-2): 自然时间, 工作日 and 服务时间, as values with the same three questions.

Nothing here reads the database or the clock. A kind of time knows the length of its `day`, where it stands after
counting a span from a moment (`add`), and how much of it lies between two moments (`used`). For every span of at least
zero `used(start, add(start, span)) == span`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Protocol, Self

from foundation.worktime.local import SHANGHAI, end_of_day, local_date, start_of_day

ZERO = timedelta(0)
ONE_DAY = timedelta(days=1)


class NoWorkdayData(Exception):
    """The working calendar holds nothing for a year, and is never guessed (GEN-3)."""

    def __init__(self, year: int):
        self.year = year
        super().__init__(f"无法计算：缺少{year}年工作日数据")


@dataclass(frozen=True)
class WorkCalendar:
    """Which days are working days, public holidays and make-up workdays included."""

    days: Mapping[date, bool] = field(default_factory=dict)

    def is_workday(self, day: date) -> bool:
        try:
            return self.days[day]
        except KeyError:
            raise NoWorkdayData(day.year) from None

    def next_workday(self, day: date) -> date:
        """The first working day after `day`."""
        day += ONE_DAY
        while not self.is_workday(day):
            day += ONE_DAY
        return day


@dataclass(frozen=True)
class ServiceHours:
    """The hours of an estate's day of service; a span may cross midnight (20:00–02:00), 00:00–00:00 is 24 h."""

    spans: tuple[tuple[time, time], ...] = ((time(8, 30), time(12)), (time(14), time(18)))
    workdays_only: bool = False

    def __post_init__(self) -> None:
        bounds = list(self.on(date(2000, 1, 1)))
        tomorrow = list(self.on(date(2000, 1, 2)))
        if not bounds:
            raise ValueError("服务时间不能为空。")
        if any(close > opening for (_, close), (opening, _) in zip(bounds, bounds[1:] + tomorrow[:1], strict=True)):
            raise ValueError("服务时间的各段不能重叠，并须按先后排列。")

    @classmethod
    def parse(cls, text: str, *, workdays_only: bool = False) -> Self:
        """The hours from `08:30-12:00,14:00-18:00`. ValueError with a sentence otherwise."""
        spans = tuple(_span(part, text) for part in text.replace("，", ",").split(",") if part.strip())
        return cls(spans, workdays_only)

    def on(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """Opening and closing moments of the spans that begin on the day."""
        for opening, closing in self.spans:
            last = day if closing > opening else day + ONE_DAY
            yield datetime.combine(day, opening, SHANGHAI), datetime.combine(last, closing, SHANGHAI)

    @property
    def day(self) -> timedelta:
        """The ordinary service day: all spans together."""
        return sum((closing - opening for opening, closing in self.on(date(2000, 1, 1))), ZERO)

    @property
    def crosses_midnight(self) -> bool:
        return any(closing <= opening for opening, closing in self.spans)


def _span(part: str, text: str) -> tuple[time, time]:
    """Opening and closing of one span; 24:00 is the 00:00 at which the day ends."""
    opening, _, closing = part.strip().partition("-")
    try:
        return time.fromisoformat(opening), time(0) if closing == "24:00" else time.fromisoformat(closing)
    except ValueError:
        raise ValueError(f"看不懂的服务时段：{text}（要写成 08:30-12:00,14:00-18:00）。") from None


class Timekeeping(Protocol):
    """A way of counting time."""

    @property
    def day(self) -> timedelta:
        """What one day of a limit is worth."""

    def add(self, start: datetime, span: timedelta) -> datetime:
        """The moment at which `span` (≥ 0) has been used up from `start` on. NoWorkdayData past the calendar's end."""

    def used(self, start: datetime, end: datetime) -> timedelta:
        """How much time counts between two moments; zero when they are the wrong way round."""


@dataclass(frozen=True)
class NaturalTime:
    """自然时间: every second counts, a day is 24 h."""

    day: timedelta = ONE_DAY

    def add(self, start: datetime, span: timedelta) -> datetime:
        return start + span

    def used(self, start: datetime, end: datetime) -> timedelta:
        return max(end - start, ZERO)


@dataclass(frozen=True)
class WorkdayTime:
    """工作日: the 24 h of a working day count, a day off counts nothing.

    So n days end at the same time of the n-th next working day, and what begins on a day off counts from 00:00 of the
    next working day. For the same reason a span that ends with a working day is used up at 00:00 of the next one.
    """

    calendar: WorkCalendar
    day: timedelta = ONE_DAY

    def add(self, start: datetime, span: timedelta) -> datetime:
        day = local_date(start)
        if not self.calendar.is_workday(day):
            day = self.calendar.next_workday(day)
            start = start_of_day(day)
        while (room := end_of_day(day) - start) <= span:
            span -= room
            day = self.calendar.next_workday(day)
            start = start_of_day(day)
        return start + span

    def used(self, start: datetime, end: datetime) -> timedelta:
        total, day = ZERO, local_date(start)
        while start < end:
            midnight = end_of_day(day)
            if self.calendar.is_workday(day):
                total += min(midnight, end) - start
            start, day = midnight, day + ONE_DAY
        return total


@dataclass(frozen=True)
class ServiceTime:
    """服务时间: the estate's service hours, every day or on working days only.

    A span that crosses midnight belongs to the day on which it begins: on working days only, Friday's night counts
    until Saturday morning. The due moment is the earliest at which the time is used up: closing time, not the next
    opening.
    """

    hours: ServiceHours
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    @property
    def day(self) -> timedelta:
        return self.hours.day

    def add(self, start: datetime, span: timedelta) -> datetime:
        if span <= ZERO:
            return start
        for opening, closing in self._spans(start):
            opening = max(opening, start)
            if opening + span <= closing:
                return opening + span
            span -= max(closing - opening, ZERO)
        raise AssertionError("service days never run out: they end in NoWorkdayData")

    def used(self, start: datetime, end: datetime) -> timedelta:
        total = ZERO
        if start >= end:
            return total
        for opening, closing in self._spans(start, until=end):
            total += max(min(closing, end) - max(opening, start), ZERO)
        return total

    def _spans(self, start: datetime, until: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
        """The spans of service in order, from the one that may still be open at `start`."""
        day = local_date(start)
        if self.hours.crosses_midnight:
            day -= ONE_DAY
        while until is None or start_of_day(day) < until:
            if not self.hours.workdays_only or self.calendar.is_workday(day):
                yield from self.hours.on(day)
            day += ONE_DAY


def add_working_days(start: datetime, days: int, calendar: WorkCalendar) -> datetime:
    """The same time of the n-th next working day; a day off counts from 00:00 of the next working day (GEN-2)."""
    return WorkdayTime(calendar).add(start, days * ONE_DAY)


def add_service_time(
    start: datetime, span: timedelta, hours: ServiceHours, calendar: WorkCalendar | None = None
) -> datetime:
    """The earliest moment at which `span` of service time has been used up (GEN-2)."""
    return ServiceTime(hours, calendar or WorkCalendar()).add(start, span)
