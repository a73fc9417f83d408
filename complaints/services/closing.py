"""The end of a case, and its being opened again (CMP-11, CMP-12)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from complaints import guards
from complaints.choices import ClockKind
from complaints.models import Case, Round
from complaints.services import clocks
from complaints.services.extending import drop_requests
from complaints.services.people import department_people, desk_people, people_of, tell, words
from complaints.services.upgrading import grow_again
from complaints.services.verbs import current_round, note, working_on
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User


def close(case: Case, outcome: str, *, by: User | None, at: datetime) -> None:
    """Close a locked case: no clock runs on, the round is over. The verb has written its own line in the journal."""
    clocks.end_all(case, at)
    case.state, case.outcome = Case.State.CLOSED, outcome
    case.closed_at, case.closed_by, case.paused_at = at, by, None
    case.save(update_fields=["state", "outcome", "closed_at", "closed_by", "paused_at"])
    case.rounds.filter(number=case.round).update(ended_at=at, outcome=Round.Outcome.CLOSED)
    drop_requests(case=case, at=at, note="诉求单已关闭。")


def close_case(*, case: Case, by: User, at: datetime, remark: str = "") -> Case:
    """关闭 a praise that has been passed on (CMP-4: it has no clocks)."""
    with working_on(case, at) as case:
        guards.may_close(case, by)
        note(case, "close", by=by, at=at, note=remark.strip())
        if case.responsible_id is None:
            case.responsible = by
            case.save(update_fields=["responsible"])
        close(case, Case.Outcome.PRAISED, by=by, at=at)
    return case


def close_unreachable(*, case: Case, by: User, at: datetime) -> Case:
    """以无法联系关闭, after three tries (CMP-12)."""
    with working_on(case, at) as case:
        guards.may_close_unreachable(case, by, at)
        note(case, "close_unreachable", by=by, at=at)
        close(case, Case.Outcome.UNREACHABLE, by=by, at=at)
    return case


def reopen_case(*, case: Case, by: User, at: datetime, reason: str) -> Case:
    """重新打开 by the service lead: solved, but the customer is dissatisfied (CMP-12)."""
    with working_on(case, at) as case:
        guards.may_reopen(case, by)
        reason = reason.strip()
        if not reason:
            raise Refused("请写明重新打开的原因。")
        note(case, "reopen", by=by, at=at, reason=reason)
        begin_round(case, at, by=by)
    return case


def begin_round(case: Case, at: datetime, *, by: User | None) -> None:
    """A new round with fresh limits and ladder from this moment; what the earlier ones took stays with them (CMP-12).

    It goes back to the department that had it, or to be transferred where none had.
    """
    round_ = current_round(case)
    Round.objects.filter(pk=round_.pk).update(ended_at=at, outcome=Round.Outcome.REOPENED)
    case.round += 1
    case.state = Case.State.HANDLING if case.department else Case.State.TO_TRANSFER
    case.result_at = case.answered_at = case.promised_at = None
    case.closed_at = case.closed_by = None
    case.outcome, case.satisfaction = "", None
    case.save()
    Round.objects.create(
        case=case,
        number=case.round,
        started_at=at,
        department=case.department,
        transferred_at=at if case.department else None,
    )
    kinds = [ClockKind.ANSWER, ClockKind.HANDLE]
    if not case.department:
        kinds.append(ClockKind.TRANSFER)
    elif clocks.rule_of(case, ClockKind.ARRIVE):
        kinds.append(ClockKind.ARRIVE)
    if case.is_complaint and not case.grade:
        kinds.append(ClockKind.JUDGE)
    for kind in kinds:
        clocks.begin(case, kind, at)
    grow_again(case, at)
    people = people_of(case, at)
    to = [case.handler] if case.handler else department_people(case, people) or desk_people(case, people)
    if case.responsible and case.responsible not in to:
        to = [*to, case.responsible]
    tell(case, to, title=f"客户反映未解决，重新打开：{words(case)}", key=f"reopen:{case.round}", at=at, but=by)
