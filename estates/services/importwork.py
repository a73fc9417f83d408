"""What a worker does with a 业主清册 (ORG-6): read it for the preview, save it as a whole or not at all.

A worker holds the row of its file for as long as it works. One that dies lets go of it and has changed nothing; the next
message or beat's tick finds the file as it was. A doubled message finds the row held, or the work done.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse

from estates import importing, masking
from estates.access import IMPORT_HOUSES
from estates.fields import SpellingsField
from estates.importing import Row, Tell
from estates.models import Building, Estate, House, ImportBatch, Node, Owner, Unit
from estates.services.occupants import follow_on
from foundation.journal import services as journal
from foundation.notices import services as notices
from foundation.records import progress
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date

logger = logging.getLogger(__name__)

BULK = 2000
ATTEMPTS = 3
KEPT = timedelta(days=1)
# Beat's tick leaves to the first message what was asked for just now.
PATIENCE = timedelta(minutes=1)
SHOWN_CHANGES = 200
SHOWN_FAULTS = 500
State = ImportBatch.State


@dataclass
class Plan:
    """What saving the rows would do. `changed` has the fields that differ, as shown values before and after."""

    new: list[Row]
    changed: list[tuple[Row, House, Owner | None, dict[str, dict[str, str]]]]
    unchanged: int

    @property
    def figures(self) -> dict[str, int]:
        return {"new": len(self.new), "changed": len(self.changed), "unchanged": self.unchanged}


def guard_import(by: Any, estate: Node) -> None:
    if not by.may(IMPORT_HOUSES, estate):
        raise Refused("只有系统管理员可以导入业主清册。")


def work(*, pk: int, at: datetime) -> bool:
    """Read or save the file, whichever it waits for; whether there was anything to do for this worker."""
    with transaction.atomic():
        batch = _held(pk)
        if batch is None:
            return False
        if batch.attempts >= ATTEMPTS:
            _stop(batch, State.BROKEN, f"后台连续 {ATTEMPTS} 次中断，没有保存任何一户。", at)
            return False
        key = batch.progress_key
        # Committed before the work, so that a file on which workers die is not tried for ever.
        batch.attempts += 1
        batch.save(update_fields=["attempts"])
    try:
        with transaction.atomic():
            held = _held(pk)
            if held is None:
                return False
            (_read if held.state == State.UPLOADED else _save)(held, at)
    except Refused as refused:
        _stop(batch, State.REFUSED, refused.sentence, at)
    except Exception:
        logger.exception("import %s", pk)
        _stop(batch, State.BROKEN, "后台出错，没有保存任何一户。", at)
    progress.forget(key)
    return True


def waiting_imports(*, at: datetime) -> list[int]:
    """Every file that was asked for a while ago and still waits: its message was lost, or its worker died."""
    return list(ImportBatch.objects.under_way().filter(asked_at__lte=at - PATIENCE).values_list("pk", flat=True))


def prune_imports(*, at: datetime) -> int:
    """Drop the contents of files that nobody confirmed or tried again within a day (ORG-4); how many."""
    waiting = ImportBatch.objects.filter(state__in=[State.PREVIEWED, State.BROKEN]).exclude(content=None, rows=None)
    return waiting.filter(uploaded_at__lt=at - KEPT).update(state=State.EXPIRED, content=None, rows=None)


def _held(pk: int) -> ImportBatch | None:
    """The file, held until the end of the transaction; None when nothing is to be done or another worker is at it."""
    free = ImportBatch.objects.under_way().select_for_update(of=("self",), skip_locked=True)
    return free.select_related("estate__parent", "uploaded_by", "confirmed_by").filter(pk=pk).first()


@transaction.atomic
def _stop(batch: ImportBatch, state: str, fault: str, at: datetime) -> None:
    """Refused for good, or broken off until somebody tries again."""
    waiting = ImportBatch.objects.under_way().filter(pk=batch.pk)
    dropped = {"content": None, "rows": None} if state == State.REFUSED else {}
    if waiting.update(state=state, fault=fault[:300], **dropped):
        _tell(batch, f"业主清册没有导入：{batch.filename}", fault, at)


def _tell(batch: ImportBatch, title: str, body: str, at: datetime) -> None:
    """Under the bell of the person who asked; each state of a file is told once for each time it was asked for."""
    asked = (batch.asked_at or batch.uploaded_at).timestamp()
    notices.send(
        to=[batch.confirmed_by or batch.uploaded_by],
        title=title,
        body=body,
        url=reverse("estates:import_batch", args=[batch.pk]),
        at=at,
        key=f"import:{batch.pk}:{batch.state}:{asked}",
        subject=batch,
        channels=(),
    )


def _read(batch: ImportBatch, at: datetime) -> None:
    """What the file says, for a person to look at. Faulty rows are listed, and then nothing can be saved."""
    guard_import(batch.uploaded_by, batch.estate)
    content = base64.b64decode(batch.content or "")
    sheet = importing.read(content, tell=_teller(batch))
    plan = make_plan(batch.estate, sheet.rows)
    summary: dict[str, Any] = {**plan.figures, "faults": len(sheet.faults)}
    summary["changes"] = [
        {"line": row.line, "code": row.code, "fields": fields} for row, _, _, fields in plan.changed[:SHOWN_CHANGES]
    ]
    batch.state, batch.content, batch.summary = State.PREVIEWED, None, summary
    batch.rows = None if sheet.faults else _dump(sheet.rows)
    batch.row_count = len(sheet.rows)
    batch.errors = [asdict(fault) for fault in sheet.faults[:SHOWN_FAULTS]]
    batch.save(update_fields=["state", "content", "summary", "rows", "row_count", "errors"])
    if sheet.faults:
        _tell(batch, f"业主清册有 {len(sheet.faults)} 处错误：{batch.filename}", "请改好后重新上传。", at)
    else:
        _tell(batch, f"业主清册已检查，请确认：{batch.filename}", f"共 {batch.row_count} 户，没有发现错误。", at)


def _save(batch: ImportBatch, at: datetime) -> None:
    """All rows, or none.

    The plan is made again under the estate's lock: what was typed in since the preview is taken into account. What is
    written bears the moment of the person's yes, not of the worker's turn.
    """
    by, confirmed_at = batch.confirmed_by, batch.confirmed_at or at
    estate = Estate.objects.select_for_update(of=("self",)).select_related("parent").get(pk=batch.estate_id)
    guard_import(by, estate)
    plan = make_plan(estate, _load(batch.rows or "[]"))
    tell, total = _teller(batch), len(plan.new) + len(plan.changed)
    tell(0, total)
    for done in _save_new(estate, plan.new, by, confirmed_at):
        tell(done, total)
    _save_changed(plan, by, confirmed_at)
    batch.state, batch.rows = State.CONFIRMED, None
    batch.summary = {**plan.figures, "faults": 0, "changes": batch.summary.get("changes", [])}
    batch.save(update_fields=["state", "rows", "summary"])
    journal.record(
        estate, "estate.import", by=by, at=confirmed_at, node=estate, filename=batch.filename, **plan.figures
    )
    _tell(batch, f"业主清册已导入：{batch.filename}", imported(batch), at)


def imported(batch: ImportBatch) -> str:
    figures = batch.summary
    return f"新增 {figures['new']} 户，更新 {figures['changed']} 户。"


def _teller(batch: ImportBatch) -> Tell:
    key = batch.progress_key
    return lambda done, total: progress.tell(key, done, total)


def make_plan(estate: Estate, rows: Iterable[Row]) -> Plan:
    """Compare the rows with the houses that exist; three queries whatever the rows."""
    houses = {house.code: house for house in House.objects.filter(estate=estate)}
    owners = {owner.house_id: owner for owner in Owner.objects.current().filter(house__estate=estate)}
    plan = Plan([], [], 0)
    for row in rows:
        house = houses.get(row.code)
        if house is None:
            plan.new.append(row)
            continue
        owner = owners.get(house.pk)
        fields = _differences(row, house, owner)
        if fields:
            plan.changed.append((row, house, owner, fields))
        else:
            plan.unchanged += 1
    return plan


def _differences(row: Row, house: House, owner: Owner | None) -> dict[str, dict[str, str]]:
    """What the row would change, in words and masked. An empty cell leaves the same owner's value as it is."""
    found = {}
    if house.area != row.area:
        found["area"] = journal.change(str(house.area), str(row.area))
    if owner is None or owner.name != row.owner:
        found["name"] = journal.change(owner.name if owner else "", row.owner)
        return found
    if row.id_number and (owner.id_number, owner.id_type) != (row.id_number, row.id_type):
        found["id_number"] = journal.change(owner.masked_id_number, masking.id_number(row.id_number))
    if row.phone and owner.phone != row.phone:
        found["phone"] = journal.change(owner.masked_phone, masking.phone(row.phone))
    if row.co_owners and tuple(owner.co_owners) != row.co_owners:
        found["co_owners"] = journal.change("、".join(owner.co_owners), "、".join(row.co_owners))
    return found


def _save_new(estate: Estate, rows: list[Row], by: Any, at: datetime) -> Iterator[int]:
    """Yields how many are written, from time to time."""
    buildings = _buildings(estate, {row.building for row in rows}) if rows else {}
    units = _units(buildings, {(row.building, row.unit) for row in rows if row.unit}) if rows else {}
    for start in range(0, len(rows), BULK):
        some = rows[start : start + BULK]
        houses = House.objects.bulk_create(
            House(
                estate=estate,
                building=buildings[row.building],
                unit=units.get((row.building, row.unit)),
                number=row.number,
                code=row.code,
                area=row.area,
            )
            for row in some
        )
        pairs = list(zip(some, houses, strict=True))
        _create_owners(pairs, at)
        journal.record_many(
            journal.entry(house, "house.create", by=by, at=at, node=estate.pk, area=str(row.area), name=row.owner)
            for row, house in pairs
        )
        yield start + len(some)


def _save_changed(plan: Plan, by: Any, at: datetime) -> None:
    day = local_date(at)
    houses, corrected, closed, followed = [], [], [], []
    for row, house, owner, fields in plan.changed:
        if "area" in fields:
            house.area = row.area
            houses.append(house)
        if "name" in fields:
            followed.append((row, house))
            if owner is not None:
                owner.until = follow_on(owner, day)
                closed.append(owner)
        elif owner is not None and fields.keys() - {"area"}:
            if row.id_number:
                owner.id_type, owner.id_number = row.id_type, row.id_number
            owner.phone = row.phone or owner.phone
            owner.co_owners = list(row.co_owners) or owner.co_owners
            owner.spellings = SpellingsField.of(owner)
            corrected.append(owner)
    House.objects.bulk_update(houses, ["area"], batch_size=BULK)
    Owner.objects.bulk_update(closed, ["until"], batch_size=BULK)
    Owner.objects.bulk_update(corrected, ["id_type", "id_number", "phone", "co_owners", "spellings"], batch_size=BULK)
    _create_owners(followed, at)
    journal.record_many(
        journal.entry(house, "house.import", by=by, at=at, node=house.estate_id, **fields)
        for _, house, _, fields in plan.changed
    )


def _create_owners(pairs: Iterable[tuple[Row, House]], at: datetime) -> None:
    Owner.objects.bulk_create(
        [
            Owner(
                house=house,
                name=row.owner,
                id_type=row.id_type,
                id_number=row.id_number or None,
                phone=row.phone,
                co_owners=list(row.co_owners),
                since=local_date(at),
            )
            for row, house in pairs
        ],
        batch_size=BULK,
    )


def _buildings(estate: Estate, names: set[str]) -> dict[str, Building]:
    Building.objects.bulk_create([Building(estate=estate, name=name) for name in sorted(names)], ignore_conflicts=True)
    return {building.name: building for building in Building.objects.filter(estate=estate, name__in=names)}


def _units(buildings: dict[str, Building], names: set[tuple[str, str]]) -> dict[tuple[str, str], Unit]:
    Unit.objects.bulk_create(
        [Unit(building=buildings[building], name=name) for building, name in sorted(names)], ignore_conflicts=True
    )
    found = Unit.objects.filter(building__in=buildings.values()).select_related("building")
    return {(unit.building.name, unit.name): unit for unit in found}


def _dump(rows: list[Row]) -> str:
    return json.dumps([{**asdict(row), "area": str(row.area)} for row in rows], ensure_ascii=False)


def _load(text: str) -> list[Row]:
    return [
        Row(**{**values, "area": Decimal(values["area"]), "co_owners": tuple(values["co_owners"])})
        for values in json.loads(text)
    ]
