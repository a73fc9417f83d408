"""预约时段 and who comes when: a slot is never fuller than its room, also when two counters appoint at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from foundation.journal.services import change, record
from foundation.records.refusals import Refused
from foundation.worktime.local import SHANGHAI
from handover.guards import batches as guards
from handover.models import Batch, Handover, Slot
from handover.services.batches import locked
from handover.services.verbs import note, working_on

if TYPE_CHECKING:
    from accounts.models import User

MOST = 500


@transaction.atomic
def add_slots(
    *,
    batch: Batch,
    first: date,
    last: date,
    opens: time,
    closes: time,
    minutes: int,
    capacity: int,
    by: User,
    at: datetime,
) -> list[Slot]:
    """One slot after the other from `opens` to `closes` on each day; what stands already is left as it is."""
    batch = locked(batch)
    guards.may_manage(batch, by)
    if first > last or first < batch.starts_on or last > batch.ends_on:
        raise Refused(f"时段的日期应在批次的 {batch.starts_on} 至 {batch.ends_on} 之内。")
    if minutes < 5 or capacity < 1:
        raise Refused("每段至少 5 分钟、1 户。")
    spans = list(_spans(first, last, opens, closes, timedelta(minutes=minutes)))
    if not spans:
        raise Refused("开始和结束之间放不下一个时段。")
    if len(spans) > MOST:
        raise Refused(f"一次最多设置 {MOST} 个时段，请缩短日期或加长每段时间。")
    taken = [(slot.starts_at, slot.ends_at) for slot in batch.slots.all()]
    new = [
        Slot(batch=batch, starts_at=starts_at, ends_at=ends_at, capacity=capacity)
        for starts_at, ends_at in spans
        if not any(start < ends_at and starts_at < end for start, end in taken)
    ]
    if not new:
        raise Refused("这些时间已经有时段了。")
    Slot.objects.bulk_create(new)
    record(batch, "batch.slots", by=by, at=at, node=batch.estate_id, count=len(new))
    return new


def _spans(first: date, last: date, opens: time, closes: time, span: timedelta) -> Iterator[tuple[datetime, datetime]]:
    day = first
    while day <= last:
        start, end = (datetime.combine(day, clock, SHANGHAI) for clock in (opens, closes))
        while start + span <= end:
            yield start, start + span
            start += span
        day += timedelta(days=1)


@transaction.atomic
def change_capacity(*, slot: Slot, capacity: int, by: User, at: datetime) -> Slot:
    """More or less room; 0 removes the slot. Never less than what is appointed."""
    slot = Slot.objects.select_for_update(of=("self",)).select_related("batch__estate__parent").get(pk=slot.pk)
    guards.may_change_slot(slot, by)
    booked = slot.handovers.count()
    if capacity < booked:
        raise Refused(f"这个时段已经约了 {booked} 户，请先改约。")
    if capacity != slot.capacity:
        said = {"slot": words(slot), "capacity": change(slot.capacity, capacity)}
        record(slot.batch, "batch.slot", by=by, at=at, node=slot.batch.estate_id, **said)
        if capacity == 0:
            slot.delete()
        else:
            slot.capacity = capacity
            slot.save(update_fields=["capacity"])
    return slot


def appoint(*, handover: Handover, slot: Slot | None, by: User, at: datetime) -> Handover:
    """预约, or 取消预约 without a slot. The slot is locked while its guests are counted."""
    with working_on(handover, at) as handover:
        guards.may_appoint(handover, by)
        before = handover.slot
        if (slot.pk if slot else None) == handover.slot_id:
            return handover
        if slot is not None:
            slot = Slot.objects.select_for_update().filter(pk=slot.pk, batch=handover.batch_id).first()
            if slot is None:
                raise Refused("这个批次没有这个时段。")
            if slot.ends_at <= at:
                raise Refused("这个时段已经过了。")
            if slot.handovers.count() >= slot.capacity:
                raise Refused(f"{words(slot)} 已经约满 {slot.capacity} 户，请换一个时段。")
        handover.slot = slot
        handover.save(update_fields=["slot"])
        said = change(words(before) if before else "", words(slot) if slot else "未预约")
        note(handover, "appoint", by=by, at=at, slot=said)
    return handover


def words(slot: Slot) -> str:
    """03-02 09:00–09:30."""
    start, end = slot.starts_at.astimezone(SHANGHAI), slot.ends_at.astimezone(SHANGHAI)
    return f"{start:%m-%d %H:%M}–{end:%H:%M}"
