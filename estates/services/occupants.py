"""Owners and tenants of a house: who follows whom, and who was shown a full number (ORG-4, ORG-7)."""

from __future__ import annotations

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
