"""Houses in the hall, defects, keys, move-ins and passes that wait for someone (HND-1…7, RPT-4)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import Case, Count, Exists, OuterRef, Q, Subquery, Value, When, Window
from django.urls import reverse

from accounts.roles import Role
from foundation.worktime.local import format_duration, local_date
from handover import duebills
from handover.choices import StepKind
from handover.keyledger import with_last_move
from handover.models import Bill, Defect, Handover, HandoverStep, HouseKey, MoveIn, Pass
from reports.todo.lists import LISTED, Countdown, Task, TaskList, first_of, nodes_of

if TYPE_CHECKING:
    from accounts.models import User

DESK = {Role.SERVICE_LEAD, Role.SERVICE}
ENGINEERS = {Role.ENGINEERING_LEAD, Role.ENGINEERING}
DefectState = Defect.State
WAITING, DONE = HandoverStep.State.WAITING, HandoverStep.State.DONE


def passes_to_decide(user: User, at: datetime) -> TaskList:
    """HND-7: a move-out with fees unpaid waits for the 项目经理, on its day or before."""
    found = TaskList("passes", "待决定的出门条", "package-open", f"{reverse('handover:passes')}?status=waiting")
    managed = nodes_of(user, {Role.ESTATE_MANAGER})
    if not managed:
        return found
    rows = Pass.objects.visible_to(user).filter(
        estate__in=managed, state=Pass.State.WAITING, valid_on__gte=local_date(at)
    )
    for row in first_of(rows.select_related("estate", "house").order_by("valid_on", "made_at", "pk")):
        found.total = row.total
        note = f"{row.number} · {row.get_reason_display()} · 欠费 {row.arrears} 元 · 有效 {row.valid_on:%Y-%m-%d}"
        url = reverse("handover:pass", args=[row.pk])
        found.tasks.append(Task(f"{row.house.code} {row.carrier}", row.estate.label, url, note=note))
    return found


def in_the_hall(user: User, at: datetime) -> TaskList:
    """HND-1: houses whose owner is there and waits for a counter: the cashier's are those whose fees are computed."""
    found = TaskList("hall", "等候办理的交房", "key-round", reverse("handover:batches"))
    desks, cashiers = nodes_of(user, DESK | {Role.ARCHIVIST}), nodes_of(user, {Role.CASHIER})
    if not desks and not cashiers:
        return found
    steps = HandoverStep.objects.filter(handover=OuterRef("pk"))
    to_pay = Exists(steps.filter(kind=StepKind.PAYMENT, state=WAITING)) & Exists(
        steps.filter(kind=StepKind.FEES, state=DONE)
    )
    own = Exists(steps.filter(taken_by=user).exclude(state=DONE))
    ahead = steps.filter(state=WAITING).order_by("position").values("kind")[:1]
    rows = (
        Handover.objects.visible_to(user)
        .filter(Q(estate__in=desks) | Q(estate__in=cashiers) & to_pay, state=Handover.State.UNDER_WAY)
        .filter(own | ~Exists(steps.filter(state=HandoverStep.State.TAKEN)))
        .annotate(ahead=Subquery(ahead))
        .select_related("estate", "house")
        .defer("buyer_id_number")
        .order_by("arrived_at", "pk")
    )
    for row in first_of(rows):
        found.total = row.total
        step = "缴费" if not desks else StepKind(row.ahead).label if row.ahead else "正在办理"
        note = f"{step} · 到场 {format_duration(at - row.arrived_at)}" if row.arrived_at else step
        url = reverse("handover:house", args=[row.pk])
        found.tasks.append(Task(f"{row.house.code} {row.buyer_name}", row.estate.label, url, note=note))
    return found


def defects(user: User, at: datetime) -> TaskList:
    """HND-3: engineers see to it that they are mended and re-check them; the desk asks the owner to confirm."""
    found = TaskList("defects", "遗留问题待办", "construction", reverse("handover:defects"))
    engineers, desks = nodes_of(user, ENGINEERS), nodes_of(user, DESK)
    if not engineers and not desks:
        return found
    to_recheck = Q(estate__in=engineers, state=DefectState.FIXED) & (Q(fixed_by=None) | ~Q(fixed_by=user))
    mine = (
        to_recheck | Q(estate__in=engineers, state=DefectState.OPEN) | Q(estate__in=desks, state=DefectState.RECHECKED)
    )
    running_first = Case(When(state=DefectState.OPEN, then=Value(0)), default=Value(1))
    rows = Defect.objects.visible_to(user).filter(mine).select_related("estate", "house")
    for row in first_of(rows.order_by(running_first, "due_at", "pk")):
        found.total = row.total
        clock = Countdown.of(row.found_at, row.due_at, at) if row.state == DefectState.OPEN else None
        note = f"{row.number} · {row.house.code} · {row.get_state_display()}"
        url = reverse("handover:defect", args=[row.pk])
        found.tasks.append(Task(row.what, row.estate.label, url, clock, note=note))
    return found


def keys_to_return(user: User, at: datetime) -> TaskList:
    """HND-3: keys that were lent and are not back by the moment that was agreed; a day later they are the manager's too."""
    found = TaskList("keys", "逾期未还的钥匙", "key-round", f"{reverse('handover:keys')}?status=late")
    desks, managed = nodes_of(user, {Role.SERVICE_LEAD, Role.CONTROL_ROOM}), nodes_of(user, {Role.ESTATE_MANAGER})
    if not desks and not managed:
        return found
    keys = with_last_move(HouseKey.objects.visible_to(user)).late(at)
    keys = keys.filter(Q(estate__in=desks) | Q(estate__in=managed, last_due_at__lte=at - timedelta(days=1)))
    for row in first_of(keys.select_related("estate", "house").order_by("last_due_at", "pk")):
        found.total = row.total
        note = f"{row.get_kind_display()} {row.label} · 借用人 {row.last_holder}"
        url = f"{reverse('handover:keys')}?status=late"
        clock = Countdown.of(row.last_at, row.last_due_at, at)
        found.tasks.append(Task(row.house.code, row.estate.label, url, clock, note=note))
    return found


def move_ins_to_watch(user: User, at: datetime) -> TaskList:
    """HND-6: the cashier marks a house that is lived in, so that its fee periods are watched."""
    found = TaskList("move_ins", "待标注收费的入住", "house", reverse("handover:move_ins"))
    desks = nodes_of(user, {Role.CASHIER})
    if not desks:
        return found
    rows = MoveIn.objects.visible_to(user).filter(estate__in=desks, state=MoveIn.State.DONE, fees_watched_at=None)
    for row in first_of(rows.select_related("estate", "house").order_by("done_at", "pk")):
        found.total = row.total
        note = f"{row.number} · {'租户' if row.is_tenant else '业主'} {row.name}"
        url = reverse("handover:move_in", args=[row.pk])
        found.tasks.append(Task(row.house.code, row.estate.label, url, note=note))
    return found


def bills_due(user: User, at: datetime) -> TaskList:
    """HND-2: periods that have ended or end within 30 days, without a next bill; those lived in and watched say so."""
    found = TaskList("bills_due", "待出的下期账单", "calendar-clock", reverse("handover:bills_due"))
    tills = nodes_of(user, {Role.CASHIER})
    if not tills:
        return found
    # Not `first_of`: a bill has a total of its own.
    due = duebills.due(Bill.objects.visible_to(user).filter(estate__in=tills), local_date(at))
    bills = list(due.select_related("estate", "house").annotate(waiting=Window(Count("pk")))[:LISTED])
    for row in duebills.rows(bills, local_date(at)):
        found.total = row.bill.waiting  # type: ignore[attr-defined]
        ends = f"{row.bill.ends_on} 到期" + (f"，已过 {row.ended} 天" if row.ended else f"，剩 {row.days} 天")
        note = f"{ends}{' · 已标注收费' if row.is_watched else ''}"
        url = reverse("handover:house_bills", args=[row.bill.house_id])
        found.tasks.append(Task(f"{row.bill.where} {row.bill.payer_name}", row.bill.estate.label, url, note=note))
    return found
