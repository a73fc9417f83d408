"""Sums of the same rows by one column and another, in one statement: GROUPING SETS, which the ORM does not know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

Part = tuple[str, ...]


def sums_by(
    rows: QuerySet, columns: Mapping[str, str], sums: Mapping[str, Any], parts: Sequence[Part]
) -> Iterator[tuple[Part, dict[str, Any], dict[str, Any]]]:
    """For each part, a tuple of names of `columns` (name: path), each of its values with the sums over its rows.

    The sums must add up: counts and sums, no averages. The part () is all rows. Nothing comes of a part without rows.
    """
    grouped = rows.order_by().values(**{f"by_{name}": F(path) for name, path in columns.items()})
    try:
        inner, params = grouped.annotate(**{f"n_{name}": one for name, one in sums.items()}).query.sql_with_params()
    except EmptyResultSet:
        return
    names = list(columns)
    by = ", ".join(f"by_{name}" for name in names)
    sets = ", ".join(f"({', '.join(f'by_{name}' for name in part)})" for part in parts)
    totals = ", ".join(f"sum(n_{name})" for name in sums)
    masks = {_mask(part, names): tuple(part) for part in parts}
    with connection.cursor() as cursor:
        # Nothing in it comes from outside but the parameters of the inner statement.
        cursor.execute(
            f"SELECT GROUPING({by}), {by}, {totals} FROM ({inner}) AS found GROUP BY GROUPING SETS ({sets})",  # noqa: S608
            params,
        )
        for mask, *values in cursor.fetchall():
            part = masks[mask]
            of = dict(zip(names, values, strict=False))
            found = dict(zip(sums, map(_plain, values[len(names) :]), strict=True))
            yield part, {name: of[name] for name in part}, found


def _mask(part: Part, names: Sequence[str]) -> int:
    """What GROUPING(…) says of the part: a bit for each column that it does not go by, the first column's the highest."""
    return sum(1 << place for place, name in enumerate(reversed(names)) if name not in part)


def _plain(total: Any) -> Any:
    """Postgres sums counts to a numeric."""
    return int(total) if isinstance(total, Decimal) else total
