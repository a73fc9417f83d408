"""督导报告 of one round: the inspections of a schedule in one period (INS-15)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum

from foundation.records.rates import mean, percent
from inspections.choices import Risk
from inspections.models import Inspection, InspectionPolicy, Rectification, SectionResult
from inspections.reporting.subjects import SubjectScore

if TYPE_CHECKING:
    from inspections.models import Schedule
    from inspections.periods import Period
    from inspections.querysets import InspectionQuerySet, RectificationQuerySet

State = Inspection.State


@dataclass
class Frequent:
    """A failed item: how many estates of the round failed it."""

    what: str
    section: str
    risk: str
    count: int

    @property
    def risk_label(self) -> str:
        return str(Risk(self.risk).label)


@dataclass
class RoundReport:
    """One schedule's inspections of one period, at the estates that the reader sees."""

    schedule: Schedule
    period: Period
    inspections: list[Inspection]
    subjects: list[SubjectScore]
    redlines: list[Rectification]
    frequent: list[Frequent]
    rectifications: dict[str, int]

    @cached_property
    def ranking(self) -> list[tuple[int, Inspection]]:
        """Submitted ones by score; equal scores share a rank, an inspection without applicable items has none."""
        scored = [(i.score, i) for i in self.inspections if i.score is not None]
        scored.sort(key=lambda one: (-one[0], one[1].estate.code))
        ranks: dict[Decimal, int] = {}
        for position, (points, _) in enumerate(scored, start=1):
            ranks.setdefault(points, position)
        return [(ranks[points], row) for points, row in scored]

    @property
    def submitted(self) -> list[Inspection]:
        return [i for i in self.inspections if i.state == State.SUBMITTED]

    @property
    def missed(self) -> list[Inspection]:
        return [i for i in self.inspections if i.state == State.MISSED]

    @property
    def unfinished(self) -> list[Inspection]:
        return [i for i in self.inspections if i.is_unfinished()]

    @property
    def average(self) -> Decimal | None:
        scores = [i.score for i in self.inspections if i.score is not None]
        return mean(sum(scores, Decimal()), len(scores))

    @property
    def done_rate(self) -> Decimal | None:
        return percent(len(self.submitted), len(self.inspections))

    @property
    def done_text(self) -> str:
        return f"{len(self.submitted)}/{len(self.inspections)}"

    @property
    def closed_text(self) -> str:
        return f"{self.rectifications['closed']}/{self.rectifications['all']}"

    @property
    def redline_estates(self) -> int:
        return sum(i.redline_failed > 0 for i in self.inspections)

    @property
    def conclusion(self) -> list[str]:
        said = [
            f"本轮应检项目 {len(self.inspections)} 个，已检 {len(self.submitted)} 个，漏检 {len(self.missed)} 个，"
            f"未结 {len(self.unfinished)} 个，完成率 {self.done_rate}%。"
        ]
        if self.average is not None:
            said.append(f"平均得分 {self.average} 分，{self.redline_estates} 个项目有红线不合格。")
        scored = sorted((s for s in self.subjects if s.score is not None), key=lambda s: s.score or 0)
        if scored and scored[0].failed:
            said.append("薄弱主题：" + "、".join(f"{s.name}（{s.score} 分）" for s in scored[:3] if s.failed) + "。")
        if self.rectifications["all"]:
            said.append(f"开出整改单 {self.rectifications['all']} 张，已关闭 {self.rectifications['closed']} 张。")
        return said


FREQUENT = 10
REDLINES = 50


def round_report_of(schedule: Schedule, period: Period, rows: InspectionQuerySet) -> RoundReport:
    """Six statements, whatever the number of estates. `rows` are the round's inspections that the reader sees."""
    opened = Rectification.objects.filter(inspection__in=rows.order_by().values("pk"))
    redlines = opened.filter(risk=Risk.REDLINE).select_related("estate", "item")
    in_order = rows.select_related("estate__parent", "submitted_by").order_by("estate__parent__code", "estate__code")
    closed = Count("pk", filter=Q(state=Rectification.State.CLOSED))
    return RoundReport(
        schedule=schedule,
        period=period,
        inspections=list(in_order),
        subjects=_round_subjects(rows),
        redlines=list(redlines.order_by("estate__code", "item__position")[:REDLINES]),
        frequent=_frequent(opened),
        rectifications=opened.aggregate(all=Count("pk"), closed=closed),
    )


def _round_subjects(rows: InspectionQuerySet) -> list[SubjectScore]:
    """Passed / applicable weight over all inspections of the round."""
    limits = InspectionPolicy.current().grade_limits
    sums = (
        SectionResult.objects.filter(inspection__in=rows.order_by().values("pk"))
        .order_by("section__position", "section_id")
        .values_list("section__name", "section__position", "section_id")
        .annotate(Sum("passed_weight"), Sum("applicable_weight"), Sum("failed"), Sum("redline_failed"))
    )
    return [
        SubjectScore(name, passed, applicable, failed, redline_failed, limits)
        for name, _, _, passed, applicable, failed, redline_failed in sums
    ]


def _frequent(opened: RectificationQuerySet) -> list[Frequent]:
    counted = (
        opened.order_by()
        .values_list("item__what", "item__section__name", "item__risk", "item_id")
        .annotate(count=Count("pk"))
        .order_by("-count", "item_id")
    )
    return [Frequent(what, section, risk, count) for what, section, risk, _, count in counted[:FREQUENT]]
