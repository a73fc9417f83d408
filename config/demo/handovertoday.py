"""The second phase of the demo's first estate: 120 houses in four days, and this is the second (HND-1…4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from accounts.roles import Role
from config.demo import handoverwords as words
from config.demo.casestories import DAY, HOUR, MINUTE
from config.demo.handoverhouses import Hall, OneHouse
from config.demo.handoverlists import Buyer, Diary, make_slots, new_buyer, second_phase, send_list
from config.demo.handoverplans import Plan, Tell, add, new_batch
from config.demo.handoverstories import Repairs, early, finished, mended, never_came, stands, turned_away
from config.demo.play import Play, Story
from foundation.worktime.local import local_date, start_of_day
from handover.choices import BuyerKind, Method, NotTaken, StepKind
from handover.services.batches import open_batch

# Who was handed over yesterday, and today at most; an hour and more passes between arrival and keys.
SHARE_YESTERDAY, SHARE_TODAY, IN_THE_HALL = 0.35, 0.08, timedelta(minutes=100)
EARLY = ("confirmed", "rechecked", "returned", "fixed", "photo", "late", "confirmed", "rechecked")
MENDED = ("lent", "late_key", "waived", "fixed", "rechecked", "confirmed", "rejected", "by_builder")
# Reason, and how many steps came before it.
TURNED_AWAY = {
    5: (NotTaken.PAPERS, 1),
    11: (NotTaken.QUALITY, 4),
    13: (NotTaken.FEES, 5),
    15: (NotTaken.DISPUTE, 1),
}
MISSED = (9, 14)


def second_phase_day(hall: Hall, play: Play) -> None:
    """120 houses over four days, today being the second."""
    now, rng = play.now, hall.rng
    today = start_of_day(local_date(now))
    houses = second_phase(hall.estate, rng)
    starts_on = local_date(now - DAY)
    batch = new_batch(hall, "二期集中交付", starts_on, 4, developer=words.DEVELOPER, place=words.HALL)
    capacity = max(3, -(-len(houses) // 28))
    diary = Diary(make_slots(batch, capacity, hall.lead, today - 20 * DAY + 10 * HOUR))
    buyers = iter([new_buyer(house, rng) for house in rng.sample(houses, len(houses))])
    plan = Plan(hall, now)
    _yesterday(plan, buyers, diary, round(len(houses) * SHARE_YESTERDAY))
    _today(plan, buyers, diary, round(len(houses) * SHARE_TODAY))
    _to_come(plan, buyers, diary)
    for number, (buyer, _) in enumerate(plan.rows):
        begins = buyer.slot and local_date(buyer.slot.starts_at)
        buyer.notice_on = buyer.notice_on or begins or (batch.ends_on if number % 2 else None)
    send_list(batch, [one for one, _ in plan.rows], hall.lead, today - 18 * DAY + 15 * HOUR, wrong_before=True)
    open_batch(batch=batch, by=hall.manager, at=today - DAY + 8 * HOUR + 20 * MINUTE)
    ones = plan.tell(batch, play)
    for one, fault, way in zip(reversed(ones), words.EARLY_FAULTS, EARLY, strict=False):
        add(play, early(Repairs(hall, one, one.rng), fault, now, way))


def _yesterday(plan: Plan, buyers: Iterator[Buyer], diary: Diary, number: int) -> None:
    """Most took their house over; four came and did not; two did not come to their hour."""
    now, rng = plan.now, plan.hall.rng
    day = start_of_day(local_date(now)) - DAY
    hours = diary.spread(day, day + DAY, number + 6)
    for turn, slot in enumerate(hours):
        buyer = next(buyers)
        buyer.slot, start = slot, slot.starts_at + rng.randrange(-6, 10) * MINUTE
        if turn in TURNED_AWAY:
            reason, after = TURNED_AWAY[turn]
            if reason == NotTaken.PAPERS:
                buyer.kind = BuyerKind.COUPLE
            plan.add(buyer, partial(_turned_away, start=start, reason=reason, after=after))
        elif turn in MISSED:
            plan.add(buyer)
        else:
            plan.add(buyer, partial(_handed_over, start=start, now=now, turn=turn))


def _turned_away(one: OneHouse, *, start: datetime, reason: str, after: int) -> list[Story]:
    if reason == NotTaken.QUALITY:
        one.faults = [words.FAULTS[2]]
    return [turned_away(one, start, reason, after=after)]


def _handed_over(one: OneHouse, *, start: datetime, now: datetime, turn: int) -> list[Story]:
    """Those of the first hours have their faults mended by now, each in another way."""
    way = MENDED[turn] if turn < len(MENDED) else ""
    number = 2 if way else one.rng.choice((0, 0, 1, 1, 1, 2, 3))
    one.faults, one.mistaken = one.rng.sample(words.FAULTS, number), turn == 12
    one.keeps = bool(way) or (number > 0 and one.rng.random() < 0.6)
    stories = [finished(one, start)]
    if way:
        stories.append(mended(Repairs(one.hall, one, one.rng), start + 3 * HOUR, now, way))
    return stories


def _today(plan: Plan, buyers: Iterator[Buyer], diary: Diary, most: int) -> None:
    """As many as the hall's time allows are through; eleven are in it, whatever hour it is."""
    now, hall = plan.now, plan.hall
    opened = start_of_day(local_date(now)) + 8 * HOUR + 50 * MINUTE
    span = now - IN_THE_HALL - opened
    number = min(most, span // (6 * MINUTE) + 1) if span > timedelta() else 0
    for turn in range(number):
        buyer, start = next(buyers), opened + span * turn / number
        buyer.slot = diary.near(start)
        plan.add(buyer, partial(_handed_over, start=start, now=now, turn=100 + turn))
    for tell in _in_the_hall(hall, now):
        buyer = next(buyers)
        buyer.slot, buyer.kind = diary.near(now - 40 * MINUTE), BuyerKind.PERSON
        plan.add(buyer, tell)


def _in_the_hall(hall: Hall, now: datetime) -> Iterator[Tell]:
    """One house at each counter, and somebody who waits before most of them."""
    desk, other = hall.at(Role.SERVICE)
    engineers = hall.at(Role.ENGINEERING)

    yield partial(_stands, now=now, kind=StepKind.IDENTITY, since=5)
    yield partial(_stands, now=now, kind=StepKind.IDENTITY, since=3, by=desk)
    yield partial(_stands, now=now, kind=StepKind.DOCUMENTS, since=6, by=hall.archivist, part="papers")
    yield partial(_stands, now=now, kind=StepKind.OWNER_FILE, since=7, by=other)
    yield partial(_stands, now=now, kind=StepKind.SAFETY, since=4)
    yield partial(_stands, now=now, kind=StepKind.INSPECTION, since=24, by=engineers[0], part="faults")
    yield partial(_stands, now=now, kind=StepKind.INSPECTION, since=11, by=engineers[1])
    yield partial(_stands, now=now, kind=StepKind.FEES, since=6)
    yield partial(_stands, now=now, kind=StepKind.PAYMENT, since=9, part="deposit")
    yield partial(_stands, now=now, kind=StepKind.PAYMENT, since=2, by=hall.cashier)
    yield partial(_stands, now=now, kind=StepKind.KEYS, since=3, by=hall.lead)


def _stands(one: OneHouse, *, now: datetime, kind: str, since: int, by=None, part: str = "") -> list[Story]:
    one.faults = one.rng.sample(words.FAULTS, one.rng.choice((0, 1, 2)))
    one.keeps = bool(one.faults)
    parts = {
        "papers": lambda at: one.do_documents(one.hall.archivist, at, but="invoice"),
        "faults": lambda at: one.find(words.FAULTS[12], at, by),
        "deposit": lambda at: one.pay(Decimal(800), Method.WECHAT, at),
    }
    return [stands(one, now, kind, since=since, by=by, part=parts.get(part))]


def _to_come(plan: Plan, buyers: Iterator[Buyer], diary: Diary) -> None:
    """Some today and most on the next days; some will not come, and one of them was duly called (HND-2)."""
    now = plan.now
    today = start_of_day(local_date(now))
    away = [
        (NotTaken.AWAY, today - 14 * HOUR, "", None),
        (NotTaken.UNREACHED, today - 6 * HOUR, words.STAYED_AWAY, max(now - 90 * MINUTE, today - 5 * HOUR)),
        (NotTaken.LOAN, today - 8 * HOUR, "", None),
        (NotTaken.OTHER, today - 13 * HOUR, "", None),
    ]
    for reason, at, remark, billed in away:
        buyer = next(buyers)
        buyer.notice_on = local_date(today - DAY)
        tell = partial(never_came, at=at, reason=reason, remark=remark, billed=billed)
        plan.add(buyer, lambda one, tell=tell: [tell(one)])
    left = list(buyers)
    # One in five has no hour yet.
    later = len(left) - len(left) // 5
    hours = diary.spread(now + 20 * MINUTE, today + DAY, later // 4)
    hours += diary.spread(today + DAY, today + 3 * DAY, later - len(hours))
    for number, buyer in enumerate(left):
        buyer.slot = hours[number] if number < len(hours) else None
        plan.add(buyer)
