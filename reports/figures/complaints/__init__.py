"""Complaints and requests of a period: 快, 准, 好 (CMP-14, CMP-15, RPT-1). For the monthly bulletin and the weekly sheet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from accounts.models import User
from complaints.choices import Department, Grade
from complaints.choices import Kind as CaseKind
from estates.models import Kind
from reports.figures.complaints.counting import NONE, Counted, count
from reports.figures.complaints.rows import FIGURES
from reports.figures.values import Cell, Chapter, Column, Places, Row, Scope, Slice, Table

__all__ = ["FIGURES", "chapters", "weekly"]

PLACES_LISTED = 30
PEOPLE_LISTED = 40

FAST = (
    "case_transfer_rate",
    "case_reply_rate",
    "case_reply_hours",
    "case_handle_rate",
    "case_handle_hours",
    "case_same_day_rate",
)
GOOD = ("case_first_fix", "case_repeat", "case_call_rate", "case_satisfaction", "case_content")
COLUMNS = (
    ("case_received", "受理"),
    ("case_reply_rate", "及时答复 %"),
    ("case_handled", "处理完成"),
    ("case_handle_rate", "及时处理 %"),
    ("case_called", "接通回访"),
    ("case_satisfaction", "满意度"),
    ("case_open", "未关闭"),
    ("case_overdue", "超期"),
)
PERSON_COLUMNS = (
    ("case_replied", "答复"),
    ("case_reply_rate", "及时答复 %"),
    ("case_handled", "处理"),
    ("case_handle_rate", "及时处理 %"),
    ("case_handle_hours", "平均处理（小时）"),
    ("case_called", "接通回访"),
)


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    """The bulletin's chapter, with the month before beside it."""
    return _chapters(scope, places, headline=())


def weekly(scope: Scope, places: Places) -> list[Chapter]:
    """《部门日、周汇报表》: the same figures of a week, its answer first."""
    headline = (
        "case_received",
        "case_reply_rate",
        "case_handle_rate",
        "case_satisfaction",
        "case_open",
        "case_overdue",
    )
    return _chapters(scope, places, headline=headline)


def _chapters(scope: Scope, places: Places, headline: Sequence[str]) -> list[Chapter]:
    now, before = count(scope, scope.narrowed(Slice(month=str(scope.month.shift(-1)))))

    def cell(key: str) -> Cell:
        return Cell(key, now.value(key), before=before.value(key))

    shown = ("case_received", "case_replied", "case_handled", "case_solved", "case_to_call", "case_called")
    left = ("case_open", "case_overdue", "case_escalations")
    cases = Chapter("cases", "诉求与回访", headline=[cell(key) for key in headline])
    cases.cells = [cell(key) for key in (*shown, *FAST, *GOOD, *left) if key not in headline]
    cases.tables = [
        _table("case_kinds", "按类型", "类型", now, "kind", [(kind.value, kind.label) for kind in CaseKind]),
        _table(
            "case_grades", "投诉按等级", "等级", now, "grade",
            [*((grade.value, grade.label) for grade in Grade), (NONE, "未定级")],
        ),
        _table(
            "case_departments", "按责任部门", "部门", now, "department",
            [*((one.value, one.label) for one in Department), (NONE, "未转派")],
        ),
        *_by_place(scope, places, now),
        *_by_person(scope, now),
    ]  # fmt: skip
    return [cases]


def _table(key: str, title: str, first: str, now: Counted, part: str, choices: Sequence[tuple[str, str]]) -> Table:
    found = now.of(part)
    rows = [
        Row(label, Slice.parse({part: value}), _values(now, (part, value), COLUMNS))
        for value, label in choices
        if value in found
    ]
    return Table(key, title, first, _columns(COLUMNS), rows)


def _columns(columns: Sequence[tuple[str, str]]) -> list[Column]:
    return [Column(key, label) for key, label in columns]


def _values(now: Counted, part: tuple[str, Any], columns: Sequence[tuple[str, str]]) -> list:
    return [now.value(key, part) for key, _ in columns]


def _by_place(scope: Scope, places: Places, now: Counted) -> list[Table]:
    """The estates with the most overdue cases first."""
    if places.is_one_estate:
        return []
    names = {estate.pk: estate.label for estate in places.estates}
    found = [(pk, sums) for pk, sums in now.of("estate").items() if pk in names]
    found.sort(key=lambda one: (-one[1]["overdue"], -one[1]["received"], names[one[0]]))
    rows = [Row(names[pk], Slice(node=pk), _values(now, ("estate", pk), COLUMNS)) for pk, _ in found[:PLACES_LISTED]]
    note = f"超期多的在前，最多列 {PLACES_LISTED} 个项目。" if len(found) > PLACES_LISTED else ""
    return [Table("case_places", "按项目", "项目", _columns(COLUMNS), rows, note)]


def _by_person(scope: Scope, now: Counted) -> list[Table]:
    """Who handled and answered, for an estate: there the names mean something to the reader."""
    if scope.node.kind != Kind.ESTATE:
        return []
    work = {
        pk: sums["replied"] + sums["handled"] + sums["called"]
        for pk, sums in now.of("person").items()
        if pk is not None
    }
    most = sorted((pk for pk in work if work[pk]), key=lambda pk: (-work[pk], pk))[:PEOPLE_LISTED]
    names = dict(User.objects.filter(pk__in=most).values_list("pk", "name"))
    rows = [Row(names[pk], Slice(person=pk), _values(now, ("person", pk), PERSON_COLUMNS)) for pk in most]
    return [Table("case_people", "按人员", "人员", _columns(PERSON_COLUMNS), rows)]
