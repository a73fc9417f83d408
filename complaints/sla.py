"""The limits of a case as arithmetic (CMP-3…9): values in, limits, ladders and moments out. No database, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from complaints.choices import Audience, ClockKind
from foundation.timers.values import Calendar, Limit, Step, Unit
from foundation.worktime.arithmetic import ServiceHours
from foundation.worktime.local import SHANGHAI, local_date, start_of_day

DAY = timedelta(days=1)
# CMP-9: a limit shorter than a day stops here; too many alarms hide the real ones.
LAST_OF_SHORT = Audience.ESTATE_MANAGER
# CMP-8
WEEK = 7 * DAY
CUSTOMERS_OF_EVENT = 5
# CMP-4: a promise beyond this needs the service lead.
LONGEST_PROMISE = 3 * DAY
# CMP-12: an unanswered call is tried so often, so far apart, on more than one day.
CALL_TRIES = 3
CALL_GAP = timedelta(hours=2)
# CMP-16
EVENT_SPAN = DAY


@dataclass(frozen=True)
class Rule:
    """One limit of a policy: how long, on which time, who hears of it, and whether waiting for the customer pauses it.

    A rule with `day_ends_late_after` is 当日回复 (CMP-7): not a length of time but the end of the day.
    """

    clock: ClockKind
    amount: int = 0
    unit: Unit = Unit.DAYS
    calendar: Calendar = Calendar.NATURAL
    workdays_only: bool = False
    pausable: bool = False
    ladder: tuple[tuple[int, Audience], ...] = ()
    day_ends_late_after: time | None = None
    next_day_until: time | None = None

    def limit(self, hours: ServiceHours | None = None) -> Limit | None:
        """The limit for an estate with these service hours; None where it is the end of a day."""
        if self.day_ends_late_after is not None:
            return None
        if self.calendar != Calendar.SERVICE:
            return Limit(self.amount, self.unit, self.calendar)
        spans = (hours or ALL_DAY).spans
        return Limit(self.amount, self.unit, self.calendar, ServiceHours(spans, self.workdays_only))

    def end_of_day(self, at: datetime) -> datetime | None:
        """CMP-7: by 24:00 of the day, by 10:00 of the next if it came after 20:00."""
        if self.day_ends_late_after is None or self.next_day_until is None:
            return None
        tomorrow = local_date(at) + DAY
        if at.astimezone(SHANGHAI).time() > self.day_ends_late_after:
            return datetime.combine(tomorrow, self.next_day_until, SHANGHAI)
        return start_of_day(tomorrow)

    def steps(self, *, short: bool) -> tuple[Step, ...]:
        """The ladder; a limit shorter than a day stops at the estate manager (CMP-9)."""
        rungs = self.ladder
        if short:
            rungs = tuple(rung for rung in rungs if rung[1] in (Audience.HANDLER, LAST_OF_SHORT))
        return tuple(Step(f"{percent}", audience.label, audience.value, percent) for percent, audience in rungs)


ALL_DAY = ServiceHours(((time(0), time(0)),))


def end_of_day_in_words(started_at: datetime, due_at: datetime) -> str:
    """当日 24:00 前, or 次日 10:00 前 for what came late (CMP-7)."""
    if local_date(due_at) > local_date(started_at) and due_at != start_of_day(local_date(due_at)):
        return f"次日 {due_at.astimezone(SHANGHAI):%H:%M} 前"
    return "当日 24:00 前"


def is_short(limit: Limit | None, *, started_at: datetime, due_at: datetime | None) -> bool:
    """Whether a limit is shorter than a day: of its own calendar, or in hours up to a given due moment (CMP-9)."""
    if due_at is not None:
        return due_at - started_at < DAY
    assert limit is not None, "a limit or a due moment is given"
    day = limit.hours.day if limit.hours else DAY
    return limit.span(day) < day


def service_hours(text: str) -> ServiceHours | None:
    """An estate's hours from `08:30-12:00,14:00-18:00`; None for an empty text, which means round the clock."""
    return ServiceHours.parse(text) if text.strip() else None


def becomes_major_at(received_at: datetime) -> datetime:
    """CMP-8: 7 × 24 h after it was received, over all rounds; pauses do not stop these seven days."""
    return received_at + WEEK


def counted_tries(tries: Sequence[datetime]) -> list[datetime]:
    """The unanswered calls that count: each at least two hours after the one that counted before (CMP-12)."""
    counted: list[datetime] = []
    for at in sorted(tries):
        if not counted or at - counted[-1] >= CALL_GAP:
            counted.append(at)
    return counted


def why_not_unreachable(tries: Sequence[datetime]) -> str:
    """CMP-12: 3 calls, 2 hours apart, not all on one day, before 无法联系; "" when that is fulfilled."""
    counted = counted_tries(tries)
    if len(counted) < CALL_TRIES:
        return f"要间隔 2 小时以上拨打 {CALL_TRIES} 次才能以无法联系关闭，现在有效 {len(counted)} 次。"
    # The first and the last try, which need not be of those: 19:00, 21:00, 23:00 and 00:30 hold three on two days.
    if local_date(min(tries)) == local_date(max(tries)):
        return f"{CALL_TRIES} 次回访不能都在同一天，请改天再拨一次。"
    return ""


def next_try_at(tries: Sequence[datetime]) -> datetime | None:
    """From when on one more unanswered call brings 无法联系 nearer: after the gap, and what would be the last on one day
    only the day after. None where nothing has to be waited for.
    """
    if not tries or not why_not_unreachable(tries):
        return None
    counted = counted_tries(tries)
    after = counted[-1] + CALL_GAP
    tomorrow = start_of_day(local_date(min(tries)) + DAY)
    return max(after, tomorrow) if len(counted) >= CALL_TRIES - 1 else after
