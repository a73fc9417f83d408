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
