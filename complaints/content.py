"""The content of a policy as plain values: what its limits are called, which it must have, how they read (CMP-3…12)."""

from __future__ import annotations

import hashlib
import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from complaints.choices import CALLED_BACK, VARIANTS, Audience, ClockKind, Kind, Variant
from complaints.sla import Rule
from foundation.timers.values import Calendar, Unit

if TYPE_CHECKING:
    from complaints.models import Policy

# One limit: the values of FIELDS, and `ladder` as (percent, audience).
Row = dict[str, Any]
# Kind, variant and clock, by which a limit is known through the versions.
Key = tuple[str, str, str]

FIELDS = (
    "kind",
    "variant",
    "clock",
    "amount",
    "unit",
    "calendar",
    "workdays_only",
    "pausable",
    "day_ends_late_after",
    "next_day_until",
)


# --- which limits there are -------------------------------------------------------------------------------------------


def needed_clocks(kind: Kind) -> list[ClockKind]:
    """The limits that a kind has to have: CMP-3, CMP-4, CMP-5, CMP-7, CMP-12."""
    if kind == Kind.PRAISE:
        return []
    needs = {
        ClockKind.JUDGE: kind == Kind.COMPLAINT,
        ClockKind.ARRIVE: kind == Kind.REPAIR,
        ClockKind.HANDLE: kind in (Kind.COMPLAINT, Kind.REPAIR),
        ClockKind.CALLBACK: kind in CALLED_BACK,
    }
    return [clock for clock in ClockKind if needs.get(clock, True)]


def needed_limits() -> list[Key]:
    return [
        (kind.value, variant.value, clock.value)
        for kind in Kind
        for variant in VARIANTS.get(kind, (Variant.PLAIN,))
        for clock in needed_clocks(kind)
    ]


def optional_limits() -> list[Key]:
    """What a version may have besides: 处理 of the kinds that the customer only has to be answered."""
    kinds = [kind for kind in Kind if kind != Kind.PRAISE and ClockKind.HANDLE not in needed_clocks(kind)]
    return [(kind.value, Variant.PLAIN.value, ClockKind.HANDLE.value) for kind in kinds]


def place(key: Key) -> tuple[int, ...]:
    """Where a limit stands in the table."""
    kind, variant, clock = key
    return Kind.values.index(kind), Variant.values.index(variant), ClockKind.values.index(clock)


def key_of(row: Row) -> Key:
    return row["kind"], row["variant"], row["clock"]


def new_limit(key: Key) -> Row:
    """What an added limit begins with: a day, and nobody is told."""
    kind, variant, clock = key
    return {
        "kind": kind,
        "variant": variant,
        "clock": clock,
        "amount": 1,
        "unit": Unit.DAYS.value,
        "calendar": Calendar.NATURAL.value,
        "workdays_only": False,
        "pausable": clock == ClockKind.HANDLE,
        "day_ends_late_after": None,
        "next_day_until": None,
        "ladder": [],
    }


# --- in words ---------------------------------------------------------------------------------------------------------


def group_of(key: Key) -> str:
    """投诉 · 重大."""
    kind, variant, _ = key
    return f"{Kind(kind).label} · {Variant(variant).label}" if variant else Kind(kind).label


def name_of(key: Key) -> str:
    """投诉 · 重大 处理."""
    return f"{group_of(key)} {ClockKind(key[2]).label}"


def length(row: Row) -> str:
    if row["day_ends_late_after"] and row["next_day_until"]:
        late, until = row["day_ends_late_after"], row["next_day_until"]
        return f"当天 24:00，晚于 {late:%H:%M} 的到次日 {until:%H:%M}"
    return f"{row['amount']} {Unit(row['unit']).label}"


def calendar(row: Row) -> str:
    if row["day_ends_late_after"]:
        return ""
    label = Calendar(row["calendar"]).label
    return f"{label}（只算工作日）" if row["calendar"] == Calendar.SERVICE and row["workdays_only"] else label


def pausing(row: Row) -> str:
    return "暂停" if row["pausable"] else "不暂停"


def ladder(row: Row) -> str:
    """As it is read and typed: 50 经办人、100 项目经理."""
    return "、".join(f"{percent} {Audience(audience).label}" for percent, audience in row["ladder"])


def grouped(rows: list[Row]) -> list[tuple[str, list[dict[str, str]]]]:
    """The table of a version as it is read, by kind and grade."""
    said = [
        (
            group_of(key_of(row)),
            {
                "clock": ClockKind(row["clock"]).label,
                "length": length(row),
                "calendar": calendar(row),
                "pausing": pausing(row),
                "ladder": ladder(row),
            },
        )
        for row in rows
    ]
    return [(name, [row for _, row in found]) for name, found in groupby(said, itemgetter(0))]


# --- from and to the rows of the database -----------------------------------------------------------------------------


def content_of(policy: Policy) -> list[Row]:
    """The limits of a version in the order in which people read them, in two queries."""
    rows = [rule.as_row() for rule in policy.rules.prefetch_related("steps")]
    return sorted(rows, key=lambda row: place(key_of(row)))


def rule_from(row: Row) -> Rule:
    """The limit as that by which a case's clock is computed."""
    return Rule(
        clock=ClockKind(row["clock"]),
        amount=row["amount"],
        unit=Unit(row["unit"]),
        calendar=Calendar(row["calendar"]),
        workdays_only=row["workdays_only"],
        pausable=row["pausable"],
        ladder=tuple((percent, Audience(audience)) for percent, audience in row["ladder"]),
        day_ends_late_after=row["day_ends_late_after"],
        next_day_until=row["next_day_until"],
    )


def rules_from(content: list[Row]) -> dict[Key, Rule]:
    return {key_of(row): rule_from(row) for row in content}


def fingerprint(content: list[Row]) -> str:
    """The same for the same limits, in whatever order they were written."""
    rows = sorted(json.dumps(row, default=str, sort_keys=True, ensure_ascii=False) for row in content)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()
