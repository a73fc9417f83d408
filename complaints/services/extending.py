"""延期: more time to handle, asked for by who handles and decided by the manager (CMP-7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from accounts.roles import Role
from complaints import guards
from complaints.choices import ClockKind
from complaints.models import Case, CaseExtension
from complaints.services import clocks
from complaints.services.people import BRANCH, ESTATE, people_of, tell, words
from complaints.services.verbs import note, working_on
from foundation.journal.services import change
from foundation.records.refusals import Refused
from foundation.timers import services as timers
from foundation.worktime.local import format_deadline

if TYPE_CHECKING:
    from accounts.models import User

# A year mistyped would put it off for good.
LONGEST = timedelta(days=180)


def ask_extension(*, case: Case, by: User, at: datetime, due_at: datetime, reason: str) -> CaseExtension:
    """申请延期: a later due moment of 处理, with a reason; the manager is asked, for the manager's own the branch."""
    with working_on(case, at) as case:
        guards.may_ask_extension(case, by)
        reason = reason.strip()
        if not reason:
            raise Refused("请写明申请延期的理由。")
        clock = clocks.clocks_of(case).get(ClockKind.HANDLE)
        if clock is None or clock.is_stopped:
            raise Refused("这张诉求单没有处理时限。")
        if due_at <= at:
            raise Refused("新的期限必须晚于现在。")
        if clock.due_at and due_at <= clock.due_at:
            raise Refused("新的期限必须晚于现在的期限。")
        if due_at > at + LONGEST:
            raise Refused("新的期限不能晚于半年以后。")
        asked = CaseExtension.objects.create(case=case, reason=reason, due_at=due_at, asked_at=at, asked_by=by)
        note(case, "ask_extension", by=by, at=at, due_on=due_at.isoformat(), reason=reason)
        people, level = people_of(case, at), ESTATE
        managers = people.holding([Role.ESTATE_MANAGER], case.estate_id)
        if not managers or any(person.pk == by.pk for person in managers):
            managers, level = people.holding([Role.BRANCH_SUPERVISOR], case.estate.lineage[BRANCH]), BRANCH
        title = f"处理延期待批准：{words(case)}"
        body = f"{case.number} · 申请延至 {format_deadline(due_at)}"
        tell(case, managers, title=title, body=body, key=f"extension:{asked.pk}:asked", at=at, level=level)
    return asked


def decide_extension(
    *, extension: CaseExtension, by: User, at: datetime, grant: bool, remark: str = ""
) -> CaseExtension:
    """批准 or 不批准. Granted, 处理 has a new due moment, a new round of its clock and a ladder anew (GEN-6).

    A round shorter than a day stops at the estate manager, however long the limit was before (CMP-9).
    """
    with working_on(extension.case, at) as case:
        extension = (
            CaseExtension.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=extension.pk)
        )
        extension.case = case
        guards.may_decide_extension(extension, by)
        remark = remark.strip()
        if not grant and not remark:
            raise Refused("不批准时请写明理由。")
        clock = clocks.clocks_of(case).get(ClockKind.HANDLE)
        moved = {}
        if grant:
            if clock is None or clock.is_stopped:
                raise Refused("处理时限已经结束，不需要延期。")
            if extension.due_at <= at:
                raise Refused("申请的新期限已经过了，请重新申请。")
            moved = {"due_at": change(clock.due_at.isoformat() if clock.due_at else "", extension.due_at.isoformat())}
            ladder = clocks.ladder_until(case, ClockKind.HANDLE, extension.due_at, at)
            timers.extend(clock=clock, due_at=extension.due_at, at=at, ladder=ladder)
        extension.state = CaseExtension.State.GRANTED if grant else CaseExtension.State.REFUSED
        extension.decided_at, extension.decided_by, extension.decision_note = at, by, remark
        extension.save()
        note(case, "grant_extension" if grant else "refuse_extension", by=by, at=at, note=remark, **moved)
        title = f"处理延期{'已批准' if grant else '未批准'}：{words(case)}"
        tell(case, [extension.asked_by], title=title, key=f"extension:{extension.pk}:decided", at=at)
    return extension


def drop_requests(*, case: Case, at: datetime, note: str) -> None:
    """A request that still waits is answered by what has happened meanwhile."""
    case.extensions.filter(state=CaseExtension.State.ASKED).update(
        state=CaseExtension.State.REFUSED, decided_at=at, decision_note=note
    )
