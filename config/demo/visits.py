"""客户访问 of the demo: made, planned, overdue, cancelled; a point raised becomes a case (CMP-13)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from accounts.models import User
from accounts.roles import Role
from complaints.choices import Cause, Channel, Kind
from complaints.models import Visit
from complaints.services.visiting import cancel_visit, case_from_point, plan_visit, record_visit
from config.demo import names
from config.demo.casestories import DAY, HOUR, SATISFACTION, Way
from config.demo.contacts import Contact, Desk
from config.demo.play import Play, Story
from config.demo.sayings import Saying
from estates.models import House
from foundation.worktime.local import local_date, start_of_day

MADE = 5
POINT = Saying(Kind.NEED, Cause.FACILITY, names.VISIT_POINTS[0], "已安排检查并处理，结果已告知客户")


def visits(desk: Desk, play: Play, begin: datetime) -> Iterator[Story]:
    """Some made in the past weeks, one missed, one cancelled, two to come."""
    if not desk.houses:
        return
    today = local_date(play.now)
    first = max(local_date(begin), desk.estate.delivery_on)
    span = (today - first).days
    for number in range(MADE):
        day = today - timedelta(days=3 + desk.rng.randrange(max(1, span - 10)))
        yield _made(desk, play, day, to_case=number == 0)
    yield _planned(desk, today - 2 * DAY)
    yield _planned(desk, today + 1 * DAY)
    yield _planned(desk, today + 4 * DAY)
    yield _cancelled(desk, today - 9 * DAY)


def _plan(desk: Desk, day: date, at: datetime, rng: Random) -> Visit:
    house, visitor = _house(desk, rng), _visitor(desk, rng)
    mode = rng.choice((Visit.Mode.FACE, Visit.Mode.FACE, Visit.Mode.PHONE))
    purpose = rng.choice(names.VISITS)
    return plan_visit(house=house, visitor=visitor, by=desk.lead, at=at, planned_on=day, mode=mode, purpose=purpose)


def _house(desk: Desk, rng: Random) -> House:
    return rng.choice(desk.known or desk.houses)


def _visitor(desk: Desk, rng: Random) -> User:
    return rng.choice(desk.at(Role.SERVICE, Role.SERVICE_LEAD))


def _planned(desk: Desk, day: date) -> Story:
    rng = Random(desk.rng.getrandbits(64))
    _plan(desk, day, (yield _planning(day, rng)), rng)


def _planning(day: date, rng: Random) -> datetime:
    """When it is planned, a week before."""
    return start_of_day(day - timedelta(days=7)) + rng.randrange(9, 17) * HOUR


def _made(desk: Desk, play: Play, day: date, *, to_case: bool) -> Story:
    rng = Random(desk.rng.getrandbits(64))
    visit = _plan(desk, day, (yield _planning(day, rng)), rng)
    at = yield start_of_day(day) + rng.randrange(9, 18) * HOUR
    raised = rng.sample(names.VISIT_POINTS[1:], rng.choice((0, 0, 1, 2)))
    visit = record_visit(
        visit=visit,
        by=desk.same(visit.visitor),
        at=at,
        visited=visit.house.owner.name,
        satisfaction=max(2, rng.choice(SATISFACTION)),
        remark=rng.choice(names.VISIT_REMARKS),
        points=[POINT.said, *raised] if to_case else raised,
    )
    if to_case:
        at = yield at + HOUR
        one = Contact(desk, POINT, rng, channel=Channel.VISIT_THEM)
        one.adopt(
            case_from_point(point=visit.points.get(text=POINT.said), by=desk.same(visit.visitor), at=at, kind=Kind.NEED)
        )
        yield from Way(one, play).handed_on(at)


def _cancelled(desk: Desk, day: date) -> Story:
    rng = Random(desk.rng.getrandbits(64))
    visit = _plan(desk, day, (yield _planning(day, rng)), rng)
    at = yield datetime.combine(day - timedelta(days=1), time(16), start_of_day(day).tzinfo)
    cancel_visit(visit=visit, by=desk.same(visit.visitor), at=at, reason=names.VISIT_CANCELLED)
