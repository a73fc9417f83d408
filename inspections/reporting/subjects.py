"""What the reports of an inspection and of a round share: their name, a reading, what a subject came to."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from inspections.choices import Grade
from inspections.models import Answer, Item
from inspections.scoring import GradeLimits, grade, score

if TYPE_CHECKING:
    from inspections.models import Checklist


def report_name(checklist: Checklist) -> str:
    """《十必查督导报告》; a checklist that is called 触点督导 does not say 督导 twice."""
    return f"{checklist.name.removesuffix('督导')}督导报告"


def reading_of(answer: Answer, item: Item) -> str:
    """A reading with its unit, e.g. 0.15 MPa; "" where none was taken."""
    return "" if answer.reading is None else f"{answer.reading.normalize():f} {item.unit}"


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
