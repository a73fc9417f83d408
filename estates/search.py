"""Who is calling: houses and their people, found by whatever the caller says first (CMP-1)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.db.models import Case, F, FilteredRelation, Q, QuerySet, Value, When

from estates import masking, spelling
from estates.access import VIEW_HOUSES
from estates.models import Estate, House, NameKey, Node, Owner, Tenant
from estates.querysets import begins_with, door_is
from estates.spelling import Wish

LIMIT = 12
# Ranks: what was named in full comes before what merely begins like it.
PHONE, HOUSE, PERSON, DOOR, BEGINNING = range(5)
Kind = NameKey.Kind


@dataclass(frozen=True)
class Found:
    """A house with one of its present people, or alone where nobody is registered (`kind` "")."""

    house: House
    kind: str = ""
    name: str = ""
    masked_phone: str = ""
    person_id: int | None = None

    @property
    def estate(self) -> Estate:
        return self.house.estate

    @property
    def label(self) -> str:
        return f"{self.house} {self.name}（{self.kind}）" if self.kind else str(self.house)

    @property
    def key(self) -> str:
        """What a form sends back to mean this row; read by `by_key`."""
        if self.kind == Kind.OWNER.label:
            return f"o{self.person_id}"
        if self.kind == Kind.TENANT.label:
            return f"t{self.person_id}"
        return f"c{self.house.pk}-{self.name}" if self.kind else f"h{self.house.pk}"


@dataclass(frozen=True)
class Hit:
    """A house that fits, and for whom: one of its people, or all of them when the house itself was named."""

    house_id: int
    kind: str
    name: str
    rank: int
    order: str


def callers(
    user: Any, text: str, *, place: Node | None = None, limit: int = LIMIT, right: str = VIEW_HOUSES
) -> list[Found]:
    """Houses and people that fit what was typed, best first, at the estates where the user has the right (ORG-2).

    Three queries whatever the rows. How things may be written, and what of a phone is not searched, is said in
    `spelling.read`.
    """
    wishes = spelling.read(text)
    if not wishes:
        return []
    visible = Estate.objects.visible_to(user, right)
    estates = list((visible.below(place) if place else visible).values_list("pk", flat=True).order_by())
    hits = _hits(wishes, estates, limit) if estates else []
    houses = _houses(hit.house_id for hit in hits) if hits else {}
    found: dict[str, Found] = {}
    for hit in hits:
        for person in houses.get(hit.house_id, ()):
            if not hit.kind or (Kind(hit.kind).label, hit.name) == (person.kind, person.name):
                found.setdefault(person.key, person)
    return list(found.values())[:limit]


def by_key(user: Any, key: str, *, right: str = VIEW_HOUSES) -> Found | None:
    """The row that a form sent back; None when it is no longer there or not the user's to see."""
    kind, (number, _, _) = key[:1], key[1:].partition("-")
    if not (number.isascii() and number.isdecimal()):
        return None
    paths = {"o": "owners__pk", "t": "tenants__pk", "c": "pk", "h": "pk"}
    if kind not in paths:
        return None
    house = House.objects.visible_to(user, right).filter(**{paths[kind]: number}).values_list("pk", flat=True)
    people = chain.from_iterable(_houses(house[:1]).values())
    return next((person for person in people if person.key == key), None)


def of_house(house: House) -> list[Found]:
    """The present people of a house, the owner first; the house alone where nobody is registered."""
    return _houses([house.pk])[house.pk]


def _hits(wishes: list[Wish], estates: list[int], limit: int) -> list[Hit]:
    """One statement: each way to understand the words asks its own index, and the best of each come together."""
    parts = [part for wish in wishes for part in _parts(wish, estates, limit)]
    rows = parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]
    return sorted((Hit(*row) for row in rows), key=lambda hit: (hit.rank, _natural(hit.order), hit.house_id))


def _natural(order: str) -> list[tuple[int, str]]:
    """2 before 10."""
    return [(len(part), part) for part in order.split("-")] if "-" in order else [(0, order)]


def _parts(wish: Wish, estates: list[int], limit: int) -> Iterator[QuerySet]:
    if wish.phone or wish.tail:
        rank: Any = Value(PHONE if wish.phone else PERSON)
        # Four digits may also be a door: those are to be seen too.
        most = limit if wish.phone else max(limit // 2, 1)
        for model, kind in ((Owner, Kind.OWNER), (Tenant, Kind.TENANT)):
            people = model.objects.current().filter(house__estate__in=estates).with_phone(wish.phone, wish.tail)
            for there in _narrowed(people, wish.names, wish.house):
                yield _rows(there, "house_id", Value(kind.value), F("name"), rank, "name")[:most]
    elif wish.names:
        first, *others = wish.names
        rank = Case(When(key=first, then=Value(PERSON)), default=Value(BEGINNING))
        for keys in _narrowed(NameKey.objects.filter(estate__in=estates, key__startswith=first), others, wish.house):
            # One person may be found by several keys.
            yield _rows(keys, "house_id", F("kind"), F("name"), rank, "key")[: limit * 3]
    else:
        houses = House.objects.filter(estate__in=estates)
        rank = Case(When(lookup="-".join([*wish.house, ""]), then=Value(HOUSE)), default=Value(BEGINNING))
        yield _rows(houses.filter(begins_with(wish.house)), "pk", Value(""), Value(""), rank, "lookup")[:limit]
        if door := door_is(wish.house):
            exact = Value(HOUSE if len(wish.house) > 1 else DOOR)
            rank = Case(When(lookup_back__startswith=f"{wish.house[-1]}-", then=exact), default=Value(BEGINNING))
            yield _rows(houses.filter(door), "pk", Value(""), Value(""), rank, "lookup_back")[:limit]


def _narrowed(people: QuerySet, names: Iterable[str], house: Sequence[str]) -> Iterator[QuerySet]:
    """Those whose house has people of these names too, and is the one named: one way to name it at a time."""
    for name in names:
        people = people.filter(house__in=NameKey.objects.filter(key__startswith=name).values("house"))
    ways = [begins_with(house, "house__"), door_is(house, "house__")] if house else []
    yield from (people.filter(way) for way in ways if way) if house else [people]


def _rows(found: QuerySet, house: str, kind: Any, name: Any, rank: Any, order: str) -> QuerySet:
    """The columns of `Hit`, the same for every part, in the order in which the part's own index has them."""
    columns = {"hit_house": F(house), "hit_kind": kind, "hit_name": name, "hit_rank": rank, "hit_order": F(order)}
    return found.order_by(order, house).annotate(**columns).values_list(*columns)


def _houses(ids: Iterable[int]) -> dict[int, list[Found]]:
    """The present people of each house, the owner first."""
    now, let = Q(owners__until=None), Q(tenants__until=None)
    houses = House.objects.filter(pk__in=set(ids)).select_related("estate__parent")
    houses = houses.annotate(
        now=FilteredRelation("owners", condition=now),
        let=FilteredRelation("tenants", condition=let),
        owner_id=F("now__pk"),
        owner_name=F("now__name"),
        owner_phone=F("now__phone"),
        co_owners=F("now__co_owners"),
        tenant_id=F("let__pk"),
        tenant_name=F("let__name"),
        tenant_phone=F("let__phone"),
    )
    return {house.pk: list(_people(house)) or [Found(house)] for house in houses}


def _people(house: Any) -> Iterator[Found]:
    if house.owner_id:
        phone = masking.phone(house.owner_phone)
        yield Found(house, Kind.OWNER.label, house.owner_name, phone, house.owner_id)
        for name in house.co_owners:
            yield Found(house, Kind.CO_OWNER.label, name)
    if house.tenant_id:
        yield Found(house, Kind.TENANT.label, house.tenant_name, masking.phone(house.tenant_phone), house.tenant_id)
