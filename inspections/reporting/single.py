"""督导报告 of one inspection (INS-15)."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from accounts.rights import Right
from foundation.attachments.models import Attachment
from foundation.records.rates import percent
from inspections.choices import Result
from inspections.models import Answer, Discrepancy, Inspection, InspectionPolicy, Rectification
from inspections.reporting.subjects import SubjectScore, reading_of
from inspections.services.filling import item_id_of

if TYPE_CHECKING:
    from accounts.models import User


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
