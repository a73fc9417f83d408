"""未接房 with its reason, and another try (HND-4)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from foundation.records.refusals import Refused
from handover.choices import NotTaken
from handover.guards import steps as guards
from handover.models import Handover, HandoverStep
from handover.services.verbs import note, working_on

if TYPE_CHECKING:
    from accounts.models import User


def not_taken(*, handover: Handover, by: User, at: datetime, reason: str, remark: str = "") -> Handover:
    """登记未接房: a house that isn't taken over has a reason. What was begun at a counter is put back."""
    with working_on(handover, at) as handover:
        guards.may_not_take(handover, by)
        remark = remark.strip()
        if reason not in NotTaken.values:
            raise Refused("请选择未接房原因。")
        if reason == NotTaken.OTHER and not remark:
            raise Refused("选“其他”时请写明原因。")
        taken = handover.steps.filter(state=HandoverStep.State.TAKEN)
        taken.update(state=HandoverStep.State.WAITING, taken_by=None, taken_at=None)
        handover.state, handover.reason, handover.remark = Handover.State.NOT_TAKEN, reason, remark
        handover.slot = None if handover.arrived_at is None else handover.slot
        handover.save(update_fields=["state", "reason", "remark", "slot"])
        note(handover, "not_taken", by=by, at=at, reason=handover.get_reason_display(), note=remark)
    return handover


def retry(*, handover: Handover, by: User, at: datetime) -> Handover:
    """重新办理: among those who are still to come; the steps that are done stay done."""
    with working_on(handover, at) as handover:
        guards.may_retry(handover, by)
        handover.state, handover.reason, handover.remark = Handover.State.NOT_BEGUN, "", ""
        handover.arrived_at, handover.slot = None, None
        handover.save(update_fields=["state", "reason", "remark", "arrived_at", "slot"])
        note(handover, "retry", by=by, at=at)
    return handover
