"""Who is told what about a case: the people behind its audiences, and the words they get (CMP-9)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts.roles import Role
from accounts.staff import Staff, staff
from complaints.choices import LEAD_ROLE, ROLES, Audience, ClockKind, Department, Grade
from complaints.models import Case
from foundation.notices.models import Level
from foundation.notices.services import send
from foundation.worktime.local import local_date

if TYPE_CHECKING:
    from accounts.models import User

# Position of the node in an estate's lineage: itself, its branch, its group.
ESTATE, BRANCH, GROUP = 0, 1, 2


def url_of(case: Case) -> str:
    return reverse("complaints:case", args=[case.pk])


def people_of(case: Case, at: datetime) -> Staff:
    return staff(case.estate.lineage, local_date(at))


def level_of(case: Case) -> str:
    """重大 is told at once, also in quiet hours."""
    return Level.URGENT if case.grade == Grade.MAJOR else Level.INFO


def department_people(case: Case, people: Staff) -> list[User]:
    """The members of the department that the case lies with, its lead among them."""
    return people.holding(ROLES[case.department], case.estate_id) if case.department else []


def desk_people(case: Case, people: Staff) -> list[User]:
    return people.holding(ROLES[Department.SERVICE], case.estate_id)


def leads(case: Case, people: Staff) -> list[User]:
    """客服主管 and 项目经理, who hear of 重大 and 重要 at once (CMP-9)."""
    return people.holding([Role.SERVICE_LEAD, Role.ESTATE_MANAGER], case.estate_id)


def audience(case: Case, clock: ClockKind, to: str, people: Staff) -> list[User]:
    """The people of a step of the ladder; "经办人" is whoever has to act for this limit to be kept."""
    estate = case.estate
    match to:
        case Audience.ESTATE_MANAGER:
            return people.holding([Role.ESTATE_MANAGER], estate.pk)
        case Audience.BRANCH_SUPERVISOR:
            return people.holding([Role.BRANCH_SUPERVISOR], estate.lineage[BRANCH])
        case Audience.GROUP_SUPERVISOR:
            return people.holding([Role.GROUP_SUPERVISOR], estate.lineage[GROUP])
    return _handler(case, clock, people)


def _handler(case: Case, clock: ClockKind, people: Staff) -> list[User]:
    match clock:
        case ClockKind.JUDGE:
            return people.holding([Role.SERVICE_LEAD], case.estate_id) or leads(case, people)
        case ClockKind.ARRIVE | ClockKind.HANDLE:
            if case.handler and case.handler.is_active:
                return [case.handler]
            return department_people(case, people) or _responsible(case, people)
        case ClockKind.CALLBACK:
            return desk_people(case, people)
    return _responsible(case, people)


def _responsible(case: Case, people: Staff) -> list[User]:
    """首问责任人; for what came by the public form, and for who has left, the desk."""
    if case.responsible and case.responsible.is_active:
        return [case.responsible]
    return desk_people(case, people)


def tell(
    case: Case,
    to: Iterable[User],
    *,
    title: str,
    key: str,
    at: datetime,
    body: str = "",
    but: User | None = None,
    level: int = ESTATE,
) -> None:
    """One notice about a case, to each but the one who acts; the same `key` reaches a person once.

    The robots of the place where those who are told hold their posts (`level` of the estate's lineage) post it too, as
    their settings ask.
    """
    send(
        to=[person for person in to if but is None or person.pk != but.pk],
        title=title,
        body=body or f"{case.estate.label} · {case.where} · {case.number}",
        url=url_of(case),
        at=at,
        key=f"case:{case.pk}:{key}",
        level=level_of(case),
        subject=case,
        node=case.estate.lineage[level],
    )


def words(case: Case) -> str:
    """The first words of what the customer said."""
    text = " ".join(case.text.split())
    return text if len(text) <= 40 else f"{text[:39]}…"


def lead_of_department(case: Case, people: Staff) -> list[User]:
    return people.holding([LEAD_ROLE[case.department]], case.estate_id) if case.department else []
