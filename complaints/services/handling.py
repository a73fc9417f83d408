"""The department's part: accept, arrive, wait for the customer, report the result (CMP-4, CMP-10, CMP-11)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from complaints import guards
from complaints.choices import ClockKind
from complaints.models import Case
from complaints.services import clocks
from complaints.services.extending import drop_requests
from complaints.services.people import desk_people, people_of, tell, words
from complaints.services.verbs import current_round, note, working_on
from foundation.records.refusals import Refused
from foundation.timers import services as timers
from foundation.worktime.local import format_duration

if TYPE_CHECKING:
    from accounts.models import User


def accept_case(*, case: Case, by: User, at: datetime) -> Case:
    """接单: the person who handles it from now on."""
    with working_on(case, at) as case:
        guards.may_accept(case, by)
        case.handler = by
        case.save(update_fields=["handler"])
        case.handlers.add(by)
        round_ = current_round(case)
        if round_.accepted_at is None:
            round_.accepted_at, round_.accepted_by = at, by
            round_.save(update_fields=["accepted_at", "accepted_by"])
        note(case, "accept", by=by, at=at)
    return case


def arrive(*, case: Case, by: User, at: datetime) -> Case:
    """到场 of a repair: its limit ends (CMP-4). Who arrives without having accepted, accepts."""
    with working_on(case, at) as case:
        guards.may_arrive(case, by)
        round_ = current_round(case)
        if round_.arrived_at is not None:
            raise Refused("已经登记过到场。")
        ended = clocks.end(case, ClockKind.ARRIVE, at)
        round_.arrived_at, round_.arrived_in_time = at, clocks.in_time(ended, at)
        if case.handler_id is None:
            case.handler = by
            case.save(update_fields=["handler"])
            case.handlers.add(by)
            round_.accepted_at, round_.accepted_by = round_.accepted_at or at, round_.accepted_by or by
        round_.save(update_fields=["arrived_at", "arrived_in_time", "accepted_at", "accepted_by"])
        note(case, "arrive", by=by, at=at)
    return case


def pause_case(*, case: Case, by: User, at: datetime, reason: str) -> Case:
    """等待客户: 处理 stops counting, no other limit does; with a reason and a person (CMP-10)."""
    with working_on(case, at) as case:
        guards.may_pause(case, by)
        reason = reason.strip()
        if not reason:
            raise Refused("请写明暂停的原因。")
        rule = clocks.rule_of(case, ClockKind.HANDLE)
        clock = clocks.clocks_of(case).get(ClockKind.HANDLE)
        if rule is None or clock is None or clock.is_stopped or not rule.pausable:
            raise Refused("这张诉求单没有可以暂停的处理时限。")
        timers.pause(clock=clock, at=at, by=by, reason=reason)
        case.paused_at = at
        case.save(update_fields=["paused_at"])
        note(case, "pause", by=by, at=at, reason=reason)
    return case


def resume_case(*, case: Case, by: User, at: datetime) -> Case:
    with working_on(case, at) as case:
        guards.may_resume(case, by)
        timers.resume(clock=clocks.clocks_of(case)[ClockKind.HANDLE], at=at)
        waited = at - case.paused_at if case.paused_at else None
        case.paused_at = None
        case.save(update_fields=["paused_at"])
        note(case, "resume", by=by, at=at, waited=format_duration(waited) if waited else "")
    return case


def report_result(*, case: Case, by: User, at: datetime, result: str) -> Case:
    """上报结果: 处理 ends, the customer is to be answered on the same day (CMP-7)."""
    with working_on(case, at) as case:
        guards.may_report(case, by)
        result = result.strip()
        if not result:
            raise Refused("请写明处理结果。")
        put_result(case, result, by=by, at=at)
        case.state = Case.State.TO_ANSWER
        case.save(update_fields=["state"])
        clocks.begin(case, ClockKind.SAME_DAY, at)
        note(case, "report", by=by, at=at, result=result)
        to = [case.responsible] if case.responsible else desk_people(case, people_of(case, at))
        tell(case, to, title=f"待答复客户：{words(case)}", key=f"result:{case.round}:{at.isoformat()}", at=at, but=by)
    return case


def put_result(case: Case, result: str, *, by: User | None, at: datetime) -> None:
    """The result of this round, with what its clock said; a repair that was solved has been arrived at."""
    ended = clocks.end(case, ClockKind.HANDLE, at)
    clocks.end(case, ClockKind.ARRIVE, at)
    round_ = current_round(case)
    round_.result, round_.result_at, round_.result_by = result, at, by
    round_.handled_in_time = clocks.in_time(ended, at)
    round_.used = clocks.used_since(ended, round_.started_at)
    round_.paused = clocks.paused_since(ended, round_.started_at, at)
    round_.save(update_fields=["result", "result_at", "result_by", "handled_in_time", "used", "paused"])
    case.result_at, case.paused_at = at, None
    case.save(update_fields=["result_at", "paused_at"])
    if by is not None:
        case.handlers.add(by)
    drop_requests(case=case, at=at, note="处理结果已经上报，不需要延期。")
