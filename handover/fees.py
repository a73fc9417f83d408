"""Fees as arithmetic (HND-2, GEN-4, GEN-5): values in, lines and periods out. No database, no clock.

bill_lines([Rate("property", "物业服务费", FeeBasis.AREA, Decimal("2.8"), True)], area=Decimal("89.50"), months=6)
-> 89.50 × 2.8 × 6 = 1503.60
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from foundation.worktime.local import add_months
from handover.choices import FeeBasis

FEN = Decimal("0.01")
ONE = Decimal(1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Rate:
    """One fee item: what it costs a month (or once), for a square metre, a house, or as a fixed sum."""

    code: str
    name: str
    basis: str
    rate: Decimal
    is_monthly: bool


@dataclass(frozen=True)
class Line:
    code: str
    name: str
    basis: str
    quantity: Decimal
    rate: Decimal
    months: int
    amount: Decimal


def round_fen(amount: Decimal) -> Decimal:
    """To the fen, half-up (GEN-5)."""
    return amount.quantize(FEN, ROUND_HALF_UP)


def line(rate: Rate, *, area: Decimal, months: int) -> Line:
    """quantity × rate × months, rounded once (HND-2). ValueError for what can't be billed."""
    if months < 1:
        raise ValueError("月数必须大于 0。")
    if rate.rate < 0:
        raise ValueError(f"{rate.name}的单价不能为负数。")
    if rate.basis == FeeBasis.AREA and area <= 0:
        raise ValueError("建筑面积必须大于 0。")
    quantity = area if rate.basis == FeeBasis.AREA else ONE
    times = months if rate.is_monthly else 1
    return Line(rate.code, rate.name, rate.basis, quantity, rate.rate, times, round_fen(quantity * rate.rate * times))


def bill_lines(rates: Iterable[Rate], *, area: Decimal, months: int) -> list[Line]:
    return [line(rate, area=area, months=months) for rate in rates]


def rate_in_words(rate: Decimal) -> str:
    """With at least the fen, and no zeros behind: 2.80, 0.025."""
    plain = f"{rate:.4f}".rstrip("0")
    return plain.ljust(plain.index(".") + 3, "0")


def total(lines: Iterable[Line]) -> Decimal:
    """The sum of the lines: nothing is rounded again (GEN-5)."""
    return sum((one.amount for one in lines), Decimal("0.00"))


def period(start: date, months: int) -> tuple[date, date]:
    """First and last day of a period of months from the handover day: it ends on the day before the corresponding day.

    From 31 August, 6 months: to 27 February, since the corresponding day is the last of February (HND-2, GEN-4).
    """
    return start, add_months(start, months) - DAY


def periods(start: date, months: int) -> Iterator[tuple[date, date]]:
    """One period after the other, without gap or overlap: each counted from the handover day, so that none drifts."""
    number = 0
    while True:
        yield add_months(start, number * months), add_months(start, (number + 1) * months) - DAY
        number += 1


def fees_start(*, handed_over_on: date | None, notice_on: date | None) -> date | None:
    """HND-2: from the handover day; for an owner who was duly called and stayed away, from the day the notice names.

    An owner who comes after that day pays from it; one who comes before it, from the day on which the house is taken.
    """
    return min((day for day in (handed_over_on, notice_on) if day), default=None)
