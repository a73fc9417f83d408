"""The search keys of rows that were there before the keys, or came by SQL of somebody's own."""

from __future__ import annotations

import json
from typing import Any

from django.db import connection, transaction

from estates import spelling

BATCH = 5000

HOUSES = "SELECT id, code FROM estates_house WHERE id > %s ORDER BY id LIMIT %s"
WRITE_HOUSES = """
UPDATE estates_house AS house SET lookup = new.lookup, lookup_back = new.lookup_back
FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS new(id, lookup, lookup_back)
WHERE house.id = new.id AND (house.lookup, house.lookup_back) IS DISTINCT FROM (new.lookup, new.lookup_back)
"""
PEOPLE = {
    "estates_owner": "SELECT id, ARRAY[name]::text[] || co_owners::text[] FROM estates_owner WHERE id > %s ORDER BY id LIMIT %s",
    "estates_tenant": "SELECT id, ARRAY[name]::text[] FROM estates_tenant WHERE id > %s ORDER BY id LIMIT %s",
}
WRITE_PEOPLE = """
UPDATE {table} AS person SET spellings = new.spellings::jsonb
FROM unnest(%s::bigint[], %s::text[]) AS new(id, spellings)
WHERE person.id = new.id AND person.spellings IS DISTINCT FROM new.spellings::jsonb
"""


def respell() -> int:
    """Write every house's and person's search keys anew where they differ, some thousand rows at a time; how many."""
    written = _rewrite(
        HOUSES, WRITE_HOUSES, lambda code: (spelling.lookup(code), spelling.lookup(code, backwards=True))
    )
    for table, people in PEOPLE.items():
        written += _rewrite(people, WRITE_PEOPLE.format(table=table), _spellings)
    return written


def _spellings(names: list[str]) -> tuple[str]:
    return (json.dumps({name: spelling.spellings(name) for name in names}, ensure_ascii=False),)


def _rewrite(read: str, write: str, keys: Any) -> int:
    last, written = 0, 0
    while True:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(read, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return written
            ids = [pk for pk, _ in rows]
            cursor.execute(write, [ids, *map(list, zip(*(keys(words) for _, words in rows), strict=True))])
            written += cursor.rowcount
            last = ids[-1]
