"""Where the year plays: 300 estates in ten branches, their staff, 90,000 houses and those who live there."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection

from accounts.models import Post, User
from accounts.roles import Role
from config.demo import names
from config.demo.world import ABOVE, LOGIN, STAFF
from estates.models import Branch, Estate, Group, Node, Owner
from estates.services.respelling import respell

# 3 buildings × 2 units × 25 floors × 2 flats; nine of ten have an owner, a third of these a co-owner, a quarter are let.
HOUSES = """
INSERT INTO estates_building (estate_id, name)
SELECT id, n || '幢' FROM estates_node, generate_series(1, 3) AS n WHERE kind = 'estate' ORDER BY id, n;

INSERT INTO estates_unit (building_id, name)
SELECT id, n || '单元' FROM estates_building, generate_series(1, 2) AS n ORDER BY id, n;

INSERT INTO estates_house (estate_id, building_id, unit_id, number, code, area, lookup, lookup_back)
SELECT b.estate_id, b.id, u.id, number, b.name || u.name || number, 60 + (u.id * 7 + floor * 13 + flat * 29) %% 100, '', ''
FROM estates_unit u JOIN estates_building b ON b.id = u.building_id,
     generate_series(1, 25) AS floor, generate_series(1, 2) AS flat,
     LATERAL (SELECT floor || to_char(flat, 'FM00') AS number) AS named
ORDER BY u.id, floor, flat;

INSERT INTO estates_owner (house_id, name, id_type, id_number, phone, since, co_owners, spellings)
SELECT id, (%(surnames)s::text[])[id %% array_length(%(surnames)s::text[], 1) + 1]
           || (%(given)s::text[])[id * 7 %% array_length(%(given)s::text[], 1) + 1],
       'id_card', %(id_number)s, '138' || to_char(id, 'FM00000000'), %(since)s,
       CASE WHEN id %% 3 = 0 THEN ARRAY[(%(surnames)s::text[])[id * 5 %% array_length(%(surnames)s::text[], 1) + 1]
           || (%(given)s::text[])[id * 11 %% array_length(%(given)s::text[], 1) + 1]] ELSE '{}' END, '{}'
FROM estates_house WHERE id %% 10 <> 0 ORDER BY id;

INSERT INTO estates_tenant (house_id, name, id_type, phone, since, spellings)
SELECT id, (%(surnames)s::text[])[id * 13 %% array_length(%(surnames)s::text[], 1) + 1]
           || (%(given)s::text[])[id * 17 %% array_length(%(given)s::text[], 1) + 1],
       '', '159' || to_char(id, 'FM00000000'), %(since)s, '{}'
FROM estates_house WHERE id %% 4 = 1 ORDER BY id;
"""


def build_places(today: date, branches_wanted: int, estates_each: int) -> None:
    group = Group.objects.create(code="BG", name="测量物业集团", short_name="测量集团")
    branches = [
        Branch.objects.create(code=f"B{n:02d}", name=f"第{n}分公司", parent=group)
        for n in range(1, branches_wanted + 1)
    ]
    Estate.objects.bulk_create(
        Estate(
            code=f"{branch.code}E{n:02d}",
            name=f"{branch.name}第{n}项目",
            short_name=f"{branch.code}-{n:02d} 苑",
            parent=branch,
            is_key_estate=n % 5 == 0,
            early_start_on=today - timedelta(days=2000),
            delivery_on=today - timedelta(days=1500),
        )
        for branch in branches
        for n in range(1, estates_each + 1)
    )
    _staff([group, *branches, *Estate.objects.order_by("pk")], today - timedelta(days=900))
    _houses(today - timedelta(days=1400))


def _staff(nodes: list[Node], since: date) -> None:
    """The posts of the demo's estates; nobody logs in with a password here."""
    wanted: list[tuple[Node, Role]] = []
    for node in nodes:
        counts = STAFF if node.kind == "estate" else dict.fromkeys(ABOVE[node.kind], 1)
        wanted += [(node, role) for role, count in counts.items() for _ in range(count)]
    users = User.objects.bulk_create(
        User(username=f"{LOGIN[role]}{number}-{node.code.lower()}", name=f"{node.code}{role.label}", password="!")
        for number, (node, role) in enumerate(wanted)
    )
    Post.objects.bulk_create(
        Post(user=user, role=role, node_id=node.pk, starts_on=since)
        for user, (node, role) in zip(users, wanted, strict=True)
    )


def _houses(since: date) -> None:
    # Ciphered once: what a list reads is the same for every owner.
    id_number = Owner._meta.get_field("id_number").get_prep_value("330106198001010014")
    with connection.cursor() as cursor:
        values = {"surnames": list(names.SURNAMES), "given": names.GIVEN, "id_number": id_number, "since": since}
        cursor.execute(HOUSES, values)
    # What the rows work out for themselves when they are saved: the keys of the search for callers.
    respell()
