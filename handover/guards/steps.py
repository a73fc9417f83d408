"""Who may do which step of a house now, and why not (HND-1, HND-5). A guard changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from foundation.records.refusals import Refused
from handover.choices import StepKind
from handover.models import Batch, Handover, HandoverStep

if TYPE_CHECKING:
    from accounts.models import User

State = Handover.State
# The one who computes a fee is not the one who takes the money.
STEP_RIGHTS = dict.fromkeys(StepKind, Right.HANDLE_STEP) | {
    StepKind.INSPECTION: Right.INSPECT_HOUSE,
    StepKind.PAYMENT: Right.COLLECT_FEES,
    StepKind.KEYS: Right.MOVE_KEYS,
}


def right_of(kind: str) -> Right:
    return STEP_RIGHTS[StepKind(kind)]


def _is_open(handover: Handover) -> None:
    match handover.batch.state:
        case Batch.State.PREPARING:
            raise Refused("批次还没有开始办理。")
        case Batch.State.CLOSED:
            raise Refused("这个批次已经结束。")
    if handover.state == State.DONE:
        raise Refused("这户已经接房。")


def _at_counter(handover: Handover, user: User) -> None:
    if not user.may(Right.HANDLE_STEP, handover.estate):
        raise Refused("您的岗位不能办理交房步骤。")
    _is_open(handover)


def may_arrive(handover: Handover, user: User) -> None:
    """Also the owner who comes after all."""
    _at_counter(handover, user)
    if handover.state == State.UNDER_WAY:
        raise Refused("已经登记过到场。")
    others = Handover.objects.filter(house=handover.house_id).exclude(pk=handover.pk)
    if others.filter(state=State.DONE).exists():
        raise Refused("这户已经在别的批次接房。")
    if others.filter(state=State.UNDER_WAY).exists():
        raise Refused("这户正在别的批次办理。")


def may_not_take(handover: Handover, user: User) -> None:
    """登记未接房 (HND-4)."""
    _at_counter(handover, user)
    if handover.state == State.NOT_TAKEN:
        raise Refused("已经登记过未接房原因。")


def may_retry(handover: Handover, user: User) -> None:
    """Back on the list of those who are still to come."""
    _at_counter(handover, user)
    if handover.state != State.NOT_TAKEN:
        raise Refused("这户没有登记未接房。")


def may_keep_papers(handover: Handover, user: User) -> None:
    """Documents and 《业主档案》: from the owner's arrival on."""
    _at_counter(handover, user)
    if handover.state != State.UNDER_WAY:
        raise Refused("业主还没有到场。")


def may_withdraw_document(handover: Handover, user: User) -> None:
    may_keep_papers(handover, user)
    if handover.steps.filter(kind=StepKind.DOCUMENTS, state=HandoverStep.State.DONE).exists():
        raise Refused("“收取资料”已经办完，不能撤回。")


def may_work(handover: Handover, step: HandoverStep, user: User) -> None:
    if not user.may(right_of(step.kind), handover.estate):
        raise Refused(f"您的岗位不能办理“{step}”。")
    _is_open(handover)
    if handover.state != State.UNDER_WAY:
        raise Refused("业主还没有到场。")
    if step.state == HandoverStep.State.DONE:
        raise Refused(f"“{step}”已经由{step.done_by.name if step.done_by else ''}办完。")


def may_take_step(handover: Handover, step: HandoverStep, user: User) -> None:
    """Any step may be begun at any time: several counters work on one house at once."""
    may_work(handover, step, user)
    if step.state == HandoverStep.State.TAKEN:
        raise Refused(_taken(step, user))


def may_release_step(handover: Handover, step: HandoverStep, user: User) -> None:
    """By whoever took it; a manager of the batch frees what was left behind."""
    may_work(handover, step, user)
    if step.state != HandoverStep.State.TAKEN:
        raise Refused(f"“{step}”没有人在办理。")
    if step.taken_by_id != user.pk and not user.may(Right.MANAGE_BATCH, handover.estate):
        raise Refused(_taken(step, user))


def may_finish_step(handover: Handover, step: HandoverStep, user: User) -> None:
    """In the house's order (HND-1); by whoever took it, where somebody did. What it needs is said by `readiness`."""
    may_work(handover, step, user)
    if step.state == HandoverStep.State.TAKEN and step.taken_by_id != user.pk:
        raise Refused(_taken(step, user))
    before = [one for one in handover.steps.all() if one.position < step.position]
    left = [str(one) for one in before if one.state != HandoverStep.State.DONE]
    if left:
        raise Refused(f"请先完成：{'、'.join(left)}。")


def _taken(step: HandoverStep, user: User) -> str:
    if step.taken_by_id == user.pk:
        return f"您正在办理“{step}”。"
    return f"{step.taken_by.name if step.taken_by else ''}正在办理“{step}”。"
