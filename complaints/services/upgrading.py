"""What makes a complaint 重大 by itself: a week without a result, five customers on one event (CMP-8)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from complaints.choices import Grade, GradeReason, Kind, Validity
from complaints.models import Case, Event, Policy
from complaints.services import clocks
from complaints.services.people import leads, people_of, tell, words
from complaints.sla import CUSTOMERS_OF_EVENT, becomes_major_at
from foundation.journal.services import change, record

if TYPE_CHECKING:
    from accounts.models import User

logger = logging.getLogger(__name__)

# Recorded later than this, it was missed while the sweep was down (補记).
LATE_AFTER = timedelta(minutes=5)
BATCH = 200


def sweep_weeks(*, at: datetime) -> int:
    """Every complaint whose week is over becomes 重大; how many did. Called by the sweep of clocks, before it.

    Each in a transaction of its own, under the case's lock: run twice at once, the second finds it done. One that can't
    be graded is logged and does not keep the others waiting.
    """
    grown, last = 0, 0
    while ids := list(
        Case.objects.grown_major(at).filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        for pk in ids:
            try:
                grown += _grow_one(pk, at)
            except Exception:
                logger.exception("the week of case %s is over, and it could not be made 重大", pk)
        last = ids[-1]
    return grown


@transaction.atomic
def _grow_one(pk: int, at: datetime) -> bool:
    case = Case.objects.locked(pk)
    if not grow_major(case, at):  # another sweep has done it
        return False
    clocks.show_due(case)
    return True


def grow_major(case: Case, at: datetime, *, before: bool = False) -> bool:
    """CMP-8 for one locked case, whether or not the sweep has run: True where it became 重大 now.

    `before`: only if the week was over before `at`. A result that comes at its very end is in time (GEN-1).
    """
    week_over = becomes_major_at(case.received_at)
    if (
        case.kind != Kind.COMPLAINT
        or case.is_closed
        or case.is_invalid
        or case.grade == Grade.MAJOR
        or case.result_at is not None
        or at < week_over
        or (before and at == week_over)
    ):
        return False
    moment = max(week_over, _without_result_since(case))
    # What the limits of the old grade held until then has happened, that of a limit which ends with the week included.
    clocks.catch_up(case, at, upto=moment)
    regrade(case, Grade.MAJOR, GradeReason.MAJOR_WEEK, by=None, at=at, verb="case.grow_major", moment=moment)
    return True


def _without_result_since(case: Case) -> datetime:
    """A complaint that was reopened, or judged valid after all, after its week grows from then on."""
    started_at = case.rounds.get(number=case.round).started_at
    return max(started_at, case.judged_at or started_at)


def grow_again(case: Case, at: datetime) -> None:
    """A locked complaint counts again, reopened or judged valid after all: what made others 重大 makes it so too."""
    grow_major(case, at)
    if case.event is not None:
        grow_event(case.event, at=at)
        case.refresh_from_db()


def regrade(
    case: Case,
    grade: str,
    reason: str,
    *,
    by: User | None,
    at: datetime,
    verb: str,
    moment: datetime | None = None,
    note: str = "",
) -> None:
    """Give a locked complaint its grade: the policy in force, running clocks keep their time (CMP-17); tell (CMP-9).

    `moment`: since when the grade holds, where time alone gave it before `at`.
    """
    since = moment or at
    ran_as, before = case.variant, case.get_grade_display() if case.grade else ""
    policy = Policy.objects.in_force(since)
    case.grade, case.grade_reason = grade, reason
    if policy is not None:
        case.policy = policy
    case.save(update_fields=["grade", "grade_reason", "policy"])
    clocks.regrade_running(case, since)
    record(
        case,
        verb,
        by=by,
        at=at,
        node=case.estate_id,
        grade=change(before, case.get_grade_display()),
        why=GradeReason(reason).label,
        **({"note": note} if note else {}),
        **({"due_at": moment.isoformat()} if moment else {}),
        **({"late": True} if moment and at - moment > LATE_AFTER else {}),
    )
    if case.variant != ran_as:
        tell_grade(case, at, but=by)


def tell_grade(case: Case, at: datetime, but: User | None = None) -> None:
    """CMP-9: 重大 and 重要 notify the service lead and the manager at once; an ungraded complaint runs as 重要."""
    if case.kind != Kind.COMPLAINT or case.grade == Grade.MINOR:
        return
    grade = case.grade or Grade.SERIOUS
    tell(
        case,
        leads(case, people_of(case, at)),
        title=f"{Grade(grade).label}投诉{'' if case.grade else '（待界定）'}：{words(case)}",
        key=f"grade:{grade}:{at.isoformat()}",
        at=at,
        but=but,
    )


def customers(cases: Iterable[Case]) -> int:
    """CMP-8: counted by house, a caller without a house by phone number; who left neither can't be told apart."""
    return len({f"house {case.house_id}" if case.house_id else case.caller_phone for case in cases} - {""})


def grow_event(event: Event, *, at: datetime) -> int:
    """Five customers' complaints tied to one event: all its open ones become 重大; how many did now.

    Closed ones count and are not regraded; those judged invalid do not count. The event's row is locked by the caller,
    as it is by every verb of a tied case: two ties at once are counted one after the other.
    """
    complaints = [
        case
        for case in Case.objects.filter(event=event, kind=Kind.COMPLAINT).order_by("pk")
        if case.validity != Validity.INVALID
    ]
    if customers(complaints) < CUSTOMERS_OF_EVENT:
        return 0
    grown = 0
    for pk in (case.pk for case in complaints if not case.is_closed and case.grade != Grade.MAJOR):
        case = Case.objects.locked(pk)
        if case.is_closed or case.grade == Grade.MAJOR:
            continue
        regrade(case, Grade.MAJOR, GradeReason.MAJOR_MANY, by=None, at=at, verb="case.grow_event")
        clocks.show_due(case)
        grown += 1
    return grown


def is_held_major(case: Case, at: datetime) -> str:
    """Why a complaint can't be graded lower now: what made it 重大 by itself still holds (CMP-8); "" where it may."""
    if case.result_at is None and at >= becomes_major_at(case.received_at):
        return "受理满七天仍没有上报结果，按规定为重大，不能降级。"
    if case.event_id:
        tied = Case.objects.filter(event=case.event_id, kind=Kind.COMPLAINT).exclude(validity=Validity.INVALID)
        if customers(tied) >= CUSTOMERS_OF_EVENT:
            return "五户以上就同一事件投诉，按规定为重大，不能降级。"
    return ""
