"""One contact of a customer with its people and words: a method for each verb, done by the product's services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from accounts.models import User
from accounts.roles import Role
from complaints.choices import ROLES, CallerKind, Channel, Department, GradeReason, Kind, Validity
from complaints.models import Case, CaseExtension, ReportCode
from complaints.services.answering import answer_customer, explain_invalid
from complaints.services.calling import record_attempt, record_callback
from complaints.services.closing import close_case, close_unreachable, reopen_case
from complaints.services.codes import keep_photos, report_case
from complaints.services.extending import ask_extension, decide_extension
from complaints.services.handling import accept_case, arrive, pause_case, report_result, resume_case
from complaints.services.judging import grade_case, judge_case
from complaints.services.opinions import attach_signed, sign_opinion
from complaints.services.photos import attach_results
from complaints.services.promising import promise_answer
from complaints.services.registering import Caller, attach_photos, register_case, take_case
from complaints.services.transferring import transfer_case
from config.demo import names
from config.demo.photos import scene, signed_sheet, wet_wall
from config.demo.sayings import Deck, Saying
from config.demo.world import World, person
from estates.models import Estate, House

OTHER_PHONES = "1371"
WET = ("water", "leak")


@dataclass
class Desk:
    """One estate: who works there and who calls. `slack` above 1 means that more is late."""

    world: World
    estate: Estate
    rng: Random
    deck: Deck
    houses: list[House]
    codes: list[ReportCode]
    slack: float
    known: list[House] = field(default_factory=list)

    def at(self, *roles: str) -> list[User]:
        return [user for role in roles for user in self.world.staff.get((self.estate.pk, role), [])]

    @property
    def lead(self) -> User:
        return self.at(Role.SERVICE_LEAD)[0]

    @property
    def manager(self) -> User:
        return self.at(Role.ESTATE_MANAGER)[0]

    def same(self, user: User | None) -> User | None:
        """The one of the demo's users that is this one: what they may do is read once and not for every case."""
        everyone = (one for users in self.world.staff.values() for one in users)
        return next((one for one in everyone if one == user), None)

    def department(self, code: str) -> list[User]:
        """Those who go out; the control room stays where it is."""
        return self.at(*sorted(ROLES[code] - {Role.CONTROL_ROOM}))

    def caller(self, rng: Random, saying: Saying) -> Caller:
        """An owner, a tenant or one of the family; somebody in five has called before, and some call from no house."""
        if not self.houses or (not saying.is_from_home and rng.random() < 0.3):
            name = person(rng) if rng.random() < 0.8 else ""
            spot = rng.choice(names.SPOTS) if self.houses else ""
            return Caller(place=spot, kind=CallerKind.OTHER, name=name, phone=_phone(rng))
        house = rng.choice(self.known if self.known and rng.random() < 0.2 else self.houses)
        self.known.append(house)
        people = [(CallerKind.TENANT, house.tenant)] if house.tenant else [(CallerKind.OWNER, house.owner)]
        kind, who = people[0]
        if rng.random() < 0.12:
            return Caller(house=house, kind=CallerKind.FAMILY, name=person(rng), phone=_phone(rng))
        return Caller(house=house, kind=kind, name=who.name, phone=who.phone)


def _phone(rng: Random) -> str:
    return f"{OTHER_PHONES}{rng.randrange(10**7):07d}"


@dataclass
class Contact:
    """What a story of the demo does with one case, each verb by someone who may."""

    desk: Desk
    saying: Saying
    rng: Random
    channel: str = Channel.PHONE
    caller: Caller | None = None
    with_photo: bool = False
    # Who of the desk takes it, where that matters.
    desk_person: User | None = None
    _case: Case | None = None
    touched: set[int] = field(default_factory=set)

    @property
    def case(self) -> Case:
        assert self._case is not None, "registered first"
        return self._case

    @property
    def now(self) -> Case:
        """As it stands after what time and others did to it."""
        return Case.objects.get(pk=self.case.pk)

    @property
    def _responsible(self) -> User | None:
        return self.desk.same(self.case.responsible)

    def _one(self, people: list[User]) -> User:
        return self.rng.choice(people)

    # --- intake -----------------------------------------------------------------------------------------------------

    def register(self, at: datetime, *, promised_at: datetime | None = None) -> None:
        """By the desk; what a patrol finds, by security."""
        patrol = self.channel == Channel.PATROL
        by = self.desk_person or self._one(self.desk.at(Role.SECURITY if patrol else Role.SERVICE))
        # Somebody has listened first.
        received_at = at - timedelta(seconds=self.rng.randrange(20, 150))
        self._case = register_case(
            estate=self.desk.estate,
            caller=self.caller or self.desk.caller(self.rng, self.saying),
            channel=self.channel,
            kind=self.saying.kind,
            text=self.saying.said,
            urgent=self.saying.urgent,
            cause=self.saying.cause,
            by=by,
            at=at,
            received_at=received_at,
            promised_at=promised_at,
        )
        if self.with_photo:
            attach_photos(case=self.case, photos=[self._photo()], by=by, at=at)

    def scan(self, at: datetime) -> None:
        """扫码: by the customer's own hand; a code of a house says whose it is."""
        code = self._one(self.desk.codes)
        owner = code.house and (code.house.tenant or code.house.owner)
        name, phone = (owner.name, owner.phone) if owner else (person(self.rng), _phone(self.rng))
        key = UUID(int=self.rng.getrandbits(128), version=4)
        if self.with_photo:
            keep_photos(code=code, key=key, photos=[self._photo()], at=at - timedelta(seconds=30))
        place = "" if code.house else self._one(names.SPOTS)
        self._case = report_case(
            code=code, key=key, kind=self.saying.kind, text=self.saying.said, name=name, phone=phone, at=at, place=place
        )

    def adopt(self, case: Case) -> None:
        """A case that was made by another way."""
        self._case = case

    def take(self, at: datetime) -> None:
        self._case = take_case(case=self.case, by=self.desk_person or self._one(self.desk.at(Role.SERVICE)), at=at)

    def transfer(self, at: datetime, *, to: str = "") -> None:
        by = self._responsible or self._one(self.desk.at(Role.SERVICE))
        self._case = transfer_case(case=self.case, by=by, at=at, department=to or self.saying.department)

    def transfer_on(self, at: datetime) -> None:
        """The first department finds that it is another's."""
        others = [code for code in Department.values if code != self.case.department]
        to = self.saying.department if self.saying.department in others else self._one(others)
        by = self._one(self.desk.department(self.case.department))
        words = self._one(names.MOVED).format(department=Department(to).label)
        self._case = transfer_case(case=self.case, by=by, at=at, department=to, remark=words)

    def promise(self, at: datetime, *, until: datetime) -> None:
        self._case = promise_answer(case=self.case, by=self._responsible or self.desk.lead, at=at, promised_at=until)

    # --- judging ----------------------------------------------------------------------------------------------------

    def judge(self, at: datetime, *, valid: bool = True) -> None:
        words = self._one(names.VALID if valid else names.INVALID["reason"])
        validity = Validity.VALID if valid else Validity.INVALID
        self._case = judge_case(case=self.case, by=self.desk.lead, at=at, validity=validity, reason=words)

    def grade(self, at: datetime, *, reason: str, by: User | None = None) -> None:
        self._case = grade_case(case=self.case, by=by or self.desk.lead, at=at, reason=GradeReason(reason))

    def explain(self, at: datetime) -> None:
        by, words = self._responsible or self.desk.lead, self._one(names.INVALID["explained"])
        self._case = explain_invalid(case=self.case, by=by, at=at, explanation=words)

    # --- the department ---------------------------------------------------------------------------------------------

    def accept(self, at: datetime) -> None:
        by = self._one(self.desk.department(self.case.department))
        self.touched.add(by.pk)
        self._case = accept_case(case=self.case, by=by, at=at)

    def arrive(self, at: datetime) -> None:
        self._case = arrive(case=self.case, by=self._handler(), at=at)

    def pause(self, at: datetime) -> None:
        self._case = pause_case(case=self.case, by=self._handler(), at=at, reason=self._one(names.WAITS))

    def resume(self, at: datetime) -> None:
        self._case = resume_case(case=self.case, by=self._handler(), at=at)

    def ask_extension(self, at: datetime, *, until: datetime, by: User | None = None) -> None:
        by = by or self._handler()
        ask_extension(case=self.case, by=by, at=at, due_at=until, reason=self._one(names.EXTENSIONS))

    def decide_extension(self, at: datetime, *, grant: bool) -> None:
        extension = CaseExtension.objects.filter(case=self.case, state=CaseExtension.State.ASKED).first()
        if extension is None:  # the result came first
            return
        words = self._one(names.GRANTED if grant else names.REFUSED)
        decide_extension(extension=extension, by=self.desk.manager, at=at, grant=grant, remark=words)

    def report(self, at: datetime) -> None:
        by = self._handler()
        self.touched.add(by.pk)
        if self.with_photo and self.rng.random() < 0.6:
            attach_results(case=self.case, photos=[self._photo(good=True)], by=by, at=at)
        result = self.saying.done if self.case.round == 1 else self._one(names.AGAIN)
        self._case = report_result(case=self.case, by=by, at=at, result=result)

    def _handler(self) -> User:
        return self.desk.same(self.case.handler) or self._one(self.desk.department(self.case.department))

    # --- the customer -----------------------------------------------------------------------------------------------

    def reply(self, at: datetime) -> None:
        """How things stand."""
        department = Department(self.case.department or Department.SERVICE).label
        self._answer(at, self._one(names.PROGRESS).format(department=department))

    def answer(self, at: datetime) -> None:
        """The last word of the round."""
        self._answer(at, self._one(names.ANSWERS).format(done=self.saying.done))

    def settle(self, at: datetime) -> None:
        """On the spot: result and answer in one."""
        self._answer(at, self.saying.done, settled=True)

    def _answer(self, at: datetime, words: str, *, settled: bool = False) -> None:
        by = self._responsible or self._one(self.desk.at(Role.SERVICE))
        self.touched.add(by.pk)
        self._case = answer_customer(case=self.case, by=by, at=at, answer=words, settled=settled)

    def try_to_call(self, at: datetime) -> None:
        record_attempt(case=self.case, by=self._caller_back(), at=at, remark=self._one(names.TRIED))

    def call_back(self, at: datetime, *, satisfaction: int = 5, solved: bool = True) -> None:
        remark = self._one(names.SAID_AT_CALL[satisfaction] if solved else names.UNSOLVED)
        self._case = record_callback(
            case=self.case, by=self._caller_back(), at=at, solved=solved,
            satisfaction=satisfaction if solved else None, remark=remark,
        )  # fmt: skip

    def rate(self, at: datetime, *, satisfaction: int = 5) -> None:
        """The customer answers on the page of the code."""
        words = self._one(names.SAID_AT_CALL[satisfaction])
        self._case = record_callback(
            case=self.case, by=None, at=at, solved=True, satisfaction=satisfaction, remark=words
        )

    def give_up(self, at: datetime) -> None:
        """以无法联系关闭, by the lead where the first call came too late (CMP-12)."""
        by = next(user for user in (self.desk.lead, self.desk.manager) if user.pk not in self.touched)
        self._case = close_unreachable(case=self.case, by=by, at=at)

    def _caller_back(self) -> User:
        """By another than those who handled it (CMP-12): the desk first, then its lead, then the manager."""
        people = [user for user in self.desk.at(Role.SERVICE) if user.pk not in self.touched]
        if not people or self.rng.random() < 0.25:
            people = [user for user in (self.desk.lead, self.desk.manager) if user.pk not in self.touched] or people
        return people[0]

    def reopen(self, at: datetime) -> None:
        self._case = reopen_case(case=self.case, by=self.desk.lead, at=at, reason=names.REOPENED)

    def close(self, at: datetime) -> None:
        by = self._responsible or self.desk.lead
        self._case = close_case(case=self.case, by=by, at=at, remark=self.saying.done)

    def sign(self, at: datetime) -> None:
        by, opinion = self._responsible or self.desk.lead, self._one(names.OPINIONS)
        attach_signed(
            case=self.case, scans=[signed_sheet(self.case.number, opinion, self.case.caller_name)], by=by, at=at
        )
        self._case = sign_opinion(case=self.case, by=by, at=at, opinion=opinion)

    def _photo(self, *, good: bool = False):
        caption = f"{self.desk.estate.label} {'处理后' if good else self.saying.said}"
        draw = wet_wall if self.saying.cause in WET and self.saying.kind in (Kind.COMPLAINT, Kind.REPAIR) else scene
        return draw(caption, self.rng, good=good)
