"""Rates and means as reports say them: to one decimal, half-up. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

TENTH = Decimal("0.1")


def percent(part: int, whole: int) -> Decimal | None:
    """part / whole × 100; None where there is no whole."""
    return mean(Decimal(100) * part, whole)


def mean(total: Decimal, count: int) -> Decimal | None:
    """total / count; None where there is nothing to count."""
    return (total / count).quantize(TENTH, ROUND_HALF_UP) if count else None
