"""Where the houses of the demo's handovers come from: the second phase, its hours, and the developer's owner list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils.timezone import localtime
from stdnum.cn import uscc

from accounts.models import User
from config.demo import handoverwords as words
from config.demo.world import id_card, person
from estates.importing import ID_TYPES
from estates.models import Building, Estate, House, IdType, Unit
from foundation.records.workbooks import workbook
from handover.choices import BuyerKind
from handover.models import Batch, OwnerList, Slot
from handover.ownerlists import COLUMNS
from handover.services.lists import upload_list
from handover.services.listwork import work
from handover.services.slots import add_slots

SECOND_PHASE = ("4幢", "5幢", "6幢")
FLOORS = 10
HOURS = ((time(9), time(12)), (time(13, 30), time(17, 30)))
SLOT_MINUTES = 30


def second_phase(estate: Estate, rng: Random) -> list[House]:
    """Three buildings of two units more, which nobody has taken over yet."""
    buildings = Building.objects.bulk_create(Building(estate=estate, name=name) for name in SECOND_PHASE)
    units = Unit.objects.bulk_create(
        Unit(building=building, name=f"{number}单元") for building in buildings for number in (1, 2)
    )
    return House.objects.bulk_create(
        House(
            estate=estate,
            building=unit.building,
            unit=unit,
            number=f"{floor}{flat:02d}",
            code=f"{unit.building.name}{unit.name}{floor}{flat:02d}",
            area=Decimal(rng.choice((8950, 9730, 10880, 12640, 14310)) + rng.randrange(40)) / 100,
        )
        for unit in units
        for floor in range(1, FLOORS + 1)
        for flat in (1, 2)
    )


# --- the hours ----------------------------------------------------------------------------------------------------------


def make_slots(batch: Batch, capacity: int, by: User, at: datetime) -> list[Slot]:
    """The hall's mornings and afternoons of all its days."""
    for opens, closes in HOURS:
        add_slots(
            batch=batch, first=batch.starts_on, last=batch.ends_on, opens=opens, closes=closes,
            minutes=SLOT_MINUTES, capacity=capacity, by=by, at=at,
        )  # fmt: skip
    return list(batch.slots.order_by("starts_at"))


class Diary:
    """Who still fits into which hour."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.room = {slot: slot.capacity for slot in slots}

    def near(self, moment: datetime) -> Slot:
        """The hour that lies nearest."""
        return self._take(min(self._free, key=lambda slot: abs(slot.starts_at - moment)))

    def spread(self, since: datetime, until: datetime, number: int) -> list[Slot]:
        """So many of the hours between two moments, evenly; fewer where there is no room."""
        hours = [slot for slot in self._free if since <= slot.starts_at < until]
        places = [slot for turn in range(max(self.room.values())) for slot in hours if self.room[slot] > turn]
        number = min(number, len(places))
        return [self._take(slot) for slot in sorted(places[:number], key=lambda slot: slot.starts_at)]

    @property
    def _free(self) -> list[Slot]:
        return [slot for slot, room in self.room.items() if room]

    def _take(self, slot: Slot) -> Slot:
        self.room[slot] -= 1
        return slot


# --- the owner list -------------------------------------------------------------------------------------------------------


@dataclass
class Buyer:
    """A row of the list before it is one."""

    house: House
    name: str
    kind: str
    id_type: str
    id_number: str
    phone: str
    slot: Slot | None = None
    notice_on: date | None = None

    @property
    def cells(self) -> list[str]:
        begins = localtime(self.slot.starts_at) if self.slot else None
        known = next(label for label, value in ID_TYPES.items() if value == self.id_type)
        return [
            self.house.code, self.name, BuyerKind(self.kind).label, known, self.id_number, self.phone,
            f"{self.notice_on:%Y-%m-%d}" if self.notice_on else "",
            f"{begins:%Y-%m-%d}" if begins else "", f"{begins:%H:%M}" if begins else "",
        ]  # fmt: skip


def new_buyer(house: House, rng: Random) -> Buyer:
    """Somebody whom the estate does not know yet."""
    kind = rng.choices(list(words.KINDS), list(words.KINDS.values()))[0]
    phone = f"1386{rng.randrange(10**7):07d}"
    if kind == BuyerKind.COMPANY:
        return Buyer(house, rng.choice(words.COMPANIES), kind, IdType.USCC, _company_number(rng), phone)
    return Buyer(house, person(rng), kind, IdType.ID_CARD, id_card(rng), phone)


def known_buyer(house: House, rng: Random) -> Buyer:
    """The owner who is in the house's file."""
    owner = house.owner
    assert owner is not None, "a house with its owner"
    kind = BuyerKind.COUPLE if owner.co_owners else rng.choice((BuyerKind.PERSON, BuyerKind.PERSON, BuyerKind.PROXY))
    return Buyer(house, owner.name, kind, owner.id_type, owner.id_number or "", owner.phone)


def _company_number(rng: Random) -> str:
    body = f"91330106MA{rng.randrange(10**7):07d}"
    return body + uscc.calc_check_digit(body)


def send_list(batch: Batch, buyers: Sequence[Buyer], by: User, at: datetime, *, wrong_before: bool = False) -> None:
    """The developer's file, read as the worker reads it; where it was wrong at first, the next one is right."""
    rows = [buyer.cells for buyer in sorted(buyers, key=lambda one: one.house.pk)]
    if wrong_before:
        spoilt = [list(row) for row in rows]
        spoilt[3][4], spoilt[7][0] = spoilt[3][4][:-1] + "?", "7幢1单元101"
        _upload(batch, f"{batch.name}业主名单.xlsx", spoilt, by, at - timedelta(hours=3))
    kept = _upload(batch, f"{batch.name}业主名单{'（更正）' if wrong_before else ''}.xlsx", rows, by, at)
    if kept.state != OwnerList.State.SAVED:
        raise ValueError(f"The demo's owner list: {kept.fault or kept.faults}")


def _upload(batch: Batch, filename: str, rows: list[list[str]], by: User, at: datetime) -> OwnerList:
    kept = upload_list(
        batch=batch, filename=filename, content=workbook("交付名单", COLUMNS, rows), by=by, at=at
    )  # fmt: skip
    work(pk=kept.pk, at=at + timedelta(seconds=4))
    kept.refresh_from_db()
    return kept
