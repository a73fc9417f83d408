"""界定 and 定级 (CMP-5, CMP-6)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from complaints import guards
from complaints.choices import ClockKind, Grade, GradeReason, Validity
from complaints.models import Case
from complaints.services import clocks
from complaints.services.people import desk_people, people_of, tell, words
from complaints.services.upgrading import grow_again, is_held_major, regrade
from complaints.services.verbs import note, working_on
from foundation.journal.services import change
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User

# While a complaint counts as invalid nobody has to handle it; should it be judged valid after all, they go on.
HANDLING = (ClockKind.TRANSFER, ClockKind.HANDLE)


def judge_case(*, case: Case, by: User, at: datetime, validity: str, reason: str) -> Case:
    """界定: 有效 or 无效, with the reason. An invalid one is explained to the customer and closed (`explain_invalid`)."""
    with working_on(case, at) as case:
        guards.may_judge(case, by)
        reason = reason.strip()
        if validity not in Validity.values:
            raise Refused("请选择有效或无效。")
        if validity == Validity.INVALID and not reason:
            raise Refused("界定为无效时请写明理由。")
        if case.validity == validity:
            raise Refused(f"已经界定为{Validity(validity).label}。")
        before = case.get_validity_display() if case.validity else ""
        case.validity, case.judgement, case.judged_at, case.judged_by = validity, reason, at, by
        if case.is_invalid:
            case.paused_at = None
        case.save(update_fields=["validity", "judgement", "judged_at", "judged_by", "paused_at"])
        note(case, "judge", by=by, at=at, validity=change(before, Validity(validity).label), reason=reason)
        if case.is_invalid:
            clocks.hold_all(case, HANDLING, at)
            _settle(case, at)
            to = [case.responsible] if case.responsible else desk_people(case, people_of(case, at))
            title = f"投诉界定为无效，请向客户说明：{words(case)}"
            tell(case, to, title=title, key=f"invalid:{at.isoformat()}", at=at, but=by)
        else:
            clocks.release_all(case, HANDLING, at)
            if case.grade:
                _settle(case, at)
            grow_again(case, at)
    return case


def grade_case(*, case: Case, by: User, at: datetime, reason: str, remark: str = "") -> Case:
    """定级 by one of the reasons of CMP-6. A complaint that is graded counts as valid (CMP-6 grades valid ones)."""
    with working_on(case, at) as case:
        guards.may_grade(case, by)
        if reason not in GradeReason.values:
            raise Refused("请选择定级理由。")
        grade = GradeReason(reason).grade
        if case.grade == grade and case.grade_reason == reason:
            raise Refused(f"已经定为{Grade(grade).label}。")
        if grade != Grade.MAJOR and (held := is_held_major(case, at)):
            raise Refused(held)
        if case.validity != Validity.VALID:
            case.validity, case.judged_at, case.judged_by = Validity.VALID, at, by
            case.save(update_fields=["validity", "judged_at", "judged_by"])
        regrade(case, grade, reason, by=by, at=at, verb="case.grade", note=remark.strip())
        _settle(case, at)
    return case


def _settle(case: Case, at: datetime) -> None:
    """界定 ends once it is judged invalid, or judged valid and graded."""
    clocks.end(case, ClockKind.JUDGE, at)
