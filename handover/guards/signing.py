"""Who may have a paper signed now, and why not (HND-5, HND-6). A guard changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from foundation.records.refusals import Refused
from handover.choices import SIGNED
from handover.guards.steps import may_work
from handover.models import Handover, HandoverStep, MoveIn
from handover.readiness import content_of
from handover.signedpapers import papers_of

if TYPE_CHECKING:
    from accounts.models import User


def may_sign(handover: Handover, step: HandoverStep, user: User) -> None:
    """While the step is open, by the counter that works on it; what is signed has to be there first."""
    if step.kind not in SIGNED:
        raise Refused(f"“{step}”不需要签字。")
    may_work(handover, step, user)
    if step.state == HandoverStep.State.TAKEN and step.taken_by_id != user.pk:
        raise Refused(f"{step.taken_by.name if step.taken_by else ''}正在办理“{step}”。")
    if missing := content_of(handover, step.kind):
        raise Refused(missing)


def may_sign_move_in(move_in: MoveIn, code: str, user: User) -> None:
    if not user.may(Right.MOVE_IN, move_in.estate):
        raise Refused("您的岗位不能办理入住签字。")
    if code not in papers_of(move_in):
        raise Refused("这次入住不需要这份文件。")
    if move_in.state != MoveIn.State.PREPARING:
        raise Refused("入住已经办完，文件不能再签。")
