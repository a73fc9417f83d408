"""Named questions about places; every one that a page asks starts with `visible_to(user)` (ORG-2)."""

from __future__ import annotations

from datetime import date
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Length, Right

from estates import phases
from estates.access import node_ids


def at_or_below(node_ids: Any, prefix: str = "") -> Q:
    """Rows whose node (reached by `prefix`, e.g. "estate__") is one of the nodes or lies below one of them."""
    return (
        Q(**{f"{prefix}pk__in": node_ids})
        | Q(**{f"{prefix}parent__in": node_ids})
        | Q(**{f"{prefix}parent__parent__in": node_ids})
    )


class NodeQuerySet(models.QuerySet):
    def visible_to(self, user: Any, right: str | None = None) -> Self:
        """At or below the nodes where the user holds a post today, or one that gives the right (ORG-2)."""
        return self.filter(at_or_below(node_ids(user, right)))

    def below(self, node: Any) -> Self:
        """The node itself and everything under it."""
        return self.filter(at_or_below([node.pk]))

    def active(self) -> Self:
        return self.filter(is_active=True)


class EstateQuerySet(NodeQuerySet):
    def in_phase(self, phase: phases.Phase | str, on: date) -> Self:
        """Estates that are in the phase on that day: the same answer as `phases.phases_on`, asked of the database."""
        return self.filter(phases.in_phase(phases.Phase(phase), on))


class OfEstateQuerySet(models.QuerySet):
    """Rows that name their estate; `estate_path` leads to it."""

    estate_path = "estate"

    def visible_to(self, user: Any, right: str | None = None) -> Self:
        return self.filter(at_or_below(node_ids(user, right), f"{self.estate_path}__"))


PHONE_TAIL = 4
MOBILE_DIGITS = 11


class HouseQuerySet(OfEstateQuerySet):
    def with_occupants(self) -> Self:
        """For lists: place and present owner and tenant in constant queries, without deciphering document numbers."""
        people = [
            Prefetch(model, apps.get_model("estates", name).objects.current().defer("id_number"))
            for model, name in (("owners", "Owner"), ("tenants", "Tenant"))
        ]
        return self.select_related("estate", "building", "unit").prefetch_related(*people)

    def in_order(self) -> Self:
        """As one walks through an estate: 2幢 before 10幢, 301 before 1502. Within one estate; more would be slow."""
        parts = ("building__name", "unit__name", "number")
        return self.order_by(*(key for part in parts for key in (Length(part), part)))

    def search(self, text: str) -> Self:
        """By part of the house's name, part of an owner's or tenant's name, a phone's last four digits or all of it.

        Anything between would tell the masked digits one by one, past the logged reveal (ORG-4).
        """
        found = Q(code__icontains=text)
        for name in ("Owner", "Tenant"):
            people = apps.get_model("estates", name).objects.current()
            if text.isdecimal():
                if len(text) not in (PHONE_TAIL, MOBILE_DIGITS):
                    continue
                # The last four have an index.
                people = people.alias(tail=Right("phone", PHONE_TAIL)).filter(tail=text[-PHONE_TAIL:])
                if len(text) == MOBILE_DIGITS:
                    people = people.filter(phone=text)
            else:
                people = people.filter(name__icontains=text)
            found |= Q(pk__in=people.values("house"))
        return self.filter(found)


class UnitQuerySet(OfEstateQuerySet):
    estate_path = "building__estate"


class OccupantQuerySet(OfEstateQuerySet):
    estate_path = "house__estate"

    def current(self) -> Self:
        return self.filter(until=None)
