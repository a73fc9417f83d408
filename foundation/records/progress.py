"""How far long work is: told by the worker, read by the page.

Kept in the cache: what a transaction writes nobody sees before its end, and a lost figure harms nothing.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from django.core.cache import cache

KEPT = 60 * 60


@dataclass(frozen=True)
class Progress:
    """`at` is when the worker was last heard of."""

    done: int
    total: int
    at: datetime


def tell(key: str, done: int, total: int) -> None:
    """Say how far it is. A cache that does not answer stops no work."""
    with suppress(redis.RedisError, OSError):
        cache.set(key, (done, total, datetime.now(tz=UTC).isoformat()), KEPT)


def told(key: str) -> Progress | None:
    """The last word of the worker; None before the first."""
    found = None
    with suppress(redis.RedisError, OSError):
        found = cache.get(key)
    return Progress(found[0], found[1], datetime.fromisoformat(found[2])) if found else None


def forget(key: str) -> None:
    with suppress(redis.RedisError, OSError):
        cache.delete(key)
