"""Rectifications of a month (RPT-1, INS-10…12): opened, closed, late, repeated, escalated; frequent failures."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Count, Q

from accounts.roles import Role
from estates.models import Kind
from foundation.journal.models import Entry
from inspections.models import Rectification
from reports.figures.rectifications.findings import failures, redlines
from reports.figures.rectifications.rows import CONDITIONS, ESCALATED, FIGURES, KIND
from reports.figures.values import Cell, Chapter, Column, Places, Row, Scope, Slice, Table, rate

__all__ = ["FIGURES", "chapters"]

PLACES_LISTED = 30


def _count(scope: Scope) -> dict[tuple[str, str | int], dict[str, int]]:
    """One statement: this month and (before_<key>) the one before, summed by ("", ""), ("role", …), ("node", …)."""
    before = scope.narrowed(Slice(month=str(scope.month.shift(-1))))
    counts = {key: Count("pk", filter=condition(scope)) for key, condition in CONDITIONS.items()}
    counts |= {f"before_{key}": Count("pk", filter=condition(before)) for key, condition in CONDITIONS.items()}
    touched = Q(opened_at__lt=scope.until) & (
        Q(closed_at=None) | Q(closed_at__gte=before.start) | Q(due_at__gt=before.start)
    )
    rows = (
        Rectification.objects.filter(scope.at_estates(), touched)
        .order_by()
        .values("estate_id", "role")
        .annotate(**counts)
    )
    sums: dict[tuple[str, str | int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(counts, 0))
    for row in rows:
        for part in (("", ""), ("role", row["role"]), ("node", row["estate_id"])):
            total = sums[part]
            for key in counts:
                total[key] += row[key]  # type: ignore[literal-required]
    return sums


def _value(sums: dict[str, int], key: str, before: bool = False) -> int | str | None:
    prefix = "before_" if before else ""
    if key == "in_time_rate_rect":
        return rate(sums[f"{prefix}in_time"], sums[f"{prefix}rect_due"])
    return sums[f"{prefix}{key}"]


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    sums = _count(scope)
    total = sums["", ""]

    def cell(key: str) -> Cell:
        return Cell(key, _value(total, key), before=_value(total, key, before=True))

    before = scope.narrowed(Slice(month=str(scope.month.shift(-1))))
    steps = Entry.objects.filter(
        scope.at_estates("node_id"), subject_kind=KIND, verb=ESCALATED, at__gte=before.start, at__lt=scope.until
    ).aggregate(now=Count("pk", filter=Q(at__gte=scope.start)), before=Count("pk", filter=Q(at__lt=before.until)))
    found = Chapter("findings", "红线与高频问题", headline=[cell("redline")])
    found.tables = [failures(scope, found)]
    found.lists["redlines"] = redlines(scope)
    mended = Chapter("rectifications", "整改")
    mended.headline = [cell("in_time_rate_rect"), cell("overdue")]
    mended.cells = [
        *(cell(key) for key in ("opened", "closed", "rect_due", "closed_late", "repeats")),
        Cell("escalations", steps["now"], before=steps["before"]),
    ]
    mended.tables = [_by_role(sums), *_by_place(scope, places, sums)]
    mended.charts["roles"] = [
        {"label": Role(str(role)).label, "in_time": part["in_time"], "late": part["rect_due"] - part["in_time"]}
        for (kind, role), part in sorted(sums.items(), key=lambda one: -one[1]["rect_due"])
        if kind == "role" and part["rect_due"]
    ]
    return [found, mended]


COLUMNS = (
    ("opened", "新开"),
    ("closed", "关闭"),
    ("rect_due", "到期"),
    ("in_time_rate_rect", "按时率 %"),
    ("overdue", "月末超期"),
    ("closed_late", "逾期关闭"),
    ("repeats", "重复发生"),
)


def _by_role(sums: dict) -> Table:
    parts = {role: part for (kind, role), part in sums.items() if kind == "role"}
    rows = [
        Row(role.label, Slice(role=role), [_value(parts[role], key) for key, _ in COLUMNS])
        for role in Role
        if role in parts and any(parts[role][key] for key in CONDITIONS)
    ]
    return Table("roles", "按责任岗位", "岗位", [Column(key, label) for key, label in COLUMNS], rows)


def _by_place(scope: Scope, places: Places, sums: dict) -> list[Table]:
    """The estates with the most overdue and red-line findings, worst first."""
    if scope.node.kind == Kind.ESTATE:
        return []
    keys = (*COLUMNS[:5], ("redline", "红线"))
    names = {estate.pk: estate.label for estate in places.estates}
    parts = [(node, part) for (kind, node), part in sums.items() if kind == "node" and node in names]
    parts = [(node, part) for node, part in parts if any(part[key] for key in CONDITIONS)]
    parts.sort(key=lambda one: (-one[1]["overdue"], -one[1]["redline"], -one[1]["opened"], names[one[0]]))
    rows = [
        Row(names[node], Slice(node=node), [_value(part, key) for key, _ in keys])
        for node, part in parts[:PLACES_LISTED]
    ]
    note = f"月末超期多的在前，最多列 {PLACES_LISTED} 个项目。" if len(parts) > PLACES_LISTED else ""
    return [Table("places", "按项目", "项目", [Column(key, label) for key, label in keys], rows, note)]
