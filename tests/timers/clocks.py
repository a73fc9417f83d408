"""A small cast for clocks: a subject, a kind with a handler that notes what it was told, a calendar."""

from datetime import timedelta

from foundation.timers.models import Clock
from foundation.timers.values import Step
from foundation.worktime.local import parse_at
from foundation.worktime.models import CalendarDay

KIND = "tests.limit"
BROKEN = "tests.broken"

# The ladder of CMP-9 and the one of INS-11.
SHARES = (
    Step("handler", "经办人", "handler", percent=50),
    Step("manager", "项目经理", "estate_manager", percent=100),
    Step("branch", "分公司督导", "branch_supervisor", percent=150),
    Step("group", "集团督导", "group_supervisor", percent=200),
)
DAYS = (
    Step("lead", "主管", "lead", days_after=0),
    Step("manager", "项目经理", "estate_manager", days_after=1),
    Step("branch", "分公司督导", "branch_supervisor", days_after=3),
    Step("group", "集团督导", "group_supervisor", days_after=7),
)

START = parse_at("2026-11-02T10:00")  # a Monday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def subject(pk: int = 1) -> CalendarDay:
    """Any row can have clocks; this one needs no other app."""
    day = CalendarDay()
    day.pk = pk
    return day


def steps(clock: Clock) -> list[tuple[int, str]]:
    """The steps that have happened, in order: (round, code)."""
    return list(clock.taken.values_list("round", "code"))
