"""The rows behind the figures of inspections (RPT-3).

An inspection belongs to the month in which its period ends; 临时检查 (INS-13) have no period that anyone planned and
are counted apart. An estate does not see a mystery visit coming (INS-3): its own bulletin counts one once it is over.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet

from estates.models import Kind
from inspections.choices import Way
from inspections.models import Inspection, Section, SectionResult
from inspections.querysets import InspectionQuerySet
from reports.figures.values import Figure, Scope, mean_score, ratio_of, share_of

State = Inspection.State
IN_TIME = Q(state=State.SUBMITTED, is_made_up=False)


def inspections_of(scope: Scope) -> InspectionQuerySet:
    """Of all months: what the people of the bulletin's node may know of (INS-3)."""
    rows = Inspection.objects.filter(scope.at_estates())
    if scope.node.kind == Kind.ESTATE:
        rows = rows.exclude(version__checklist__way=Way.MYSTERY, state__in=Inspection.UNFINISHED)
    return rows


def of_month(scope: Scope) -> InspectionQuerySet:
    return inspections_of(scope).filter(scope.of_tier()).due_in(scope.month.first, scope.last)


def due(scope: Scope) -> QuerySet:
    """Planned inspections whose period ends in the month."""
    rows, part = of_month(scope).filter(schedule__isnull=False), scope.slice
    if part.checklist:
        rows = rows.filter(version__checklist__code=part.checklist)
    if part.subject:
        checklist, _, section = part.subject.partition("/")
        rows = rows.filter(
            version__in=Section.objects.filter(code=section, version__checklist__code=checklist).values("version")
        )
    return rows


def in_state(state: str) -> Callable[[Scope], QuerySet]:
    return lambda scope: due(scope).filter(state=state)


def scored(scope: Scope) -> QuerySet:
    return due(scope).filter(state=State.SUBMITTED, score__isnull=False)


def adhoc(scope: Scope) -> QuerySet:
    return of_month(scope).filter(schedule__isnull=True)


def subject_results(scope: Scope) -> QuerySet:
    """What the subject came to in each submitted, planned inspection."""
    inspection = "inspection__"
    checklist, _, section = scope.slice.subject.partition("/")
    rows = SectionResult.objects.filter(
        scope.at_estates("inspection__estate"),
        scope.of_tier("inspection__tier"),
        inspection__schedule__isnull=False,
        inspection__state=State.SUBMITTED,
        **ends_in(scope.month.first, scope.last, inspection),
    )
    return rows.filter(section__code=section, inspection__version__checklist__code=checklist)


def ends_in(first: date, last: date, path: str = "") -> dict[str, Any]:
    return {f"{path}period_end__gt": first, f"{path}period_end__lte": date.fromordinal(last.toordinal() + 1)}


PERIOD = "一次检查计入其周期结束的月份；临时检查另计。"
FIGURES = (
    Figure("due", "应检", "次", f"按督导计划应完成的检查。{PERIOD}", due),
    Figure("done", "已检", "次", f"应检中已提交的检查。{PERIOD}", in_state(State.SUBMITTED), better="more"),
    Figure("missed", "漏检", "次", f"应检中到截止时间仍未提交的检查。{PERIOD}", in_state(State.MISSED), better="less"),
    Figure(
        "pending",
        "未结",
        "次",
        f"应检中补生成后尚在补检期限内的检查。{PERIOD}",
        lambda s: due(s).filter(state__in=Inspection.UNFINISHED),
    ),
    Figure(
        "done_rate", "检查完成率", "%", "已检 ÷ 应检 × 100。", due, share_of(Q(state=State.SUBMITTED)), better="more"
    ),
    Figure(
        "in_time_rate",
        "按时完成率",
        "%",
        "在周期内提交的检查 ÷ 应检 × 100；补生成的检查不算按时。",
        due,
        share_of(IN_TIME),
        better="more",
    ),
    Figure(
        "score",
        "平均得分",
        "分",
        f"已提交的计划检查得分的算术平均；督导得分只计集团和分子公司的检查。{PERIOD}",
        scored,
        mean_score,
        better="more",
    ),
    Figure(
        "subject_score",
        "主题得分",
        "分",
        "该主题在各次已提交的计划检查中，合格权重之和 ÷ 适用权重之和 × 100。",
        subject_results,
        ratio_of("passed_weight", "applicable_weight"),
        better="more",
    ),
    Figure("adhoc", "临时检查", "次", "期限在本月结束的临时检查。", adhoc),
    Figure(
        "adhoc_done",
        "临时检查已提交",
        "次",
        "期限在本月结束、已提交的临时检查。",
        lambda s: adhoc(s).filter(state=State.SUBMITTED),
    ),
)
