"""The group, its estates, houses, owners and staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from random import Random

from django.contrib.auth.hashers import check_password, make_password
from stdnum.cn import ric

from accounts.models import Post, User
from accounts.roles import Role
from config.demo import names
from estates.models import Branch, Building, Estate, Grid, Group, House, Node, Owner, Stage, Tenant, Unit
from foundation.worktime.local import add_months

PASSWORD = "dudao-demo-2026"  # noqa: S105 - printed on every start of the demo

# How many of each role an estate has.
STAFF = {
    Role.ESTATE_MANAGER: 1,
    Role.SERVICE_LEAD: 1,
    Role.SERVICE: 2,
    Role.ENGINEERING_LEAD: 1,
    Role.ENGINEERING: 2,
    Role.SECURITY_LEAD: 1,
    Role.SECURITY: 2,
    Role.ENVIRONMENT_LEAD: 1,
    Role.ENVIRONMENT: 1,
    Role.CONTROL_ROOM: 1,
    Role.CASHIER: 1,
    Role.ARCHIVIST: 1,
}
ABOVE = {
    "group": (Role.GROUP_SUPERVISOR, Role.GENERAL_MANAGER, Role.ADMINISTRATOR, Role.AUDITOR),
    "branch": (Role.BRANCH_SUPERVISOR, Role.GENERAL_MANAGER),
}
LOGIN = {
    Role.GROUP_SUPERVISOR: "jtdd",
    Role.BRANCH_SUPERVISOR: "fgsdd",
    Role.GENERAL_MANAGER: "zjl",
    Role.ESTATE_MANAGER: "xmjl",
    Role.SERVICE_LEAD: "kfzg",
    Role.SERVICE: "kf",
    Role.ENGINEERING_LEAD: "gczg",
    Role.ENGINEERING: "gc",
    Role.SECURITY_LEAD: "zxzg",
    Role.SECURITY: "zx",
    Role.ENVIRONMENT_LEAD: "hjzg",
    Role.ENVIRONMENT: "hj",
    Role.CONTROL_ROOM: "zk",
    Role.CASHIER: "sy",
    Role.ARCHIVIST: "da",
    Role.ADMINISTRATOR: "admin",
    Role.AUDITOR: "sj",
}


@dataclass
class World:
    """What the chapters' histories play in."""

    group: Group
    branches: dict[str, Branch] = field(default_factory=dict)
    estates: list[Estate] = field(default_factory=list)
    staff: dict[tuple[int, str], list[User]] = field(default_factory=dict)

    def at(self, node: Node, role: str) -> list[User]:
        return self.staff[node.pk, role]


def build_world(rng: Random, today: date) -> World:
    """Write the organisation, its people and its houses."""
    code, name, short = names.GROUP
    world = World(Group.objects.create(code=code, name=name, short_name=short))
    for code, name, short in names.BRANCHES:
        world.branches[code] = Branch.objects.create(code=code, name=name, short_name=short, parent=world.group)
    for code, name, branch, address, is_key, months in names.ESTATES:
        delivery = add_months(today, -months)
        world.estates.append(
            Estate.objects.create(
                code=code,
                name=name,
                short_name=name[:8],
                parent=world.branches[branch],
                address=address,
                service_phone=f"{names.AREA_CODES[branch]}-{88000000 + len(world.estates) * 111:d}",
                is_key_estate=is_key,
                early_start_on=add_months(delivery, -12),
                delivery_on=delivery,
                service_hours="08:30-12:00,14:00-18:00",
            )
        )
    by_code = {estate.code: estate for estate in world.estates}
    Stage.objects.create(estate=by_code["HZ01"], kind="state_award", starts_on=today - timedelta(days=200))
    Stage.objects.create(estate=by_code["SZ03"], kind="city_award", starts_on=today - timedelta(days=120))
    # Its second phase is being handed over.
    Stage.objects.create(
        estate=by_code["HZ01"],
        kind="handover",
        starts_on=today - timedelta(days=14),
        ends_on=today + timedelta(days=30),
    )
    _staff(world, rng, today)
    for estate in world.estates:
        _houses(world, estate, rng, today)
    return world


def person(rng: Random) -> str:
    return rng.choice(names.SURNAMES) + rng.choice(names.GIVEN)


def _staff(world: World, rng: Random, today: date) -> None:
    """One hashed password for all of them: hashing two hundred would take a minute."""
    password = make_password(PASSWORD)
    since = add_months(today, -24)
    wanted: list[tuple[Node, Role, str]] = []
    for node in (world.group, *world.branches.values()):
        for role in ABOVE[node.kind]:
            login = (
                LOGIN[role]
                if role in {Role.GROUP_SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR}
                else f"{LOGIN[role]}-{node.code.lower()}"
            )
            wanted.append((node, role, login))
    for estate in world.estates:
        for role, count in STAFF.items():
            for number in range(count):
                suffix = "" if number == 0 else str(number + 1)
                wanted.append((estate, role, f"{LOGIN[role]}{suffix}-{estate.code.lower()}"))
    users = User.objects.bulk_create(
        User(username=login, name=person(rng), phone=f"1390000{number:04d}", password=password)
        for number, (_, _, login) in enumerate(wanted)
    )
    Post.objects.bulk_create(
        Post(user=user, role=role, node_id=node.pk, starts_on=since)
        for user, (node, role, _) in zip(users, wanted, strict=True)
    )
    for user, (node, role, _) in zip(users, wanted, strict=True):
        world.staff.setdefault((node.pk, role), []).append(user)


def _houses(world: World, estate: Estate, rng: Random, today: date) -> None:
    """Three buildings of two units, ten floors, two flats a floor; nine in ten have an owner, one in eight is let."""
    since = estate.delivery_on
    buildings = Building.objects.bulk_create(Building(estate=estate, name=f"{number}幢") for number in (1, 2, 3))
    units = Unit.objects.bulk_create(
        Unit(building=building, name=f"{number}单元") for building in buildings for number in (1, 2)
    )
    houses = House.objects.bulk_create(
        House(
            estate=estate,
            building=unit.building,
            unit=unit,
            number=f"{floor}{flat:02d}",
            code=f"{unit.building.name}{unit.name}{floor}{flat:02d}",
            area=Decimal(rng.randrange(6800, 16800)) / 100,
        )
        for unit in units
        for floor in range(1, 11)
        for flat in (1, 2)
    )
    owners = Owner.objects.bulk_create(
        Owner(
            house=house,
            name=person(rng),
            id_type="id_card",
            id_number=id_card(rng),
            phone=f"1380{rng.randrange(10**7):07d}",
            since=since,
            co_owners=[person(rng)] if rng.random() < 0.4 else [],
        )
        for house in houses
        if rng.random() < 0.9
    )
    Tenant.objects.bulk_create(
        Tenant(house=owner.house, name=person(rng), phone=f"1590{rng.randrange(10**7):07d}", since=since)
        for owner in owners
        if rng.random() < 0.12 and since <= today
    )
    Grid.objects.bulk_create(
        Grid(
            estate=estate,
            name=f"{building.name}网格",
            covers=building.name,
            responsible=rng.choice(world.at(estate, Role.SERVICE)),
        )
        for building in buildings
    )


def id_card(rng: Random) -> str:
    born = date(1950, 1, 1) + timedelta(days=rng.randrange(18000))
    body = f"330106{born:%Y%m%d}{rng.randrange(1, 999):03d}"
    return body + ric.calc_check_digit(body + "0")


@cache
def has_demo_password(encoded: str) -> bool:
    """The staff share one hash, and checking it is slow by design: once is enough for all who kept it."""
    return check_password(PASSWORD, encoded)


def accounts() -> list[tuple[str, str, str, str]]:
    """One account per role (role, login, password, name), of the first estate and branch: what the launcher prints."""
    found = []
    for role in Role:
        post = (
            Post.objects.filter(role=role, user__is_active=True)
            .select_related("user")
            .order_by("node__code", "pk")
            .first()
        )
        if role == Role.GENERAL_MANAGER:
            post = (
                Post.objects.filter(role=role, node__kind="branch")
                .select_related("user")
                .order_by("node__code")
                .first()
            )
        if post and has_demo_password(post.user.password):
            found.append((role.label, post.user.username, PASSWORD, post.user.name))
    return found
