"""Scores, grades and the judgement of a reading (INS-9): pure functions of values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from inspections.choices import Grade, Result, Risk

HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Judged:
    """One answered item: its section, weight (points), risk and result."""

    section_id: int
    weight: int
    risk: str
    result: str


@dataclass
class Tally:
    """Sums over answered items; weights in points."""

    total: int = 0
    passed: int = 0
    failed: int = 0
    not_applicable: int = 0
    redline_failed: int = 0
    passed_weight: int = 0
    applicable_weight: int = 0

    def add(self, item: Judged) -> None:
        self.total += 1
        if item.result == Result.NOT_APPLICABLE:
            self.not_applicable += 1
            return
        self.applicable_weight += item.weight
        if item.result == Result.PASS:
            self.passed += 1
            self.passed_weight += item.weight
        else:
            self.failed += 1
            self.redline_failed += item.risk == Risk.REDLINE

    @property
    def score(self) -> Decimal | None:
        return score(self.passed_weight, self.applicable_weight)


def score(passed_weight: int, applicable_weight: int) -> Decimal | None:
    """passed weight / applicable weight × 100, to two decimals half-up; None where nothing applied."""
    if not applicable_weight:
        return None
    return (HUNDRED * passed_weight / applicable_weight).quantize(Decimal("0.01"), ROUND_HALF_UP)


def tally(items: Iterable[Judged]) -> tuple[Tally, dict[int, Tally]]:
    """The whole and each section (by section id)."""
    whole = Tally()
    sections: dict[int, Tally] = {}
    for item in items:
        whole.add(item)
        sections.setdefault(item.section_id, Tally()).add(item)
    return whole, sections


@dataclass(frozen=True)
class GradeLimits:
    """Lowest score of each grade, in points of 100; below `fair` is 不合格."""

    excellent: Decimal = Decimal(95)
    good: Decimal = Decimal(85)
    fair: Decimal = Decimal(75)


def grade(value: Decimal | None, redline_failed: int, limits: GradeLimits) -> str:
    """INS-9: any failed red-line item caps the grade at 不合格. No applicable item: no grade ("")."""
    if redline_failed:
        return Grade.POOR
    if value is None:
        return ""
    for lowest, name in (
        (limits.excellent, Grade.EXCELLENT),
        (limits.good, Grade.GOOD),
        (limits.fair, Grade.FAIR),
    ):
        if value >= lowest:
            return name
    return Grade.POOR


def reading_in_range(reading: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    """Both bounds belong to the range (GEN-1); a missing bound is open."""
    return (low is None or reading >= low) and (high is None or reading <= high)
