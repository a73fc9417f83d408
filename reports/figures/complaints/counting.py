"""All figures of complaints at once: one grouped statement per base, summed up by every part that a table shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from complaints.choices import Kind
from reports.figures.complaints import rows
from reports.figures.values import Scope, Value, average, rate

# What a base's rows are grouped by; the value is the path from a case.
PARTS = ("kind", "grade", "department")
# Without a department, or a complaint without a grade; as the slice names it.
NONE = "none"


@dataclass(frozen=True)
class Base:
    """Rows, the path from them to their case, the column of the person who did it, and what is summed over them."""

    rows: Callable[[Scope], QuerySet]
    case: str
    person: str
    sums: Callable[[Scope], dict[str, Any]]


def number(part: Q | None = None) -> Count:
    return Count("pk", filter=part)


BASES = (
    Base(rows.received, "", "responsible", lambda scope: {"received": number()}),
    Base(rows.repeated, "", "responsible", lambda scope: {"repeat": number()}),
    Base(rows.left_open, "", "responsible", lambda scope: {
        "open": number(), "overdue": number(Q(due_at__lt=scope.until)),
    }),
    Base(rows.solved, "", "handler", lambda scope: {"solved": number(), "first": number(Q(round=1))}),
    Base(rows.transferred, "case__", "case__responsible", lambda scope: {
        "transferred": number(), "transferred_in_time": number(Q(transferred_in_time=True)),
    }),
    Base(rows.replied, "case__", "replied_by", lambda scope: {
        "replied": number(),
        "reply_known": number(Q(replied_in_time__isnull=False)),
        "reply_in_time": number(Q(replied_in_time=True)),
        "reply_span": Sum(rows.RESPONSE),
    }),
    Base(rows.handled, "case__", "result_by", lambda scope: {
        "handled": number(),
        "handle_known": number(Q(handled_in_time__isnull=False)),
        "handle_in_time": number(Q(handled_in_time=True)),
        "used": Count("used"),
        "used_span": Sum("used"),
    }),
    Base(rows.same_day, "case__", "answered_by", lambda scope: {
        "same_day": number(), "same_day_in_time": number(Q(answered_in_time=True)),
    }),
    Base(rows.to_call, "case__", "answered_by", lambda scope: {
        "to_call": number(), "called_of": number(Q(called_at__isnull=False)),
    }),
    Base(rows.reached, "case__", "by", lambda scope: {
        "called": number(),
        "rated": Count("satisfaction"),
        "rating": Sum("satisfaction"),
        "content": number(Q(satisfaction__gte=rows.CONTENT)),
    }),
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


def nothing() -> dict[str, Any]:
    spans = {"reply_span", "used_span"}
    names = [name for base in BASES for name in base.sums(_ANY)]
    return {name: timedelta(0) if name in spans else 0 for name in [*names, "escalations"]}


class _Any:
    """A scope for reading the names of the sums only."""

    until = None


_ANY: Any = _Any()


@dataclass
class Counted:
    """Sums by part: ("", "") all of it, ("kind", "repair"), ("estate", 17), ("person", 5)…"""

    parts: dict[tuple[str, Any], dict[str, Any]] = field(default_factory=lambda: defaultdict(nothing))

    def value(self, key: str, part: tuple[str, Any] = ("", "")) -> Value:
        return FORMULAS[key](self.parts[part])

    def of(self, dimension: str) -> dict[Any, dict[str, Any]]:
        return {value: sums for (name, value), sums in self.parts.items() if name == dimension and any(sums.values())}


def count(scope: Scope) -> Counted:
    """Eleven statements, however many estates and people there are."""
    counted = Counted()
    for base in BASES:
        sums = base.sums(scope)
        paths = {part: f"{base.case}{part}" for part in PARTS} | {"estate": f"{base.case}estate", "person": base.person}
        for row in (
            base.rows(scope).order_by().values(*set(paths.values())).annotate(**{f"n_{k}": v for k, v in sums.items()})
        ):
            parts = {name: row[path] for name, path in paths.items()}
            parts["department"] = parts["department"] or NONE
            # Of the cases without a grade only complaints wait for one.
            if not parts["grade"] and parts["kind"] == Kind.COMPLAINT:
                parts["grade"] = NONE
            _add(counted, [("", ""), *parts.items()], {name: row[f"n_{name}"] for name in sums})
    steps = rows.escalated(scope).order_by().values("node_id").annotate(n=number())
    for row in steps:
        _add(counted, [("", ""), ("estate", row["node_id"])], {"escalations": row["n"]})
    return counted


def _add(counted: Counted, places: list[tuple[str, Any]], sums: dict[str, Any]) -> None:
    for place in places:
        total = counted.parts[place]
        for name, value in sums.items():
            if value is not None:
                total[name] += value
