"""One house on its way through the hall: a method for each thing that happens to it, done by the product's services."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from math import cos, sin
from random import Random
from uuid import UUID

from accounts.models import User
from accounts.roles import Role
from config.demo import handoverwords as words
from config.demo.world import World, person
from estates.models import Estate
from foundation.worktime.local import local_date
from handover.choices import BuyerKind, KeyKind, Method, StepKind
from handover.models import Bill, Builder, Defect, Handover, HouseKey
from handover.services import billing, payments
from handover.services.defects import register_defect, standard_day
from handover.services.keys import hand_key, keep_key, register_keys
from handover.services.outcomes import not_taken
from handover.services.papers import fill_owner_file, receive_documents
from handover.services.signing import sign_step
from handover.services.steps import arrive, finish_step, take_step

# Low, so that its picture is made quickly: there are hundreds.
FIELD = (600, 140)
# Who does a step, and how many minutes it takes.
HANDS = {
    StepKind.IDENTITY: ((Role.SERVICE,), (3, 6)),
    StepKind.DOCUMENTS: ((Role.ARCHIVIST, Role.SERVICE), (5, 10)),
    StepKind.OWNER_FILE: ((Role.ARCHIVIST, Role.SERVICE), (6, 12)),
    StepKind.SAFETY: ((Role.SERVICE,), (3, 6)),
    StepKind.INSPECTION: ((Role.ENGINEERING,), (22, 38)),
    StepKind.FEES: ((Role.SERVICE,), (2, 5)),
    StepKind.PAYMENT: ((Role.CASHIER,), (3, 7)),
    StepKind.KEYS: ((Role.SERVICE_LEAD, Role.SERVICE), (4, 8)),
}


@dataclass
class Hall:
    """One estate's people and firms, and the numbers of its receipts."""

    world: World
    estate: Estate
    rng: Random
    builders: list[Builder] = field(default_factory=list)
    receipts: Iterator[int] = field(default_factory=lambda: count(1))

    def at(self, *roles: str) -> list[User]:
        return [user for role in roles for user in self.world.at(self.estate, role)]

    def one(self, *roles: str) -> User:
        return self.rng.choice(self.at(*roles))

    @property
    def lead(self) -> User:
        return self.at(Role.SERVICE_LEAD)[0]

    @property
    def manager(self) -> User:
        return self.at(Role.ESTATE_MANAGER)[0]

    @property
    def cashier(self) -> User:
        return self.at(Role.CASHIER)[0]

    @property
    def archivist(self) -> User:
        return self.at(Role.ARCHIVIST)[0]

    def key(self) -> UUID:
        return UUID(int=self.rng.getrandbits(128), version=4)

    def receipt(self) -> str:
        return f"{self.estate.code}{next(self.receipts):06d}"


def strokes(name: str, rng: Random) -> str:
    """A name as it is written on a tablet: some bent strokes for each sign, as a signature field sends them."""
    width, height = FIELD
    side = min(height - 20, (width - 60) / len(name))
    written, moment = [], 0
    for number in range(len(name)):
        left, top = 30 + number * side, 8 + rng.randrange(8)
        for _ in range(rng.randrange(4, 7)):
            x, y = left + rng.uniform(0.05, 0.5) * side, top + rng.uniform(0, 0.7) * side
            turn, bend, step = rng.uniform(-0.4, 1.7), rng.uniform(-0.12, 0.12), side / 22
            stroke = []
            for _ in range(rng.randrange(7, 15)):
                stroke.append([round(min(max(x, 2), width - 2), 1), round(min(max(y, 2), height - 2), 1), moment])
                x, y, turn, moment = x + cos(turn) * step, y + sin(turn) * step, turn + bend, moment + 12
            written.append(stroke)
            moment += 90
    return json.dumps({"width": width, "height": height, "strokes": written})


@dataclass
class OneHouse:
    """A handover with what its counter people do. `faults` are found at the inspection, `keeps` a key stays for them."""

    hall: Hall
    handover: Handover
    rng: Random
    faults: list[tuple[str, str, str, str]] = field(default_factory=list)
    keeps: bool = False
    mistaken: bool = False
    methods: tuple[str, ...] = ()
    bill: Bill | None = None
    defects: list[Defect] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.handover.buyer_name

    @property
    def signer(self) -> str:
        """A company signs by a person."""
        return person(self.rng) if self.handover.buyer_kind == BuyerKind.COMPANY else self.name

    def hand(self, kind: str) -> User:
        return self.hall.one(*HANDS[StepKind(kind)][0])

    def minutes(self, kind: str) -> int:
        return self.rng.randint(*HANDS[StepKind(kind)][1])

    # --- through the hall -----------------------------------------------------------------------------------------------

    def arrive(self, at: datetime) -> None:
        arrive(handover=self.handover, by=self.hall.one(Role.SERVICE), at=at)

    def take(self, kind: str, at: datetime, by: User | None = None) -> None:
        take_step(handover=self.handover, kind=kind, by=by or self.hand(kind), at=at)

    def finish(self, kind: str, at: datetime) -> None:
        """What the step needs, its signature, and its end."""
        by = self.hand(kind)
        getattr(self, f"do_{kind}", lambda *_: None)(by, at)
        if kind in (StepKind.OWNER_FILE, StepKind.SAFETY, StepKind.INSPECTION, StepKind.KEYS):
            signer = self.signer
            sign_step(
                handover=self.handover, kind=kind, by=by, at=at, signer=signer, strokes=strokes(signer, self.rng)
            )  # fmt: skip
        finish_step(handover=self.handover, kind=kind, by=by, at=at)

    def do_documents(self, by: User, at: datetime, *, but: str = "") -> None:
        papers = self.handover.documents.all()
        wanted = [one.code for one in papers if one.code != but and (one.is_required or self.rng.random() < 0.3)]
        receive_documents(handover=self.handover, codes=wanted, by=by, at=at)

    def do_owner_file(self, by: User, at: datetime) -> None:
        rng, name = self.rng, self.name
        members = [
            {"name": name[0] + person(rng)[1:] if relation == "子女" else person(rng), "relation": relation}
            for relation in words.RELATIONS[: rng.choice((0, 1, 1, 2, 3))]
        ]
        values = {
            "birthday": date(1956, 1, 1) + timedelta(days=rng.randrange(15500)),
            "work_place": rng.choice(words.WORK_PLACES),
            "emergency_name": members[0]["name"] if members else person(rng),
            "emergency_mobile": f"1397{rng.randrange(10**7):07d}",
            "members": members,
            "vehicles": f"浙A{rng.choice('BCDEFGHKLMN')}{rng.randrange(10**4):04d}" if rng.random() < 0.5 else "",
            "pets": rng.choice(words.PETS),
            "needs_help": rng.choice(words.NEEDS),
        }
        fill_owner_file(handover=self.handover, values=values, by=by, at=at)

    def do_inspection(self, by: User, at: datetime) -> None:
        for turn, fault in enumerate(self.faults):
            self.find(fault, at - timedelta(minutes=2 * (len(self.faults) - turn)), by)

    def do_fees(self, by: User, at: datetime) -> None:
        self.bill = billing.make_bill(handover=self.handover, by=by, at=at)

    def do_payment(self, by: User, at: datetime) -> None:
        """Mostly at once; some in two parts, and one was written down wrongly first."""
        assert self.bill is not None, "billed first"
        methods = self.methods or self.rng.choices(list(words.METHODS), list(words.METHODS.values()), k=2)
        total = self.bill.total
        if self.mistaken:
            wrong = self.pay(total, Method.CASH, at - timedelta(minutes=2))
            payments.reverse(payment=wrong, reason=words.REVERSED, by=by, at=at - timedelta(minutes=1))
            self.pay(total, Method.CARD, at)
        elif not self.methods and self.rng.random() < 0.12:
            self.pay(Decimal(1000), methods[0], at - timedelta(minutes=1))
            self.pay(total - 1000, methods[1], at)
        else:
            self.pay(total, methods[0], at)

    def pay(self, amount: Decimal, method: str, at: datetime):
        assert self.bill is not None, "billed first"
        given = {"receipt": self.hall.receipt(), "client_key": self.hall.key(), "by": self.hall.cashier, "at": at}
        return payments.receive(bill=self.bill, amount=amount, method=method, **given)

    def do_keys(self, by: User, at: datetime) -> None:
        """All to the owner, but one of the door where something is left to mend."""
        phone = self.handover.buyer_phone
        keys = list(HouseKey.objects.filter(house=self.handover.house_id)) or self.keys(by, at)
        kept = next((one for one in keys if self.keeps and one.count == 1), None)
        for one in keys:
            if one == kept:
                keep_key(key=one, holder=self.name, phone=phone, reason="遗留问题整改用", by=by, at=at)
            else:
                hand_key(key=one, holder=self.name, phone=phone, by=by, at=at)

    def keys(self, by: User, at: datetime) -> list[HouseKey]:
        """They came from the developer; a bunch of the door, and one more of it where one will stay."""
        house = self.handover.house
        door = house.code.replace("幢", "-").replace("单元", "-")
        bunch = {"house": house, "by": by, "at": at}
        made = register_keys(kind=KeyKind.ENTRY, labels=[f"{door}-门"], count=3, **bunch)
        if self.keeps:
            made += register_keys(kind=KeyKind.ENTRY, labels=[f"{door}-备用"], **bunch)
        if self.rng.random() < 0.3:
            made += register_keys(kind=KeyKind.MAILBOX, labels=[f"{door}-信"], count=2, **bunch)
        return made

    # --- beside it --------------------------------------------------------------------------------------------------------

    def find(self, fault: tuple[str, str, str, str], at: datetime, by: User, *, days: int | None = None) -> Defect:
        """One fault; `days` where somebody names another limit than the library's."""
        room, trade, what, remark = fault
        due_on = standard_day(trade, what, at) if days is None else local_date(at) + timedelta(days=days)
        found = register_defect(
            handover=self.handover, room=room, trade=trade, fault=what, remark=remark, by=by, at=at, due_on=due_on
        )  # fmt: skip
        self.defects.append(found)
        return found

    def stay_away(self, reason: str, remark: str, at: datetime) -> None:
        not_taken(handover=self.handover, reason=reason, remark=remark, by=self.hall.lead, at=at)
