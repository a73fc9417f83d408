"""What stands on a developer's bill of a month: its items over all houses, and its houses one by one (HND-2). Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, QuerySet, Sum

from foundation.worktime.months import Month
from handover.choices import FeeBasis
from handover.fees import rate_in_words
from handover.models import Bill, BillLine


@dataclass(frozen=True)
class ItemSum:
    """One item over all houses, in yuan."""

    name: str
    basis_label: str
    shown_rate: str
    houses: int
    amount: Decimal


@dataclass(frozen=True)
class HouseSum:
    """One house: its days of the month and what they come to, in yuan."""

    code: str
    area: Decimal
    starts_on: date
    ends_on: date
    amount: Decimal

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days + 1

    @property
    def of_days(self) -> int:
        """How many days the month has."""
        return Month.of(self.starts_on).last.day


def sums_of(bill: Bill) -> list[ItemSum]:
    rows = bill.lines.order_by().values("item", "name", "basis", "rate").annotate(houses=Count("pk"), sum=Sum("amount"))
    return [
        ItemSum(row["name"], FeeBasis(row["basis"]).label, rate_in_words(row["rate"]), row["houses"], row["sum"])
        for row in rows.order_by("item")
    ]


def houses_of(bill: Bill) -> QuerySet[BillLine, Any]:
    """One row a house, in the order in which they were billed; `house_sums` makes them readable."""
    rows = bill.lines.order_by().values("house__code", "house__area", "starts_on", "ends_on")
    return rows.annotate(sum=Sum("amount"), first=Min("pk")).order_by("first")


def house_sums(rows: Any) -> Sequence[HouseSum]:
    return [
        HouseSum(row["house__code"], row["house__area"], row["starts_on"], row["ends_on"], row["sum"]) for row in rows
    ]
