"""到场, and the steps of one house (HND-1): begun by one counter, put back, or finished in their order.

    finish_step(handover=handover, kind=StepKind.DOCUMENTS, by=user, at=now)

Each change of a step is a conditional update: of two counters at once exactly one wins, the other reads who was first.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from foundation.records.refusals import Refused
from handover import readiness
from handover.choices import StepKind
from handover.guards import steps as guards
from handover.models import Handover, HandoverStep
from handover.services.ownership import become_owner
from handover.services.papers import ask_for_documents
from handover.services.verbs import note, working_on

if TYPE_CHECKING:
    from accounts.models import User

State = HandoverStep.State


def arrive(*, handover: Handover, by: User, at: datetime) -> Handover:
    """到场: the house is under way; its steps are made in the batch's order, its documents by the kind of buyer."""
    with working_on(handover, at) as handover:
        guards.may_arrive(handover, by)
        begin(handover, at)
        note(handover, "arrive", by=by, at=at)
    return handover


def begin(handover: Handover, at: datetime) -> None:
    """A locked handover comes under way. One that was begun before keeps what has been done."""
    handover.state, handover.arrived_at = Handover.State.UNDER_WAY, at
    handover.reason = handover.remark = ""
    handover.save(update_fields=["state", "arrived_at", "reason", "remark"])
    if not handover.steps.exists():
        order = handover.batch.steps or StepKind.values
        HandoverStep.objects.bulk_create(
            HandoverStep(handover=handover, kind=kind, position=position) for position, kind in enumerate(order, 1)
        )
    if not handover.documents.exists():
        ask_for_documents(handover)


def take_step(*, handover: Handover, kind: str, by: User, at: datetime) -> HandoverStep:
    """开始办理: this counter works on it now."""
    with working_on(handover, at) as handover:
        step = step_of(handover, kind)
        guards.may_take_step(handover, step, by)
        _change(step, State.WAITING, state=State.TAKEN, taken_by=by, taken_at=at)
        note(handover, "take_step", by=by, at=at, step=str(step))
    return step


def release_step(*, handover: Handover, kind: str, by: User, at: datetime) -> HandoverStep:
    """放回: nobody works on it."""
    with working_on(handover, at) as handover:
        step = step_of(handover, kind)
        guards.may_release_step(handover, step, by)
        _change(step, State.TAKEN, state=State.WAITING, taken_by=None, taken_at=None)
        note(handover, "release_step", by=by, at=at, step=str(step))
    return step


def finish_step(*, handover: Handover, kind: str, by: User, at: datetime, remark: str = "") -> HandoverStep:
    """完成 what nobody else works on, in the house's order, when it has what it needs. The last one hands the house over."""
    with working_on(handover, at) as handover:
        step = step_of(handover, kind)
        guards.may_finish_step(handover, step, by)
        if missing := readiness.missing(handover, kind):
            raise Refused(missing)
        began = {"taken_by": step.taken_by or by, "taken_at": step.taken_at or at}
        _change(step, step.state, state=State.DONE, done_by=by, done_at=at, note=remark.strip(), **began)
        note(handover, "finish_step", by=by, at=at, step=str(step), note=remark.strip())
        if not handover.steps.exclude(state=State.DONE).exists():
            _hand_over(handover, by, at)
    return step


def is_done(handover: Handover, kind: str) -> bool:
    return HandoverStep.objects.filter(handover=handover, kind=kind, state=State.DONE).exists()


def step_of(handover: Handover, kind: str) -> HandoverStep:
    """Its step of a kind; `Refused` for one that this batch does not have, or before the owner's arrival."""
    step = handover.steps.select_related("taken_by", "done_by").filter(kind=kind).first()
    if step is not None:
        return step
    if handover.state == Handover.State.NOT_BEGUN:
        raise Refused("业主还没有到场。")
    raise Refused("这户没有这个步骤。")


def _change(step: HandoverStep, expected: str, **values: Any) -> None:
    if not HandoverStep.objects.filter(pk=step.pk, state=expected).update(**values):
        raise Refused(f"“{step}”刚刚由别的柜台办理，请刷新后再看。")
    step.refresh_from_db()


def _hand_over(handover: Handover, by: User, at: datetime) -> None:
    """已接房: the buyer is the house's owner (HND-2: fees run from this day)."""
    handover.state, handover.done_at = Handover.State.DONE, at
    handover.save(update_fields=["state", "done_at"])
    note(handover, "done", by=by, at=at)
    become_owner(handover, by=by, at=at)
