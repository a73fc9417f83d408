"""Owners and tenants of a house: who follows whom, and who was shown a full number (ORG-4, ORG-7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from estates import identity, masking
from estates.access import CHANGE_HOUSES, REVEAL_PERSONAL, Actor
from estates.models import House, Occupant, Owner, Tenant
from foundation.journal import services as journal
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date


@dataclass(frozen=True)
class Personal:
    """The plain values of a reveal."""

    id_number: str
    phone: str


def guard_reveal(by: Actor, house: House) -> None:
    if not by.may(REVEAL_PERSONAL, house.estate):
        raise Refused("您的岗位不能查看完整的证件号和手机。")


def guard_change(by: Actor, house: House) -> None:
    if not by.may(CHANGE_HOUSES, house.estate):
        raise Refused("您的岗位不能变更业主和租户。")


@transaction.atomic
def reveal_owner(*, owner: Owner | Tenant, by: Any, at: datetime) -> Personal:
    """The full document number and phone of an owner or tenant; each look is in the journal of the house (ORG-4)."""
    guard_reveal(by, owner.house)
    journal.record(owner.house, "house.reveal", by=by, at=at, node=owner.house.estate_id, name=owner.name)
    return Personal(owner.id_number or "", owner.phone)


@transaction.atomic
def change_owner(
    *,
    house: House,
    name: str,
    id_type: str = "",
    id_number: str = "",
    phone: str = "",
    co_owners: list[str] | None = None,
    since: date,
    by: Any,
    at: datetime,
) -> Owner:
    """A new owner from a day on; the one before is kept, until the day before. The same again changes nothing."""
    facts = {**_person(name, id_type, id_number, phone), "co_owners": co_owners or []}
    return _follow(Owner, house, facts, since, "house.owner", by, at)  # type: ignore[return-value]


@transaction.atomic
def enter_buyer(
    *,
    house: House,
    names: Sequence[str],
    id_type: str = "",
    id_number: str = "",
    phone: str = "",
    since: date,
    by: Any,
    at: datetime,
) -> Owner:
    """Who has taken the house over is its owner (HND-1). Who is it already stays; what was missing is filled in.

    `names` as the developer's list has them; document and phone are the first one's. Whether the house is taken over was
    the caller's to ask, so nothing is asked here. Done twice it changes nothing.
    """
    rows = House.objects.select_for_update(of=("self",), no_key=True).select_related("estate__parent")
    house = rows.get(pk=house.pk)
    facts = {**_person(names[0], id_type, id_number, phone), "co_owners": [name.strip() for name in names[1:]]}
    now = Owner.objects.current().filter(house=house).first()
    if now is None or not _is_known(now, facts):
        since = max(since, now.since) if now else since
        return _succeed(Owner, house, now, facts, since, "house.owner", by, at)  # type: ignore[return-value]
    if now.name == facts["name"]:
        _fill_in(now, facts, house, by, at)
    return now


def _is_known(now: Owner, facts: dict[str, Any]) -> bool:
    """The owner of the file under the same name, or a couple whichever comes first. Two documents are two people."""
    if now.name != facts["name"]:
        return {facts["name"], *facts["co_owners"]} <= {now.name, *now.co_owners}
    both = now.id_number and facts["id_number"] and now.id_type == facts["id_type"]
    return not both or now.id_number == facts["id_number"]


def _fill_in(now: Owner, facts: dict[str, Any], house: House, by: Any, at: datetime) -> None:
    said: dict[str, Any] = {}
    if facts["id_number"] and not now.id_number:
        now.id_type, now.id_number = facts["id_type"], facts["id_number"]
        said["id_number"] = journal.change("", now.masked_id_number)
    if facts["phone"] and not now.phone:
        now.phone = facts["phone"]
        said["phone"] = journal.change("", now.masked_phone)
    if facts["co_owners"] and not now.co_owners:
        now.co_owners = facts["co_owners"]
        said["co_owners"] = journal.change("", "、".join(now.co_owners))
    if said:
        now.save(update_fields=["id_type", "id_number", "phone", "co_owners", "spellings"])
        journal.record(house, "house.owner", by=by, at=at, node=house.estate_id, **said)


@transaction.atomic
def change_tenant(
    *,
    house: House,
    name: str,
    id_type: str = "",
    id_number: str = "",
    phone: str = "",
    since: date,
    by: Any,
    at: datetime,
) -> Tenant:
    """A new tenant from a day on; the one before is kept. The same again changes nothing."""
    return _follow(Tenant, house, _person(name, id_type, id_number, phone), since, "house.tenant", by, at)  # type: ignore[return-value]


@transaction.atomic
def end_tenancy(*, tenant: Tenant, until: date, by: Any, at: datetime) -> Tenant:
    """The tenant's last day. Done twice changes nothing."""
    tenant = Tenant.objects.select_for_update(of=("self",)).select_related("house__estate__parent").get(pk=tenant.pk)
    guard_change(by, tenant.house)
    if tenant.until is not None:
        return tenant
    if not tenant.since <= until <= local_date(at):
        raise Refused(f"退租日应在 {tenant.since:%Y-%m-%d} 到今天之间。")
    tenant.until = until
    tenant.save(update_fields=["until"])
    journal.record(
        tenant.house, "house.tenancy_end", by=by, at=at, node=tenant.house.estate_id, name=tenant.name, until=until
    )
    return tenant


def follow_on(old: Occupant, since: date) -> date:
    """The last day of the one before: the day before, or the first day of one who came that same day."""
    return max(old.since, since - timedelta(days=1))


def _person(name: str, id_type: str, id_number: str, phone: str) -> dict[str, Any]:
    id_number, phone = identity.clean_id_number(id_number), identity.clean_phone(phone)
    fault = identity.id_number_fault(id_type, id_number) or identity.phone_fault(phone)
    if not name.strip():
        fault = "请写姓名。"
    if fault:
        raise Refused(fault)
    return {"name": name.strip(), "id_type": id_type, "id_number": id_number or None, "phone": phone}


def _follow(
    model: type[Owner] | type[Tenant],
    house: House,
    facts: dict[str, Any],
    since: date,
    verb: str,
    by: Any,
    at: datetime,
) -> Owner | Tenant:
    house = House.objects.select_for_update(of=("self",)).select_related("estate__parent").get(pk=house.pk)
    guard_change(by, house)
    if since > local_date(at):
        raise Refused("变更日期不能晚于今天。")
    now = model.objects.current().filter(house=house).first()
    if now is not None:
        if now.since == since and all(getattr(now, key) == value for key, value in facts.items()):
            return now
        if since < now.since:
            raise Refused(f"变更日期不能早于现在这位的起始日 {now.since:%Y-%m-%d}。")
    return _succeed(model, house, now, facts, since, verb, by, at)


def _succeed(
    model: type[Owner] | type[Tenant],
    house: House,
    now: Owner | Tenant | None,
    facts: dict[str, Any],
    since: date,
    verb: str,
    by: Any,
    at: datetime,
) -> Owner | Tenant:
    """The new one from a day on; the one before is kept, until the day before."""
    if now is not None:
        now.until = follow_on(now, since)
        now.save(update_fields=["until"])
    new = model.objects.create(house=house, since=since, **facts)
    journal.record(
        house,
        verb,
        by=by,
        at=at,
        node=house.estate_id,
        name=journal.change(now.name if now else "", new.name),
        phone=journal.change(now.masked_phone if now else "", masking.phone(new.phone)),
        since=since,
    )
    return new
