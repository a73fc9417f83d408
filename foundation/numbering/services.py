"""Taking numbers that have no gaps and no doubles, whoever takes them at once."""

from django.db import connection

TAKE = """
    INSERT INTO numbering_counter AS series (kind, place, period, last)
    VALUES (%(kind)s, %(place)s, %(period)s, %(count)s)
    ON CONFLICT (kind, place, period) DO UPDATE SET last = series.last + EXCLUDED.last
    RETURNING last
"""


def take(*, kind: str, place: str, period: str, count: int = 1) -> range:
    """The next `count` numbers of a series, beginning with 1.

    The series stays locked until the caller's transaction ends, which is what keeps it free of gaps: a number taken by
    a transaction that rolls back is given to the next one. So take it late in the transaction, and only in one.
    """
    if count < 1:
        raise ValueError("count must be at least 1")
    if not connection.in_atomic_block:
        raise RuntimeError("Numbers are taken inside the transaction that uses them")
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"kind": kind, "place": place, "period": period, "count": count})
        last = cursor.fetchone()[0]
    return range(last - count + 1, last + 1)


def format_number(prefix: str, place: str, period: str, number: int) -> str:
    """The number as people write it: ZG-HZ01-202611-0001. Past 9999 it grows by a digit."""
    return "-".join(part for part in (prefix, place, period, f"{number:04d}") if part)
