"""INS-9: score = passed weight / applicable weight × 100; a failed red line caps the grade; readings judge."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspections.choices import Grade, Result, Risk
from inspections.scoring import GradeLimits, Judged, grade, reading_in_range, score, tally

ITEMS = st.lists(
    st.builds(
        Judged,
        section_id=st.integers(1, 4),
        weight=st.integers(1, 5),
        risk=st.sampled_from(list(Risk)),
        result=st.sampled_from(list(Result)),
    ),
    max_size=80,
)


def test_not_applicable_items_weigh_nothing():
    whole, _ = tally([Judged(1, 3, "major", "p"), Judged(1, 1, "minor", "f"), Judged(1, 5, "redline", "n")])
    assert whole.score == Decimal("75.00")
    assert (whole.passed, whole.failed, whole.not_applicable, whole.redline_failed) == (1, 1, 1, 0)


def test_where_nothing_applied_there_is_no_score_and_no_grade():
    whole, _ = tally([Judged(1, 3, "major", "n")])
    assert whole.score is None
    assert grade(whole.score, 0, GradeLimits()) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("100", Grade.EXCELLENT),
        ("95", Grade.EXCELLENT),
        ("94.99", Grade.GOOD),
        ("85", Grade.GOOD),
        ("84.99", Grade.FAIR),
        ("75", Grade.FAIR),
        ("74.99", Grade.POOR),
    ],
)
def test_a_grade_begins_at_its_limit(value, expected):
    assert grade(Decimal(value), 0, GradeLimits()) == expected


def test_a_failed_red_line_caps_the_grade_whatever_the_score():
    assert grade(Decimal("99.9"), 1, GradeLimits()) == Grade.POOR


def test_a_score_is_rounded_half_up_once():
    assert score(1, 3) == Decimal("33.33")
    assert score(2, 3) == Decimal("66.67")
    assert score(1, 800) == Decimal("0.13")


@given(ITEMS)
def test_sections_add_up_to_the_whole(items):
    whole, sections = tally(items)
    for name in ("total", "passed", "failed", "not_applicable", "redline_failed", "passed_weight", "applicable_weight"):
        assert getattr(whole, name) == sum(getattr(part, name) for part in sections.values())
    assert whole.score is None or 0 <= whole.score <= 100


@pytest.mark.parametrize(
    ("reading", "low", "high", "inside"),
    [
        ("0.10", "0.10", "0.20", True),
        ("0.099", "0.10", "0.20", False),
        ("0.20", "0.10", "0.20", True),
        ("0.201", "0.10", "0.20", False),
        ("-5", None, "40", True),
        ("41", None, "40", False),
        ("70", "70", None, True),
    ],
)
def test_both_bounds_belong_to_the_range(reading, low, high, inside):
    bounds = [Decimal(bound) if bound else None for bound in (low, high)]
    assert reading_in_range(Decimal(reading), *bounds) is inside
