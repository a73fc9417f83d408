"""The ranking of estates and branches (RPT-1).

Estates are ranked by the upper tiers' scores alone: a self-check must not be able to lift its own estate.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from estates.models import Kind
from inspections.choices import Tier
from inspections.models import InspectionPolicy
from reports.figures.inspections.counting import Counted
from reports.figures.values import UPPER, Chapter, Column, Places, Row, Scope, Slice, Table


def ranking(scope: Scope, places: Places, counted: Counted) -> Chapter:
    """RPT-1: estates by the upper tiers' score; with too few of their inspections an estate is listed, not ranked."""
    least = InspectionPolicy.current().rank_from
    columns = [
        Column("done", "督导次数", Slice(tier=UPPER)),
        Column("score", "督导得分", Slice(tier=UPPER)),
        Column("score", "自查得分", Slice(tier=Tier.ESTATE)),
        Column("done_rate", "完成率 %"),
        Column("missed", "漏检"),
    ]

    def row(node: Any) -> Row:
        values = [counted.month[c.slice.tier, "", node.pk][c.figure] for c in columns]
        return Row(node.label, Slice(node=node.pk), values)

    def place(row: Row) -> tuple:
        _, score, *_, missed = row.values
        return (-Decimal(str(score)), missed)

    rows = [row(estate) for estate in places.estates if counted.month["", "", estate.pk].due or estate.is_active]
    enough = [one for one in rows if one.values[0] >= least and one.values[1] is not None]  # type: ignore[operator]
    listed = [one for one in rows if one not in enough]
    enough.sort(key=place)
    previous, rank = None, 0
    for number, one in enumerate(enough, start=1):
        if one.values[1] != previous:
            previous, rank = one.values[1], number
        one.lead = str(rank)
    for one in listed:
        one.lead = "—"
        one.note = f"上级督导 {one.values[0]} 次，少于 {least} 次"
    note = f"按集团、分子公司本月检查的平均得分排名；上级督导少于 {least} 次的项目只列出，不排名。"
    tables = [Table("ranking", "项目排名", "项目", columns, [*enough, *listed], note, ranked=True)]
    if scope.node.kind == Kind.GROUP:
        branches = [row(branch) for branch in places.branches.values()]
        branches.sort(key=lambda one: (one.values[1] is None, -Decimal(str(one.values[1] or 0))))
        tables.insert(0, Table("branches", "分子公司对比", "分子公司", columns, branches))
    return Chapter("ranking", "排名", tables=tables)
