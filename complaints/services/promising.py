"""约定答复时间: a time promised to the customer takes the place of the limit to answer (CMP-4)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.staff import holds
from complaints import guards
from complaints.choices import ClockKind, Kind
from complaints.models import Case
from complaints.services import clocks
from complaints.services.verbs import note, working_on
from complaints.sla import LONGEST_PROMISE
from estates.models import Estate
from foundation.journal.services import change
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User


def check_promise(
    estate: Estate, kind: str, promised_at: datetime, by: User | None, at: datetime, received_at: datetime
) -> None:
    """CMP-4: later than now; beyond three days it needs the service lead; complaints have their own limits."""
    if kind in (Kind.COMPLAINT, Kind.PRAISE):
        raise Refused("投诉和表扬不能约定答复时间。")
    if promised_at <= at:
        raise Refused("承诺答复的时间必须晚于现在。")
    if promised_at - received_at > LONGEST_PROMISE and not (by and holds(by, guards.LEADS, estate.pk)):
        raise Refused("承诺超过 3 天，须由客服主管登记。")


def promise_answer(*, case: Case, by: User, at: datetime, promised_at: datetime) -> Case:
    """约定答复时间: it takes the place of the limit; shares of the ladder still count from receipt (CMP-4)."""
    with working_on(case, at) as case:
        guards.may_promise(case, by, clocks.clocks_of(case).get(ClockKind.ANSWER), at)
        check_promise(case.estate, case.kind, promised_at, by, at, case.received_at)
        before = case.promised_at
        case.promised_at = promised_at
        case.save(update_fields=["promised_at"])
        clocks.regrade_running(case, at)
        note(
            case,
            "promise",
            by=by,
            at=at,
            promised_at=change(before.isoformat() if before else "", promised_at.isoformat()),
        )
    return case
