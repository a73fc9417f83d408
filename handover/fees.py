"""Fees as arithmetic (HND-2, GEN-4, GEN-5): values in, lines and periods out. No database, no clock.

bill_lines([Rate("property", "物业服务费", FeeBasis.AREA, Decimal("2.8"), True)], area=Decimal("89.50"), months=6)
-> 89.50 × 2.8 × 6 = 1503.60
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from foundation.worktime.local import add_months
from foundation.worktime.months import Month
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


def part_line(rate: Rate, *, area: Decimal, starts_on: date, ends_on: date) -> Line:
    """A monthly rate for days of one month: quantity × rate × days / days of that month, rounded once (HND-2, GEN-5).

    89.50 ㎡ at 2.80 from 1 to 14 March: 250.60 × 14 / 31 = 113.17; all 31 days: 250.60.
    """
    if Month.of(starts_on) != Month.of(ends_on) or ends_on < starts_on:
        raise ValueError("起止日期必须在同一个月内。")
    whole = line(rate, area=area, months=1)
    days = (ends_on - starts_on).days + 1
    exact = whole.quantity * whole.rate * days / Month.of(starts_on).last.day
    return replace(whole, amount=round_fen(exact))


def bill_parts(rates: Iterable[Rate], *, area: Decimal, starts_on: date, ends_on: date) -> list[Line]:
    return [part_line(rate, area=area, starts_on=starts_on, ends_on=ends_on) for rate in rates]


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


def next_period(first: date, ended: date, months: int) -> tuple[date, date]:
    """The period that follows the one that ended, counted from `first`, on which the first one began.

    From 31 August, after 27 February: 28 February to 30 August. Where what ended doesn't lie on a corresponding day of
    `first`, it is counted anew from the day after.
    """
    start = ended + DAY
    passed = (start.year - first.year) * 12 + start.month - first.month
    if add_months(first, passed) != start:
        first, passed = start, 0
    return start, add_months(first, passed + months) - DAY


def developers_days(month: Month, *, since: date, owner_from: date | None) -> tuple[date, date] | None:
    """First and last day of a month for which the developer pays: up to the day before the owner's fees start (HND-2)."""
    begin = max(month.first, since)
    end = min(month.last, owner_from - DAY) if owner_from else month.last
    return (begin, end) if begin <= end else None


def fees_start(*, handed_over_on: date | None, notice_on: date | None) -> date | None:
    """HND-2: from the handover day; for an owner who was duly called and stayed away, from the day the notice names.

    An owner who comes after that day pays from it; one who comes before it, from the day on which the house is taken.
    """
    return min((day for day in (handed_over_on, notice_on) if day), default=None)
