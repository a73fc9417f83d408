"""交房与入住 of a period (RPT-1): houses handed over and not, defects, fees, move-ins, goods released."""

from __future__ import annotations

from handover.choices import NotTaken
from handover.models import Batch
from reports.figures.handover.counting import FORMULAS, Counted, count
from reports.figures.handover.rows import FIGURES
from reports.figures.values import Cell, Chapter, Column, Places, Row, Scope, Slice, Table

__all__ = ["FIGURES", "chapters"]

PLACES_LISTED = 30
COLUMNS = (
    ("handover_done", "接房"),
    ("handover_not_taken", "期末未接房"),
    ("defect_open", "未销遗留问题"),
    ("defect_overdue", "超期"),
    ("handover_billed", "应收（元）"),
    ("handover_paid", "实收（元）"),
    ("handover_owed", "期末未收（元）"),
    ("pass_made", "出门条"),
)


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    """With the month before beside it; nothing where no batch was made so far."""
    if not Batch.objects.filter(scope.at_estates(), opened_at__lt=scope.until).exists():
        return []
    now, before = count(scope, scope.narrowed(Slice(month=str(scope.month.shift(-1)))))
    chapter = Chapter("handover", "交房与入住")
    chapter.cells = [Cell(key, now.value(key), before=before.value(key)) for key in FORMULAS]
    chapter.tables = [_by_reason(now), *_by_place(places, now)]
    return [chapter]


def _by_reason(now: Counted) -> Table:
    rows = [
        Row(reason.label, Slice(kind=reason.value), [now.reasons[reason.label]])
        for reason in NotTaken
        if now.reasons.get(reason.label)
    ]
    return Table("handover_reasons", "未接房原因", "原因", [Column("handover_not_taken", "户数")], rows)


def _by_place(places: Places, now: Counted) -> list[Table]:
    """The estates with the most overdue defects first."""
    if places.is_one_estate:
        return []
    names = {estate.pk: estate.label for estate in places.estates}
    found = [(pk, sums) for pk, sums in now.places.items() if pk in names and any(sums.values())]
    found.sort(key=lambda one: (-one[1]["overdue"], -one[1]["not_taken"], names[one[0]]))
    rows = [
        Row(names[pk], Slice(node=pk), [now.value(key, pk) for key, _ in COLUMNS]) for pk, _ in found[:PLACES_LISTED]
    ]
    note = f"超期遗留问题多的在前，最多列 {PLACES_LISTED} 个项目。" if len(found) > PLACES_LISTED else ""
    columns = [Column(key, label) for key, label in COLUMNS]
    return [Table("handover_places", "按项目", "项目", columns, rows, note)]
