"""自查可信度 (INS-16): what the estate had passed and an upper tier failed soon after, by the upper tier's month."""

from __future__ import annotations

from collections import defaultdict

from django.db.models import Count, QuerySet, Sum

from inspections.models import Discrepancy, Inspection
from reports.figures.values import (
    UPPER,
    Cell,
    Chapter,
    Column,
    Figure,
    Places,
    Row,
    Scope,
    Slice,
    Table,
    rate,
    ratio_of,
    total_of,
)

LISTED = 30


def compared(scope: Scope) -> QuerySet:
    """The upper tiers' inspections submitted in the month in which anything could be compared."""
    return Inspection.objects.filter(
        scope.at_estates(),
        scope.narrowed(Slice(tier=scope.slice.tier or UPPER)).of_tier(),
        state=Inspection.State.SUBMITTED,
        submitted_at__gte=scope.start,
        submitted_at__lt=scope.until,
        compared__gt=0,
    )


def pairs(scope: Scope) -> QuerySet:
    return Discrepancy.objects.filter(scope.at_estates(), upper__in=compared(scope).values("pk"))


FIGURES = (
    Figure(
        "compared",
        "可比对项",
        "项",
        "上级本月检查的项目中，项目此前数日内自查合格的检查项数。",
        compared,
        total_of("compared"),
    ),
    Figure("contradicted", "自查不符", "项", "项目自查合格、上级随后数日内判为不合格的检查项。", pairs, better="less"),
    Figure(
        "contradiction_rate",
        "自查不符率",
        "%",
        "自查不符项 ÷ 可比对项 × 100，越低自查越可信。",
        compared,
        ratio_of("contradicted", "compared"),
        better="less",
    ),
)


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    """Two statements; a month in which nothing could be compared has no chapter."""
    by_estate: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for estate, total in compared(scope).order_by().values_list("estate_id").annotate(Sum("compared")):
        by_estate[estate][0] = total
    for estate, total in pairs(scope).order_by().values_list("estate_id").annotate(Count("pk")):
        by_estate[estate][1] = total
    if not by_estate:
        return []
    whole, part = (sum(values) for values in zip(*by_estate.values(), strict=True))
    chapter = Chapter("credibility", "自查可信度")
    chapter.cells = [
        Cell("contradiction_rate", rate(part, whole)),
        Cell("contradicted", part),
        Cell("compared", whole),
    ]
    if not places.is_one_estate:
        names = {estate.pk: estate.label for estate in places.estates}
        rows = [
            Row(names[estate], Slice(node=estate), [all_, bad, rate(bad, all_)])
            for estate, (all_, bad) in sorted(
                by_estate.items(), key=lambda one: (-one[1][1] / one[1][0], names[one[0]])
            )
        ]
        columns = [
            Column("compared", "可比对项"),
            Column("contradicted", "不符项"),
            Column("contradiction_rate", "不符率 %"),
        ]
        note = "不符率高的在前。" + (f"最多列 {LISTED} 个项目。" if len(rows) > LISTED else "")
        chapter.tables = [Table("credibility", "各项目自查不符率", "项目", columns, rows[:LISTED], note)]
    return [chapter]
