"""交付批次: made, opened and closed (HND-1, HND-4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from estates.models import Estate
from foundation.journal.services import record
from foundation.numbering.services import format_number, take
from foundation.records.once import same
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from handover.choices import StepKind
from handover.guards import batches as guards
from handover.models import Batch, Handover, StepOrder
from handover.services.billing import rule_of

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "JF"
BULK = 1000


@transaction.atomic
def create_batch(
    *,
    estate: Estate,
    name: str,
    starts_on: date,
    ends_on: date,
    developer: str,
    by: User,
    at: datetime,
    hall: str = "",
    advance_months: int = 6,
    fees_from: date | None = None,
    client_key: UUID | None = None,
) -> Batch:
    """A batch that is being prepared; it keeps the order of the steps as it is at the estate today.

    The same form sent twice (`client_key`) is one batch. Months above the estate's cap are refused (HND-2).
    """
    guards.may_create(estate, by)
    if client_key and (sent := _sent(client_key, estate)):
        return same(sent, (sent.name, sent.starts_on) == (name.strip(), starts_on), f"批次“{sent.name}”")
    if ends_on < starts_on:
        raise Refused("结束日期不能早于开始日期。")
    if advance_months < 1:
        raise Refused("预收月数至少为 1。")
    rule = rule_of(estate.pk)
    if rule.capped(advance_months) < advance_months:
        raise Refused(f"这个项目最多预收 {rule.most_months} 个月。")
    period = f"{local_date(at):%Y%m}"
    batch = Batch.objects.create(
        number=format_number(NUMBER, estate.code, period, take(kind=NUMBER, place=estate.code, period=period)[0]),
        estate=estate,
        name=name.strip(),
        starts_on=starts_on,
        ends_on=ends_on,
        hall=hall.strip(),
        developer=developer.strip(),
        advance_months=advance_months,
        fees_from=fees_from,
        steps=step_order(estate),
        opened_at=at,
        opened_by=by,
        client_key=client_key,
    )
    record(batch, "batch.create", by=by, at=at, node=estate, batch=batch.name)
    return batch


def _sent(client_key: UUID, estate: Estate) -> Batch | None:
    """What the form made the first time. One form at a time for an estate: the second of two at once finds the first."""
    Estate.objects.select_for_update(of=("self",), no_key=True).get(pk=estate.pk)
    sent = Batch.objects.filter(client_key=client_key).first()
    if sent is not None and sent.estate_id != estate.pk:
        raise Refused("页面已过期，请刷新后再提交。")
    return sent


def step_order(estate: Estate) -> list[str]:
    """The estate's own order, or the default one (HND-1)."""
    own = StepOrder.objects.filter(estate=estate).order_by("position").values_list("kind", flat=True)
    return list(own) or list(StepKind.values)


def step_names(estate: Estate) -> list[str]:
    return [StepKind(kind).label for kind in step_order(estate)]


@transaction.atomic
def open_batch(*, batch: Batch, by: User, at: datetime) -> Batch:
    """开始办理."""
    batch = locked(batch)
    guards.may_open(batch, by)
    batch.state = Batch.State.OPEN
    batch.save(update_fields=["state"])
    record(batch, "batch.open", by=by, at=at, node=batch.estate_id, houses=batch.handovers.count())
    return batch


@transaction.atomic
def close_batch(*, batch: Batch, by: User, at: datetime) -> Batch:
    """结束, once every house was handed over or has its reason (HND-4)."""
    batch = locked(batch)
    guards.may_close(batch, by)
    batch.state = Batch.State.CLOSED
    batch.save(update_fields=["state"])
    record(batch, "batch.close", by=by, at=at, node=batch.estate_id, houses=batch.handovers.count())
    return batch


@transaction.atomic
def add_houses(
    *,
    batch: Batch,
    handovers: Sequence[Handover],
    by: User,
    at: datetime,
    tell: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Houses that are in no batch row yet, with what the developer's list says of them."""
    guards.may_manage(batch, by)
    for start in range(0, len(handovers), BULK):
        some = handovers[start : start + BULK]
        for one in some:
            one.batch, one.estate_id = batch, batch.estate_id
        Handover.objects.bulk_create(some)
        tell(start + len(some), len(handovers))
    record(batch, "batch.import", by=by, at=at, node=batch.estate_id, houses=len(handovers))


def locked(batch: Batch) -> Batch:
    return Batch.objects.select_for_update(of=("self",)).select_related("estate__parent").get(pk=batch.pk)
