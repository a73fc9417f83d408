"""Cases to pass on, handle, answer, judge and call back; more time to grant (CMP-3…12, RPT-4)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from accounts.models import Post
from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from complaints.choices import DISSATISFIED, ROLES, ClockKind, Department, Kind
from complaints.models import Case, CaseExtension
from complaints.querysets import due_since
from foundation.worktime.local import format_deadline, local_date, start_of_day
from reports.todo.lists import Countdown, Task, TaskList, first_of, nodes_of

if TYPE_CHECKING:
    from accounts.models import User

State = Case.State
LIST = "complaints:cases"
AT_THE_DESK = (State.REGISTERED, State.TO_TRANSFER, State.TO_ANSWER)


def _task(row: Case, since: datetime | None, at: datetime) -> Task:
    """`since`: when the limit began that is due first."""
    clock = f" · {ClockKind(row.due_clock).label}" if row.due_clock else ""
    return Task(
        " ".join(row.text.split())[:60],
        row.estate.label,
        reverse("complaints:case", args=[row.pk]),
        Countdown.of(since or row.received_at, row.due_at, at) if row.due_at else None,
        note=f"{row.get_kind_display()} · {row.where} · {row.get_state_display()}{clock}",
    )


def _answers_for(user: User) -> Q:
    """What waits for this user: as first responsible or at the desk, as handler or department, to be judged as lead."""
    mine = Q(responsible=user, state__in=AT_THE_DESK) | Q(handler=user, state=State.HANDLING)
    for post in user.current_posts:
        here = Q(estate=post.node_id)
        if post.role in ROLES[Department.SERVICE]:
            mine |= here & Q(responsible=None, state__in=AT_THE_DESK)
        for department, roles in ROLES.items():
            if post.role in roles:
                mine |= here & Q(handler=None, department=department, state=State.HANDLING)
        if post.role == Role.SERVICE_LEAD:
            mine |= here & Q(kind=Kind.COMPLAINT, validity="") & ~Q(state__in=(State.TO_CALLBACK, State.CLOSED))
            mine |= here & Q(state__in=AT_THE_DESK)
        if post.role == Role.ESTATE_MANAGER:
            mine |= here & Q(state__in=(*AT_THE_DESK, State.HANDLING), due_at__isnull=False) & Q(grade="major")
    return mine


def to_do(user: User, at: datetime) -> TaskList:
    """What has to be done next, what is most overdue first."""
    found = TaskList("cases", "诉求待办", "message-square", f"{reverse(LIST)}?mine=on")
    if not user.may(Right.REGISTER_CASE):
        return found
    rows = Case.objects.visible_to(user).open().filter(_answers_for(user)).exclude(paused_at__isnull=False)
    rows = rows.select_related("estate", "house").with_due_since()
    for row in first_of(rows.order_by(F("due_at").asc(nulls_last=True), "pk")):
        found.total = row.total
        found.tasks.append(_task(row, row.due_since, at))
    return found


def to_call_back(user: User, at: datetime) -> TaskList:
    """CMP-12: those that the user did not handle."""
    found = TaskList("callbacks", "待回访", "phone", reverse("complaints:callbacks"))
    desks = nodes_of(user, HOLDERS[Right.CALL_BACK] - {Role.ESTATE_MANAGER})
    if not desks:
        return found
    rows = Case.objects.visible_to(user).to_call_back().filter(estate__in=desks).exclude(handlers=user)
    rows = rows.select_related("estate", "house").with_due_since()
    for row in first_of(rows.order_by(F("due_at").asc(nulls_last=True), "pk")):
        found.total = row.total
        found.tasks.append(_task(row, row.due_since, at))
    return found


def dissatisfied(user: User, at: datetime) -> TaskList:
    """CMP-12: solved today, but the customer is not content: the service lead looks at them the same day."""
    found = TaskList("dissatisfied", "今日不满意的回访", "frown", f"{reverse(LIST)}?status=closed&dissatisfied=on")
    leads = nodes_of(user, {Role.SERVICE_LEAD})
    if not leads:
        return found
    rows = Case.objects.visible_to(user).filter(
        estate__in=leads,
        state=State.CLOSED,
        closed_at__gte=start_of_day(local_date(at)),
        satisfaction__lte=DISSATISFIED,
    )
    for row in first_of(rows.select_related("estate", "house").order_by("satisfaction", "closed_at", "pk")):
        found.total = row.total
        task = _task(row, None, at)
        task.note = f"{row.where} · {row.get_satisfaction_display()}"
        found.tasks.append(task)
    return found


def extensions_to_decide(user: User, at: datetime) -> TaskList:
    """CMP-7: the manager decides; what the manager asked, the branch."""
    found = TaskList("case_extensions", "待批准的诉求延期", "calendar-clock", reverse(LIST))
    managed, above = nodes_of(user, {Role.ESTATE_MANAGER}), nodes_of(user, {Role.BRANCH_SUPERVISOR})
    if not managed and not above:
        return found
    managers = Post.objects.current(local_date(at)).filter(
        user=OuterRef("asked_by"), role=Role.ESTATE_MANAGER, node=OuterRef("case__estate")
    )
    rows = (
        CaseExtension.objects.visible_to(user)
        .filter(Q(case__estate__in=managed) | Q(case__estate__parent__in=above) & Exists(managers), state="asked")
        .exclude(asked_by=user)
        .select_related("case__estate", "case__house", "asked_by")
        .annotate(due_since=due_since("case__"))
        .order_by("case__due_at", "pk")
    )
    for row in first_of(rows):
        found.total = row.total
        task = _task(row.case, row.due_since, at)
        task.note = f"{row.asked_by.name} 申请延至 {format_deadline(row.due_at)}"
        found.tasks.append(task)
    return found
