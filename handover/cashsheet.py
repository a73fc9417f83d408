"""收银日报 as arithmetic: the day's entries by method; what was taken less what was reversed. No database, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from handover.choices import Method

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Line:
    """One method, or all of them: how many receipts and reversals, and their sums in yuan. `reversed` is positive."""

    label: str
    receipts: int
    received: Decimal
    reversals: int
    reversed: Decimal

    @property
    def net(self) -> Decimal:
        return self.received - self.reversed


def lines(entries: Iterable[tuple[str, Decimal]]) -> list[Line]:
    """Method and signed amount of each entry → a line for every method that occurs, in the order of the choices."""
    found: dict[str, list[Decimal]] = {}
    for method, amount in entries:
        found.setdefault(method, []).append(amount)
    return [_line(method.label, found[method]) for method in Method if method in found]


def total(parts: Iterable[Line]) -> Line:
    """What the lines add up to."""
    parts = list(parts)
    return Line(
        "合计",
        sum(part.receipts for part in parts),
        sum((part.received for part in parts), ZERO),
        sum(part.reversals for part in parts),
        sum((part.reversed for part in parts), ZERO),
    )


def _line(label: str, amounts: Sequence[Decimal]) -> Line:
    taken = [amount for amount in amounts if amount > 0]
    back = [-amount for amount in amounts if amount < 0]
    return Line(label, len(taken), sum(taken, ZERO), len(back), sum(back, ZERO))
