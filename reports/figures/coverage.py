"""督导全覆盖 (INS-14): which estates and subjects each tier has supervised for the month, and which it has not.

As on the coverage page: a planned inspection belongs to the month in which its own period ends, an ad-hoc one of the whole
checklist to the month of its submission. Supervised = one of them was submitted; not supervised = one was due and none was.
An estate of which nothing was due is neither. 在管 = delivered and not exited (phase 不限 of INS-4) on the month's first or
last day.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from estates.models import Estate
from estates.phases import Phase, in_phase, phases_on
from foundation.worktime.local import local_date
from inspections.choices import Tier, Way
from inspections.models import Inspection, Section
from reports.figures.inspections.rows import inspections_of
from reports.figures.values import Cell, Chapter, Column, Figure, Places, Row, Scope, Slice, Table

NAMED = 40
DAY = timedelta(days=1)


@dataclass
class _Covered:
    """Ids of the estates that were asked for, and of those that were supervised."""

    asked: set[int] = field(default_factory=set)
    done: set[int] = field(default_factory=set)

    def add(self, estate: int, state: str) -> None:
        self.asked.add(estate)
        if state == Inspection.State.SUBMITTED:
            self.done.add(estate)

    def join(self, other: _Covered) -> None:
        self.asked |= other.asked
        self.done |= other.done

    @property
    def left(self) -> set[int]:
        return self.asked - self.done


def _days(scope: Scope) -> tuple[date, date]:
    """The days on which an estate has to be in charge, as for the schedules; of a running month the newest one."""
    return scope.month.first, min(scope.month.last, local_date(scope.at))


def _in_charge(scope: Scope) -> Q:
    first, last = _days(scope)
    return in_phase(Phase.ANY, first) | in_phase(Phase.ANY, last)


def _of_subject(rows: QuerySet, scope: Scope) -> QuerySet:
    checklist, _, section = scope.slice.subject.partition("/")
    if not section:
        return rows
    asked = Section.objects.filter(code=section, version__checklist__code=checklist)
    return rows.filter(version__in=asked.values("version"))


def _asked(scope: Scope) -> QuerySet:
    """Planned inspections whose period ends in the month, and ad-hoc ones of a whole checklist submitted in it."""
    rows = _of_subject(inspections_of(scope).filter(scope.of_tier()), scope)
    planned = Q(schedule__isnull=False, period_end__gt=scope.month.first, period_end__lte=scope.last + DAY)
    adhoc = Q(schedule__isnull=True, item_ids__isnull=True, submitted_at__gte=scope.start, submitted_at__lt=scope.until)
    return rows.filter(planned | adhoc)


def estates(scope: Scope) -> QuerySet:
    return Estate.objects.filter(scope.at_estates("pk"), _in_charge(scope))


def covered(scope: Scope) -> QuerySet:
    done = _asked(scope).filter(estate=OuterRef("pk"), state=Inspection.State.SUBMITTED)
    return Estate.objects.filter(scope.at_estates("pk"), Exists(done))


def uncovered(scope: Scope) -> QuerySet:
    due = _asked(scope).filter(estate=OuterRef("pk"))
    return Estate.objects.filter(scope.at_estates("pk"), Exists(due)).exclude(pk__in=covered(scope).values("pk"))


FIGURES = (
    Figure("estates", "在管项目", "个", "本月第一天或最后一天已交付、未退出的项目，退出当天仍算在管。", estates),
    Figure("covered", "已督导项目", "个", "本月应检或整表临时检查中至少提交了一次的项目。", covered, better="more"),
    Figure("uncovered", "未督导项目", "个", "本月有应检而一次也没有提交的项目。", uncovered, better="less"),
)


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    """Two statements beside the estates; the subjects are those of the safety checklists that were used."""
    days = _days(scope)
    in_charge = sum(any(Phase.ANY in phases_on(e.lifecycle, day) for day in days) for e in places.estates)
    rows = _asked(scope).order_by()
    by_tier: dict[str, _Covered] = defaultdict(_Covered)
    by_version: dict[tuple[int, str], _Covered] = defaultdict(_Covered)
    for estate, tier, version, state in rows.values_list("estate_id", "tier", "version_id", "state").distinct():
        by_tier[tier].add(estate, state)
        by_version[version, tier].add(estate, state)
    chapter = Chapter("coverage", "督导覆盖", tables=[_by_tier(by_tier)])
    if not places.is_one_estate:
        chapter.cells = [Cell("estates", in_charge)]
        chapter.tables.append(_by_subject(by_version))
        chapter.lists["uncovered"] = _uncovered(by_tier, places)
    return [chapter]


def _by_tier(by_tier: dict[str, _Covered]) -> Table:
    columns = [Column("covered", "已督导项目"), Column("uncovered", "未督导项目")]
    rows = [Row(tier.label, Slice(tier=tier), [len(by_tier[tier].done), len(by_tier[tier].left)]) for tier in Tier]
    return Table("coverage", "各层级督导覆盖", "层级", columns, rows)


def _by_subject(by_version: dict[tuple[int, str], _Covered]) -> Table:
    sections = Section.objects.filter(
        version__in={version for version, _ in by_version}, version__checklist__way=Way.SAFETY
    ).order_by("version__checklist__code", "-version__number", "position", "id")
    subjects: dict[str, tuple[str, dict[str, _Covered]]] = {}
    for section in sections.values("version_id", "code", "name", "version__checklist__code"):
        key = f"{section['version__checklist__code']}/{section['code']}"
        _, tiers = subjects.setdefault(key, (section["name"], defaultdict(_Covered)))
        for tier in Tier:
            tiers[tier].join(by_version.get((section["version_id"], tier), _Covered()))
    columns = [
        Column(key, label, Slice(tier=tier), tier.label)
        for tier in Tier
        for key, label in (("covered", "已督导"), ("uncovered", "未督导"))
    ]
    rows = [
        Row(name, Slice(subject=key), [n for tier in Tier for n in (len(tiers[tier].done), len(tiers[tier].left))])
        for key, (name, tiers) in subjects.items()
    ]
    return Table("coverage_subjects", "各主题督导覆盖（项目数）", "主题", columns, rows)


def _uncovered(by_tier: dict[str, _Covered], places: Places) -> list[dict[str, Any]]:
    """The names of those a tier was to supervise and did not."""
    names = {estate.pk: estate.label for estate in places.estates}
    return [
        {"tier": tier.label, "estates": sorted(names[pk] for pk in by_tier[tier].left)[:NAMED]}
        for tier in Tier
        if by_tier[tier].left
    ]
