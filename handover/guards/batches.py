"""Who may do what with a batch, its slots and its owner list, and why not. A guard changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from estates.models import Node
from foundation.records.refusals import Refused
from handover.models import Batch, Handover, Slot

if TYPE_CHECKING:
    from accounts.models import User

State = Batch.State


def may_create(estate: Node, user: User) -> None:
    if not user.may(Right.MANAGE_BATCH, estate):
        raise Refused("由项目经理或客服主管建立交付批次。")


def may_manage(batch: Batch, user: User) -> None:
    """Slots, the owner list and the batch's own facts, until it has ended."""
    if not user.may(Right.MANAGE_BATCH, batch.estate):
        raise Refused("由项目经理或客服主管管理交付批次。")
    if batch.state == State.CLOSED:
        raise Refused("这个批次已经结束。")


def may_open(batch: Batch, user: User) -> None:
    may_manage(batch, user)
    if batch.state == State.OPEN:
        raise Refused("这个批次已经开始办理。")
    if not batch.handovers.exists():
        raise Refused("批次里还没有房屋，请先导入交付名单。")


def may_close(batch: Batch, user: User) -> None:
    """HND-4: no house leaves a batch without being handed over or having its reason."""
    may_manage(batch, user)
    if batch.state != State.OPEN:
        raise Refused("这个批次还没有开始办理。")
    left = batch.handovers.filter(state__in=[Handover.State.NOT_BEGUN, Handover.State.UNDER_WAY]).count()
    if left:
        raise Refused(f"还有 {left} 户没有接房，也没有登记未接房原因。")


def may_change_slot(slot: Slot, user: User) -> None:
    may_manage(slot.batch, user)


def may_appoint(handover: Handover, user: User) -> None:
    if not (user.may(Right.HANDLE_STEP, handover.estate) or user.may(Right.MANAGE_BATCH, handover.estate)):
        raise Refused("您的岗位不能预约交房时段。")
    if handover.batch.state == State.CLOSED:
        raise Refused("这个批次已经结束。")
    if handover.state == Handover.State.DONE:
        raise Refused("这户已经接房。")
    if handover.state == Handover.State.UNDER_WAY:
        raise Refused("业主已经到场，不需要预约。")


def may_change_buyer(handover: Handover, user: User) -> None:
    """The developer's list may be wrong; after the handover it stands as it was."""
    if not user.may(Right.MANAGE_BATCH, handover.estate):
        raise Refused("由项目经理或客服主管更正购房人。")
    if handover.state == Handover.State.DONE:
        raise Refused("这户已经接房。")
