"""The vocabulary of a bulletin: figures, where they are taken, and tables of them (RPT-3).

A figure is a question with one number as its answer and the rows behind it: `measure(rows(scope))` is the number.
`compute` answers many of them in few statements; a test proves that both say the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, Protocol

from django.db.models import Q, QuerySet, Sum

from estates.models import Estate, Kind, Node
from estates.querysets import at_or_below
from foundation.records.rates import mean, percent
from foundation.worktime.local import local_date
from inspections.choices import Tier

Value = int | str | None

# The tiers above the estate: their scores are 督导, the estate's own are 自查.
UPPER = "upper"
UPPER_TIERS = (Tier.GROUP, Tier.BRANCH)


@dataclass(frozen=True)
class Slice:
    """A part of what a bulletin covers; empty = all of it. What a table's row or column narrows its figures to."""

    tier: str = ""
    subject: str = ""  # checklist code/section code
    checklist: str = ""
    node: int | None = None
    role: str = ""
    item: str = ""  # checklist code/item code
    month: str = ""  # another period than the sheet's: a month as 2026-10, a week by its Friday
    kind: str = ""  # of a case; the reason of a house that was not taken over
    grade: str = ""
    department: str = ""  # "none" = not transferred to any
    person: int | None = None

    def __or__(self, other: Slice) -> Slice:
        return replace(self, **other.asdict())

    def asdict(self) -> dict[str, Any]:
        """What is set."""
        return {name: value for name, value in vars(self).items() if value not in ("", None)}

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> Slice:
        """From a query string or stored figures; what is not a slice is left out."""
        found = {
            name: str(values[name])[:100].replace("\0", "") for name in cls.__dataclass_fields__ if values.get(name)
        }
        node, person = _key(found.pop("node", "")), _key(found.pop("person", ""))
        return cls(**found, node=node, person=person)  # type: ignore[arg-type]


def _key(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 18 else None


class Period(Protocol):
    """A `Month`, or the `Week` of the weekly sheet for figures that need no calendar days. Moments: the end excluded."""

    @property
    def start(self) -> datetime: ...

    @property
    def end(self) -> datetime: ...

    @property
    def last(self) -> date: ...

    @property
    def label(self) -> str: ...

    def shift(self, number: int, /) -> Any: ...

    @classmethod
    def parse(cls, text: str) -> Any: ...


@dataclass(frozen=True)
class Scope:
    """Where, when and of what: a sheet's node and period, narrowed by a slice. `at` bounds a period not yet over."""

    node: Node
    month: Any  # a Period; the figures of inspections ask a Month for its days
    at: datetime
    slice: Slice = field(default_factory=Slice)
    # The ids of the estates, where they have been read: a list lets the planner see how many rows to expect, a
    # subquery made it loop over 300 estates and took three times as long.
    estate_ids: tuple[int, ...] | None = None

    def narrowed(self, part: Slice) -> Scope:
        month = self.month.parse(part.month) if part.month else self.month
        return replace(self, slice=self.slice | part, month=month)

    @property
    def start(self) -> datetime:
        return self.month.start

    @property
    def until(self) -> datetime:
        """The end of the month, or now while it runs."""
        return min(self.month.end, self.at)

    @property
    def last(self) -> date:
        """The last day of the month that is over."""
        return min(self.month.last, local_date(self.at) - timedelta(days=1))

    def at_estates(self, path: str = "estate") -> Q:
        """Rows of the estates at or below the node, and the slice's node."""
        here = self._here(path)
        if self.slice.node is not None and self.slice.node != self.node.pk:
            here &= Q(**{f"{path}__in": Estate.objects.filter(at_or_below([self.slice.node])).values("pk")})
        return here

    def _here(self, path: str) -> Q:
        if self.node.kind == Kind.ESTATE:
            return Q(**{path: self.node.pk})
        ids = self.node.estates().values("pk") if self.estate_ids is None else self.estate_ids
        return Q(**{f"{path}__in": ids})

    def of_tier(self, path: str = "tier") -> Q:
        if not self.slice.tier:
            return Q()
        tiers = UPPER_TIERS if self.slice.tier == UPPER else (self.slice.tier,)
        return Q(**{f"{path}__in": tiers})


# --- measures: how rows make up a number ------------------------------------------------------------------------------


def rate(part: int, whole: int) -> str | None:
    """part / whole × 100 as it is stored; None where there is no whole."""
    return str(percent(part, whole)) if whole else None


def average(total: Decimal | None, count: int) -> str | None:
    """total / count as it is stored; None where there is nothing to count."""
    return str(mean(total, count)) if total is not None and count else None


def count(rows: QuerySet) -> Value:
    return rows.count()


def mean_score(rows: QuerySet) -> Value:
    total = rows.aggregate(total=Sum("score"))["total"]
    return average(total, rows.count())


def total_of(name: str) -> Callable[[QuerySet], Value]:
    return lambda rows: rows.aggregate(total=Sum(name))["total"] or 0


def ratio_of(part: str, whole: str) -> Callable[[QuerySet], Value]:
    """Both are columns of the rows, summed."""

    def measure(rows: QuerySet) -> Value:
        sums = rows.aggregate(part=Sum(part), whole=Sum(whole))
        return rate(sums["part"] or 0, sums["whole"] or 0)

    return measure


def share_of(part: Q) -> Callable[[QuerySet], Value]:
    """Rows for which `part` holds, of all rows."""
    return lambda rows: rate(rows.filter(part).count(), rows.count())


# --- figures ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Figure:
    """`counted` says in words what is counted and when; `better` whether more or less of it is good."""

    key: str
    label: str
    unit: str
    counted: str
    rows: Callable[[Scope], QuerySet]
    measure: Callable[[QuerySet], Value] = count
    better: str = ""  # more | less
    late: bool = False  # shown in red where it is not zero: overdue or red line

    def answer(self, scope: Scope) -> Value:
        """The number, from its rows."""
        return self.measure(self.rows(scope))


@dataclass
class Column:
    figure: str
    label: str
    slice: Slice = field(default_factory=Slice)
    over: str = ""  # the head above this head


@dataclass
class Row:
    label: str
    slice: Slice
    values: list[Value]
    lead: str = ""  # what stands before the label: a rank
    note: str = ""


@dataclass
class Table:
    """Figures × slices: every cell is the figure of its column, narrowed by its row's and its column's slice."""

    key: str
    title: str
    first: str  # head of the first column
    columns: list[Column]
    rows: list[Row]
    note: str = ""
    ranked: bool = False
    noted: str = "备注"  # head of the rows' notes

    def asdict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "first": self.first,
            "note": self.note,
            "ranked": self.ranked,
            "noted": self.noted,
            "columns": [
                {"figure": c.figure, "label": c.label, "slice": c.slice.asdict(), "over": c.over} for c in self.columns
            ],
            "rows": [
                {"label": r.label, "slice": r.slice.asdict(), "values": r.values, "lead": r.lead, "note": r.note}
                for r in self.rows
            ],
        }


@dataclass
class Cell:
    """One figure on its own, with the months it is compared with."""

    figure: str
    value: Value
    slice: Slice = field(default_factory=Slice)
    label: str = ""
    before: Value = None
    year_ago: Value = None

    def asdict(self) -> dict[str, Any]:
        return {
            "figure": self.figure,
            "slice": self.slice.asdict(),
            "label": self.label,
            "value": self.value,
            "before": self.before,
            "year_ago": self.year_ago,
        }


@dataclass
class Chapter:
    """One heading of the bulletin. A later chapter of the product adds one of these, and nothing else."""

    key: str
    title: str
    headline: list[Cell] = field(default_factory=list)
    cells: list[Cell] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    lists: dict[str, Any] = field(default_factory=dict)
    charts: dict[str, Any] = field(default_factory=dict)

    def asdict(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "headline": [cell.asdict() for cell in self.headline],
            "cells": [cell.asdict() for cell in self.cells],
            "tables": [table.asdict() for table in self.tables if table.rows],
            "lists": self.lists,
            "charts": self.charts,
        }


@dataclass
class Places:
    """The estates of a scope, read once for all chapters."""

    scope: Scope

    @cached_property
    def estates(self) -> list[Estate]:
        return list(self.scope.node.estates().select_related("parent").order_by("code"))

    @property
    def is_one_estate(self) -> bool:
        return self.scope.node.kind == Kind.ESTATE

    @cached_property
    def branches(self) -> dict[int, Node]:
        return {estate.branch.pk: estate.branch for estate in self.estates}
