"""一户一档 (ORG-7): one page per house, to which every chapter adds its panels and its part of the timeline.

A chapter above registers in its `AppConfig.ready()`:

    @housefile.panel(order=30)
    def renovation(house, user):
        return housefile.Panel("装修", "renovation/_house_panel.html", {"permits": …})

    @housefile.timeline
    def permits(house, user):
        return Permit.objects.visible_to(user).filter(house=house)

A panel may be None where there is nothing for this user. Both are asked once per page and keep their queries constant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from estates.models import House
from foundation.journal.models import Entry


@dataclass(frozen=True)
class Panel:
    title: str
    template: str
    context: Mapping[str, Any] = field(default_factory=dict)


PanelOf = Callable[[House, Any], Panel | None]
SubjectsOf = Callable[[House, Any], Iterable[models.Model]]

_panels: list[tuple[int, PanelOf]] = []
_subjects: list[SubjectsOf] = []
_left_out: list[models.Q] = []


def panel(order: int) -> Callable[[PanelOf], PanelOf]:
    """Decorate a function that gives a panel of the house's page; small numbers come first."""

    def keep(function: PanelOf) -> PanelOf:
        _panels.append((order, function))
        _panels.sort(key=lambda entry: entry[0])
        return function

    return keep


def timeline(function: SubjectsOf) -> SubjectsOf:
    """Decorate a function that gives the records whose journal belongs to the house's timeline."""
    _subjects.append(function)
    return function


def leave_out(entries: models.Q) -> None:
    """Entries that stand on their record and would only crowd the house's timeline (reminders)."""
    _left_out.append(entries)


def panels(house: House, user: Any) -> list[Panel]:
    return [found for _, function in _panels if (found := function(house, user)) is not None]


def entries(house: House, user: Any) -> models.QuerySet[Entry]:
    """The house's timeline, latest first."""
    subjects = [subject for function in _subjects for subject in function(house, user)]
    told = Entry.objects.about(house, *subjects)
    for entries in _left_out:
        told = told.exclude(entries)
    return told.order_by("-at", "-id")


@panel(order=10)
def occupants(house: House, user: Any) -> Panel:
    """Who owns and rents it now, and who did before."""
    context = {"house": house, "owners": house.owners.all(), "tenants": house.tenants.all()}
    return Panel("业主与租户", "estates/_occupants.html", context)
