"""What tests of complaints start from, made by the services themselves, in moments of Asia/Shanghai.

    given = make_case(cast)                         # 投诉, 来电 by 客户助理 at MONDAY 09:00 → 待转派
    given = transferred(given, cast)                # → 处理中, with 工程部, 5 minutes after receipt
    given = accepted(given, cast)                   # by 工程, 10 minutes after receipt
    given = reported(given, cast)                   # → 待回复, 2 hours after
    given = answered(given, cast)                   # → 待回访, by 客户助理, 3 hours after
    given = called_back(given, cast)                # → 已关闭, by 客服主管, 4 hours after
    given = case_in(cast, Case.State.TO_CALLBACK)   # all that leads to a state

Every helper takes `at`. The limits are those of the delivered policy, in force since 2020; `policy_with` publishes one
with other limits.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from complaints.choices import CALLED_BACK, Channel, ClockKind, Department, Grade, GradeReason, Kind
from complaints.models import Case, Event, Policy
from complaints.services.answering import answer_customer
from complaints.services.calling import record_callback
from complaints.services.clocks import clocks_of
from complaints.services.closing import close_case
from complaints.services.events import open_event
from complaints.services.handling import accept_case, report_result
from complaints.services.judging import grade_case
from complaints.services.policies import draft_policy, publish_policy
from complaints.services.registering import Caller, register_case
from complaints.services.standards import load_standards
from complaints.services.transferring import transfer_case
from estates.models import Building, Estate, House, Unit
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.timers.models import Clock
from foundation.worktime.local import parse_at
from tests.cast import Cast

SINCE = parse_at("2020-01-01T00:00")
MONDAY = parse_at("2026-03-02T09:00")
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

# A reason of CMP-6 for each grade.
REASON = {
    Grade.MAJOR: GradeReason.MAJOR_COMPANY,
    Grade.SERIOUS: GradeReason.SERIOUS_COMPANY,
    Grade.MINOR: GradeReason.MINOR_EASY,
}


def refused(sentence: str) -> Any:
    """with refused("请写明"): the verb answers with a sentence that holds these words."""
    return pytest.raises(Refused, match=re.escape(sentence))


def moment(text: str) -> datetime:
    """Asia/Shanghai where the text says nothing else: 2026-03-02T09:00, or 2026-03-02 09:00:01."""
    return parse_at(text)


# --- policies -------------------------------------------------------------------------------------------------------


def standard_policy() -> Policy:
    """The delivered policy, in force since 2020; loaded once."""
    policy = Policy.objects.in_force(MONDAY)
    if policy is None:
        load_standards(at=SINCE)
        policy = Policy.objects.in_force(MONDAY)
    assert policy is not None
    return policy


def policy_with(*, since: datetime = SINCE, **limits: dict[str, Any]) -> Policy:
    """A newer version in force from `since`: the delivered one with other values for the clocks that are named.

    policy_with(answer={"amount": 3, "calendar": "workday"}) changes 答复 of every kind and grade.
    """
    standard_policy()
    draft = draft_policy(by=None, at=since)
    for clock, values in limits.items():
        draft.rules.filter(clock=ClockKind(clock)).update(**values)
    return publish_policy(policy=draft, by=None, at=since)


# --- places and callers ---------------------------------------------------------------------------------------------


def make_house(estate: Estate, number: str = "1502", *, building: str = "3幢") -> House:
    """The house 3幢2单元1502 of an estate; the same one when asked for again."""
    block, _ = Building.objects.get_or_create(estate=estate, name=building)
    stairs, _ = Unit.objects.get_or_create(building=block, name="2单元")
    house, _ = House.objects.get_or_create(
        estate=estate,
        building=block,
        unit=stairs,
        number=number,
        defaults={"code": f"{building}2单元{number}", "area": Decimal("89.50")},
    )
    return house


# --- a case and the way it goes -------------------------------------------------------------------------------------


def make_case(
    cast: Cast,
    *,
    kind: str = Kind.COMPLAINT,
    at: datetime = MONDAY,
    grade: str = "",
    estate: Estate | None = None,
    house: House | None = None,
    phone: str = "13800001234",
    by: User | None = None,
    text: str = "电梯又停了，没有人来修",
    channel: str = Channel.PHONE,
    received_at: datetime | None = None,
    **options: Any,
) -> Case:
    """Registered at `at` by the front desk; with a `grade`, graded by the service lead at the same moment."""
    standard_policy()
    case = register_case(
        estate=estate or cast.estate_a1,
        caller=Caller(house=house, name="王小明", phone=phone, place="" if house else "东门岗亭"),
        channel=channel,
        kind=kind,
        text=text,
        by=by or cast.service,
        at=at,
        received_at=received_at,
        **options,
    )
    if grade:
        case = grade_case(case=case, by=cast.service_lead, at=at, reason=REASON[Grade(grade)])
    return case


def scanned_case(cast: Cast, *, kind: str = Kind.REPAIR, at: datetime = MONDAY, **options: Any) -> Case:
    """By the customer's own scan: 已登记, without a first responsible person."""
    standard_policy()
    return register_case(
        estate=cast.estate_a1,
        caller=Caller(name="王小明", phone="13800001234", place="东门岗亭"),
        channel=Channel.SCAN,
        kind=kind,
        text="楼道灯不亮",
        by=None,
        at=at,
        **options,
    )


def transferred(case: Case, cast: Cast, *, at: datetime | None = None, to: str = Department.ENGINEERING) -> Case:
    at = at or case.received_at + 5 * MINUTE
    return transfer_case(case=case, by=cast.service, at=at, department=to)


def accepted(case: Case, cast: Cast, *, at: datetime | None = None, by: User | None = None) -> Case:
    return accept_case(case=case, by=by or cast.engineering, at=at or case.received_at + 10 * MINUTE)


def reported(case: Case, cast: Cast, *, at: datetime | None = None, by: User | None = None) -> Case:
    at = at or case.received_at + 2 * HOUR
    return report_result(case=case, by=by or cast.engineering, at=at, result="已更换门机皮带，运行正常")


def answered(
    case: Case, cast: Cast, *, at: datetime | None = None, by: User | None = None, settled: bool = False
) -> Case:
    """The last word of a case with its result, or settled on the spot."""
    at = at or case.received_at + 3 * HOUR
    return answer_customer(case=case, by=by or cast.service, at=at, answer="电梯已恢复运行", settled=settled)


def called_back(
    case: Case,
    cast: Cast,
    *,
    at: datetime | None = None,
    by: User | None = None,
    solved: bool = True,
    satisfaction: int | None = 4,
) -> Case:
    return record_callback(
        case=case, by=by or cast.service_lead, at=at or case.received_at + 4 * HOUR, solved=solved,
        satisfaction=satisfaction,
    )  # fmt: skip


def case_in(cast: Cast, state: str, **options: Any) -> Case:
    """A case brought to a state by its services; `options` are those of `make_case`."""
    if state == Case.State.REGISTERED:
        return scanned_case(cast, **options)
    case = make_case(cast, **options)
    if case.kind == Kind.PRAISE and state == Case.State.CLOSED:
        return close_case(case=case, by=cast.service, at=case.received_at + HOUR)
    way = [
        (Case.State.HANDLING, lambda case: accepted(transferred(case, cast), cast)),
        (Case.State.TO_ANSWER, lambda case: reported(case, cast)),
        (Case.State.TO_CALLBACK, lambda case: answered(case, cast)),
        (Case.State.CLOSED, lambda case: called_back(case, cast) if case.kind in CALLED_BACK else case),
    ]
    for reached, step in way:
        if case.state == state:
            break
        case = step(case)
        assert case.state in (reached, Case.State.CLOSED)
    assert case.state == state
    return case


def tied(cast: Cast, count: int, *, at: datetime = MONDAY, kind: str = Kind.COMPLAINT) -> Event:
    """An event of `count` cases of as many houses of one building (two at least)."""
    cases = [
        make_case(cast, kind=kind, at=at, house=make_house(cast.estate_a1, f"{floor}01"), phone=f"1380000{floor:04d}")
        for floor in range(1, count + 1)
    ]
    return open_event(cases=cases, by=cast.service, at=at, title="3幢停水")


# --- what is asked of it afterwards ---------------------------------------------------------------------------------


def clock(case: Case, kind: str) -> Clock:
    """The newest clock of the case of this kind: clock(case, "answer")."""
    return clocks_of(case)[ClockKind(kind)]


def running(case: Case) -> set[str]:
    """The kinds of the clocks that have not stopped."""
    return {kind.value for kind, row in clocks_of(case).items() if not row.is_stopped}


def due(case: Case, kind: str) -> str:
    """When it is due, as people write it: 2026-03-03 09:00:00."""
    at = clock(case, kind).due_at
    return text_of(at) if at else ""


def text_of(at: datetime) -> str:
    return f"{at.astimezone(SINCE.tzinfo):%Y-%m-%d %H:%M:%S}"


def journal(case: Case) -> list[str]:
    """The verbs of the case's timeline, in order, without `case.`."""
    verbs = Entry.objects.filter(subject_kind="complaints.case", subject_id=case.pk).order_by("pk")
    return [verb.removeprefix("case.") for verb in verbs.values_list("verb", flat=True)]


def entry(case: Case, verb: str) -> Entry:
    """The newest line of its timeline with this verb."""
    rows = Entry.objects.filter(subject_kind="complaints.case", subject_id=case.pk, verb=f"case.{verb}")
    found = rows.order_by("pk").last()
    assert found is not None, f"no case.{verb}"
    return found


def told(case: Case, user: User) -> list[str]:
    """The titles of what a user was told about a case, in order."""
    rows = Notice.objects.filter(user=user, subject_kind="complaints.case", subject_id=case.pk)
    return list(rows.order_by("pk").values_list("title", flat=True))


def fresh(case: Case) -> Case:
    return Case.objects.get(pk=case.pk)


def shares(case: Case, kind: str) -> list[str]:
    """The steps of a clock that have happened, in order, over all rounds: 50, 100 …"""
    return list(clock(case, kind).taken.order_by("pk").values_list("code", flat=True))


def close_all(cases: Iterable[Case], cast: Cast) -> list[Case]:
    """Bring cases that were just registered to their end."""
    return [called_back(answered(reported(transferred(case, cast), cast), cast), cast) for case in cases]


def photo(name: str = "IMG_0001.jpg", *, color: str = "green") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")
