"""What the page of one inspection shows: its answers by subject, and what came of them. Constant queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.urls import reverse

from accounts.rights import Right
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.records.refusals import refusal
from foundation.records.verbs import Verb
from inspections import guards
from inspections.choices import Result, Tier
from inspections.models import Answer, Discrepancy, Inspection, Item, Rectification, Section
from inspections.services.filling import photo_slot
from inspections.services.submission import items_of

if TYPE_CHECKING:
    from accounts.models import User


@dataclass
class Line:
    """One item with what was answered to it."""

    item: Item
    answer: Answer | None
    photos: list[Attachment]
    rectification: Rectification | None = None

    @property
    def is_failed(self) -> bool:
        return self.answer is not None and self.answer.result == Result.FAIL


@dataclass
class Subject:
    section: Section
    lines: list[Line] = field(default_factory=list)

    @property
    def answered(self) -> int:
        return sum(line.answer is not None for line in self.lines)

    @property
    def failed(self) -> int:
        return sum(line.is_failed for line in self.lines)


def context(inspection: Inspection, user: User, at: datetime) -> dict[str, Any]:
    rectifications = list(inspection.rectifications.select_related("item", "assignee").order_by("item__position"))
    subjects = _subjects(inspection, rectifications)
    lines = [line for subject in subjects for line in subject.lines]
    return {
        "inspection": inspection,
        "at": at,
        "facts": _facts(inspection),
        "verbs": _verbs(inspection, user, at),
        "subjects": subjects,
        "failures": [line for line in lines if line.is_failed],
        "answered": sum(line.answer is not None for line in lines),
        "total": len(lines),
        "rectifications": rectifications,
        "discrepancies": _discrepancies(inspection, user),
        "entries": Entry.objects.about(inspection),
    }


def _subjects(inspection: Inspection, rectifications: list[Rectification]) -> list[Subject]:
    answers = {answer.item_id: answer for answer in inspection.answers.select_related("by")}
    photos: dict[str, list[Attachment]] = defaultdict(list)
    for photo in Attachment.objects.for_owner(inspection):
        photos[photo.slot].append(photo)
    opened = {row.item_id: row for row in rectifications}
    subjects: dict[int, Subject] = {}
    for item in items_of(inspection):
        subject = subjects.setdefault(item.section_id, Subject(item.section))
        subject.lines.append(Line(item, answers.get(item.pk), photos[photo_slot(item)], opened.get(item.pk)))
    return list(subjects.values())


def _facts(inspection: Inspection) -> list[tuple[str, Any]]:
    version = inspection.version
    source = "临时检查" if inspection.is_adhoc else inspection.schedule.name if inspection.schedule else ""
    facts: list[tuple[str, Any]] = [
        ("项目", inspection.estate.name),
        ("督导层级", inspection.get_tier_display()),
        ("检查表", f"{version.checklist.name} 第 {version.number} 版"),
        ("来源", f"{source}（补生成）" if inspection.is_made_up else source),
        ("周期", inspection.period_label),
    ]
    if inspection.is_adhoc:
        facts += [("发起人", inspection.created_by), ("事由", inspection.reason)]
    if inspection.submitted_at:
        facts += [("提交人", inspection.submitted_by)]
    return facts


def _verbs(inspection: Inspection, user: User, at: datetime) -> list[Verb]:
    """开始 or 继续 while it is not over, with the reason where a team member can't; printing once it was submitted."""
    key = [inspection.pk]
    verbs = []
    if inspection.is_unfinished() and user.may(Right.FILL_INSPECTION, inspection.estate):
        label = "继续检查" if inspection.state == Inspection.State.DOING else "开始检查"
        refused = refusal(guards.may_fill, inspection, user, at)
        verbs.append(Verb(label, "clipboard-check", reverse("inspections:fill", args=key), refused, primary=True))
    if inspection.state == Inspection.State.SUBMITTED:
        verbs += [
            Verb("督导报告", "file-text", reverse("inspections:report", args=key)),
            Verb("打印检查表", "printer", reverse("inspections:form_pdf", args=key), file=True),
        ]
    return verbs


def _discrepancies(inspection: Inspection, user: User) -> QuerySet[Discrepancy] | tuple[()]:
    """INS-16, for those who may see the comparison."""
    if inspection.tier == Tier.ESTATE or not user.may(Right.VIEW_CREDIBILITY, inspection.estate):
        return ()
    return inspection.discrepancies.select_related("item", "self_check")
