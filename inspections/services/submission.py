"""Submitting an inspection: score, subjects, rectifications, comparison with the self-checks (INS-9…12, INS-16)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from estates.models import Estate
from foundation.attachments.models import Attachment
from foundation.journal.services import record
from foundation.records.refusals import Refused
from inspections.choices import Evidence, Result
from inspections.guards import may_fill
from inspections.models import Answer, Inspection, InspectionPolicy, Item, SectionResult
from inspections.scoring import Judged, grade, tally
from inspections.services.credibility import compare_with_self_checks, recompare_later_uppers
from inspections.services.filling import photo_slot
from inspections.services.opening import open_rectifications

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Missing:
    """What stands between an inspection and its submission, so that the page can jump there."""

    item: Item
    sentence: str


class Incomplete(Refused):
    """Submission refused because items are not finished; `missing` lists them in the order of the checklist."""

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__(f"还有 {len(missing)} 项没有填完，不能提交。")
        self.missing = missing


def items_of(inspection: Inspection):
    """The items an inspection asks for (INS-13: all or a subset), with their sections, in order."""
    items = Item.objects.filter(version=inspection.version_id).select_related("section")
    if inspection.item_ids is not None:
        items = items.filter(pk__in=inspection.item_ids)
    return items.order_by("section__position", "section_id", "position", "id")


def what_is_missing(inspection: Inspection) -> list[Missing]:
    """INS-9: every item answered, a reading where asked, 不合格 with a note, and a photo where evidence is required."""
    answers = {answer.item_id: answer for answer in inspection.answers.all()}
    with_photo = set(Attachment.objects.for_owner(inspection).values_list("slot", flat=True))
    missing = []
    for item in items_of(inspection):
        sentence = _missing_of(item, answers.get(item.pk), with_photo)
        if sentence:
            missing.append(Missing(item, sentence))
    return missing


def _missing_of(item: Item, answer: Answer | None, with_photo: set[str]) -> str:
    if answer is None:
        return "还没有作答"
    if answer.result == Result.NOT_APPLICABLE:
        return ""
    if item.evidence == Evidence.READING and answer.reading is None:
        return f"缺少读数（{item.unit}）"
    if answer.result == Result.FAIL and not answer.note:
        return "不合格项缺少说明"
    if answer.result == Result.FAIL and item.evidence == Evidence.PHOTO and photo_slot(item) not in with_photo:
        return "不合格项缺少照片"
    return ""


def submit_inspection(*, inspection: Inspection, by: User, at: datetime) -> Inspection:
    """INS-10: freeze the answers, score them, open one rectification per failed item. Twice is refused."""
    with transaction.atomic():
        inspection = (
            Inspection.objects.select_for_update(of=("self",))
            .select_related("estate__parent", "version__checklist")
            .get(pk=inspection.pk)
        )
        may_fill(inspection, by, at)
        # One submission of an estate at a time: of two at once, an upper tier's and a self-check, or two that fail the
        # same item, the later one sees what the earlier one found (INS-12, INS-16).
        Estate.objects.select_for_update(no_key=True).get(pk=inspection.estate_id)
        missing = what_is_missing(inspection)
        if missing:
            raise Incomplete(missing)
        answers = list(inspection.answers.select_related("item__section"))
        _score(inspection, answers)
        inspection.state = Inspection.State.SUBMITTED
        inspection.submitted_at = at
        inspection.submitted_by = by
        inspection.started_at = inspection.started_at or at
        compare_with_self_checks(inspection, answers)
        inspection.save()
        record(
            inspection,
            "inspection.submit",
            by=by,
            at=at,
            node=inspection.estate_id,
            score=str(inspection.score) if inspection.score is not None else None,
            failed=inspection.failed,
            redline_failed=inspection.redline_failed,
        )
        failures = [answer for answer in answers if answer.result == Result.FAIL]
        open_rectifications(inspection=inspection, failures=failures, by=by, at=at)
        recompare_later_uppers(inspection)
    return inspection


def _score(inspection: Inspection, answers: list[Answer]) -> None:
    """Write the tallies of the whole and of each subject (INS-9)."""
    whole, sections = tally(
        Judged(answer.item.section_id, answer.item.weight, answer.item.risk, answer.result) for answer in answers
    )
    inspection.item_total = whole.total
    inspection.passed, inspection.failed = whole.passed, whole.failed
    inspection.not_applicable, inspection.redline_failed = whole.not_applicable, whole.redline_failed
    inspection.score = whole.score
    inspection.grade = grade(whole.score, whole.redline_failed, InspectionPolicy.current().grade_limits)
    SectionResult.objects.bulk_create(
        SectionResult(
            inspection=inspection,
            section_id=section_id,
            passed_weight=part.passed_weight,
            applicable_weight=part.applicable_weight,
            failed=part.failed,
            redline_failed=part.redline_failed,
        )
        for section_id, part in sections.items()
    )
