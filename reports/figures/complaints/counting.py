"""All figures of complaints at once: one grouped statement per table, summed up by every part that a table shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Aggregate, Count, Q, QuerySet, Sum

from complaints.choices import Kind as CaseKind
from estates.models import Kind
from reports.figures.complaints import rows
from reports.figures.grouping import Part, sums_by
from reports.figures.values import Scope, Value, average, rate

Sums = dict[str, Any]
ALL = ("", "")
# Without a department, or a complaint without a grade; as the slice names it.
NONE = "none"
# What the tables show; a grade is one of complaints.
COLUMNS = ("kind", "grade", "department", "estate")
PARTS: tuple[Part, ...] = ((), ("kind",), ("kind", "grade"), ("department",), ("estate",))


@dataclass(frozen=True)
class Base:
    """Rows of a source that count for a period, what is summed over them, and the column of the person who did it."""

    where: Callable[[Scope], Q]
    sums: Callable[[Scope, Q], dict[str, Aggregate]]
    person: str = ""


@dataclass(frozen=True)
class Source:
    """Rows of one table at the estates of a scope, of any time, and the path from them to their case."""

    rows: Callable[[Scope], QuerySet]
    case: str
    bases: tuple[Base, ...]


def number(*parts: Q) -> Count:
    return Count("pk", filter=Q(*parts))


SOURCES = (
    Source(rows.cases, "", (
        Base(rows.was_received, lambda scope, where: {"received": number(where)}),
        Base(rows.was_left_open, lambda scope, where: {
            "open": number(where), "overdue": number(where, Q(due_at__lt=scope.until)),
        }),
        Base(rows.was_solved, lambda scope, where: {"solved": number(where), "first": number(where, Q(round=1))}),
    )),
    Source(rows.repeats, "", (Base(rows.was_received, lambda scope, where: {"repeat": number(where)}),)),
    Source(lambda scope: rows.rounds(scope, ""), "case__", (
        Base(rows.was_transferred, lambda scope, where: {
            "transferred": number(where), "transferred_in_time": number(where, Q(transferred_in_time=True)),
        }),
        Base(rows.was_replied, lambda scope, where: {
            "replied": number(where),
            "reply_known": number(where, Q(replied_in_time__isnull=False)),
            "reply_in_time": number(where, Q(replied_in_time=True)),
            "reply_span": Sum(rows.RESPONSE, filter=where),
        }, "replied_by"),
        Base(rows.was_handled, lambda scope, where: {
            "handled": number(where),
            "handle_known": number(where, Q(handled_in_time__isnull=False)),
            "handle_in_time": number(where, Q(handled_in_time=True)),
            "used": Count("used", filter=where),
            "used_span": Sum("used", filter=where),
        }, "result_by"),
        Base(rows.was_same_day, lambda scope, where: {
            "same_day": number(where), "same_day_in_time": number(where, Q(answered_in_time=True)),
        }),
        Base(rows.was_to_call, lambda scope, where: {
            "to_call": number(where), "called_of": number(where, Q(called_at__isnull=False)),
        }),
    )),
    Source(rows.calls, "case__", (
        Base(rows.was_reached, lambda scope, where: {
            "called": number(where),
            "rated": Count("satisfaction", filter=where),
            "rating": Sum("satisfaction", filter=where),
            "content": number(where, Q(satisfaction__gte=rows.CONTENT)),
        }, "by"),
    )),
)  # fmt: skip

FORMULAS: dict[str, Callable[[dict[str, Any]], Value]] = {
    "case_received": lambda n: n["received"],
    "case_repeat": lambda n: n["repeat"],
    "case_transfer_rate": lambda n: rate(n["transferred_in_time"], n["transferred"]),
    "case_replied": lambda n: n["replied"],
    "case_reply_rate": lambda n: rate(n["reply_in_time"], n["reply_known"]),
    "case_reply_hours": lambda n: rows.hours(n["reply_span"], n["replied"]) if n["replied"] else None,
    "case_handled": lambda n: n["handled"],
    "case_handle_rate": lambda n: rate(n["handle_in_time"], n["handle_known"]),
    "case_handle_hours": lambda n: rows.hours(n["used_span"], n["used"]) if n["used"] else None,
    "case_same_day_rate": lambda n: rate(n["same_day_in_time"], n["same_day"]),
    "case_solved": lambda n: n["solved"],
    "case_first_fix": lambda n: rate(n["first"], n["solved"]),
    "case_to_call": lambda n: n["to_call"],
    "case_call_rate": lambda n: rate(n["called_of"], n["to_call"]),
    "case_called": lambda n: n["called"],
    "case_satisfaction": lambda n: average(Decimal(n["rating"]), n["rated"]),
    "case_content": lambda n: rate(n["content"], n["rated"]),
    "case_open": lambda n: n["open"],
    "case_overdue": lambda n: n["overdue"],
    "case_escalations": lambda n: n["escalations"],
}


class _Any:
    """A scope for reading the names of the sums only."""

    until = None


NOTHING = {
    name: 0
    for source in SOURCES
    for base in source.bases
    for name in base.sums(_Any(), Q())  # type: ignore[arg-type]
} | {"escalations": 0, "reply_span": timedelta(0), "used_span": timedelta(0)}


def nothing() -> Sums:
    return dict(NOTHING)


@dataclass
class Counted:
    """Sums by part: ("", "") all of it, ("kind", "repair"), ("estate", 17), ("person", 5)…"""

    parts: dict[tuple[str, Any], Sums] = field(default_factory=lambda: defaultdict(nothing))

    def value(self, key: str, part: tuple[str, Any] = ALL) -> Value:
        return FORMULAS[key](self.parts[part])

    def of(self, dimension: str) -> dict[Any, Sums]:
        return {value: sums for (name, value), sums in self.parts.items() if name == dimension and any(sums.values())}

    def add(self, place: tuple[str, Any], sums: Sums) -> None:
        total = self.parts[place]
        for name, value in sums.items():
            if value is not None:
                total[name] += value


def count(scope: Scope, before: Scope) -> tuple[Counted, Counted]:
    """Five statements, and three by person for an estate, however many estates and people there are.

    Of the period before only the totals, which stand beside: its rows are read with the others, not once more.
    """
    now, then = Counted(), Counted()
    for source in SOURCES:
        _count_source(source, scope, before, now, then)
        # Who answered and handled is shown for an estate only.
        if scope.node.kind == Kind.ESTATE:
            _count_people(source, scope, now)
    in_now, in_then = rows.within(scope, "at"), rows.within(before, "at")
    steps = rows.escalations(scope).filter(in_now | in_then).order_by().values("node_id")
    for row in steps.annotate(now=number(in_now), then=number(in_then)):
        now.add(ALL, {"escalations": row["now"]})
        now.add(("estate", row["node_id"]), {"escalations": row["now"]})
        then.add(ALL, {"escalations": row["then"]})
    return now, then


def _count_source(source: Source, scope: Scope, before: Scope, now: Counted, then: Counted) -> None:
    sums: dict[str, Aggregate] = {}
    any_of = Q()
    for base in source.bases:
        for period, prefix in ((scope, "now"), (before, "then")):
            where = base.where(period)
            any_of |= where
            sums |= {f"{prefix}_{name}": one for name, one in base.sums(period, where).items()}
    columns = {name: f"{source.case}{name}" for name in COLUMNS}
    for part, values, found in sums_by(source.rows(scope).filter(any_of), columns, sums, PARTS):
        now.add(_place(part, values), _named(found, "now_"))
        if not part:
            then.add(ALL, _named(found, "then_"))


def _count_people(source: Source, scope: Scope, now: Counted) -> None:
    for base in source.bases:
        if base.person:
            found = source.rows(scope).filter(base.where(scope)).order_by().values(base.person)
            # Under other names than the columns, one of which is summed.
            sums = {f"now_{name}": one for name, one in base.sums(scope, Q()).items()}
            for row in found.annotate(**sums):
                now.add(("person", row[base.person]), _named(row, "now_"))


def _named(found: dict[str, Any], prefix: str) -> Sums:
    return {name.removeprefix(prefix): value for name, value in found.items() if name.startswith(prefix)}


def _place(part: Part, values: dict[str, Any]) -> tuple[str, Any]:
    match part:
        case ():
            return ALL
        case ("kind", "grade"):
            # Of the cases without a grade only complaints wait for one.
            return "grade", values["grade"] or (NONE if values["kind"] == CaseKind.COMPLAINT else "")
        case ("department",):
            return "department", values["department"] or NONE
    return part[0], values[part[0]]
