"""Who may do what with a case now, and why not: one guard per verb, asked by the service before it acts and by the page
before it offers it. A guard returns nothing or raises `Refused` with the sentence for the user; it changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Q

from accounts.rights import Right
from accounts.roles import Role
from accounts.staff import holds
from complaints.choices import DISSATISFIED, ROLES, Department, Kind
from complaints.models import Case, CaseExtension, Visit
from complaints.sla import why_not_unreachable
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User
    from foundation.timers.models import Clock

State = Case.State
UNTRANSFERRED = (State.REGISTERED, State.TO_TRANSFER)
DESK = frozenset({Role.SERVICE, Role.SERVICE_LEAD, Role.ESTATE_MANAGER})
LEADS = frozenset({Role.SERVICE_LEAD, Role.ESTATE_MANAGER})


def _right(user: User, right: Right, case: Case, sentence: str) -> None:
    if not user.may(right, case.estate):
        raise Refused(sentence)


def _not_closed(case: Case) -> None:
    if case.is_closed:
        raise Refused("这张诉求单已经关闭。")


def is_of_department(user: User, case: Case) -> bool:
    """Of the department that the case lies with, at its estate; the manager stands in for all."""
    if not case.department:
        return False
    return holds(user, ROLES[case.department] | {Role.ESTATE_MANAGER}, case.estate_id)


def is_of_desk(user: User, case: Case) -> bool:
    """The front desk, or whoever is first responsible for it (CMP-1)."""
    return case.responsible_id == user.pk or holds(user, DESK, case.estate_id)


# --- intake and transfer --------------------------------------------------------------------------------------------


def may_register(estate, user: User) -> None:
    if not user.may(Right.REGISTER_CASE, estate):
        raise Refused("您的岗位不能在这个项目登记诉求。")


def may_transfer(case: Case, user: User) -> None:
    """CMP-3; once it lies with a department, that one or the desk passes it on."""
    _right(user, Right.TRANSFER_CASE, case, "您的岗位不能转派诉求。")
    if not is_of_desk(user, case) and not is_of_department(user, case):
        raise Refused("由首问责任人、客服或责任部门转派。")
    _not_closed(case)
    if case.kind == Kind.PRAISE:
        raise Refused("表扬不需要转派，转达后关闭即可。")
    if case.is_invalid:
        raise Refused("这宗投诉已界定为无效，请向客户说明后关闭。")
    if case.state not in (*UNTRANSFERRED, State.HANDLING):
        raise Refused("处理结果已经上报，不能再转派。")


def may_take(case: Case, user: User) -> None:
    """What came by the public form has no first responsible person yet: who takes it, stays responsible (CMP-1)."""
    _right(user, Right.REGISTER_CASE, case, "您的岗位不能受理诉求。")
    if case.responsible_id is not None:
        raise Refused("这张诉求单已经有首问责任人。")
    _not_closed(case)


def may_accept(case: Case, user: User) -> None:
    _right(user, Right.HANDLE_CASE, case, "您的岗位不能处理诉求。")
    if case.state != State.HANDLING:
        raise Refused("诉求单不在处理中，不能接单。")
    if not is_of_department(user, case):
        raise Refused(f"由{Department(case.department).label}的人员接单。")
    if case.handler_id == user.pk:
        raise Refused("您已经接单。")


def may_handle(case: Case, user: User) -> None:
    """Arriving, pausing, reporting: by the handler, or their department."""
    _right(user, Right.HANDLE_CASE, case, "您的岗位不能处理诉求。")
    _not_closed(case)
    if case.state in UNTRANSFERRED:
        raise Refused("诉求单还没有转派。")
    if case.state != State.HANDLING:
        raise Refused("处理结果已经上报。")
    if case.handler_id != user.pk and not is_of_department(user, case):
        raise Refused(f"由{Department(case.department).label}处理，您不能操作。")


def may_arrive(case: Case, user: User) -> None:
    may_handle(case, user)
    if case.kind != Kind.REPAIR:
        raise Refused("只有报修需要登记到场。")


def may_pause(case: Case, user: User) -> None:
    may_handle(case, user)
    if case.paused_at is not None:
        raise Refused("处理时限已经暂停。")


def may_resume(case: Case, user: User) -> None:
    may_handle(case, user)
    if case.paused_at is None:
        raise Refused("处理时限没有暂停。")


def may_report(case: Case, user: User) -> None:
    may_handle(case, user)
    if case.is_invalid:
        raise Refused("这宗投诉已界定为无效，请向客户说明后关闭。")


# --- answering ------------------------------------------------------------------------------------------------------


def may_answer(case: Case, user: User) -> None:
    """On the spot, in between, or after the result: by the first responsible person or the desk."""
    _right(user, Right.ANSWER_CASE, case, "您的岗位不能答复客户。")
    if not is_of_desk(user, case) and case.handler_id != user.pk:
        raise Refused("由首问责任人或客服答复客户。")
    _not_closed(case)
    if case.is_invalid:
        raise Refused("这宗投诉已界定为无效，请用“说明并关闭”。")
    if case.kind == Kind.PRAISE:
        raise Refused("表扬转达后关闭即可。")
    if case.state == State.TO_CALLBACK:
        raise Refused("已经答复客户，正在等待回访。")


def may_promise(case: Case, user: User, clock: Clock | None, at: datetime) -> None:
    """CMP-4: a time promised to the customer takes the place of the limit to answer, whose `clock` this is.

    A limit that has passed stays passed (GEN-6): a promise made afterwards would hide that it was late.
    """
    may_answer(case, user)
    if case.is_complaint or case.kind == Kind.PRAISE:
        raise Refused("投诉的答复时限不能改为承诺时间。")
    if case.rounds.filter(number=case.round, replied_at__isnull=False).exists():
        raise Refused("已经答复过客户。")
    if clock is not None and clock.is_overdue(at):
        raise Refused("答复时限已经超过，不能再约定，请尽快答复客户。")


# --- judging and grading --------------------------------------------------------------------------------------------


def may_judge(case: Case, user: User) -> None:
    """CMP-5: 有效 or 无效, by the service lead (or the manager)."""
    _right(user, Right.JUDGE_CASE, case, "由客服主管界定投诉。")
    if not case.is_complaint:
        raise Refused("只有投诉需要界定。")
    _not_closed(case)
    if case.state == State.TO_CALLBACK:
        raise Refused("已经答复客户，不能再界定。")


def may_grade(case: Case, user: User) -> None:
    _right(user, Right.JUDGE_CASE, case, "由客服主管定级。")
    if not case.is_complaint:
        raise Refused("只有投诉需要定级。")
    _not_closed(case)
    if case.is_invalid:
        raise Refused("无效投诉不定级。")
    if case.state == State.TO_CALLBACK:
        raise Refused("已经答复客户，不能再定级。")


def may_explain(case: Case, user: User) -> None:
    _right(user, Right.ANSWER_CASE, case, "您的岗位不能答复客户。")
    _not_closed(case)
    if not case.is_invalid:
        raise Refused("只有界定为无效的投诉才能说明后关闭。")
    if not is_of_desk(user, case):
        raise Refused("由首问责任人或客服向客户说明。")


# --- more time ------------------------------------------------------------------------------------------------------


def may_ask_extension(case: Case, user: User) -> None:
    may_handle(case, user)
    if case.extensions.filter(state=CaseExtension.State.ASKED).exists():
        raise Refused("已经有一份延期申请在等待批准。")


def may_decide_extension(extension: CaseExtension, user: User) -> None:
    """CMP-7: the manager decides; what the manager asked, the branch."""
    case = extension.case
    if extension.state != CaseExtension.State.ASKED:
        raise Refused("这份延期申请已经处理过了。")
    _not_closed(case)
    if not user.may(Right.EXTEND_CASE, case.estate):
        raise Refused("由项目经理批准延期。")
    if extension.asked_by_id == user.pk:
        raise Refused("不能批准自己的延期申请，请由上一级批准。")


# --- calling back and closing ---------------------------------------------------------------------------------------


def may_call(case: Case, user: User) -> None:
    """CMP-12, fixed: by someone who neither accepted it, nor reported a result, nor answered."""
    _right(user, Right.CALL_BACK, case, "由客服回访客户。")
    _not_closed(case)
    if case.state != State.TO_CALLBACK:
        raise Refused("还没有答复客户，不能回访。")
    if case.handlers.filter(pk=user.pk).exists():
        raise Refused("您经手过这张诉求单，请由另一人回访。")


def may_close_unreachable(case: Case, user: User, at: datetime) -> None:
    """CMP-12; if the first call came too late, the service lead has to close it."""
    _right(user, Right.CALL_BACK, case, "由客服关闭。")
    _not_closed(case)
    if case.state != State.TO_CALLBACK:
        raise Refused("还没有到回访，不能以无法联系关闭。")
    if case.handlers.filter(pk=user.pk).exists():
        raise Refused("您经手过这张诉求单，请由另一人关闭。")
    tries = list(case.calls.tries(case).values_list("at", flat=True))
    if why_not := why_not_unreachable(tries):
        raise Refused(why_not)
    current = case.rounds.get(number=case.round)
    if current.called_in_time is False and not holds(user, LEADS, case.estate_id):
        raise Refused("首次回访超过了时限，由客服主管关闭。")


def may_close(case: Case, user: User) -> None:
    """Praise is passed on and closed; the rest closes by its callback or explanation."""
    _right(user, Right.ANSWER_CASE, case, "您的岗位不能关闭诉求单。")
    _not_closed(case)
    if case.kind != Kind.PRAISE:
        raise Refused("答复并回访后自动关闭。")
    if not is_of_desk(user, case):
        raise Refused("由首问责任人或客服关闭。")


def may_reopen(case: Case, user: User) -> None:
    """CMP-12: solved, but dissatisfied: the service lead may open it again."""
    if not holds(user, LEADS, case.estate_id):
        raise Refused("由客服主管重新打开。")
    if not case.is_closed:
        raise Refused("这张诉求单没有关闭。")
    if case.satisfaction is None or case.satisfaction > DISSATISFIED:
        raise Refused("只有客户不满意的诉求单可以重新打开。")


def may_sign(case: Case, user: User) -> None:
    """CMP-11: the customer's signed opinion is recorded by the desk (ORG-1) or the first responsible person, as the
    customer's word about the work never by who did it: neither who accepted it nor who reported the result (CMP-12).
    """
    _right(user, Right.ANSWER_CASE, case, "您的岗位不能登记客户意见。")
    if not is_of_desk(user, case):
        raise Refused("由首问责任人或客服登记客户意见。")
    if case.handler_id == user.pk or case.rounds.filter(Q(accepted_by=user) | Q(result_by=user)).exists():
        raise Refused("您处理过这张诉求单，请由客服或回访人登记客户意见。")
    if case.state in (*UNTRANSFERRED, State.HANDLING):
        raise Refused("处理结果上报以后，客户才能签署意见。")
    if case.opinion_signed_at is not None:
        raise Refused("客户已经签署过意见。")


def may_reveal(case: Case, user: User) -> None:
    _right(user, Right.REVEAL_PERSONAL, case, "您的岗位不能查看完整的电话。")


# --- visits ---------------------------------------------------------------------------------------------------------


def may_visit(visit: Visit, user: User) -> None:
    if not user.may(Right.VISIT_CUSTOMERS, visit.estate):
        raise Refused("您的岗位不能登记客户访问。")
    if visit.state != Visit.State.PLANNED:
        raise Refused("这次访问已经登记过了。")
