"""This chapter's part of 一户一档 (ORG-7): the cases of a house, its callbacks with them, and its visits."""

from __future__ import annotations

from typing import Any

from django.db import models

from accounts.rights import Right
from complaints.models import Case, Visit
from estates import housefile
from estates.models import House
from estates.search import of_house

SHOWN = 10
# Whose journals the house's timeline holds.
TOLD = 50

# A reminder before the limit concerns who has to act: it stands on the case.
housefile.leave_out(models.Q(verb="case.escalate", data__share__regex=r"^\d{1,2}%$"))


@housefile.panel(order=40)
def cases_and_visits(house: House, user: Any) -> housefile.Panel | None:
    if not user.may(Right.VIEW_CASES, house.estate):
        return None
    context = {
        "house": house,
        "callers": of_house(house) if user.may(Right.REGISTER_CASE, house.estate) else [],
        "cases": list(_cases(house, user)[:SHOWN]),
        "visits": list(_visits(house, user).select_related("visitor")[:SHOWN]),
    }
    return housefile.Panel("诉求与访问", "complaints/_house_panel.html", context)


@housefile.timeline
def of_cases_and_visits(house: House, user: Any) -> list[models.Model]:
    return [*_cases(house, user).only("pk")[:TOLD], *_visits(house, user).only("pk")[:TOLD]]


def _cases(house: House, user: Any) -> models.QuerySet[Case]:
    return Case.objects.visible_to(user).filter(house=house).order_by("-received_at", "-pk")


def _visits(house: House, user: Any) -> models.QuerySet[Visit]:
    return Visit.objects.visible_to(user).filter(house=house).order_by("-planned_on", "-pk")
