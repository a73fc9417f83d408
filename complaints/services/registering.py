"""Intake: a contact becomes a case, with its number and all its clocks (CMP-1…4)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction

from accounts.staff import staff
from complaints import guards
from complaints.choices import ROLES, CallerKind, Channel, ClockKind, Department, Kind
from complaints.models import Case, Policy, Round
from complaints.services import answering, clocks, transferring
from complaints.services.people import desk_people, people_of, tell, words
from complaints.services.promising import check_promise
from complaints.services.upgrading import tell_grade
from complaints.services.verbs import note, working_on
from estates.models import Building, Estate, House
from foundation.attachments.services import AttachmentError, attach
from foundation.numbering.services import format_number, take
from foundation.records.refusals import Refused
from foundation.worktime.local import SHANGHAI, local_date

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "TS"
PHOTOS = "photos"  # the attachment slot of what the customer sent
# CMP-3: all from the moment of receipt; 到场 begins with the transfer, 当日回复 and 回访 when they come.
FROM_RECEIPT = (ClockKind.TRANSFER, ClockKind.JUDGE, ClockKind.ANSWER, ClockKind.HANDLE)


@dataclass(frozen=True, kw_only=True)
class Caller:
    """Who contacts us, and from where; a caller without a house has a `place` in words."""

    house: House | None = None
    building: Building | None = None
    place: str = ""
    kind: str = CallerKind.OWNER
    name: str = ""
    phone: str = ""


def register_case(
    *,
    estate: Estate,
    caller: Caller,
    channel: str,
    kind: str,
    text: str,
    by: User | None,
    at: datetime,
    received_at: datetime | None = None,
    urgent: bool = False,
    cause: str = "",
    promised_at: datetime | None = None,
    transfer_to: str = "",
    answer: str = "",
    client_key: UUID | None = None,
) -> Case:
    """登记: number and clocks at once; the first person stays responsible (CMP-1). `by` None: the customer's own scan.

    `transfer_to` passes it to a department in the same breath, `answer` settles it on the spot. The same `client_key`
    again gives the case of the first time: a form that was sent twice is one case.
    """
    if client_key and (first := Case.objects.filter(client_key=client_key, estate=estate).first()):
        return first
    received_at = received_at or at
    _check(estate, caller, kind, text, by, at, received_at, promised_at)
    try:
        with transaction.atomic():
            case = _create(
                estate, caller, by, at, received_at,
                channel=channel, kind=kind, text=text.strip(), urgent=urgent and kind == Kind.REPAIR,
                cause=cause, promised_at=promised_at, client_key=client_key,
            )  # fmt: skip
            if by is not None and transfer_to:
                transferring.transfer_case(case=case, by=by, at=at, department=transfer_to, made_here=True)
            elif by is not None and answer.strip():
                answering.answer_customer(case=case, by=by, at=at, answer=answer, settled=True, made_here=True)
            else:
                clocks.show_due(case)
    except IntegrityError:
        # The same form, sent twice at once: the other one was faster.
        if client_key and (first := Case.objects.filter(client_key=client_key, estate=estate).first()):
            return first
        raise
    case.refresh_from_db()
    return case


def _check(
    estate: Estate,
    caller: Caller,
    kind: str,
    text: str,
    by: User | None,
    at: datetime,
    received_at: datetime,
    promised_at: datetime | None,
) -> None:
    if by is not None:
        guards.may_register(estate, by)
    if not text.strip():
        raise Refused("请写下客户反映的内容。")
    check_received(estate, received_at, at)
    if caller.house and caller.house.estate_id != estate.pk:
        raise Refused("这套房屋不在本项目。")
    if promised_at is not None:
        check_promise(estate, kind, promised_at, by, at, received_at)


def check_received(estate: Estate, received_at: datetime, at: datetime) -> None:
    """Not later than now, and not before there was anything to look after."""
    if received_at > at:
        raise Refused("受理时间不能晚于现在。")
    begun = min(filter(None, [estate.early_start_on, estate.delivery_on]), default=None)
    if begun and local_date(received_at) < begun:
        raise Refused(f"受理时间早于本项目开始服务的日期（{begun:%Y-%m-%d}），那时还没有这处房屋。")


def _create(estate: Estate, caller: Caller, by: User | None, at: datetime, received_at: datetime, **fields) -> Case:
    policy = Policy.objects.in_force(at)
    if policy is None:
        raise Refused("还没有启用的时限方案，请联系系统管理员。")
    house = caller.house
    untaken = by is None or fields["kind"] == Kind.PRAISE
    case = Case.objects.create(
        estate=estate,
        house=house,
        building=house.building if house else caller.building,
        place=caller.place,
        caller_kind=caller.kind,
        caller_name=caller.name,
        caller_phone=plain_phone(caller.phone),
        received_at=received_at,
        registered_at=at,
        registered_by=by,
        responsible=by,
        policy=policy,
        state=Case.State.REGISTERED if untaken else Case.State.TO_TRANSFER,
        number=_number(estate, at),
        **fields,
    )
    Round.objects.create(case=case, number=1, started_at=received_at)
    note(
        case,
        "register",
        by=by,
        at=at,
        channel=Channel(case.channel).label,
        kind=case.get_kind_display(),
        text=case.text,
        received_at=received_at.isoformat() if received_at != at else "",
        promised_at=case.promised_at.isoformat() if case.promised_at else "",
    )
    clocks.begin_first(case, FROM_RECEIPT)
    tell_grade(case, at, but=by)
    if by is None:
        title = f"客户扫码{case.get_kind_display()}：{words(case)}"
        tell(case, desk_people(case, people_of(case, at)), title=title, key="scan", at=at)
    return case


def plain_phone(text: str) -> str:
    """A number as it is compared: digits, half-width, without what is typed between them (138 0000-1234, +86 …)."""
    digits = re.sub(r"[^\d+]", "", unicodedata.normalize("NFKC", text))
    return digits.removeprefix("+86").replace("+", "")


def _number(estate: Estate, at: datetime) -> str:
    period = at.astimezone(SHANGHAI).strftime("%Y%m")
    taken = take(kind=NUMBER, place=estate.code, period=period)
    return format_number(NUMBER, estate.code, period, taken[0])


def take_case(*, case: Case, by: User, at: datetime) -> Case:
    """受理 what came by the public form: who takes it is its first responsible person (CMP-1)."""
    with working_on(case, at) as case:
        guards.may_take(case, by)
        case.responsible = by
        if case.kind != Kind.PRAISE:
            case.state = Case.State.TO_TRANSFER
        case.save(update_fields=["responsible", "state"])
        note(case, "take", by=by, at=at)
    return case


def attach_photos(
    *, case: Case, photos: Sequence[UploadedFile], by: User | None, at: datetime, slot: str = PHOTOS
) -> None:
    """Keep photos of a case; Refused names those that are none. The good ones stay: nothing uploaded is lost."""
    faults = []
    for photo in photos:
        try:
            attach(owner=case, slot=slot, upload=photo, by=by, at=at)
        except AttachmentError as error:
            faults.append(f"{photo.name}：{error}")
    if faults:
        raise Refused(" ".join(faults))


def departments_with_people(estate: Estate, at: datetime) -> list[str]:
    """The departments a case of this estate can be passed to."""
    people = staff([estate.pk], local_date(at))
    return [code for code in Department.values if people.holding(ROLES[code], estate.pk)]
