"""客户访问: planned, made, its points followed up (CMP-13)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from accounts.rights import Right
from complaints import guards
from complaints.choices import Channel, Satisfaction
from complaints.models import Case, Visit, VisitPoint
from complaints.services.registering import Caller, register_case
from estates.models import House
from foundation.journal.services import record
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date

if TYPE_CHECKING:
    from accounts.models import User


def plan_visit(
    *, house: House, visitor: User, by: User, at: datetime, planned_on: date, mode: str, purpose: str = ""
) -> Visit:
    """安排访问."""
    if not by.may(Right.VISIT_CUSTOMERS, house.estate):
        raise Refused("您的岗位不能安排客户访问。")
    if not visitor.may(Right.VISIT_CUSTOMERS, house.estate):
        raise Refused("请选择本项目的客服人员作为访问人。")
    if planned_on < local_date(at):
        raise Refused("计划日期不能早于今天。")
    with transaction.atomic():
        visit = Visit.objects.create(
            estate=house.estate, house=house, mode=mode, purpose=purpose.strip(), planned_on=planned_on,
            visitor=visitor, planned_by=by,
        )  # fmt: skip
        record(
            visit, "visit.plan", by=by, at=at, node=house.estate_id,
            planned_on=planned_on.isoformat(), visitor=visitor.name,
        )  # fmt: skip
    return visit


def record_visit(
    *,
    visit: Visit,
    by: User,
    at: datetime,
    visited: str,
    satisfaction: int,
    remark: str = "",
    points: Sequence[str] = (),
) -> Visit:
    """登记访问: who was met, how satisfied, what was raised."""
    with transaction.atomic():
        visit = Visit.objects.select_for_update(of=("self",)).select_related("estate", "house").get(pk=visit.pk)
        guards.may_visit(visit, by)
        if not visited.strip():
            raise Refused("请写明受访人。")
        if satisfaction not in Satisfaction.values:
            raise Refused("请选择满意度，从 1 到 5。")
        visit.state, visit.done_at, visit.visited = Visit.State.DONE, at, visited.strip()
        visit.satisfaction, visit.remark = satisfaction, remark.strip()
        visit.save(update_fields=["state", "done_at", "visited", "satisfaction", "remark"])
        raised = [text.strip() for text in points if text.strip()]
        VisitPoint.objects.bulk_create(VisitPoint(visit=visit, text=text) for text in raised)
        record(
            visit, "visit.record", by=by, at=at, node=visit.estate_id,
            satisfaction=Satisfaction(satisfaction).label, points=raised,
        )  # fmt: skip
    return visit


def cancel_visit(*, visit: Visit, by: User, at: datetime, reason: str) -> Visit:
    with transaction.atomic():
        visit = Visit.objects.select_for_update(of=("self",)).select_related("estate").get(pk=visit.pk)
        guards.may_visit(visit, by)
        if not reason.strip():
            raise Refused("请写明取消的原因。")
        visit.state = Visit.State.CANCELLED
        visit.save(update_fields=["state"])
        record(visit, "visit.cancel", by=by, at=at, node=visit.estate_id, reason=reason.strip())
    return visit


def case_from_point(*, point: VisitPoint, by: User, at: datetime, kind: str) -> Case:
    """转为诉求单: a point raised at a visit becomes a case, once (channel 走访)."""
    with transaction.atomic():
        point = (
            VisitPoint.objects.select_for_update(of=("self",)).select_related("visit__house__estate").get(pk=point.pk)
        )
        visit = point.visit
        if point.case_id is not None:
            raise Refused("这条事项已经转为诉求单。")
        owner = visit.house.owner
        caller = Caller(house=visit.house, name=visit.visited, phone=owner.phone if owner else "")
        point.case = register_case(
            estate=visit.house.estate,
            caller=caller,
            channel=Channel.VISIT_THEM,
            kind=kind,
            text=point.text,
            by=by,
            at=at,
        )
        point.save(update_fields=["case"])
    return point.case
