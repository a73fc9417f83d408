"""转派: a case goes to a department, and on to another (CMP-3, CMP-17)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from complaints import guards
from complaints.choices import ClockKind, Department, Kind
from complaints.models import Case
from complaints.services import clocks
from complaints.services.people import department_people, people_of, tell, words
from complaints.services.verbs import current_round, note, working_on
from foundation.journal.services import change
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User


def transfer_case(
    *, case: Case, by: User, at: datetime, department: str, remark: str = "", made_here: bool = False
) -> Case:
    """Pass the case to a department with people; time used and paused stays (CMP-17). 到场 of a repair begins now."""
    with working_on(case, at, made_here=made_here) as case:
        guards.may_transfer(case, by)
        if department not in Department.values:
            raise Refused("请选择责任部门。")
        if case.department == department:
            raise Refused(f"诉求单已经在{Department(department).label}。")
        before = case.get_department_display() if case.department else ""
        case.department, case.handler = department, None
        people = department_people(case, people_of(case, at))
        if not people:
            raise Refused(f"{Department(department).label}在本项目没有在岗人员，请转派给其他部门。")
        first = case.state in guards.UNTRANSFERRED
        case.state = Case.State.HANDLING
        if case.responsible_id is None:
            case.responsible = by
        case.save(update_fields=["department", "handler", "state", "responsible"])
        round_ = current_round(case)
        round_.department = department
        if first:
            ended = clocks.end(case, ClockKind.TRANSFER, at)
            round_.transferred_at, round_.transferred_in_time = at, clocks.in_time(ended, at)
        round_.save(update_fields=["department", "transferred_at", "transferred_in_time"])
        if case.kind == Kind.REPAIR and round_.arrived_at is None:
            clocks.begin(case, ClockKind.ARRIVE, at)
        note(
            case, "transfer", by=by, at=at, department=change(before, Department(department).label), note=remark.strip()
        )
        title = f"新转派{case.get_kind_display()}：{words(case)}"
        tell(case, people, title=title, key=f"transfer:{case.round}:{department}:{at.isoformat()}", at=at, but=by)
    return case
