"""All figures of handover at once: one grouped statement per table for two periods, summed up by estate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, Sum

from handover.models import Bill, Defect, Handover, MoveIn, Pass, Payment
from reports.figures.handover import rows
from reports.figures.values import Scope, Value


def number(part: Q) -> Count:
    return Count("pk", filter=part)


def total(name: str, part: Q) -> Sum:
    return Sum(name, filter=part, default=Decimal(0))


# What is summed over the rows of each table.
BASES: tuple[tuple[Any, Callable[[Scope], dict[str, Any]]], ...] = (
    (Handover, lambda scope: {"done": number(rows.within(scope, "done_at"))}),
    (Defect, lambda scope: {
        "found": number(rows.within(scope, "found_at")),
        "open": number(rows.defect_open(scope)),
        "overdue": number(rows.defect_overdue(scope)),
    }),
    (Bill, lambda scope: {
        "billed": total("total", rows.billed(scope)),
        "standing": total("total", rows.standing(scope)),
    }),
    # A bill is cancelled only while nothing is paid on it, so that all payments are payments of standing bills.
    (Payment, lambda scope: {
        "paid": total("amount", rows.within(scope, "at")),
        "paid_so_far": total("amount", Q(at__lt=scope.until)),
    }),
    (MoveIn, lambda scope: {"moved": number(rows.within(scope, "done_at"))}),
    (Pass, lambda scope: {
        "made": number(rows.within(scope, "made_at")),
        "used": number(rows.within(scope, "used_at")),
    }),
)  # fmt: skip

FORMULAS: dict[str, Callable[[dict[str, Any]], Value]] = {
    "handover_done": lambda n: n["done"],
    "handover_not_taken": lambda n: n["not_taken"],
    "defect_found": lambda n: n["found"],
    "defect_open": lambda n: n["open"],
    "defect_overdue": lambda n: n["overdue"],
    "handover_billed": lambda n: rows.yuan(n["billed"]),
    "handover_paid": lambda n: rows.yuan(n["paid"]),
    "handover_owed": lambda n: rows.yuan(n["standing"] - n["paid_so_far"]),
    "move_in_done": lambda n: n["moved"],
    "pass_made": lambda n: n["made"],
    "pass_used": lambda n: n["used"],
}

Sums = dict[str, Any]


def _nothing() -> Sums:
    return defaultdict(int)


@dataclass
class Counted:
    """Sums of a period: of all, by estate; and the houses not taken over by reason, in words."""

    all: Sums = field(default_factory=_nothing)
    places: dict[int, Sums] = field(default_factory=lambda: defaultdict(_nothing))
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def value(self, key: str, place: int | None = None) -> Value:
        return FORMULAS[key](self.all if place is None else self.places[place])

    def add(self, place: int, sums: Sums) -> None:
        for name, value in sums.items():
            self.all[name] += value
            self.places[place][name] += value


def count(scope: Scope, before: Scope) -> tuple[Counted, Counted]:
    """Eight statements for both periods, however many estates there are."""
    now, then = Counted(), Counted()
    for model, sums_of in BASES:
        now_sums, then_sums = sums_of(scope), sums_of(before)
        asked = {f"now_{name}": one for name, one in now_sums.items()}
        asked |= {f"then_{name}": one for name, one in then_sums.items()}
        for row in model.objects.filter(scope.at_estates()).order_by().values("estate_id").annotate(**asked):
            now.add(row["estate_id"], {name: row[f"now_{name}"] for name in now_sums})
            then.add(row["estate_id"], {name: row[f"then_{name}"] for name in then_sums})
    for counted, where in ((now, scope), (then, before)):
        for row in rows.not_taken(where).order_by().values("estate_id", "why").annotate(n=Count("pk")):
            counted.add(row["estate_id"], {"not_taken": row["n"]})
            counted.reasons[row["why"]] += row["n"]
    return now, then
