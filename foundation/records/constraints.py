"""What the database itself holds for the tables of records."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models.functions import Upper


def transitions_only(transitions: tuple[tuple[str, str], ...]) -> pgtrigger.FSM:
    """Postgres lets `state` change in no other way, whoever asks."""
    return pgtrigger.FSM(name="transitions_only", field="state", transitions=list(transitions))


def part_of_number(name: str) -> GinIndex:
    """Finds a `number` by any part of it (`number__icontains`): trigrams, from the extension pg_trgm."""
    return GinIndex(OpClass(Upper("number"), name="gin_trgm_ops"), name=name)


def append_only(what: str) -> list[pgtrigger.Trigger]:
    """Rows are written once (GEN-5, ORG-5): Postgres lets nobody change, remove or empty them, whoever asks."""
    return [
        pgtrigger.Trigger(
            name="append_only",
            when=pgtrigger.Before,
            operation=pgtrigger.Update | pgtrigger.Delete,
            func=f"RAISE EXCEPTION '{what}只能增加，不能修改或删除' USING ERRCODE = 'restrict_violation';",
        ),
        pgtrigger.Trigger(
            name="no_truncate",
            when=pgtrigger.Before,
            level=pgtrigger.Statement,
            operation=pgtrigger.Truncate,
            # A test database is flushed between tests; its connection says so, no other one does.
            func=(
                "IF current_setting('dudao.allow_truncate', true) IS DISTINCT FROM 'on' THEN "
                f"RAISE EXCEPTION '{what}不能清空' USING ERRCODE = 'restrict_violation'; END IF; RETURN NULL;"
            ),
        ),
    ]
