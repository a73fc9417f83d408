"""Three months of cases of every kind, grade and state, told by the product's own services in the order of time (CMP)."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from django.db.models import F

from accounts.roles import Role
from complaints.choices import Cause, Channel, Kind
from complaints.models import Case, Event, Visit
from complaints.services.codes import make_code
from config.demo import names
from config.demo.casescripts import LIFT, PAST, TODAY, WATER, outage, verb_of
from config.demo.casestories import DAY, HOUR, Way, in_order, some_time_of_day
from config.demo.contacts import Contact, Desk
from config.demo.play import Play, Story
from config.demo.sayings import Deck, before_delivery, sayings
from config.demo.visits import visits
from config.demo.world import World
from estates.models import Estate, House
from foundation.notices.models import Notice
from foundation.worktime.local import add_months, local_date, start_of_day
from foundation.worktime.weeks import Week
from reports.models import WeeklySheet
from reports.weekly import draft_weekly_sheets, edit_weekly

MONTHS = 3
# The first estate is the one that the demo's accounts work at.
CASES, CASES_FIRST, CASES_NEW, CASES_BEFORE_DELIVERY = 18, 30, 12, 8
KINDS = {
    Kind.COMPLAINT: 32,
    Kind.REPAIR: 33,
    Kind.NEED: 9,
    Kind.SUGGESTION: 7,
    Kind.QUESTION: 12,
    Kind.PRAISE: 7,
}
CHANNELS = {
    Channel.PHONE: 54,
    Channel.WECHAT: 15,
    Channel.VISIT_US: 11,
    Channel.SCAN: 9,
    Channel.PATROL: 3,
    Channel.VISIT_THEM: 2,
    Channel.REFERRED: 4,
    Channel.BOX: 2,
}
SHARE_URGENT, SHARE_WITH_PHOTO = 0.22, 0.44
SEEN = {Cause.LEAK, Cause.WATER, Cause.CLEANING, Cause.FACILITY, Cause.FIRE, Cause.RENOVATION, Cause.PARKING}
WEEKS = 4


def build_cases(world: World, rng: Random, *, at: datetime) -> str:
    """Write them up to `at`, with their visits, codes and weekly sheets; returns figures in words."""
    play = Play(at)
    begin = start_of_day(add_months(local_date(at), -MONTHS))
    desks = [_desk(world, estate, rng, begin) for estate in world.estates]
    for desk in desks:
        _past(desk, play, begin)
        for visit in visits(desk, play, begin):
            play.add(visit)
    live = [desk for desk in desks if desk.houses]
    play.add(outage(live[0], WATER, at - 9 * DAY))
    play.add(outage(live[len(live) // 2], LIFT, at - 30 * HOUR))
    for desk in desks:
        _told(desk, play)
    for week in reversed(range(WEEKS)):
        play.add(_week(world, Week.before(at).shift(-week)))
    play.run()
    return _figures()


def _desk(world: World, estate: Estate, rng: Random, begin: datetime) -> Desk:
    delivered = estate.delivery_on <= local_date(begin) + (timedelta(days=45))
    live = [
        house
        for house in House.objects.filter(estate=estate).prefetch_related("owners", "tenants").order_by("pk")
        if delivered and house.owner
    ]
    own = Random(rng.getrandbits(64))
    deck = Deck(own, sayings() if live else before_delivery())
    archivist = world.at(estate, Role.ARCHIVIST)[0]
    houses = own.sample(live, min(6, len(live)))
    codes = [make_code(estate=estate, by=archivist, at=begin)]
    codes += [make_code(estate=estate, house=house, by=archivist, at=begin) for house in houses]
    return Desk(world, estate, own, deck, live, codes, slack=own.uniform(0.6, 1.5))


# --- the three months -------------------------------------------------------------------------------------------------


def _past(desk: Desk, play: Play, begin: datetime) -> None:
    """Spread over the time; the last ones are still on their way at the end of it."""
    first = max(begin, start_of_day(desk.estate.delivery_on)) if desk.houses else begin
    days = (play.now - first).days
    for _ in range(_number_of(desk, first, begin)):
        one = _contact(desk)
        start = some_time_of_day(first + desk.rng.randrange(days + 1) * DAY, one.rng)
        if start <= play.now:
            play.add(Way(one, play).story(start))


def _number_of(desk: Desk, first: datetime, begin: datetime) -> int:
    if not desk.houses:
        return CASES_BEFORE_DELIVERY
    if desk.estate.code == names.ESTATES[0][0]:
        return CASES_FIRST
    return CASES if first == begin else CASES_NEW


def _contact(desk: Desk) -> Contact:
    own = Random(desk.rng.getrandbits(64))
    kinds = list({card.kind: None for card in desk.deck.cards})
    kind = own.choices(kinds, [KINDS[kind] for kind in kinds])[0]
    urgent = kind == Kind.REPAIR and own.random() < SHARE_URGENT
    saying = desk.deck.draw(kind, urgent=urgent)
    channel = own.choices(list(CHANNELS), list(CHANNELS.values()))[0]
    if urgent or (channel == Channel.PATROL and (saying.is_from_home or kind != Kind.REPAIR)) or not desk.houses:
        channel = Channel.PHONE
    with_photo = saying.cause in SEEN and kind in (Kind.COMPLAINT, Kind.REPAIR) and own.random() < SHARE_WITH_PHOTO
    return Contact(desk, saying, own, channel=channel, with_photo=with_photo)


def _told(desk: Desk, play: Play) -> None:
    """What is open now, and what must not be missing: all of it at the first estate, some of today's at the others."""
    if not desk.houses:
        return
    is_first = desk.estate.code == names.ESTATES[0][0]
    for kind, urgent, channel, person, *steps in [*PAST, *TODAY] if is_first else desk.rng.sample(TODAY, 3):
        one = Contact(desk, desk.deck.draw(kind, urgent=urgent), Random(desk.rng.getrandbits(64)), channel=channel)
        one.desk_person = desk.at(Role.SERVICE)[person]
        play.add(in_order(*[(play.now - timedelta(minutes=minutes), verb_of(one, verb)) for minutes, verb in steps]))


# --- around them --------------------------------------------------------------------------------------------------------


def _week(world: World, week: Week) -> Story:
    """CMP-14: each Friday at 17:00; the first estate's manager writes some words the week after."""
    at = yield week.end
    draft_weekly_sheets(at=at, weeks=1)
    estate = world.estates[0]
    at = yield at + 16 * HOUR
    words = names.WEEKLY_REMARKS[week.friday.toordinal() // 7 % len(names.WEEKLY_REMARKS)]
    edit_weekly(
        sheet=WeeklySheet.objects.get(node=estate.pk, friday=week.friday),
        by=world.at(estate, Role.ESTATE_MANAGER)[0],
        at=at,
        remark=words,
    )


def read_notices(at: datetime) -> None:
    """What is older than a day has been read within hours, but for one in twelve."""
    old = Notice.objects.filter(at__lt=at - DAY, read_at=None).annotate(turn=F("pk") % 12).exclude(turn=0)
    old.update(read_at=F("at") + 3 * HOUR)


def _figures() -> str:
    cases = Case.objects.count()
    return (
        f"诉求 {cases} 张（未关闭 {Case.objects.open().count()} 张），同一事件 {Event.objects.count()} 个，"
        f"客户访问 {Visit.objects.count()} 次"
    )
