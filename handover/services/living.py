"""入住: of the owner, or of a tenant with the owner's word; and the end of it (HND-6).

    move_in = register_move_in(house=house, is_tenant=True, name="李租", phone="13900001111", people=2, planned_on=day,
                               lease_from=day, lease_until=day, by=user, at=now)
    confirm_tenant(move_in=move_in, answer="yes", phone="", called_at=now, words="同意", by=user, at=now)
    complete_move_in(move_in=move_in, by=user, at=now)

The move-in is locked first, then what the house's file does with its own rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.rights import Right
from accounts.roles import Role
from accounts.staff import staff
from estates import identity, masking
from estates.models import House, Owner, Tenant
from estates.services.occupants import change_tenant, end_tenancy
from foundation.attachments.services import AttachmentError, attach
from foundation.journal.services import record
from foundation.notices.services import send
from foundation.numbering.services import format_number, take
from foundation.records.once import same
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from handover.guards import living as guards
from handover.guards.living import LEASE
from handover.models import MoveIn
from handover.services.passes import Answer

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "RZ"
MOST_PEOPLE = 99
WORDS = 200
State = MoveIn.State
# 《入住知会单》: the departments beside the desk, which does it.
DEPARTMENTS = {
    "工程部": (Role.ENGINEERING_LEAD, Role.ENGINEERING),
    "秩序维护部": (Role.SECURITY_LEAD, Role.SECURITY),
    "环境部": (Role.ENVIRONMENT_LEAD, Role.ENVIRONMENT),
    "中控室": (Role.CONTROL_ROOM,),
    "收银": (Role.CASHIER,),
}


def register_move_in(
    *,
    house: House,
    is_tenant: bool,
    name: str,
    phone: str,
    people: int,
    planned_on: date,
    by: User,
    at: datetime,
    lease_from: date | None = None,
    lease_until: date | None = None,
    lease_holds_goods: bool = False,
    client_key: UUID | None = None,
) -> MoveIn:
    """办理入住 begins; one for the owner and one for a tenant of a house at a time.

    The same form sent twice (`client_key`) is one move-in.
    """
    guards.may_register(house, by)
    facts = {"house_id": house.pk, "is_tenant": is_tenant, "name": name.strip()}
    if sent := _sent(client_key, facts):
        return sent
    phone = _check(name, phone, people)
    if is_tenant:
        if lease_from is None or lease_until is None:
            raise Refused("租户入住请写明租期。")
        if lease_until < lease_from:
            raise Refused("租期结束不能早于开始。")
        if lease_until < local_date(at):
            raise Refused("租期已经结束。")
    else:
        lease_from = lease_until = None
        lease_holds_goods = False
    try:
        with transaction.atomic():
            move_in = MoveIn.objects.create(
                number=_number(house, at), estate=house.estate, house=house, is_tenant=is_tenant, name=name.strip(),
                phone=phone, people=people, lease_from=lease_from, lease_until=lease_until,
                lease_holds_goods=lease_holds_goods, planned_on=planned_on, registered_at=at, registered_by=by,
                client_key=client_key,
            )  # fmt: skip
            _note(move_in, "register", by=by, at=at, note=f"{'租户' if is_tenant else '业主'} {move_in.name}")
    except IntegrityError as error:
        # Sent twice at once: the other one was faster.
        if sent := _sent(client_key, facts):
            return sent
        if "one_move_in_at_a_time" not in str(error):
            raise
        raise Refused(f"这户已经有{'租户' if is_tenant else '业主'}入住在办或已入住，请先登记迁出。") from None
    return move_in


def confirm_tenant(
    *, move_in: MoveIn, answer: str, phone: str, called_at: datetime | None, words: str, by: User, at: datetime
) -> MoveIn:
    """业主确认 by phone: when, which number, what was said. Without it no tenant moves in."""
    with _working_on(move_in) as move_in:
        guards.may_confirm(move_in, by)
        if answer not in Answer.values:
            raise Refused("请选择业主的答复。")
        if answer != Answer.YES:
            sentence = "联系不上业主" if answer == Answer.NONE else "业主不同意"
            raise Refused(f"{sentence}，租户不能入住。")
        owner = Owner.objects.current().filter(house=move_in.house_id).first()
        number = _phone(phone) or (owner.phone if owner else "")
        if not number:
            raise Refused("请写明拨打的业主号码。")
        if called_at is None:
            raise Refused("请写明去电时间。")
        if called_at > at:
            raise Refused("去电时间不能晚于现在。")
        said = f"{masking.phone(number)} {words.strip() or '同意'}"
        if len(said) > WORDS:
            raise Refused(f"业主的意见最多 {WORDS - 20} 个字。")
        move_in.owner_confirmed_at, move_in.owner_confirmation = called_at, said
        move_in.save(update_fields=["owner_confirmed_at", "owner_confirmation"])
        _note(move_in, "confirm", by=by, at=at, consent=said)
    return move_in


def add_lease(*, move_in: MoveIn, files: Sequence[UploadedFile], by: User, at: datetime) -> MoveIn:
    """租赁合同, as photos or PDF: all of the files, or none."""
    with _working_on(move_in) as move_in:
        guards.may_add_lease(move_in, by)
        if not files:
            raise Refused("请选择租赁合同的照片或 PDF。")
        try:
            for file in files:
                attach(owner=move_in, slot=LEASE, upload=file, by=by, at=at)
        except AttachmentError as error:
            raise Refused(str(error)) from error
        _note(move_in, "lease", by=by, at=at, note=f"{len(files)} 份")
    return move_in


def complete_move_in(*, move_in: MoveIn, by: User, at: datetime) -> MoveIn:
    """已入住: the house's file knows its tenant, and the other departments get the 《入住知会单》."""
    with _working_on(move_in) as move_in:
        guards.may_complete(move_in, by)
        if move_in.is_tenant:
            _enter_tenant(move_in, by, at)
        move_in.state, move_in.done_at = State.DONE, at
        move_in.save(update_fields=["state", "done_at"])
        _note(move_in, "done", by=by, at=at)
        who = "租户" if move_in.is_tenant else "业主"
        _tell(move_in, f"入住知会单：{move_in.house} {who}{move_in.name}入住", "done", at)
    return move_in


def watch_fees(*, move_in: MoveIn, by: User, at: datetime) -> MoveIn:
    """收银标注: the periods of this house are watched from now on."""
    with _working_on(move_in) as move_in:
        guards.may_watch(move_in, by)
        move_in.fees_watched_at, move_in.fees_watched_by = at, by
        move_in.save(update_fields=["fees_watched_at", "fees_watched_by"])
        _note(move_in, "watch", by=by, at=at)
    return move_in


def end_move_in(*, move_in: MoveIn, until: date, by: User, at: datetime, reason: str = "") -> MoveIn:
    """迁出, with its last day; a tenant's ends in the house's file as well."""
    with _working_on(move_in) as move_in:
        guards.may_end(move_in, by)
        lived = move_in.state == State.DONE
        if until > local_date(at):
            raise Refused("迁出日不能晚于今天。")
        if lived and move_in.done_at and until < local_date(move_in.done_at):
            raise Refused(f"迁出日不能早于入住日 {local_date(move_in.done_at):%Y-%m-%d}。")
        if lived and move_in.is_tenant:
            tenant = _tenant_of(move_in)
            if tenant is not None:
                end_tenancy(tenant=tenant, until=until, by=by, at=at)
        move_in.state, move_in.ended_on = State.ENDED, until
        move_in.save(update_fields=["state", "ended_on"])
        _note(move_in, "end", by=by, at=at, reason=reason.strip(), until=until.isoformat())
        if lived:
            _tell(move_in, f"迁出知会：{move_in.house} {move_in.name}", "ended", at)
    return move_in


# --- around it --------------------------------------------------------------------------------------------------------


@contextmanager
def _working_on(move_in: MoveIn) -> Iterator[MoveIn]:
    rows = MoveIn.objects.select_for_update(of=("self",)).select_related("estate__parent", "house__estate__parent")
    with transaction.atomic():
        yield rows.get(pk=move_in.pk)


def _check(name: str, phone: str, people: int) -> str:
    if not name.strip():
        raise Refused("请写明入住人姓名。")
    number = identity.clean_phone(phone)
    if not number:
        raise Refused("请写明入住人手机。")
    if fault := identity.phone_fault(number):
        raise Refused(fault)
    if not 1 <= people <= MOST_PEOPLE:
        raise Refused(f"入住人数应在 1 到 {MOST_PEOPLE} 之间。")
    return number


def _sent(client_key: UUID | None, facts: dict[str, Any]) -> MoveIn | None:
    """What the form made the first time. One of another house was found by a made-up key: it is not named (ORG-2)."""
    sent = MoveIn.objects.filter(client_key=client_key).select_related("estate").first() if client_key else None
    if sent is None:
        return None
    if sent.house_id != facts["house_id"]:
        raise Refused("页面已过期，请刷新后再提交。")
    return same(sent, all(getattr(sent, name) == facts[name] for name in facts), f"入住 {sent.number}")


def _phone(text: str) -> str:
    number = identity.clean_phone(text)
    if number and (fault := identity.phone_fault(number)):
        raise Refused(fault)
    return number


def _number(house: House, at: datetime) -> str:
    period, place = f"{local_date(at):%Y%m}", house.estate.code
    return format_number(NUMBER, place, period, take(kind=NUMBER, place=place, period=period)[0])


def _tenant_of(move_in: MoveIn) -> Tenant | None:
    """The present tenant in the house's file, where that is who moved in."""
    tenant = Tenant.objects.current().filter(house=move_in.house_id).first()
    return tenant if tenant is not None and tenant.name == move_in.name else None


def _enter_tenant(move_in: MoveIn, by: User, at: datetime) -> None:
    """One who is in the file already, as the same person, stays as entered."""
    tenant = _tenant_of(move_in)
    if tenant is None or tenant.phone != move_in.phone:
        change_tenant(
            house=move_in.house, name=move_in.name, phone=move_in.phone, since=local_date(at), by=by, at=at
        )  # fmt: skip


def _note(move_in: MoveIn, verb: str, *, by: User, at: datetime, **data: Any) -> None:
    said = {key: value for key, value in data.items() if value not in (None, "")}
    record(move_in, f"move_in.{verb}", by=by, at=at, node=move_in.estate_id, **said)


def notice_key(move_in: MoveIn, what: str = "done") -> str:
    """Under which its notices are sent, once to each person."""
    return f"move_in:{move_in.pk}:{what}"


def _tell(move_in: MoveIn, title: str, what: str, at: datetime) -> None:
    """Each department's lead, or its people where it has none. Who can't open the page reads it all in the notice."""
    people = staff([move_in.estate_id], local_date(at))
    to: dict[int, User] = {}
    for roles in DEPARTMENTS.values():
        first = next((found for role in roles if (found := people.holding([role], move_in.estate_id))), [])
        to |= {person.pk: person for person in first}
    url = reverse("handover:move_in", args=[move_in.pk])
    for may_open in (True, False):
        some = [one for one in to.values() if one.may(Right.VIEW_HANDOVER, move_in.estate) is may_open]
        body = f"{move_in.estate.label} · {move_in.house} · {move_in.people} 人 · {move_in.number}"
        key = notice_key(move_in, what)
        send(to=some, title=title, body=body, url=url if may_open else "", at=at, key=key, subject=move_in)
