"""督导全覆盖 (INS-14): which estates and subjects each tier has supervised in the month, and which it has not.

Supervised = an inspection with all of its checklist (planned, or ad hoc without a subset) was submitted in the month.
Asked of the estates in charge: delivered and not exited (phase 不限 of INS-4) on the first or the last day of the month.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from estates.models import Estate
from estates.phases import Phase, in_phase, phases_on
from foundation.worktime.local import local_date
from inspections.choices import Tier, Way
from inspections.models import Inspection, Section
from reports.figures.values import Cell, Chapter, Column, Figure, Places, Row, Scope, Slice, Table

NAMED = 40


def _days(scope: Scope) -> tuple[date, date]:
    """The days on which an estate has to be in charge, as for the schedules; of a running month the newest one."""
    return scope.month.first, min(scope.month.last, local_date(scope.at))


def _in_charge(scope: Scope) -> Q:
    first, last = _days(scope)
    return in_phase(Phase.ANY, first) | in_phase(Phase.ANY, last)


def _supervisions(scope: Scope) -> QuerySet:
    rows = Inspection.objects.filter(
        scope.of_tier(),
        state=Inspection.State.SUBMITTED,
        item_ids__isnull=True,
        submitted_at__gte=scope.start,
        submitted_at__lt=scope.until,
    )
    checklist, _, section = scope.slice.subject.partition("/")
    if section:
        rows = rows.filter(
            version__in=Section.objects.filter(code=section, version__checklist__code=checklist).values("version")
        )
    return rows


def estates(scope: Scope) -> QuerySet:
    return Estate.objects.filter(scope.at_estates("pk"), _in_charge(scope))


def _supervised(is_covered: bool) -> Callable[[Scope], QuerySet]:
    def rows(scope: Scope) -> QuerySet:
        covered = Exists(_supervisions(scope).filter(estate=OuterRef("pk")))
        return estates(scope).filter(covered if is_covered else ~covered)

    return rows


FIGURES = (
    Figure("estates", "在管项目", "个", "本月第一天或最后一天已交付、未退出的项目,退出当天仍算在管。", estates),
    Figure("covered", "已督导项目", "个", "本月至少有一次整表检查提交的在管项目。", _supervised(True), better="more"),
    Figure("uncovered", "未督导项目", "个", "本月没有整表检查提交的在管项目。", _supervised(False), better="less"),
)


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    """Two statements beside the estates; the subjects are those of the safety checklists that were used."""
    days = _days(scope)
    wanted = {e.pk for e in places.estates if any(Phase.ANY in phases_on(e.lifecycle, day) for day in days)}
    rows = _supervisions(scope).filter(scope.at_estates()).order_by()
    by_tier: dict[str, set[int]] = defaultdict(set)
    by_version: dict[tuple[int, str], set[int]] = defaultdict(set)
    for estate, tier, version in rows.values_list("estate_id", "tier", "version_id").distinct():
        if estate in wanted:
            by_tier[tier].add(estate)
            by_version[version, tier].add(estate)
    chapter = Chapter("coverage", "督导覆盖", tables=[_by_tier(by_tier, wanted)])
    if not places.is_one_estate:
        chapter.cells = [Cell("estates", len(wanted))]
        chapter.tables.append(_by_subject(by_version, wanted))
        chapter.lists["uncovered"] = _uncovered(by_tier, wanted, places)
    return [chapter]


def _by_tier(by_tier: dict[str, set[int]], wanted: set[int]) -> Table:
    columns = [Column("covered", "已督导项目"), Column("uncovered", "未督导项目")]
    rows = [Row(tier.label, Slice(tier=tier), [len(by_tier[tier]), len(wanted - by_tier[tier])]) for tier in Tier]
    return Table("coverage", "各层级督导覆盖", "层级", columns, rows)


def _by_subject(by_version: dict[tuple[int, str], set[int]], wanted: set[int]) -> Table:
    sections = Section.objects.filter(
        version__in={version for version, _ in by_version}, version__checklist__way=Way.SAFETY
    ).order_by("version__checklist__code", "-version__number", "position", "id")
    subjects: dict[str, tuple[str, dict[str, set[int]]]] = {}
    for section in sections.values("version_id", "code", "name", "version__checklist__code"):
        key = f"{section['version__checklist__code']}/{section['code']}"
        _, covered = subjects.setdefault(key, (section["name"], defaultdict(set)))
        for tier in Tier:
            covered[tier] |= by_version.get((section["version_id"], tier), set())
    columns = [
        Column(key, label, Slice(tier=tier), tier.label)
        for tier in Tier
        for key, label in (("covered", "已督导"), ("uncovered", "未督导"))
    ]
    rows = [
        Row(name, Slice(subject=key), [n for tier in Tier for n in (len(covered[tier]), len(wanted - covered[tier]))])
        for key, (name, covered) in subjects.items()
    ]
    return Table("coverage_subjects", "各主题督导覆盖(项目数)", "主题", columns, rows)


def _uncovered(by_tier: dict[str, set[int]], wanted: set[int], places: Places) -> list[dict[str, Any]]:
    """The names of those a tier did not supervise; none for a tier that supervised no one, which the table says."""
    names = {estate.pk: estate.label for estate in places.estates}
    return [
        {"tier": tier.label, "estates": sorted(names[pk] for pk in wanted - by_tier[tier])[:NAMED]}
        for tier in Tier
        if by_tier[tier] and wanted - by_tier[tier]
    ]
