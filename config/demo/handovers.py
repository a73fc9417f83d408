"""Handovers of the demo: a second phase on its second day, and two batches that are closed (HND-1…7)."""

from __future__ import annotations

from datetime import date, datetime
from functools import partial
from random import Random

from accounts.models import User
from accounts.roles import Role
from config.demo import handoverwords as words
from config.demo.casestories import DAY, HOUR, MINUTE
from config.demo.handoverhouses import Hall, OneHouse
from config.demo.handoverlists import Buyer, Diary, known_buyer, make_slots, new_buyer, send_list
from config.demo.handoverliving import lived_in
from config.demo.handoverplans import Plan, add, new_batch
from config.demo.handoverstories import Repairs, finished, never_came, settled, turned_away
from config.demo.handovertoday import second_phase_day
from config.demo.play import Play, Story
from config.demo.world import World
from estates.models import Estate, House
from foundation.worktime.local import local_date, start_of_day
from handover.choices import Method, NotTaken
from handover.models import Batch, Defect, FeeItem, Handover, MoveIn, Pass
from handover.services.batches import close_batch, open_batch
from handover.services.builders import add_builder
from handover.services.payments import reverse

# Houses of the closed batches; of the larger one two more were not taken over.
LEFT_OVER, FIRST_OF_NEW, AWAY = 4, 6, (3, 7)
SETTLED = ("confirmed", "confirmed", "again", "waived", "left")


def build_handovers(world: World, rng: Random, *, at: datetime) -> str:
    """All of the chapter, up to `at`; figures in words."""
    play, today = Play(at), local_date(at)
    first = world.estates[0]
    hall = _hall(world, first, rng, today - 110 * DAY)
    houses = _homes(first)
    unsold = [house for house in houses if not house.owner][:LEFT_OVER]
    left = _closed(hall, play, "一期尾房集中交付", [new_buyer(house, hall.rng) for house in unsold], today - 75 * DAY)
    lived_in(hall, play, [house for house in houses if house.owner], left)
    grown = [estate for estate in world.estates[1:] if estate.delivery_on < today - 30 * DAY]
    if grown:
        newest = max(grown, key=lambda estate: estate.delivery_on)
        there = _hall(world, newest, rng, newest.delivery_on - 30 * DAY)
        homes = [house for house in _homes(newest) if house.owner]
        taken = [known_buyer(house, there.rng) for house in there.rng.sample(homes, FIRST_OF_NEW + 2)]
        batch = _closed(there, play, "首批集中交付", taken, newest.delivery_on)
        lived_in(there, play, [one for one in homes if one.pk not in {buyer.house.pk for buyer in taken}], batch)
    second_phase_day(hall, play)
    play.run()
    return _figures()


def _hall(world: World, estate: Estate, rng: Random, day: date) -> Hall:
    """Its people, what it charges, and who mends."""
    hall = Hall(world, estate, Random(rng.getrandbits(64)))
    FeeItem.objects.bulk_create(
        FeeItem(estate=estate, code=code, name=name, basis=basis, rate=rate, is_monthly=is_monthly)
        for code, name, basis, rate, is_monthly in words.FEES
    )
    lead, at = hall.at(Role.ENGINEERING_LEAD)[0], start_of_day(day) + 10 * HOUR
    hall.builders = [
        add_builder(estate=estate, name=name, trades=trades, contact=contact, phone=phone, by=lead, at=at)
        for name, trades, contact, phone in words.BUILDERS
    ]
    return hall


def _homes(estate: Estate) -> list[House]:
    return list(House.objects.filter(estate=estate).prefetch_related("owners", "tenants").order_by("pk"))


# --- closed -------------------------------------------------------------------------------------------------------------


def _closed(hall: Hall, play: Play, name: str, buyers: list[Buyer], starts_on: date) -> list[OneHouse]:
    """A batch of two days, weeks ago. Two of a large one were not taken over; of two others the payment came back.

    The houses that were taken over, those two first.
    """
    developer = words.DEVELOPER_SZ if hall.estate.code.startswith("SZ") else words.DEVELOPER
    batch = new_batch(hall, name, starts_on, 2, developer=developer, place="客服中心接待大厅")
    begins = start_of_day(starts_on)
    slots = make_slots(batch, 2, hall.lead, begins - 20 * DAY + 10 * HOUR)
    diary, plan, away = Diary(slots), Plan(hall, play.now), len(buyers) > LEFT_OVER
    hours = diary.spread(begins, begins + 2 * DAY, len(buyers))
    for number, (buyer, slot) in enumerate(zip(buyers, hours, strict=True)):
        buyer.slot, buyer.notice_on = slot, local_date(slot.starts_at)
        start = slot.starts_at + hall.rng.randrange(-4, 9) * MINUTE
        if away and number == AWAY[0]:
            plan.add(buyer, lambda one, start=start: [turned_away(one, start, NotTaken.QUALITY, after=4)])
        elif away and number == AWAY[1]:
            plan.add(buyer, lambda one, start=start: [never_came(one, start + 2 * HOUR, NotTaken.UNREACHED)])
        else:
            plan.add(buyer, partial(_taken, start=start, way=SETTLED[number % len(SETTLED)], back=number < 2))
    send_list(batch, buyers, hall.lead, begins - 18 * DAY + 11 * HOUR)
    open_batch(batch=batch, by=hall.manager, at=begins + 8 * HOUR)
    ones = plan.tell(batch, play)
    add(play, _close(batch, hall.manager, begins + 2 * DAY + 17 * HOUR))
    return [one for number, one in enumerate(ones) if not (away and number in AWAY)]


def _taken(one: OneHouse, *, start: datetime, way: str, back: bool) -> list[Story]:
    one.faults, one.keeps = one.rng.sample(words.FAULTS, 1 + (way == "again")), way != "waived"
    stories = [finished(one, start), settled(Repairs(one.hall, one, one.rng), start + 3 * HOUR, way)]
    if back:
        one.methods = (Method.TRANSFER,)
        stories.append(_came_back(one, start + 9 * DAY))
    return stories


def _came_back(one: OneHouse, at: datetime) -> Story:
    """The bank returns what was paid: the bill is open again."""
    at = yield at
    payment = one.bill.payments.get()
    reverse(payment=payment, reason=words.RETURNED, by=one.hall.cashier, at=at)


def _close(batch: Batch, by: User, at: datetime) -> Story:
    close_batch(batch=batch, by=by, at=(yield at))


def _figures() -> str:
    done = Handover.objects.filter(state=Handover.State.DONE).count()
    return (
        f"交房 {Handover.objects.count()} 户（已接房 {done} 户），遗留问题 {Defect.objects.count()} 个，"
        f"入住 {MoveIn.objects.count()} 户，出门条 {Pass.objects.count()} 张"
    )
