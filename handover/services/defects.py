"""遗留问题: registered, mended, re-checked by another, confirmed by the owner (HND-3).

    register_defect(handover=handover, room="主卧", trade="墙面", fault="空鼓", by=user, at=now)

Lock order: handover, plan, defect, clock. The clock stands still from the repair to the re-check; what fails runs on to
the due moment that is named then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

from estates.models import Estate
from foundation.journal.services import record
from foundation.numbering.services import format_number, take
from foundation.records.refusals import Refused
from foundation.worktime.local import end_of_day, local_date
from handover.faultlibrary import library
from handover.guards import defects as guards
from handover.models import Builder, Defect, Handover
from handover.services import defectclocks, defectphotos
from handover.services.plans import Spot, plan_under

if TYPE_CHECKING:
    from accounts.models import User

NUMBER = "YL"
State = Defect.State


@contextmanager
def working_on(defect: Defect) -> Iterator[Defect]:
    """The defect, locked for one verb."""
    with transaction.atomic():
        yield Defect.objects.locked(defect.pk)


def note(defect: Defect, verb: str, *, by: User | None, at: datetime, **data: Any) -> None:
    """One line of the defect's timeline; values that say nothing are left out."""
    said = {key: value for key, value in data.items() if value not in (None, "")}
    record(defect, f"defect.{verb}", by=by, at=at, node=defect.estate_id, **said)


def due_moment(due_on: date, at: datetime) -> datetime:
    """24:00 of a day that is not over yet (GEN-1)."""
    if due_on < local_date(at):
        raise Refused("整改期限不能早于今天。")
    return end_of_day(due_on)


def standard_day(trade: str, fault: str, at: datetime) -> date:
    """The day until which the library wants such a fault mended."""
    return local_date(at) + timedelta(days=library().days(trade, fault))


# --- registered -----------------------------------------------------------------------------------------------------


def register_defect(
    *,
    handover: Handover,
    room: str,
    trade: str,
    fault: str,
    by: User,
    at: datetime,
    remark: str = "",
    mark: list | None = None,
    due_on: date | None = None,
    builder: Builder | None = None,
    client_key: UUID | None = None,
    spot: Spot | None = None,
) -> Defect:
    """登记 one fault of a house, with the photos kept under the form's key; the same key twice is one defect.

    `spot` is where it is on the house's plan. Without a day the library's limit counts; without a builder the only one
    of the estate for this trade is asked.
    """
    estate = handover.estate
    guards.may_register(estate, by)
    if trade not in library().trades or not library().fits(room, trade):
        raise Refused(f"验房标准库里“{room}”没有“{trade}”，请重新选择。")
    if builder is not None and (builder.estate_id != estate.pk or not builder.is_active):
        raise Refused("请选择本项目的责任单位。")
    due_at = due_moment(due_on or standard_day(trade, fault, at), at)
    with transaction.atomic():
        # One form at a time for a house: the second of two at once finds the first.
        Handover.objects.locked(handover.pk)
        if client_key and (first := Defect.objects.filter(client_key=client_key, house=handover.house_id).first()):
            return first
        defect = Defect.objects.create(
            number=_number(estate, at),
            estate=estate,
            house=handover.house,
            handover=handover,
            room=room,
            trade=trade,
            fault=fault.strip(),
            note=remark.strip(),
            mark=mark,
            builder=builder or only_builder(handover, trade),
            found_at=at,
            found_by=by,
            due_at=due_at,
            client_key=client_key,
            **_pin(handover, spot),
        )
        if client_key:
            defectphotos.take_over(handover=handover, key=client_key, defect=defect)
        defectclocks.begin(defect, at)
        note(
            defect,
            "open",
            by=by,
            at=at,
            room=room,
            fault=f"{trade} · {defect.fault}",
            builder=_name(defect.builder),
            due_at=due_at.isoformat(),
        )
    return defect


def pin_defect(*, defect: Defect, spot: Spot | None, by: User, at: datetime) -> Defect:
    """标位置: put on the plan that the house has now, moved, or with None taken off."""
    with working_on(defect) as defect:
        guards.may_pin(defect, by)
        defect.plan = plan_under(defect.house, spot) if spot else None
        defect.pin_x, defect.pin_y = (spot.x, spot.y) if spot else (None, None)
        defect.save(update_fields=["plan", "pin_x", "pin_y"])
        said = {"plan": defect.plan.name} if defect.plan else {"note": "取消标记"}
        note(defect, "pin", by=by, at=at, **said)
    return defect


def _number(estate: Estate, at: datetime) -> str:
    period = f"{local_date(at):%Y%m}"
    return format_number(NUMBER, estate.code, period, take(kind=NUMBER, place=estate.code, period=period)[0])


def _pin(handover: Handover, spot: Spot | None) -> dict[str, Any]:
    if spot is None:
        return {}
    return {"plan": plan_under(handover.house, spot), "pin_x": spot.x, "pin_y": spot.y}


def only_builder(handover: Handover, trade: str) -> Builder | None:
    """The one who alone is responsible for a trade at the estate; None where that is not clear."""
    found = [
        one
        for one in Builder.objects.filter(estate=handover.estate_id, is_active=True)
        if trade in one.trades.split("、")
    ]
    return found[0] if len(found) == 1 else None


def _name(builder: Builder | None) -> str:
    return builder.name if builder else ""


def assign_builder(*, defect: Defect, builder: Builder, by: User, at: datetime) -> Defect:
    """指定 who is to mend it: a builder of the same estate."""
    with working_on(defect) as defect:
        guards.may_assign(defect, by)
        if builder.estate_id != defect.estate_id or not builder.is_active:
            raise Refused("请选择本项目的责任单位。")
        if defect.builder_id == builder.pk:
            raise Refused(f"已经由{builder.name}负责。")
        defect.builder = builder
        defect.save(update_fields=["builder"])
        note(defect, "assign", by=by, at=at, builder=builder.name)
    return defect


# --- mended ---------------------------------------------------------------------------------------------------------


def fix_defect(*, defect: Defect, by: User, at: datetime, remark: str = "") -> Defect:
    """整改完成, registered by staff, who then does not re-check it."""
    with working_on(defect) as defect:
        guards.may_fix(defect, by)
        _fix(defect, by, at, remark)
    return defect


def fix_by_builder(*, defect: Defect, builder: Builder, at: datetime, remark: str = "") -> Defect:
    """整改完成 from the builder's own page; with a photo of what was done."""
    with working_on(defect) as defect:
        guards.builder_may_fix(defect, builder)
        if not defectphotos.of_repair(defect).exists():
            raise Refused("请拍一张整改后的照片。")
        _fix(defect, None, at, remark)
        defectclocks.tell_fixed(defect, at)
    return defect


def _fix(defect: Defect, by: User | None, at: datetime, remark: str) -> None:
    defect.state, defect.fixed_at, defect.fixed_by, defect.fixed_note = State.FIXED, at, by, remark.strip()
    defect.save(update_fields=["state", "fixed_at", "fixed_by", "fixed_note"])
    defectclocks.wait(defect, at)
    builder = _name(defect.builder) if by is None else ""
    note(defect, "fix", by=by, at=at, note=remark.strip(), builder=builder)


# --- re-checked and confirmed ---------------------------------------------------------------------------------------


def recheck_defect(*, defect: Defect, by: User, at: datetime, remark: str = "") -> Defect:
    """复验通过, by another than who registered the repair."""
    with working_on(defect) as defect:
        guards.may_recheck(defect, by)
        defect.state, defect.rechecked_at, defect.rechecked_by = State.RECHECKED, at, by
        defect.save(update_fields=["state", "rechecked_at", "rechecked_by"])
        defectclocks.end(defect, at)
        note(defect, "recheck", by=by, at=at, note=remark.strip())
    return defect


def reject_defect(*, defect: Defect, by: User, at: datetime, reason: str, due_on: date) -> Defect:
    """复验不通过, or the owner is not content: to be mended again until the day that is named."""
    with working_on(defect) as defect:
        guards.may_reject(defect, by)
        if not reason.strip():
            raise Refused("请写明哪里没有改好。")
        defect.due_at = due_moment(due_on, at)
        defect.state, defect.rejections = State.OPEN, defect.rejections + 1
        defect.fixed_at = defect.fixed_by = defect.rechecked_at = defect.rechecked_by = None
        defect.save(
            update_fields=[
                "state", "due_at", "rejections", "fixed_at", "fixed_by", "rechecked_at", "rechecked_by"
            ]
        )  # fmt: skip
        defectphotos.set_aside(defect)
        defectclocks.go_on(defect, at)
        note(defect, "reject", by=by, at=at, reason=reason.strip(), due_at=defect.due_at.isoformat())
    return defect


def confirm_defect(*, defect: Defect, by: User, at: datetime, owner: str, way: str) -> Defect:
    """业主确认: who said so, and how."""
    with working_on(defect) as defect:
        guards.may_confirm(defect, by)
        _end(defect, State.CONFIRMED, at)
        note(defect, "confirm", by=by, at=at, owner=owner.strip(), way=way)
    return defect


def waive_defect(*, defect: Defect, by: User, at: datetime, owner: str, reason: str) -> Defect:
    """业主放弃: the owner does not want it mended."""
    with working_on(defect) as defect:
        guards.may_waive(defect, by)
        if not reason.strip():
            raise Refused("请写明业主放弃的原因。")
        defectclocks.end(defect, at)
        _end(defect, State.WAIVED, at)
        note(defect, "waive", by=by, at=at, owner=owner.strip(), reason=reason.strip())
    return defect


def _end(defect: Defect, state: str, at: datetime) -> None:
    defect.state, defect.confirmed_at = state, at
    defect.save(update_fields=["state", "confirmed_at"])
