"""The words of a policy: how long, on which kind of time, and what happens when."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import TextChoices

from foundation.worktime.arithmetic import (
    NaturalTime,
    ServiceHours,
    ServiceTime,
    Timekeeping,
    WorkCalendar,
    WorkdayTime,
)


class Calendar(TextChoices):
    NATURAL = "natural", "自然时间"
    WORKDAY = "workday", "工作日"
    SERVICE = "service", "服务时间"


class Unit(TextChoices):
    MINUTES = "minutes", "分钟"
    HOURS = "hours", "小时"
    DAYS = "days", "天"


@dataclass(frozen=True)
class Limit:
    """How long something may take, and on which kind of time that is counted (GEN-2)."""

    amount: int
    unit: Unit = Unit.DAYS
    calendar: Calendar = Calendar.NATURAL
    hours: ServiceHours | None = None

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError("期限不能为负数。")
        if (self.calendar == Calendar.SERVICE) != (self.hours is not None):
            raise ValueError("服务时间的期限要写明服务时段，其他期限不写。")

    def span(self, day: timedelta) -> timedelta:
        """The whole time, given what a day of its calendar is worth."""
        match self.unit:
            case Unit.MINUTES:
                return timedelta(minutes=self.amount)
            case Unit.HOURS:
                return timedelta(hours=self.amount)
            case _:
                return self.amount * day


@dataclass(frozen=True)
class Step:
    """One step of a ladder: due at a share of the whole time, or some days after the limit.

    `percent` 150 is one and a half times the limit; `days_after` 0 is the limit itself, its days are days of the
    clock's calendar. `to` is the role or person meant, in the words of the handler; `name` is what people read.
    """

    code: str
    name: str
    to: str = ""
    percent: int | None = None
    days_after: int | None = None

    def __post_init__(self) -> None:
        if (self.percent is None) == (self.days_after is None):
            raise ValueError(f"阶梯“{self.name}”要么写期限的百分比，要么写超期天数。")
        if (self.percent or 0) < 0 or (self.days_after or 0) < 0:
            raise ValueError(f"阶梯“{self.name}”的时间不能为负数。")

    def position(self, whole: timedelta, day: timedelta) -> timedelta:
        """How much time has been used when the step is due."""
        if self.percent is not None:
            return whole * self.percent / 100
        return whole + (self.days_after or 0) * day

    def as_json(self) -> dict[str, str | int]:
        return {key: value for key, value in vars(self).items() if value not in (None, "")}


def timekeeping(calendar: str, hours: ServiceHours | None, work_calendar: WorkCalendar) -> Timekeeping:
    """The arithmetic for a kind of time."""
    if calendar == Calendar.WORKDAY:
        return WorkdayTime(work_calendar)
    if calendar == Calendar.SERVICE and hours:
        return ServiceTime(hours, work_calendar)
    return NaturalTime()


def needs_work_calendar(calendar: str, hours: ServiceHours | None) -> bool:
    """Whether the working calendar has to be read to count this kind of time."""
    return calendar == Calendar.WORKDAY or bool(hours and hours.workdays_only)


def hours_as_json(hours: ServiceHours | None) -> dict | None:
    if hours is None:
        return None
    spans = [[f"{opening:%H:%M}", f"{closing:%H:%M}"] for opening, closing in hours.spans]
    return {"spans": spans, "workdays_only": hours.workdays_only}


def hours_from_json(data: dict | None) -> ServiceHours | None:
    if data is None:
        return None
    spans = tuple((time.fromisoformat(opening), time.fromisoformat(closing)) for opening, closing in data["spans"])
    return ServiceHours(spans, data["workdays_only"])


def check_ladder(ladder: Iterable[Step]) -> tuple[Step, ...]:
    """A ladder's codes are what makes a step happen once, so none may stand twice."""
    steps = tuple(ladder)
    codes = [step.code for step in steps]
    if len(set(codes)) != len(codes):
        raise ValueError("一个阶梯里的步骤编码不能重复。")
    return steps


@dataclass(frozen=True)
class Subject:
    """What a clock of `start_many` is about; `due_at` where the due moment is given instead of computed."""

    id: int
    node_id: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Beginning:
    """One of the clocks that `start_all` starts for a record."""

    kind: str
    limit: Limit | None = None
    ladder: Sequence[Step] = ()
    due_at: datetime | None = None
