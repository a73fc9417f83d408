"""Inspections of a month (RPT-1): due, done and missed by tier and subject, scores, ranking.

The score of several inspections is their mean; a subject's is passed / applicable weight × 100.
"""

from __future__ import annotations

from typing import Any

from inspections.choices import Tier
from reports.figures.inspections.counting import TREND_MONTHS, Counted, count_all
from reports.figures.inspections.ranking import ranking
from reports.figures.inspections.rows import FIGURES
from reports.figures.values import UPPER, Cell, Chapter, Column, Places, Row, Scope, Slice, Table

__all__ = ["FIGURES", "chapters"]


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    counted = count_all(scope, places)
    before, year_ago = scope.month.shift(-1), scope.month.shift(-12)

    def cell(figure: str, tier: str = "", label: str = "") -> Cell:
        return Cell(
            figure,
            counted.month[tier, "", None][figure],
            Slice(tier=tier),
            label,
            counted.by_month[str(before), tier][figure],
            counted.by_month[str(year_ago), tier][figure],
        )

    chapter = Chapter("inspections", "督导检查")
    chapter.headline = [cell("done_rate"), cell("score", UPPER, "督导得分"), cell("missed")]
    chapter.cells = [
        cell("due"),
        cell("done"),
        cell("in_time_rate"),
        cell("score", Tier.ESTATE, "自查得分"),
        cell("pending"),
        Cell("adhoc", counted.adhoc),
        Cell("adhoc_done", counted.adhoc_done),
    ]
    chapter.tables = [
        _by_tier(scope, counted, str(before), str(year_ago)),
        _by_subject(counted, scope, str(before), str(year_ago)),
        _by_checklist(counted),
    ]
    chapter.charts = {
        "trend": _trend(scope, counted),
        "completion": [
            {"label": tier.label, **{key: counted.month[tier, "", None][key] for key in ("done", "missed", "pending")}}
            for tier in Tier
            if counted.month[tier, "", None].due
        ],
        "subjects": [
            {
                "label": name,
                "score": counted.subject_score(scope.month, UPPER, key)
                or counted.subject_score(scope.month, Tier.ESTATE, key),
                "before": counted.subject_score(before, UPPER, key),
            }
            for key, name in counted.subjects.items()
        ],
    }
    if places.is_one_estate:
        return [chapter]
    return [chapter, ranking(scope, places, counted)]


def _by_tier(scope: Scope, counted: Counted, before: str, year_ago: str) -> Table:
    plain = [
        ("due", "应检"),
        ("done", "已检"),
        ("missed", "漏检"),
        ("done_rate", "完成率 %"),
        ("in_time_rate", "按时率 %"),
    ]
    columns = [Column(key, label) for key, label in plain]
    columns += [Column("score", "本月", over="平均得分"), Column("score", "上月", Slice(month=before), "平均得分")]
    columns.append(Column("score", "去年同月", Slice(month=year_ago), "平均得分"))
    rows = []
    for tier in (*Tier, ""):
        now = counted.month[tier, "", None]
        values = [now[key] for key, _ in plain]
        values += [now["score"], counted.by_month[before, tier]["score"], counted.by_month[year_ago, tier]["score"]]
        rows.append(Row(Tier(tier).label if tier else "合计", Slice(tier=tier), values))
    return Table("tiers", "各层级检查完成情况", "层级", columns, rows)


def _by_subject(counted: Counted, scope: Scope, before: str, year_ago: str) -> Table:
    tiers = [tier for tier in Tier if counted.month[tier, "", None].due]
    columns = [
        Column(key, label, Slice(tier=tier), tier.label)
        for tier in tiers
        for key, label in (("due", "应"), ("done", "已"), ("missed", "漏"))
    ]
    columns += [
        Column("subject_score", "本月", Slice(tier=UPPER), "督导得分"),
        Column("subject_score", "上月", Slice(tier=UPPER, month=before), "督导得分"),
        Column("subject_score", "去年", Slice(tier=UPPER, month=year_ago), "督导得分"),
        Column("subject_score", "自查", Slice(tier=Tier.ESTATE), "得分"),
    ]
    rows = []
    for subject, name in counted.subjects.items():
        values = [counted.month[tier, subject, None][key] for tier in tiers for key in ("due", "done", "missed")]
        values += [counted.subject_score(month, UPPER, subject) for month in (scope.month, before, year_ago)]
        values.append(counted.subject_score(scope.month, Tier.ESTATE, subject))
        rows.append(Row(name, Slice(subject=subject), values))
    note = "应 = 应检，已 = 已检，漏 = 漏检（次）。一次检查覆盖其检查表的全部主题。"
    return Table("subjects", "要点督导各主题", "主题", columns, rows, note)


def _by_checklist(counted: Counted) -> Table:
    keys = (("due", "应检"), ("done", "已检"), ("missed", "漏检"), ("done_rate", "完成率 %"), ("score", "平均得分"))
    rows = [
        Row(name, Slice(checklist=code), [counted.month["", code, None][key] for key, _ in keys])
        for code, name in counted.checklists.items()
    ]
    return Table("checklists", "其他督导方式", "检查表", [Column(key, label) for key, label in keys], rows)


def _trend(scope: Scope, counted: Counted) -> dict[str, Any]:
    """Scores of the last twelve months by tier; a tier without a single score is left out."""
    months = [scope.month.shift(back) for back in range(1 - TREND_MONTHS, 1)]
    lines = [
        {"label": tier.label, "values": [counted.by_month[str(month), tier]["score"] for month in months]}
        for tier in Tier
    ]
    return {
        "months": [f"{month.first.month}月" for month in months],
        "lines": [line for line in lines if any(line["values"])],
    }
