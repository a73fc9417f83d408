"""Named questions about places; every one that a page asks starts with `visible_to(user)` (ORG-2)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Prefetch, Q
from django.db.models.functions import Length, Right

from estates import phases, spelling
from estates.access import node_ids
from estates.spelling import DOOR_DIGITS, PERSONAL_CHARS, PHONE_TAIL


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


class AtEstateQuerySet(models.QuerySet):
    """Rows of a chapter of the business: each lies at one estate, to which `estate_path` leads.

    `right` is what gives a user sight of them at an estate; a chapter names its own (ORG-2).
    """

    estate_path = "estate"
    right: str

    def visible_to(self, user: Any, right: str | None = None) -> Self:
        return self.filter(**{f"{self.estate_path}__in": user.estate_ids_with(right or self.right)})

    def below(self, node: Any) -> Self:
        """Rows of the estates at or below `node`; None = everywhere that is visible."""
        if node is None:
            return self
        return self.filter(**{f"{self.estate_path}__in": list(node.estates().values_list("pk", flat=True))})


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
        """What fits one way or another to understand the text: a house, a person of it, a phone or its last four digits.

        How each may be written, and what of a phone is not searched (ORG-4), is said in `spelling.read`.
        """
        wishes = spelling.read(text)
        if not wishes:
            return self.none()
        found = Q()
        for wish in wishes:
            found |= self._fits(wish)
        return self.filter(found)

    @staticmethod
    def _fits(wish: spelling.Wish) -> Q:
        people = [apps.get_model("estates", name).objects.current() for name in ("Owner", "Tenant")]
        fits = house_is(wish.house) if wish.house else Q()
        if wish.phone or wish.tail:
            owners, tenants = (found.with_phone(wish.phone, wish.tail).values("house") for found in people)
            fits &= Q(pk__in=owners) | Q(pk__in=tenants)
        for name in wish.names:
            keys = apps.get_model("estates", "NameKey").objects.filter(key__startswith=name)
            named = Q(pk__in=keys.values("house"))
            if len(name) >= PERSONAL_CHARS and not name.isascii():
                # The middle of a company's name has no key.
                owners, tenants = (found.filter(name__icontains=name).values("house") for found in people)
                named |= Q(pk__in=owners) | Q(pk__in=tenants)
            fits &= named
        return fits


def house_is(parts: Sequence[str], prefix: str = "") -> Q:
    """Houses (reached by `prefix`, e.g. "house__") that these parts name from the building on, or from the door."""
    return begins_with(parts, prefix) | door_is(parts, prefix)


def begins_with(parts: Sequence[str], prefix: str = "") -> Q:
    """3-2-15 names what lies in unit 2 of building 3 and begins with 15."""
    return Q(**{f"{prefix}lookup__startswith": "-".join(parts)})


def door_is(parts: Sequence[str], prefix: str = "") -> Q:
    """3幢1502 leaves the unit out: the last part is the door, the others stand somewhere before it.

    A short number alone is a building: an empty condition.
    """
    *before, door = parts
    if not before and len(door) < DOOR_DIGITS:
        return Q()
    fits = Q(**{f"{prefix}lookup_back__startswith": door})
    for part in before:
        fits &= Q(**{f"{prefix}lookup_back__contains": f"-{part}-"})
    return fits


class UnitQuerySet(OfEstateQuerySet):
    estate_path = "building__estate"


class OccupantQuerySet(OfEstateQuerySet):
    estate_path = "house__estate"

    def current(self) -> Self:
        return self.filter(until=None)

    def with_phone(self, phone: str, tail: str = "") -> Self:
        """By the whole number, or by exactly its last four digits; both by the index of the last four."""
        people = self.alias(phone_tail=Right("phone", PHONE_TAIL)).filter(phone_tail=tail or phone[-PHONE_TAIL:])
        return people.filter(phone=phone) if phone else people
