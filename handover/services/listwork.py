"""What a worker does with a developer's owner list: read it and save it as a whole, or not at all (HND-1).

A worker holds the row of its file for as long as it works. One that dies lets go of it and has changed nothing; the next
message or beat's tick finds the file as it was. A doubled message finds the row held, or the work done.
"""

from __future__ import annotations

import base64
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.urls import reverse

from estates.models import House
from foundation.notices.services import send
from foundation.records import progress
from foundation.records.refusals import Refused
from foundation.worktime.local import SHANGHAI
from handover import ownerlists
from handover.models import Batch, Handover, OwnerList, Slot
from handover.ownerlists import Fault, Row
from handover.services.batches import add_houses, locked

logger = logging.getLogger(__name__)

ATTEMPTS = 3
SHOWN_FAULTS = 500
# Beat's tick leaves to the first message what was asked for just now.
PATIENCE = timedelta(minutes=1)
KEPT = timedelta(days=1)
State = OwnerList.State


def work(*, pk: int, at: datetime) -> bool:
    """Read and save the file; whether there was anything to do for this worker."""
    with transaction.atomic():
        held = _held(pk)
        if held is None:
            return False
        if held.attempts >= ATTEMPTS:
            _stop(held, State.BROKEN, f"后台连续 {ATTEMPTS} 次中断，没有保存任何一户。", at)
            return False
        # Committed before the work, so that a file on which workers die is not tried for ever.
        held.attempts += 1
        held.save(update_fields=["attempts"])
    try:
        with transaction.atomic():
            again = _held(pk)
            if again is None:
                return False
            _work(again, at)
    except Refused as refused:
        _stop(held, State.REFUSED, refused.sentence, at)
    except Exception:
        logger.exception("owner list %s", pk)
        _stop(held, State.BROKEN, "后台出错，没有保存任何一户。", at)
    progress.forget(held.progress_key)
    return True


def waiting_lists(*, at: datetime) -> list[int]:
    """Every file that was asked for a while ago and still waits: its message was lost, or its worker died."""
    return list(OwnerList.objects.under_way().filter(asked_at__lte=at - PATIENCE).values_list("pk", flat=True))


def prune_lists(*, at: datetime) -> int:
    """Drop the contents of files that broke off and that nobody tried again within a day (ORG-4); how many."""
    broken = OwnerList.objects.filter(state=State.BROKEN, uploaded_at__lt=at - KEPT).exclude(content=None)
    return broken.update(state=State.REFUSED, content=None)


def _held(pk: int) -> OwnerList | None:
    free = OwnerList.objects.under_way().select_for_update(of=("self",), skip_locked=True)
    return free.select_related("batch__estate__parent", "uploaded_by").filter(pk=pk).first()


def _work(kept: OwnerList, at: datetime) -> None:
    """All rows, or none. What is written bears the moment of the person's upload, not of the worker's turn."""
    table = ownerlists.read(base64.b64decode(kept.content or ""), tell=_teller(kept))
    kept.content, kept.row_count = None, len(table.rows)
    batch = locked(kept.batch)
    plan = plan_list(batch, table.rows)
    faults = sorted([*table.faults, *plan.faults], key=lambda fault: fault.row)
    if faults:
        kept.state, kept.fault_count = State.FAULTY, len(faults)
        kept.faults = [fault.as_dict() for fault in faults[:SHOWN_FAULTS]]
        kept.save(update_fields=["state", "content", "row_count", "faults", "fault_count"])
        _tell(kept, f"交付名单有 {len(faults)} 处错误：{kept.filename}", "一户也没有保存，请改好后重新上传。", at)
        return
    add_houses(batch=batch, handovers=plan.handovers, by=kept.uploaded_by, at=kept.uploaded_at, tell=_teller(kept))
    kept.state = State.SAVED
    kept.save(update_fields=["state", "content", "row_count"])
    _tell(kept, f"交付名单已导入：{kept.filename}", f"{batch.name}新增 {len(table.rows)} 户。", at)


@transaction.atomic
def _stop(kept: OwnerList, state: str, fault: str, at: datetime) -> None:
    """Refused for good, or broken off until somebody tries again."""
    dropped = {"content": None} if state == State.REFUSED else {}
    if OwnerList.objects.under_way().filter(pk=kept.pk).update(state=state, fault=fault[:300], **dropped):
        kept.state = state
        _tell(kept, f"交付名单没有导入：{kept.filename}", fault, at)


def _tell(kept: OwnerList, title: str, body: str, at: datetime) -> None:
    send(
        to=[kept.uploaded_by],
        title=title,
        body=body,
        url=reverse("handover:list", args=[kept.pk]),
        at=at,
        key=f"owner_list:{kept.pk}:{kept.state}:{kept.asked_at.timestamp()}",
        subject=kept,
        channels=(),
    )


def _teller(kept: OwnerList) -> ownerlists.Tell:
    return lambda done, total: progress.tell(kept.progress_key, done, total)


# --- the rows -------------------------------------------------------------------------------------------------------


@dataclass
class Plan:
    handovers: list[Handover]
    faults: list[Fault]


def plan_list(batch: Batch, rows: Sequence[Row]) -> Plan:
    """What the rows would add, and what in them does not fit the estate, the batch and its slots. Four queries."""
    houses = {house.lookup: house for house in House.objects.filter(estate=batch.estate_id)}
    known = set(batch.handovers.values_list("house", flat=True))
    done = Handover.objects.filter(estate=batch.estate_id, state=Handover.State.DONE)
    handed_over = set(done.values_list("house", flat=True))
    elsewhere = _in_other_batches(batch)
    slots = {slot.starts_at: slot for slot in batch.slots.all()}
    room = _room(batch, slots.values())
    plan = Plan([], [])
    for row in rows:
        house = houses.get(row.key)
        if house is None:
            plan.faults.append(Fault(row.line, "房屋", f"{batch.estate.name}没有这户：{row.house}。"))
            continue
        if house.pk in known:
            plan.faults.append(Fault(row.line, "房屋", f"{house.code}已经在这个批次里。"))
            continue
        if house.pk in handed_over:
            plan.faults.append(Fault(row.line, "房屋", f"{house.code}已经在别的批次接房。"))
            continue
        if house.pk in elsewhere:
            plan.faults.append(Fault(row.line, "房屋", f"{house.code}还在批次“{elsewhere[house.pk]}”里办理。"))
            continue
        slot = None
        if row.day and row.clock:
            slot = slots.get(datetime.combine(row.day, row.clock, SHANGHAI))
            if slot is None:
                plan.faults.append(Fault(row.line, "预约时间", "批次里没有这个时段，请先设置时段或留空。"))
                continue
            room[slot.pk] -= 1
            if room[slot.pk] < 0:
                plan.faults.append(Fault(row.line, "预约时间", f"这个时段只能办 {slot.capacity} 户，已经约满。"))
                continue
        plan.handovers.append(_handover(row, house, slot))
    return plan


def _in_other_batches(batch: Batch) -> dict[int, str]:
    """Houses that another batch is still busy with, each with its name."""
    waiting = Handover.objects.filter(estate=batch.estate_id, state__in=["not_begun", "under_way"])
    rows = waiting.exclude(batch=batch).exclude(batch__state=Batch.State.CLOSED).values_list("house", "batch__name")
    return dict(rows)


def _room(batch: Batch, slots: Iterable[Slot]) -> Counter[int]:
    room = Counter({slot.pk: slot.capacity for slot in slots})
    room.subtract(batch.handovers.exclude(slot=None).values_list("slot", flat=True))
    return room


def _handover(row: Row, house: House, slot: Slot | None) -> Handover:
    return Handover(
        house=house,
        slot=slot,
        buyer_name=row.name,
        buyer_phone=row.phone,
        buyer_kind=row.kind,
        buyer_id_type=row.id_type,
        buyer_id_number=row.id_number or None,
        notice_on=row.notice_on,
    )
