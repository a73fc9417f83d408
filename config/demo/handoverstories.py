"""How the handovers of the demo go: through the hall, up to where a house stands now, and what is mended afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from random import Random

from accounts.models import User
from accounts.roles import Role
from config.demo import handoverwords as words
from config.demo.casestories import DAY, HOUR, MINUTE, Step, in_order
from config.demo.handoverhouses import Hall, OneHouse
from config.demo.photos import wet_wall
from config.demo.play import Story
from foundation.worktime.local import local_date, start_of_day
from handover.choices import KeyKind, StepKind
from handover.models import Defect, HouseKey
from handover.services import defectphotos
from handover.services.billing import make_bill
from handover.services.defects import (
    confirm_defect,
    fix_by_builder,
    fix_defect,
    recheck_defect,
    reject_defect,
    waive_defect,
)
from handover.services.keys import lend_key, return_key

ORDER = list(StepKind)


# --- through the hall -------------------------------------------------------------------------------------------------


def finished(one: OneHouse, start: datetime) -> Story:
    """All steps in their order."""
    at = yield start
    one.arrive(at)
    for kind in ORDER:
        at = yield at + one.minutes(kind) * MINUTE
        one.finish(kind, at)


def by_day(since: datetime, now: datetime, share: float) -> datetime:
    """The moment after this share of the hours between the two in which people work."""
    days = [start_of_day(local_date(since)) + n * DAY for n in range((local_date(now) - local_date(since)).days + 1)]
    hours = [(max(since, day + 8 * HOUR), min(now, day + 20 * HOUR)) for day in days]
    hours = [(begin, end) for begin, end in hours if begin < end] or [(since, now)]
    left = share * sum((end - begin for begin, end in hours), timedelta())
    for begin, end in hours:
        if left <= end - begin:
            return begin + left
        left -= end - begin
    return now


def stands(
    one: OneHouse, now: datetime, kind: str, *, since: int, by: User | None = None, part: Callable | None = None
):
    """A house that is at this step: taken by a counter so many minutes ago, or waiting for one where `by` is None."""
    before = ORDER[: ORDER.index(StepKind(kind))]
    spans = [one.minutes(step) * MINUTE for step in before]
    moment = now - since * MINUTE - sum(spans, timedelta())
    steps: list[Step] = [(moment - MINUTE, one.arrive)]
    for step, span in zip(before, spans, strict=True):
        moment += span
        steps.append((moment, partial(one.finish, step)))
    if part:
        steps.append((moment + MINUTE, part))
    if by:
        steps.append((now - since * MINUTE + MINUTE / 2, partial(one.take, kind, by=by)))
    return in_order(*steps)


def turned_away(one: OneHouse, start: datetime, reason: str, *, after: int) -> Story:
    """Came, went through some steps, and did not take the house over."""
    at = yield start
    one.arrive(at)
    for kind in ORDER[:after]:
        at = yield at + one.minutes(kind) * MINUTE
        one.finish(kind, at)
    if reason == "papers":
        at = yield at + 6 * MINUTE
        one.do_documents(one.hand(StepKind.DOCUMENTS), at, but="contract")
    at = yield at + 10 * MINUTE
    one.stay_away(reason, words.NOT_TAKEN[reason], at)


def never_came(one: OneHouse, at: datetime, reason: str, *, remark: str = "", billed: datetime | None = None) -> Story:
    """Told by telephone, or not reached. Who was duly called is billed from the day that the notice names (HND-2)."""
    one.stay_away(reason, remark or words.NOT_TAKEN[reason], (yield at))
    if billed:
        at = yield billed
        one.bill = make_bill(handover=one.handover, by=one.hall.lead, at=at)


# --- what was found -----------------------------------------------------------------------------------------------------


class Repairs:
    """The ways of one fault after it was found; each is a list of steps from a moment on."""

    def __init__(self, hall: Hall, one: OneHouse, rng: Random) -> None:
        self.hall, self.one, self.rng = hall, one, rng
        self.fault: Defect | None = None

    @property
    def defect(self) -> Defect:
        """The one found first, or the one that `found` made."""
        return self.fault or self.one.defects[0]

    def found(self, at: datetime, *, fault: tuple[str, str, str, str], days: int | None = None) -> None:
        self.fault = self.one.find(fault, at, self.hall.at(Role.ENGINEERING)[0], days=days)
        self.one.defects.remove(self.fault)

    def photo(self, at: datetime, *, good: bool = False) -> None:
        slot = defectphotos.AFTER if good else defectphotos.BEFORE
        by = None if good else self.hall.at(Role.ENGINEERING)[0]
        caption = f"{self.one.handover.house.code} {self.defect.room} {self.defect.fault}{'（整改后）' if good else ''}"
        defectphotos.keep(owner=self.defect, slot=slot, photos=[wet_wall(caption, self.rng, good=good)], by=by, at=at)

    def fixed(self, at: datetime) -> None:
        by = self.hall.at(Role.ENGINEERING)[1]
        fix_defect(defect=self.defect, by=by, at=at, remark=self.rng.choice(words.MENDED))

    def fixed_by_builder(self, at: datetime) -> None:
        """From the page of their link, with a photo."""
        builder = self.defect.builder
        assert builder is not None, "every trade has its builder"
        self.photo(at - MINUTE, good=True)
        fix_by_builder(defect=self.defect, builder=builder, at=at, remark=self.rng.choice(words.MENDED))

    def rechecked(self, at: datetime) -> None:
        by = self.hall.at(Role.ENGINEERING_LEAD)[0]
        recheck_defect(defect=self.defect, by=by, at=at, remark=self.rng.choice(words.RECHECKED))

    def rejected(self, at: datetime, *, days: int = 3) -> None:
        by, due_on = self.hall.at(Role.ENGINEERING_LEAD)[0], local_date(at) + timedelta(days=days)
        reject_defect(defect=self.defect, by=by, at=at, reason=self.rng.choice(words.REJECTED), due_on=due_on)

    def confirmed(self, at: datetime) -> None:
        by, way = self.hall.one(Role.SERVICE), self.rng.choice(("当面", "电话", "微信"))
        confirm_defect(defect=self.defect, by=by, at=at, owner=self.one.name, way=way)

    def waived(self, at: datetime) -> None:
        by = self.hall.one(Role.SERVICE)
        waive_defect(defect=self.defect, by=by, at=at, owner=self.one.name, reason=words.WAIVED)

    # --- the key that was kept for it -----------------------------------------------------------------------------------

    def lent(self, at: datetime, *, until: datetime) -> None:
        builder = self.defect.builder
        assert builder is not None, "every trade has its builder"
        lend_key(
            key=self._kept, holder=f"{builder.name} {builder.contact}", phone=builder.phone,
            reason=f"{self.defect.number} {self.defect.room}{self.defect.fault}整改", due_at=until, by=self.hall.lead, at=at,
        )  # fmt: skip

    def returned(self, at: datetime) -> None:
        return_key(key=self._kept, by=self.hall.lead, at=at)

    @property
    def _kept(self) -> HouseKey:
        keys = HouseKey.objects.filter(house=self.one.handover.house_id, kind=KeyKind.ENTRY)
        return keys.get(moves__kind="kept")


def early(repairs: Repairs, fault: tuple, now: datetime, way: str) -> Story:
    """Found by the engineers before the owners come, and what became of it by now."""
    day = start_of_day(local_date(now))
    found = day - 12 * DAY + 10 * HOUR + repairs.rng.randrange(240) * MINUTE
    late = way == "late"
    steps: list[Step] = [(found, partial(repairs.found, fault=fault, days=6 if late else None))]
    if way in ("confirmed", "returned", "photo"):
        steps.append((found + MINUTE, repairs.photo))
    if way == "returned":
        steps += [(found + 3 * DAY, repairs.fixed_by_builder), (found + 4 * DAY, repairs.rejected)]
        steps.append((found + 9 * DAY, repairs.fixed))
        steps.append((now - 5 * HOUR, partial(repairs.rejected, days=3)))
    elif way in ("fixed", "photo"):
        steps.append((now - 3 * HOUR, repairs.fixed_by_builder if way == "photo" else repairs.fixed))
    elif not late:
        steps += [(found + 4 * DAY, repairs.fixed_by_builder if way == "confirmed" else repairs.fixed)]
        steps += [(found + 5 * DAY, repairs.rechecked)]
    if way == "confirmed":
        steps.append((day - 3 * HOUR, repairs.confirmed))
    return in_order(*steps)


def mended(repairs: Repairs, found: datetime, now: datetime, way: str) -> Story:
    """After the handover: the builder takes the key that was kept and mends, until now."""
    moment = partial(by_day, found, now)
    steps: list[Step] = []
    if way == "lent":
        steps.append((moment(0.9), partial(repairs.lent, until=now + 4 * HOUR)))
    elif way == "late_key":
        steps.append((moment(0.2), partial(repairs.lent, until=moment(0.8))))
    elif way == "waived":
        steps.append((moment(0.5), repairs.waived))
    elif way == "by_builder":
        steps.append((moment(0.85), repairs.fixed_by_builder))
    else:
        back = moment(0.6)
        steps += [(moment(0.3), partial(repairs.lent, until=back + HOUR)), (back, repairs.fixed)]
        steps.append((moment(0.65), repairs.returned))
        ends = {
            "rechecked": [(0.75, repairs.rechecked)],
            "confirmed": [(0.75, repairs.rechecked), (0.9, repairs.confirmed)],
            "rejected": [(0.8, repairs.rejected)],
        }
        steps += [(moment(share), verb) for share, verb in ends.get(way, [])]
    return in_order(*steps)


def settled(repairs: Repairs, found: datetime, way: str) -> Story:
    """The same in a batch of weeks ago: over, or left lying until the branch hears of it."""
    if way == "left":
        return in_order()
    if way == "waived":
        return in_order((found + 2 * DAY, repairs.waived))
    until = found + 4 * DAY
    steps: list[Step] = [
        (found + 3 * DAY, partial(repairs.lent, until=until)),
        (until - HOUR, repairs.fixed),
        (until - HOUR / 2, repairs.returned),
    ]
    if way == "again":
        steps += [(until + 2 * HOUR, repairs.rejected), (until + 2 * DAY, repairs.fixed_by_builder)]
        until += 2 * DAY
    steps += [(until + DAY, repairs.rechecked), (until + 3 * DAY, repairs.confirmed)]
    return in_order(*steps)
