"""今日待办 (RPT-4): what waits for this user, most urgent first. One statement a list, whatever there is to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When, Window
from django.urls import reverse

from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from estates.models import Estate, Kind
from estates.querysets import at_or_below
from foundation.timers.models import Clock
from foundation.worktime.local import format_duration, format_left, local_date
from inspections.choices import Risk, Tier
from inspections.guards import deciders, holds
from inspections.models import Extension, Inspection, Rectification
from inspections.services.escalation import consenting_audience
from inspections.services.people import staff
from inspections.teams import LEAD_OF, TEAM
from reports.models import Bulletin

if TYPE_CHECKING:
    from accounts.models import User

LISTED = 8
PLACES_LISTED = 15
SOON = timedelta(hours=24)
MISSED_DAYS = 30
SUPERVISORS = HOLDERS[Right.EDIT_BULLETIN]
PATH = {Tier.ESTATE: "estate", Tier.BRANCH: "estate__parent", Tier.GROUP: "estate__parent__parent"}


@dataclass
class Countdown:
    """What is left, in words, and how urgent it is."""

    words: str
    tone: str
    due_at: datetime

    @classmethod
    def of(cls, due_at: datetime, at: datetime) -> Countdown:
        tone = "overdue" if at > due_at else "soon" if due_at - at <= SOON else "running"
        return cls(format_left(due_at, at), tone, due_at)


@dataclass
class Task:
    title: str
    place: str
    url: str
    clock: Countdown | None = None
    risk: str = ""
    note: str = ""


@dataclass
class TaskList:
    key: str
    title: str
    icon: str
    more_url: str
    tasks: list[Task] = field(default_factory=list)
    total: int = 0

    @property
    def more(self) -> int:
        return self.total - len(self.tasks)


def todo(user: User, at: datetime) -> list[TaskList]:
    """The lists that are not empty; each begins with what is most overdue or due first."""
    lists = [
        _rectifications(user, at),
        _inspections(user, at),
        _rechecks(user, at),
        _extensions(user, at),
        _bulletins(user, at),
    ]
    return [one for one in lists if one.tasks]


def _page(rows: QuerySet) -> list[Any]:
    """The first of them, each with the `total` of all: one statement."""
    return list(rows.annotate(total=Window(Count("pk")))[:LISTED])


def _at(user: User, roles: frozenset[Role] | set[Role]) -> list[int]:
    """The nodes where the user holds one of the roles today."""
    return [post.node_id for post in user.current_posts if post.role in roles]


def _inspections(user: User, at: datetime) -> TaskList:
    """INS-8: open ones of the teams the user is on."""
    found = TaskList("inspections", "待完成的检查", "clipboard-check", reverse("inspections:today"))
    mine = Q(pk__in=[])
    for tier, roles in TEAM.items():
        nodes = _at(user, roles)
        if nodes:
            mine |= Q(**{"tier": tier, f"{PATH[Tier(tier)]}__in": nodes})
    rows = Inspection.objects.visible_to(user).open(at).filter(mine).select_related("estate", "version__checklist")
    for row in _page(rows.order_by("closes_at", "pk")):
        found.total = row.total
        found.tasks.append(
            Task(
                row.version.checklist.name,
                row.estate.label,
                reverse("inspections:fill", args=[row.pk]),
                Countdown.of(row.closes_at, at),
                note=f"{row.period_label} · {row.get_state_display()}",
            )
        )
    return found


def _answers_for(user: User) -> Q:
    """Rectifications of one's own, of one's role, of one's department as its 主管, of one's estate as its 项目经理."""
    mine = Q(assignee=user)
    for post in user.current_posts:
        role = Role(post.role)
        roles = [role, *(member for member, lead in LEAD_OF.items() if lead == role)]
        if role == Role.ESTATE_MANAGER:
            mine |= Q(estate=post.node_id)
        elif role in HOLDERS[Right.RECTIFY]:
            unassigned = Q(assignee=None) | Q(assignee=user) if role not in LEAD_OF.values() else Q()
            mine |= Q(estate=post.node_id, role__in=roles) & unassigned
    return mine


def _task(row: Rectification, at: datetime, *, clock: bool = True) -> Task:
    return Task(
        row.item.what,
        row.estate.label,
        reverse("inspections:rectification", args=[row.pk]),
        Countdown.of(row.due_at, at) if clock else None,
        risk=row.risk,
        note=f"{row.number}{' · 重复发生' if row.is_repeat else ''}",
    )


def _rectifications(user: User, at: datetime) -> TaskList:
    found = TaskList("rectifications", "待整改", "wrench", f"{reverse('inspections:rectifications')}?status=open")
    if not user.may(Right.RECTIFY):
        return found
    rows = Rectification.objects.visible_to(user).filter(_answers_for(user), state=Rectification.State.OPEN)
    # Overdue ones first, red lines among those of one day.
    for row in _page(rows.select_related("item", "estate").order_by("due_at", _redline_first(), "pk")):
        found.total = row.total
        found.tasks.append(_task(row, at))
    return found


def _redline_first() -> Case:
    return Case(When(risk=Risk.REDLINE, then=Value(0)), default=Value(1), output_field=IntegerField())


def _rechecks(user: User, at: datetime) -> TaskList:
    """INS-10: an upper tier's finding waits for that tier, the estate's own for its leads and manager."""
    found = TaskList("rechecks", "待复查", "search-check", f"{reverse('inspections:rectifications')}?status=recheck")
    if not user.may(Right.RECHECK):
        return found
    mine = Q(pk__in=[])
    for tier in (Tier.BRANCH, Tier.GROUP):
        mine |= Q(**{"tier": tier, f"{PATH[tier]}__in": _at(user, TEAM[tier])})
    mine |= Q(tier=Tier.ESTATE, estate__in=_at(user, {Role.ESTATE_MANAGER}))
    for lead in set(LEAD_OF.values()):
        roles = [role for role, of in LEAD_OF.items() if of == lead]
        mine |= Q(tier=Tier.ESTATE, role__in=roles, estate__in=_at(user, {lead}))
    rows = Rectification.objects.visible_to(user).filter(mine, state=Rectification.State.RECHECK)
    rows = rows.exclude(rectified_by=user).select_related("item", "estate").order_by("rectified_at", "pk")
    for row in _page(rows):
        found.total = row.total
        task = _task(row, at, clock=False)
        task.note += f" · 已等待 {format_duration(at - row.rectified_at)}"
        found.tasks.append(task)
    return found


def _extensions(user: User, at: datetime) -> TaskList:
    """INS-11: requests that wait for the consent of a role the user holds."""
    found = TaskList("extensions", "待批准的延期", "calendar-clock", reverse("inspections:rectifications"))
    if not user.may(Right.DECIDE_EXTENSION):
        return found
    visible = Rectification.objects.visible_to(user)
    asked = list(
        Extension.objects.filter(state=Extension.State.ASKED, rectification__in=visible.values("pk"))
        .exclude(asked_by=user)
        .select_related("rectification__item", "rectification__estate__parent", "asked_by")
        .order_by("rectification__due_at", "pk")[:200]
    )
    if not asked:
        return found
    clocks = Clock.objects.unstopped().filter(
        kind=Rectification.CLOCK,
        subject_kind=Rectification._meta.label_lower,
        subject_id__in=[one.rectification_id for one in asked],
    )
    clock_of = {clock.subject_id: clock for clock in clocks}
    places = {pk for one in asked for pk in one.rectification.estate.lineage}
    people = staff(places, local_date(at), HOLDERS[Right.DECIDE_EXTENSION])
    for extension in asked:
        row = extension.rectification
        if row.pk not in clock_of:
            continue
        audience = consenting_audience(row, asked_by=extension.asked_by, clock=clock_of[row.pk], at=at, people=people)
        if not holds(user, *deciders(row, audience)):
            continue
        found.total += 1
        if len(found.tasks) < LISTED:
            task = _task(row, at)
            task.note = f"{extension.asked_by.name} 申请延至 {extension.due_on:%Y-%m-%d}"
            found.tasks.append(task)
    return found


def _bulletins(user: User, at: datetime) -> TaskList:
    """RPT-2: drafts of months that are over; the user's own nodes first."""
    found = TaskList("bulletins", "待签发的简报", "stamp", f"{reverse('reports:bulletins')}?status=draft")
    nodes = _at(user, HOLDERS[Right.ISSUE_BULLETIN])
    if not nodes:
        return found
    rows = Bulletin.objects.drafts().filter(at_or_below(nodes, "node__"), month__lt=local_date(at).replace(day=1))
    level = Case(When(node__kind=Kind.GROUP, then=0), When(node__kind=Kind.BRANCH, then=1), default=2)
    rows = rows.defer("figures", "changed").select_related("node").order_by(level, "month", "node__code", "pk")
    for row in _page(rows):
        found.total = row.total
        url = reverse("reports:bulletin", args=[row.pk])
        found.tasks.append(Task(f"{row.period.label}品质督导简报", row.node.name, url, note=f"第 {row.edition} 版"))
    return found


# --- the supervisors' table -------------------------------------------------------------------------------------------


@dataclass
class PlaceRow:
    """One estate today: its own checks that end tonight, missed ones of late, open findings."""

    label: str
    code: str
    due: int = 0
    done: int = 0
    missed: int = 0
    overdue: int = 0
    redline: int = 0

    @property
    def badness(self) -> tuple[int, int, int]:
        return (self.redline, self.overdue, self.missed)


@dataclass
class Overview:
    rows: list[PlaceRow]
    total: PlaceRow
    hidden: int


def overview(user: User, at: datetime) -> Overview | None:
    """Three statements over the estates the user supervises, worst first; None for those who supervise none."""
    nodes = _at(user, SUPERVISORS | {Role.GENERAL_MANAGER})
    if not nodes:
        return None
    estates = Estate.objects.filter(at_or_below(nodes)).active().order_by("code")
    rows = {estate.pk: PlaceRow(estate.label, estate.code) for estate in estates.only("code", "name", "short_name")}
    today = local_date(at)
    # A list, not a subquery: the planner then sees how many rows to expect.
    here = Q(estate__in=list(rows))
    checks = (
        Inspection.objects.filter(here, tier=Tier.ESTATE, period_start__gte=today - timedelta(days=MISSED_DAYS))
        .filter(Q(state="missed") | Q(period_end=today + timedelta(days=1)))
        .order_by()
        .values_list("estate_id")
        .annotate(
            due=Count("pk", filter=Q(period_end=today + timedelta(days=1))),
            done=Count("pk", filter=Q(period_end=today + timedelta(days=1), state="submitted")),
            missed=Count("pk", filter=Q(state="missed")),
        )
    )
    findings = (
        Rectification.objects.filter(here)
        .open()
        .order_by()
        .values_list("estate_id")
        .annotate(
            overdue=Count("pk", filter=Q(state="open", due_at__lt=at)),
            redline=Count("pk", filter=Q(risk=Risk.REDLINE)),
        )
    )
    for estate, due, done, missed in checks:
        rows[estate].due, rows[estate].done, rows[estate].missed = due, done, missed
    for estate, overdue, redline in findings:
        if estate in rows:
            rows[estate].overdue, rows[estate].redline = overdue, redline
    total = PlaceRow("合计", "")
    for row in rows.values():
        for name in ("due", "done", "missed", "overdue", "redline"):
            setattr(total, name, getattr(total, name) + getattr(row, name))
    worst = sorted(rows.values(), key=lambda row: row.badness, reverse=True)
    return Overview(worst[:PLACES_LISTED], total, max(0, len(worst) - PLACES_LISTED))
