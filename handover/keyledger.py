"""Who has which key, by its newest move (HND-3). Reads only."""

from __future__ import annotations

from django.db.models import OuterRef, Subquery

from handover.models import KeyMove
from handover.querysets import KeyQuerySet

LAST = ("kind", "holder", "holder_phone", "reason", "at", "due_at")


def with_last_move(keys: KeyQuerySet) -> KeyQuerySet:
    """The keys with `last_kind`, `last_holder` … of their newest move; empty for one that never moved."""
    last = KeyMove.objects.filter(key=OuterRef("pk")).order_by("-at", "-pk")
    kept = KeyMove.objects.filter(key=OuterRef("pk"), kind__in=["handed", "kept"]).order_by("-at", "-pk")
    values = {f"last_{name}": Subquery(last.values(name)[:1]) for name in LAST}
    return keys.annotate(**values, consent=Subquery(kept.values("kind")[:1]))


def is_kept(key_id: int) -> bool:
    """Whether the owner has agreed that this key stays, and it was not handed over since."""
    moves = KeyMove.objects.filter(key=key_id, kind__in=[KeyMove.Kind.HANDED, KeyMove.Kind.KEPT])
    last = moves.order_by("-at", "-pk").first()
    return last is not None and last.kind == KeyMove.Kind.KEPT
