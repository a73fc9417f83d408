"""Who may do what with a defect now, and why not (HND-3). A guard changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from estates.models import Node
from foundation.records.refusals import Refused
from handover.models import Builder, Defect

if TYPE_CHECKING:
    from accounts.models import User

State = Defect.State


def may_register(estate: Node, user: User) -> None:
    if not user.may(Right.INSPECT_HOUSE, estate):
        raise Refused("您的岗位不能登记遗留问题。")


def may_keep_builders(estate: Node, user: User) -> None:
    if not user.may(Right.INSPECT_HOUSE, estate):
        raise Refused("您的岗位不能维护责任单位。")


def _at_work(defect: Defect, user: User) -> None:
    if not user.may(Right.INSPECT_HOUSE, defect.estate):
        raise Refused("您的岗位不能处理遗留问题。")
    if defect.state == State.CONFIRMED:
        raise Refused("业主已经确认，这个问题已经了结。")
    if defect.state == State.WAIVED:
        raise Refused("业主已经放弃，这个问题已经了结。")


def may_assign(defect: Defect, user: User) -> None:
    _at_work(defect, user)
    if defect.state != State.OPEN:
        raise Refused("已经整改，不用再指定责任单位。")


def may_fix(defect: Defect, user: User) -> None:
    _at_work(defect, user)
    _is_open(defect)


def may_pin(defect: Defect, user: User) -> None:
    """Put on the plan or moved there, as long as it is to be mended."""
    _at_work(defect, user)
    _is_open(defect)


def builder_may_fix(defect: Defect, builder: Builder) -> None:
    """On the builder's own page, without a login: their own defects only."""
    if not builder.is_active or defect.builder_id != builder.pk:
        raise Refused("这个问题不由贵单位负责，请联系物业服务中心。")
    _is_open(defect)


def _is_open(defect: Defect) -> None:
    if defect.state != State.OPEN:
        raise Refused("已经登记过整改完成。")


def may_recheck(defect: Defect, user: User) -> None:
    """复验: by another than the one who registered the repair."""
    _at_work(defect, user)
    if defect.state == State.OPEN:
        raise Refused("还没有整改完成，不能复验。")
    if defect.state == State.RECHECKED:
        raise Refused("已经复验通过，等业主确认。")
    if defect.fixed_by_id == user.pk:
        raise Refused("整改是您登记的，请由别人复验。")


def may_reject(defect: Defect, user: User) -> None:
    """复验不通过, or the owner is not content."""
    _at_work(defect, user)
    if defect.state == State.OPEN:
        raise Refused("还没有整改完成，不能复验。")


def may_confirm(defect: Defect, user: User) -> None:
    _at_work(defect, user)
    if defect.state != State.RECHECKED:
        raise Refused("复验通过以后，才请业主确认。")


def may_waive(defect: Defect, user: User) -> None:
    _at_work(defect, user)
    if defect.state != State.OPEN:
        raise Refused("已经整改，请复验后由业主确认。")
