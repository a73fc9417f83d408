"""户型图: uploaded once for all houses of its kind, given to them by building and door; pins of defects on it (HND-3).

    plan = add_plan(estate=estate, name="A户型", picture=upload, by=user, at=now)
    assign_houses(plan=plan, building=building, unit=None, doors=["02", "03"], by=user, at=now)

A pin is a place on one picture: from the first one on the picture stays, and a defect keeps the plan that it is pinned on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Q

from estates.models import Building, Estate, House, Unit
from foundation.attachments.models import Attachment
from foundation.attachments.services import AttachmentError, attach, detach
from foundation.journal.services import change, record
from foundation.records.refusals import Refused
from handover.guards import plans as guards
from handover.models import HousePlan, PlannedHouse

if TYPE_CHECKING:
    from accounts.models import User
    from estates.querysets import HouseQuerySet

TAKEN = "本项目已有同名的户型。"
# A single figure would fit 1502 and 1512 alike.
SHORTEST_ENDING = 2


@dataclass(frozen=True)
class Spot:
    """Where a defect is on a plan's picture, as shares of its width and height."""

    picture: UUID
    x: float
    y: float


def add_plan(*, estate: Estate, name: str, picture: UploadedFile, by: User, at: datetime) -> HousePlan:
    guards.may_keep_plans(estate, by)
    try:
        with transaction.atomic():
            plan = HousePlan.objects.create(estate=estate, name=name.strip())
            _keep(plan, picture, by, at)
            _note(plan, "add", by, at)
    except IntegrityError:
        raise Refused(TAKEN) from None
    return plan


def rename_plan(*, plan: HousePlan, name: str, by: User, at: datetime) -> HousePlan:
    try:
        with transaction.atomic():
            plan = HousePlan.objects.locked(plan.pk)
            guards.may_change(plan, by)
            before, plan.name = plan.name, name.strip()
            plan.save(update_fields=["name"])
            _note(plan, "rename", by, at, plan=change(before, plan.name))
    except IntegrityError:
        raise Refused(TAKEN) from None
    return plan


def replace_picture(*, plan: HousePlan, picture: UploadedFile, by: User, at: datetime) -> HousePlan:
    """换图, as long as nothing is pinned on it."""
    with transaction.atomic():
        plan = HousePlan.objects.locked(plan.pk)
        guards.may_replace(plan, by)
        for old in Attachment.objects.for_owner(plan, HousePlan.PICTURE):
            detach(attachment=old)
        _keep(plan, picture, by, at)
        _note(plan, "replace", by, at)
    return plan


def remove_plan(*, plan: HousePlan, by: User, at: datetime) -> None:
    """删除, as long as nothing is pinned on it; its houses have no plan any more."""
    with transaction.atomic():
        plan = HousePlan.objects.locked(plan.pk)
        guards.may_remove(plan, by)
        _note(plan, "remove", by, at, houses=plan.houses.count())
        for old in Attachment.objects.for_owner(plan, HousePlan.PICTURE):
            detach(attachment=old)
        plan.delete()


def _keep(plan: HousePlan, picture: UploadedFile, by: User, at: datetime) -> None:
    try:
        attach(owner=plan, slot=HousePlan.PICTURE, upload=picture, by=by, at=at)
    except AttachmentError as error:
        raise Refused(str(error)) from None


def _note(plan: HousePlan, verb: str, by: User, at: datetime, /, **data: Any) -> None:
    record(plan, f"plan.{verb}", by=by, at=at, node=plan.estate_id, **{"plan": plan.name, **data})


# --- which houses have it -------------------------------------------------------------------------------------------


def assign_houses(
    *, plan: HousePlan, building: Building | None, unit: Unit | None, doors: Sequence[str], by: User, at: datetime
) -> int:
    """分配: the houses that fit have this plan from now on, whichever they had; how many."""
    with transaction.atomic():
        plan = HousePlan.objects.locked(plan.pk)
        guards.may_change(plan, by)
        houses = list(_houses(plan, building, unit, doors).exclude(planned__plan=plan).values_list("pk", flat=True))
        if not houses:
            raise Refused("没有可以分配的房屋：没有符合的房号，或者都已经用这张图。")
        PlannedHouse.objects.bulk_create(
            [PlannedHouse(plan=plan, house_id=pk) for pk in houses],
            update_conflicts=True, unique_fields=["house"], update_fields=["plan"],
        )  # fmt: skip
        _note(plan, "assign", by, at, where=_where(building, unit, doors), houses=len(houses))
    return len(houses)


def unassign_houses(
    *, plan: HousePlan, building: Building | None, unit: Unit | None, doors: Sequence[str], by: User, at: datetime
) -> int:
    """取消分配: what is pinned already stays on this plan; how many."""
    with transaction.atomic():
        plan = HousePlan.objects.locked(plan.pk)
        guards.may_change(plan, by)
        count, _ = plan.houses.filter(house__in=_houses(plan, building, unit, doors)).delete()
        if not count:
            raise Refused("用这张图的房屋里，没有符合的房号。")
        _note(plan, "unassign", by, at, where=_where(building, unit, doors), houses=count)
    return count


def _houses(plan: HousePlan, building: Building | None, unit: Unit | None, doors: Sequence[str]) -> HouseQuerySet:
    """Of a building or unit, or of the whole estate; those whose number is, or ends with, one of the doors."""
    found = House.objects.filter(estate=plan.estate_id)
    if building is not None:
        found = found.filter(building=building)
    if unit is not None:
        found = found.filter(unit=unit)
    if doors:
        fits = Q(number__in=doors)
        for door in doors:
            if len(door) >= SHORTEST_ENDING:
                fits |= Q(number__endswith=door)
        found = found.filter(fits)
    return found


def _where(building: Building | None, unit: Unit | None, doors: Sequence[str]) -> str:
    place = str(unit or building or "全部楼栋")
    return f"{place} {'、'.join(doors)}室" if doors else place


# --- pins -----------------------------------------------------------------------------------------------------------


def plan_under(house: House, spot: Spot) -> HousePlan:
    """The house's plan, locked, if the spot is on the picture that it has now."""
    planned = PlannedHouse.objects.filter(house=house).first()
    if planned is not None:
        plan = HousePlan.objects.locked(planned.plan_id)
        if Attachment.objects.for_owner(plan, HousePlan.PICTURE).filter(uuid=spot.picture).exists():
            return plan
    raise Refused("这户的平面图刚刚换过，请在新的图上重新点位置。")
