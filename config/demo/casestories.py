"""How the cases of the demo go: from the call to the callback, some late, some not solved at the first time (CMP)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import itemgetter
from random import Random

from complaints.choices import Channel, Grade, GradeReason, Kind
from complaints.models import Case
from complaints.services.clocks import clocks_of
from complaints.sla import becomes_major_at
from config.demo.contacts import Contact
from config.demo.play import Play, Story, swept_at
from foundation.worktime.local import SHANGHAI, end_of_day, local_date, start_of_day

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MORNING, EVENING = timedelta(hours=7, minutes=30), timedelta(hours=21, minutes=30)

GRADES = {
    "minor": [GradeReason.MINOR_EASY],
    "serious": [GradeReason.SERIOUS_NEED, GradeReason.SERIOUS_FAULT, GradeReason.SERIOUS_COMPANY],
    "major": [GradeReason.MAJOR_BROKEN_PROMISE, GradeReason.MAJOR_HARM, GradeReason.MAJOR_COMPANY],
}
# Hours from receipt to result: usually, and where it is late.
HOURS_TO_HANDLE = {
    Grade.MINOR: ((5, 120), (170, 230)),
    Grade.SERIOUS: ((3, 22), (26, 80)),
    Grade.MAJOR: ((20, 200), (365, 420)),
    "urgent": ((1, 8), (25, 40)),
    "normal": ((2, 40), (74, 130)),
    "other": ((2, 20), (25, 50)),
}
SATISFACTION = [5] * 48 + [4] * 34 + [3] * 11 + [2] * 5 + [1] * 2

Step = tuple[datetime, Callable[[datetime], None]]


def in_order(*steps: Step) -> Story:
    """Each at its moment, the earliest first."""
    for moment, verb in sorted(steps, key=itemgetter(0)):
        verb((yield moment))


def awake(at: datetime, rng: Random) -> datetime:
    """The moment, or the next morning where it lies in the night."""
    today = start_of_day(local_date(at))
    if at < today + MORNING:
        return today + MORNING + rng.randrange(5, 100) * MINUTE
    if at > today + EVENING:
        return end_of_day(local_date(at)) + MORNING + rng.randrange(5, 100) * MINUTE
    return at


class Way:
    """The way of one contact through the house; `slack` of its estate says how often something comes late."""

    def __init__(self, one: Contact, play: Play) -> None:
        self.one, self.play, self.rng = one, play, one.rng

    def late(self, share: float) -> bool:
        return self.rng.random() < share * self.one.desk.slack

    def after(self, at: datetime, least: float, most: float, *, by_day: bool = True) -> datetime:
        """Some minutes later; in the night only what can't wait."""
        then = at + timedelta(seconds=self.rng.randrange(round(least * 60), round(most * 60) + 1))
        return awake(then, self.rng) if by_day else then

    # --- the whole of it --------------------------------------------------------------------------------------------

    def story(self, start: datetime) -> Story:
        one, rng = self.one, self.rng
        at = yield start
        promised = None
        if one.channel == Channel.SCAN:
            one.scan(at)
            at = yield self.after(at, 1, 6) if not self.late(0.1) else self.after(at, 12, 40)
            one.take(at)
        else:
            may_promise = one.saying.kind in (Kind.NEED, Kind.SUGGESTION, Kind.REPAIR)
            if may_promise and rng.random() < 0.15:
                promised = start_of_day(local_date(at)) + timedelta(hours=24 + rng.choice((10, 15, 18)))
            one.register(at, promised_at=promised)
        kind = one.saying.kind
        if kind == Kind.PRAISE:
            one.close((yield self.after(at, 30, 900)))
        elif (kind == Kind.QUESTION and rng.random() < 0.8) or (kind == Kind.NEED and rng.random() < 0.3):
            one.settle((yield self.after(at, 1, 8, by_day=False)))
            yield from self.callback()
        else:
            yield from self.handed_on(at)

    def handed_on(self, at: datetime) -> Story:
        """Passed to a department, which reports; for a complaint the judgement comes in between."""
        one, rng = self.one, self.rng
        received = one.case.received_at
        transferred = (
            self.after(at, 11, 40, by_day=False) if self.late(0.05) else self.after(at, 0.3, 2.4, by_day=False)
        )
        steps: list[Step] = [(transferred, one.transfer)]
        urgent = one.saying.urgent
        repair = one.saying.kind == Kind.REPAIR
        accepted = (
            self.after(transferred, 1, 4, by_day=False) if urgent else self.after(transferred, 1, 8 if repair else 30)
        )
        if one.saying.kind == Kind.COMPLAINT and rng.random() < 0.08:
            steps.append((accepted, one.transfer_on))
            accepted = self.after(accepted, 5, 60)
        steps.append((accepted + MINUTE, one.accept))
        if repair:
            limit = 14 if urgent else 28
            arrived = (
                self.after(transferred, limit + 2, limit * 3)
                if self.late(0.1)
                else self.after(transferred, limit * 0.3, limit * 0.8, by_day=not urgent)
            )
            steps.append((max(arrived, accepted + 2 * MINUTE), one.arrive))
        grade = ""
        if one.saying.kind == Kind.COMPLAINT:
            grade = rng.choices(["minor", "serious", "major", "invalid"], [52, 34, 7, 7])[0]
            judged = self.after(received, 260, 420) if self.late(0.06) else self.after(received, 15, 130)
            steps.append((judged, self.judging(grade)))
        yield from in_order(*steps)
        done = max(moment for moment, _ in steps)
        if grade == "invalid":
            one.explain((yield self.after(done, 20, 180)))
            return
        yield from self.handled(received, done, grade)
        yield from self.answered()

    def judging(self, grade: str) -> Callable[[datetime], None]:
        if grade == "invalid":
            return lambda at: self.one.judge(at, valid=False)
        reason = self.rng.choice(GRADES[grade])

        def judge(at: datetime) -> None:
            self.one.judge(at)
            self.one.grade(at, reason=reason)

        return judge

    # --- handling and answering -------------------------------------------------------------------------------------

    def handled(self, received: datetime, since: datetime, grade: str) -> Story:
        """Up to the result, with what happens on the way: a word in between, waiting for the customer, more time."""
        one, rng = self.one, self.rng
        kind = one.saying.kind
        key = grade or (("urgent" if one.saying.urgent else "normal") if kind == Kind.REPAIR else "other")
        usual, late = HOURS_TO_HANDLE[key]
        is_late = self.late(0.13)
        hours = late if is_late else usual
        reported = self.after(received, hours[0] * 60, hours[1] * 60, by_day=not one.saying.urgent)
        reported = max(reported, self.after(since, 20, 90))
        steps: list[Step] = []
        if reported - received > 20 * HOUR and not self.late(0.15):
            promised = reported + 8 * HOUR
            may_promise = kind in (Kind.NEED, Kind.SUGGESTION) and promised - received < 3 * DAY
            if may_promise and not one.case.promised_at:
                steps.append((self.after(since, 5, 60), lambda at: one.promise(at, until=promised)))
            else:
                steps.append((self.after(max(since, received + HOUR), 5, 500), one.reply))
        if kind in (Kind.REPAIR, Kind.COMPLAINT) and not one.saying.urgent and rng.random() < 0.12:
            waits = self.after(since, 5, 40)
            resumed = self.after(waits, 20 * 60, 50 * 60)
            reported = max(reported, self.after(resumed, 60, 300))
            steps += [(waits, one.pause), (resumed, one.resume)]
        elif is_late and grade in ("serious", "minor") and rng.random() < 0.6:
            steps += self.more_time(reported, since)
        if grade == "minor" and rng.random() < 0.08:
            steps.append((self.after(since, 60, 300), lambda at: one.grade(at, reason=GradeReason.SERIOUS_FAULT)))
        if kind == Kind.COMPLAINT and reported > becomes_major_at(received):
            self.play.add(swept_at(becomes_major_at(received)))
        yield from in_order(*[step for step in steps if step[0] < reported])
        one.report((yield reported))

    def more_time(self, reported: datetime, since: datetime) -> list[Step]:
        """Asked for shortly before the limit, decided by the manager (CMP-7)."""
        one, rng = self.one, self.rng
        due_at = clocks_of(one.case)["handle"].due_at
        asked = max(awake(due_at - rng.randrange(2, 8) * HOUR, rng), since + 5 * MINUTE)
        until = end_of_day(local_date(max(due_at, reported))) + rng.randrange(0, 2) * DAY - 6 * HOUR
        if not asked < due_at < until:
            return []
        grant = rng.random() < 0.7
        return [
            (asked, lambda at: one.ask_extension(at, until=until)),
            (self.after(asked, 20, 300), lambda at: one.decide_extension(at, grant=grant)),
        ]

    def answered(self) -> Story:
        """The customer is answered on the same day, mostly."""
        reported = self.one.now.result_at
        answered = self.after(reported, 600, 1500) if self.late(0.06) else self.after(reported, 8, 110)
        self.one.answer((yield answered))
        yield from self.callback()

    # --- calling back -----------------------------------------------------------------------------------------------

    def callback(self) -> Story:
        one, rng = self.one, self.rng
        case = one.now
        if case.is_closed:
            return
        answered = case.answered_at
        if one.channel == Channel.SCAN and rng.random() < 0.5:
            at = yield self.after(answered, 5, 600)
            one.rate(at, satisfaction=rng.choice(SATISFACTION))
            return
        at = yield self.after(answered, 25 * 60, 50 * 60) if self.late(0.08) else self.after(answered, 60, 13 * 60)
        roll = rng.random()
        if roll < 0.04:
            yield from self.unreachable(at)
            return
        if roll < 0.16:
            one.try_to_call(at)
            at = yield self.after(at, 125, 600)
        if rng.random() < 0.07 * one.desk.slack and case.round < 3:
            one.call_back(at, solved=False)
            yield from self.again(at)
            return
        satisfaction = rng.choice(SATISFACTION) if case.round == 1 else rng.choice((3, 4, 4, 5))
        one.call_back(at, satisfaction=satisfaction)
        if satisfaction <= 2 and rng.random() < 0.4:
            at = yield self.after(at, 30, 240)
            one.reopen(at)
            yield from self.again(at)
        elif rng.random() < 0.06:
            one.sign((yield self.after(at, 60, 900)))

    def unreachable(self, at: datetime) -> Story:
        """Three times in vain on two days (CMP-12)."""
        one = self.one
        one.try_to_call(at)
        for hours in (3, 20):
            at = yield self.after(at, hours * 60, hours * 60 + 90)
            one.try_to_call(at)
        if local_date(at) != local_date(one.now.calls.order_by("at").first().at):
            one.give_up((yield self.after(at, 5, 60)))

    def again(self, at: datetime) -> Story:
        """Not solved: another round, which is taken up faster."""
        one = self.one
        if one.case.state == Case.State.TO_TRANSFER:
            at = yield self.after(at, 2, 8, by_day=False)
            one.transfer(at)
        if one.saying.kind == Kind.REPAIR:
            at = yield self.after(at, 8, 28)
            one.arrive(at)
        one.report((yield self.after(at, 90, 18 * 60)))
        yield from self.answered()


def some_time_of_day(day: datetime, rng: Random) -> datetime:
    """When people call: mornings and evenings most, nights seldom."""
    hour = rng.choices(range(24), [1, 1, 0, 0, 0, 1, 3, 8, 14, 15, 12, 9, 6, 7, 9, 10, 10, 10, 12, 12, 9, 6, 3, 2])[0]
    return day.astimezone(SHANGHAI).replace(hour=hour) + timedelta(seconds=rng.randrange(3600))
