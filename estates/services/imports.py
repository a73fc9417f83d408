"""业主清册 (ORG-6): read and shown first, saved as a whole or not at all, in a handful of statements."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from estates import importing, masking
from estates.access import IMPORT_HOUSES
from estates.errors import Refused
from estates.importing import Row
from estates.models import Building, Estate, House, ImportBatch, Node, Owner, Unit
from estates.services.occupants import follow_on
from foundation.journal import services as journal
from foundation.worktime.local import local_date

BULK = 2000
KEPT = timedelta(days=1)
SHOWN_CHANGES = 200
SHOWN_FAULTS = 500


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


@transaction.atomic
def preview_import(*, estate: Estate, filename: str, content: bytes, by: Any, at: datetime) -> ImportBatch:
    """Read the file and keep what it says, for a person to look at. Faulty rows are listed and nothing can be saved."""
    guard_import(by, estate)
    sheet = importing.read(content)
    plan = make_plan(estate, sheet.rows)
    summary: dict[str, Any] = {**plan.figures, "faults": len(sheet.faults)}
    summary["changes"] = [
        {"line": row.line, "code": row.code, "fields": fields} for row, _, _, fields in plan.changed[:SHOWN_CHANGES]
    ]
    return ImportBatch.objects.create(
        estate=estate,
        filename=filename[:200],
        rows=None if sheet.faults else _dump(sheet.rows),
        row_count=len(sheet.rows),
        errors=[asdict(fault) for fault in sheet.faults[:SHOWN_FAULTS]],
        summary=summary,
        uploaded_by=by,
        uploaded_at=at,
    )


@transaction.atomic
def confirm_import(*, batch: ImportBatch, by: Any, at: datetime) -> ImportBatch:
    """Save all rows, or none. Confirming twice changes nothing.

    The plan is made again under the estate's lock: what was typed in since the preview is taken into account.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch.pk)
    estate = Estate.objects.select_for_update(of=("self",)).select_related("parent").get(pk=batch.estate_id)
    guard_import(by, estate)
    if batch.state == ImportBatch.State.CONFIRMED:
        return batch
    if batch.state == ImportBatch.State.EXPIRED:
        raise Refused("预览已过期,请重新上传文件。")
    if batch.errors or not batch.rows:
        raise Refused("文件里还有错误,请改好后重新上传。")
    plan = make_plan(estate, _load(batch.rows))
    _save_new(estate, plan.new, by, at)
    _save_changed(plan, by, at)
    batch.state, batch.confirmed_at, batch.rows = ImportBatch.State.CONFIRMED, at, None
    batch.summary = {**plan.figures, "faults": 0, "changes": batch.summary.get("changes", [])}
    batch.save(update_fields=["state", "confirmed_at", "rows", "summary"])
    journal.record(estate, "estate.import", by=by, at=at, node=estate, filename=batch.filename, **plan.figures)
    return batch


def prune_imports(*, at: datetime) -> int:
    """Drop the rows of previews that nobody confirmed within a day (ORG-4); how many."""
    waiting = ImportBatch.objects.filter(state=ImportBatch.State.PREVIEWED, rows__isnull=False)
    return waiting.filter(uploaded_at__lt=at - KEPT).update(state=ImportBatch.State.EXPIRED, rows=None)


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


def _save_new(estate: Estate, rows: list[Row], by: Any, at: datetime) -> None:
    if not rows:
        return
    buildings = _buildings(estate, {row.building for row in rows})
    units = _units(buildings, {(row.building, row.unit) for row in rows if row.unit})
    houses = House.objects.bulk_create(
        [
            House(
                estate=estate,
                building=buildings[row.building],
                unit=units.get((row.building, row.unit)),
                number=row.number,
                code=row.code,
                area=row.area,
            )
            for row in rows
        ],
        batch_size=BULK,
    )
    pairs = list(zip(rows, houses, strict=True))
    _create_owners(pairs, at)
    journal.record_many(
        journal.entry(house, "house.create", by=by, at=at, node=estate.pk, area=str(row.area), name=row.owner)
        for row, house in pairs
    )


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
            corrected.append(owner)
    House.objects.bulk_update(houses, ["area"], batch_size=BULK)
    Owner.objects.bulk_update(closed, ["until"], batch_size=BULK)
    Owner.objects.bulk_update(corrected, ["id_type", "id_number", "phone", "co_owners"], batch_size=BULK)
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
