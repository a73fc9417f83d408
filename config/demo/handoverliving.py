"""入住 and 物品放行 of the demo: who moves in, in every state, and what is carried out (HND-6, HND-7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from accounts.roles import Role
from config.demo import handoverwords as words
from config.demo.casestories import DAY, HOUR, MINUTE
from config.demo.handoverhouses import Hall, OneHouse, strokes
from config.demo.photos import lease
from config.demo.play import Play, Story
from config.demo.world import person
from estates.models import House
from foundation.worktime.local import add_months, local_date, start_of_day
from handover.choices import CarrierKind, ReleaseReason
from handover.models import Pass
from handover.services import living
from handover.services.passes import Answer, Consent, Item, cancel_pass, decide_pass, expire_passes, make_pass, use_pass
from handover.services.signing import sign_move_in
from handover.signedpapers import OF_TENANT, UNDERTAKING

PAST_PASSES = 9


@dataclass(frozen=True)
class Home:
    """A house with the people whom its passes and leases name."""

    house: House
    owner: str
    phone: str
    tenant: str = ""


def lived_in(hall: Hall, play: Play, houses: Sequence[House], batch: Sequence[OneHouse]) -> None:
    """Some of the estate's homes; of the batch's first two houses the payment came back, so that they are in arrears."""
    homes = [
        Home(house, house.owner.name, house.owner.phone, house.tenant.name if house.tenant else "")
        for house in hall.rng.sample(list(houses), min(24, len(houses)))
        if house.owner
    ]
    let = [home for home in homes if not home.tenant]
    taken = [Home(one.handover.house, one.name, one.handover.buyer_phone) for one in batch]
    for story in (*_move_ins(hall, play.now, let[:5], taken), *_passes(hall, play.now, homes[5:], taken)):
        play.add(story)


# --- moving in ----------------------------------------------------------------------------------------------------------


def _move_ins(hall: Hall, now: datetime, let: Sequence[Home], taken: Sequence[Home]) -> list[Story]:
    today = start_of_day(local_date(now))
    tenants = [
        (58, {"done", "watched", "ended"}),
        (34, {"done", "watched"}),
        (6, {"done"}),
        (2, {"asked", "lease"}),
        (0, set()),
    ]
    stories = [
        _tenant(hall, home, _hour_of(today - days * DAY, hall.rng) if days else now - 55 * MINUTE, ways)
        for home, (days, ways) in zip(let, tenants, strict=False)
    ]
    # Days ago, whether they have moved in, whether the cashier watches the house.
    owners = [(20, True, True), (4, False, False), (9, True, False), (15, True, True)]
    stories += [
        _owner(hall, home, _hour_of(today - days * DAY, hall.rng), moves=moves, watched=watched)
        for home, (days, moves, watched) in zip(taken[2:], owners, strict=False)
    ]
    return stories


def _owner(hall: Hall, home: Home, at: datetime, *, moves: bool, watched: bool) -> Story:
    """Registers when the furniture is ordered, and moves in two days later."""
    at = yield at
    planned = local_date(at) + timedelta(days=2 if moves else 6)
    one = living.register_move_in(
        house=home.house, is_tenant=False, name=home.owner, phone=home.phone, people=hall.rng.randint(2, 5),
        planned_on=planned, by=hall.one(Role.SERVICE), at=at,
    )  # fmt: skip
    if moves:
        at = yield start_of_day(planned) + 10 * HOUR
        living.complete_move_in(move_in=one, by=hall.one(Role.SERVICE), at=at)
    if watched:
        at = yield at + 3 * HOUR
        living.watch_fees(move_in=one, by=hall.cashier, at=at)


def _tenant(hall: Hall, home: Home, at: datetime, ways: set[str]) -> Story:
    """Comes with a lease; the owner is asked by phone, three papers are signed, the lead completes it."""
    rng, desk = hall.rng, hall.one(Role.SERVICE)
    at = yield at
    begins = local_date(at)
    until, name, phone = add_months(begins, 12) - timedelta(days=1), person(rng), f"1591{rng.randrange(10**7):07d}"
    one = living.register_move_in(
        house=home.house, is_tenant=True, name=name, phone=phone, people=rng.randint(1, 3),
        planned_on=begins + timedelta(days=1), lease_from=begins, lease_until=until, by=desk, at=at,
    )  # fmt: skip
    if not ways:
        return
    at = yield at + 12 * MINUTE
    living.confirm_tenant(
        move_in=one, answer=Answer.YES, phone="", called_at=at - 4 * MINUTE, words=rng.choice(words.AGREED), by=desk, at=at
    )  # fmt: skip
    page = lease(home.house.code, home.owner, name, f"{begins} 至 {until}")
    living.add_lease(move_in=one, files=[page], by=desk, at=at + 2 * MINUTE)
    if "done" not in ways:
        return
    at = yield at + 10 * MINUTE
    for code in OF_TENANT:
        signer = home.owner if code == UNDERTAKING else name
        sign_move_in(move_in=one, code=code, by=desk, at=at, signer=signer, strokes=strokes(signer, rng))
    living.complete_move_in(move_in=one, by=hall.lead, at=(yield at + 25 * MINUTE))
    if "watched" in ways:
        at = yield at + 5 * HOUR
        living.watch_fees(move_in=one, by=hall.cashier, at=at)
    if "ended" in ways:
        at = yield at + 49 * DAY
        living.end_move_in(move_in=one, until=local_date(at), by=hall.lead, at=at, reason=rng.choice(words.MOVED_OUT))


# --- carried out --------------------------------------------------------------------------------------------------------


def _passes(hall: Hall, now: datetime, homes: Sequence[Home], taken: Sequence[Home]) -> list[Story]:
    """Every state of a pass; the homes in turn, one of them three times within a week."""
    rng, today = hall.rng, start_of_day(local_date(now))
    turn = iter(homes)
    out, away = ReleaseReason.MOVE_OUT, ReleaseReason.TEMPORARY
    stories = [
        _pass(hall, next(turn), _hour_of(today - rng.randrange(2, 26) * DAY, rng), rng.choice((out, away)), "used")
        for _ in range(PAST_PASSES)
    ]
    stories += [
        _pass(hall, next(turn), today - 4 * DAY + 15 * HOUR, away, "left"),
        _pass(hall, next(turn), today - 11 * DAY + 10 * HOUR, away, "left"),
        _pass(hall, next(turn), today - 6 * DAY + 11 * HOUR, out, "cancelled"),
        _pass(hall, next(turn), now - 170 * MINUTE, out, "used"),
        _pass(hall, next(turn), now - 95 * MINUTE, away, "used"),
        _pass(hall, next(turn), now - 42 * MINUTE, out, "left"),
        _pass(hall, next(turn), now - 15 * MINUTE, away, "left"),
        _pass(hall, next(turn), now - 70 * MINUTE, out, "left", days=1),
    ]
    often = next(turn)
    stories += [_pass(hall, often, _hour_of(today - days * DAY, rng), away, "used") for days in (5, 3)]
    stories.append(_pass(hall, often, now - 28 * MINUTE, away, "left"))
    first, second = taken[:2]
    stories += [
        _pass(hall, second, today - 16 * DAY + 9 * HOUR, out, "allowed"),
        _pass(hall, second, today - 7 * DAY + 14 * HOUR, out, "refused"),
        _pass(hall, first, now - 50 * MINUTE, out, "left"),
    ]
    return [*stories, *(_night(today - days * DAY) for days in (10, 3))]


def _pass(hall: Hall, home: Home, at: datetime, reason: str, way: str, *, days: int = 0) -> Story:
    at = yield at
    rng, desk = hall.rng, hall.one(Role.SERVICE)
    release = _made(hall, home, reason, local_date(at) + timedelta(days=days), at)
    if way in ("allowed", "refused"):
        at = yield at + 35 * MINUTE
        said = words.ALLOWED if way == "allowed" else words.FORBIDDEN
        decide_pass(release=release, allow=way == "allowed", decision=said, by=hall.manager, at=at)
    if way == "cancelled":
        at = yield at + HOUR
        cancel_pass(release=release, reason=words.CANCELLED, by=desk, at=at)
    elif way in ("used", "allowed"):
        at = yield at + rng.randrange(20, 60) * MINUTE
        use_pass(release=release, by=hall.one(Role.SECURITY), at=at)


def _made(hall: Hall, home: Home, reason: str, valid_on: date, at: datetime) -> Pass:
    """By the owner, the tenant who lives there, or somebody whom they send; who is not the owner needs their word."""
    rng = hall.rng
    kind = rng.choice((CarrierKind.OWNER, CarrierKind.HELPER, CarrierKind.HELPER, CarrierKind.FAMILY))
    kind = CarrierKind.TENANT if home.tenant else kind
    names = {CarrierKind.OWNER: home.owner, CarrierKind.TENANT: home.tenant}
    asked = Consent(Answer.YES, home.owner, home.phone, at - 6 * MINUTE, rng.choice(words.RELEASED))
    moves = reason == ReleaseReason.MOVE_OUT
    return make_pass(
        house=home.house,
        carrier_kind=kind,
        carrier=names.get(kind) or rng.choice(words.CARRIERS[kind]),
        carrier_phone=home.phone if kind == CarrierKind.OWNER else f"1592{rng.randrange(10**7):07d}",
        vehicle=f"浙A{rng.choice('BCDEFGHK')}{rng.randrange(10**4):04d}" if moves or rng.random() < 0.4 else "",
        items=[Item(*one) for one in rng.choice(words.GOODS)],
        reason=reason,
        valid_on=valid_on,
        consent=None if kind == CarrierKind.OWNER else asked,
        by=hall.one(Role.SERVICE),
        at=at,
    )


def _night(day: datetime) -> Story:
    """What its day left unused is over."""
    at = yield day + 5 * MINUTE
    expire_passes(at=at)


def _hour_of(day: datetime, rng: Random) -> datetime:
    return day + rng.randrange(9, 17) * HOUR + rng.randrange(60) * MINUTE
