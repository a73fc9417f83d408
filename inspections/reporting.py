"""Outputs (INS-15) as values: the filled form, the report of one inspection, the report of one round.

A page and its PDF are made from the same object; nothing here reads the clock or renders.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Count, Q, Sum

from accounts.rights import Right
from foundation.attachments.models import Attachment
from inspections.choices import Grade, Result, Risk
from inspections.models import (
    Answer,
    Discrepancy,
    Inspection,
    InspectionPolicy,
    Item,
    Rectification,
    Section,
    SectionResult,
)
from inspections.oversight import TENTH, percent
from inspections.scoring import GradeLimits, grade, score
from inspections.services.filling import item_id_of
from inspections.services.submission import items_of

if TYPE_CHECKING:
    from accounts.models import User
    from inspections.models import Checklist, Schedule
    from inspections.periods import Period
    from inspections.querysets import InspectionQuerySet, RectificationQuerySet

State = Inspection.State


def report_name(checklist: Checklist) -> str:
    """《十必查督导报告》; a checklist that is called 触点督导 does not say 督导 twice."""
    return f"{checklist.name.removesuffix('督导')}督导报告"


def reading_of(answer: Answer, item: Item) -> str:
    """A reading with its unit, e.g. 0.15 MPa; "" where none was taken."""
    return "" if answer.reading is None else f"{answer.reading.normalize():f} {item.unit}"


# --- 检查表: the filled form ------------------------------------------------------------------------------------------


@dataclass
class Line:
    item: Item
    answer: Answer | None
    number: int

    @property
    def reading(self) -> str:
        return reading_of(self.answer, self.item) if self.answer else ""


@dataclass
class FormSection:
    section: Section
    lines: list[Line] = field(default_factory=list)


def form_of(inspection: Inspection) -> list[FormSection]:
    """Every item that was asked, in order, with its answer where there is one; two statements."""
    answers = {answer.item_id: answer for answer in inspection.answers.all()}
    parts: dict[int, FormSection] = {}
    for number, item in enumerate(items_of(inspection), start=1):
        part = parts.setdefault(item.section_id, FormSection(item.section))
        part.lines.append(Line(item, answers.get(item.pk), number))
    return list(parts.values())


# --- 督导报告 of one inspection -------------------------------------------------------------------------------------


@dataclass
class SubjectScore:
    """What a subject came to: points of 100, its grade by the same rule as the whole (INS-9)."""

    name: str
    passed_weight: int
    applicable_weight: int
    failed: int
    redline_failed: int
    limits: GradeLimits

    @property
    def score(self) -> Decimal | None:
        return score(self.passed_weight, self.applicable_weight)

    @property
    def grade_label(self) -> str:
        value = grade(self.score, self.redline_failed, self.limits)
        return str(Grade(value).label) if value else "不适用"


@dataclass
class Failure:
    answer: Answer
    rectification: Rectification | None
    photos: list[Attachment]
    discrepancy: Discrepancy | None = None

    @property
    def problem(self) -> str:
        """What was found: a reading out of its range, the inspector's words."""
        item = self.answer.item
        reading = reading_of(self.answer, item)
        said = [f"读数 {reading}（要求 {item.range_text}）"] if reading else []
        return "；".join([*said, *([self.answer.note] if self.answer.note else [])])


@dataclass
class InspectionReport:
    inspection: Inspection
    at: datetime
    subjects: list[SubjectScore]
    failures: list[Failure]
    shows_credibility: bool

    @cached_property
    def states(self) -> dict[str, int]:
        """Rectifications by state, and how many of them are overdue."""
        rows = [failure.rectification for failure in self.failures if failure.rectification]
        states = {state: sum(row.state == state for row in rows) for state in Rectification.State.values}
        late = sum(row.is_overdue(self.at) and row.state != Rectification.State.CLOSED for row in rows)
        return states | {"all": len(rows), "overdue": late}

    @property
    def closed_text(self) -> str:
        return f"{self.states['closed']}/{self.states['all']}"

    @property
    def conclusion(self) -> list[str]:
        """The report in sentences, each of them from the figures above."""
        i, states = self.inspection, self.states
        applicable = i.passed + i.failed
        rate = percent(i.passed, applicable)
        said = [
            f"本次检查 {i.item_total} 项，适用 {applicable} 项，合格 {i.passed} 项，不合格 {i.failed} 项"
            + ("。" if rate is None else f"，合格率 {rate}%。")
        ]
        if i.score is not None:
            capped = "（红线不合格，等级一律为不合格）" if i.redline_failed else ""
            said.append(f"得分 {i.score} 分，等级{i.get_grade_display()}{capped}。")
        weakest = [s for s in self.subjects if s.failed]
        if weakest:
            worst = sorted(weakest, key=lambda s: (s.score is None, s.score))[:3]
            said.append("薄弱主题：" + "、".join(f"{s.name}（{s.score} 分）" for s in worst) + "。")
        if states["all"]:
            late = f"；其中未关闭且超期 {states['overdue']} 张" if states["overdue"] else ""
            said.append(
                f"开出整改单 {states['all']} 张：已关闭 {states['closed']} 张，待复查 {states['recheck']} 张，"
                f"待整改 {states['open']} 张{late}。"
            )
        if self.shows_credibility and i.compared:
            said.append(f"与项目自查比对 {i.compared} 项，不符 {i.contradicted} 项。")
        return said


def report_of(inspection: Inspection, user: User, at: datetime) -> InspectionReport:
    """Six statements. The inspection comes with estate, branch and checklist at hand, and is submitted."""
    limits = InspectionPolicy.current().grade_limits
    results = inspection.section_results.select_related("section").order_by("section__position", "section_id")
    subjects = [
        SubjectScore(r.section.name, r.passed_weight, r.applicable_weight, r.failed, r.redline_failed, limits)
        for r in results
    ]
    may = user.may(Right.VIEW_CREDIBILITY, inspection.estate)
    return InspectionReport(inspection, at, subjects, _failures(inspection, may), may)


def _failures(inspection: Inspection, with_discrepancies: bool) -> list[Failure]:
    rectifications = {row.item_id: row for row in inspection.rectifications.select_related("assignee")}
    photos: dict[int | None, list[Attachment]] = defaultdict(list)
    for photo in Attachment.objects.for_owner(inspection):
        photos[item_id_of(photo)].append(photo)
    pairs: dict[int, Discrepancy] = {}
    if with_discrepancies:
        pairs = {pair.item_id: pair for pair in inspection.discrepancies.select_related("self_check")}
    failed = inspection.answers.filter(result=Result.FAIL).select_related("item__section")
    return [
        Failure(answer, rectifications.get(answer.item_id), photos.get(answer.item_id, []), pairs.get(answer.item_id))
        for answer in failed.order_by("item__section__position", "item__section_id", "item__position", "item_id")
    ]


# --- 督导报告 of one round ------------------------------------------------------------------------------------------


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
        return (sum(scores, Decimal()) / len(scores)).quantize(TENTH, ROUND_HALF_UP) if scores else None

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
