"""All figures of inspections at once, in four statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, DateField, ExpressionWrapper, F, Q, Sum, Value, When
from django.db.models.functions import TruncMonth

from inspections.choices import Way
from inspections.models import Section, SectionResult
from reports.figures.inspections.rows import IN_TIME, State, ends_in, inspections_of, of_month
from reports.figures.values import UPPER, UPPER_TIERS, Places, Scope, average, rate

TREND_MONTHS = 12


@dataclass
class Tally:
    """Counts over inspections."""

    due: int = 0
    done: int = 0
    missed: int = 0
    in_time: int = 0
    score_total: Decimal = field(default_factory=Decimal)
    score_count: int = 0

    def add(self, state: str, row: dict[str, Any]) -> None:
        self.due += row["n"]
        self.in_time += row["in_time"]
        if state == State.SUBMITTED:
            self.done += row["n"]
            self.score_total += row["score_total"] or 0
            self.score_count += row["score_count"]
        elif state == State.MISSED:
            self.missed += row["n"]

    def __getitem__(self, key: str) -> int | str | None:
        """The figure of that key."""
        match key:
            case "done_rate":
                return rate(self.done, self.due)
            case "in_time_rate":
                return rate(self.in_time, self.due)
            case "score":
                return average(self.score_total, self.score_count)
            case "pending":
                return self.due - self.done - self.missed
        return int(getattr(self, key))


class Tallies(defaultdict[tuple, Tally]):
    """By tuples of one's choosing; a planned inspection is added to several."""

    def __init__(self) -> None:
        super().__init__(Tally)

    def add(self, keys: Iterable[tuple], row: dict[str, Any]) -> None:
        for key in keys:
            self[key].add(row["state"], row)


COUNTS = {
    "n": Count("pk"),
    "in_time": Count("pk", filter=IN_TIME),
    "score_total": Sum("score", filter=Q(state=State.SUBMITTED)),
    "score_count": Count("score", filter=Q(state=State.SUBMITTED)),
}


def _tiers(tier: str) -> tuple[str, ...]:
    return (tier, "", UPPER) if tier in UPPER_TIERS else (tier, "")


@dataclass
class Counted:
    """The month by (tier, subject or checklist, node), other months by (month, tier), and the ad-hoc ones."""

    month: Tallies
    by_month: Tallies
    subjects: dict[str, str]  # key → name, of the safety checklists, in their order
    checklists: dict[str, str]  # code → name, of the others
    scores: dict[tuple[str, str, str], tuple[int, int]]  # (month, tier, subject) → weights
    adhoc: int = 0
    adhoc_done: int = 0

    def subject_score(self, month: object, tier: str, subject: str) -> str | None:
        tiers = UPPER_TIERS if tier == UPPER else (tier,)
        found = [self.scores.get((str(month), one, subject), (0, 0)) for one in tiers]
        return rate(sum(passed for passed, _ in found), sum(applicable for _, applicable in found))


def count_all(scope: Scope, places: Places) -> Counted:
    """Four statements: this month by estate, thirteen months by tier, the versions' sections, the subjects' weights."""
    here = list(
        of_month(scope)
        .order_by()
        .values("estate_id", "tier", "version_id", "state", is_adhoc=Q(schedule__isnull=True))
        .annotate(**COUNTS)
    )
    first = scope.month.shift(-TREND_MONTHS).first
    last_day = ExpressionWrapper(F("period_end") - Value(1), output_field=DateField())
    earlier = list(
        inspections_of(scope)
        .filter(schedule__isnull=False)
        .due_in(first, scope.last)
        .order_by()
        .values("tier", "state", month=TruncMonth(last_day))
        .annotate(**COUNTS)
    )
    versions = {row["version_id"] for row in here if not row["is_adhoc"]}
    sections = _sections(scope, versions)
    counted = Counted(Tallies(), Tallies(), {}, {}, {})
    subjects_of: dict[int, list[str]] = defaultdict(list)
    for section in sections:
        code, is_safety = section["version__checklist__code"], section["version__checklist__way"] == Way.SAFETY
        if is_safety:
            key = f"{code}/{section['code']}"
            counted.subjects.setdefault(key, section["name"])
        else:
            key = code
            counted.checklists.setdefault(code, section["version__checklist__name"])
        if key not in subjects_of[section["version_id"]]:
            subjects_of[section["version_id"]].append(key)
    branch_of = {estate.pk: estate.parent_id for estate in places.estates}
    for row in here:
        if row["is_adhoc"]:
            counted.adhoc += row["n"]
            counted.adhoc_done += row["n"] * (row["state"] == State.SUBMITTED)
            continue
        nodes = (None, row["estate_id"], branch_of.get(row["estate_id"]))
        parts = ("", *subjects_of[row["version_id"]])
        keys: list[tuple[str, str, Any]] = [(tier, part, None) for tier in _tiers(row["tier"]) for part in parts]
        keys += [(tier, "", node) for tier in _tiers(row["tier"]) for node in nodes[1:]]
        counted.month.add(keys, dict(row))
    for row in earlier:
        month = f"{row['month']:%Y-%m}"
        counted.by_month.add([(month, tier) for tier in _tiers(row["tier"])], dict(row))
    counted.scores = _subject_weights(scope, counted.subjects)
    return counted


def _sections(scope: Scope, versions: set[int]) -> list[dict[str, Any]]:
    rows = Section.objects.filter(version__in=versions).order_by(
        "version__checklist__way", "version__checklist__code", "-version__number", "position", "id"
    )
    names = (
        "version_id",
        "code",
        "name",
        "version__checklist__code",
        "version__checklist__name",
        "version__checklist__way",
    )
    return list(rows.values(*names))


def _subject_weights(scope: Scope, subjects: dict[str, str]) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Passed and applicable weight by month, tier and subject: all tiers this month, the upper ones before."""
    if not subjects:
        return {}
    compared = [scope.month.shift(-1), scope.month.shift(-12)]
    ends = [(scope.month, ends_in(scope.month.first, scope.last, "inspection__"))]
    ends += [(month, ends_in(month.first, month.last, "inspection__")) for month in compared]
    wanted = Q(**ends[0][1])
    for _, bounds in ends[1:]:
        wanted |= Q(**bounds, inspection__tier__in=UPPER_TIERS)
    rows = (
        SectionResult.objects.filter(
            scope.at_estates("inspection__estate"),
            wanted,
            inspection__schedule__isnull=False,
            inspection__state=State.SUBMITTED,
        )
        .order_by()
        .values(
            "section_id",
            "inspection__tier",
            month=Case(
                *[When(Q(**bounds), then=Value(str(month))) for month, bounds in ends], output_field=CharField()
            ),
        )
        .annotate(passed=Sum("passed_weight"), applicable=Sum("applicable_weight"))
    )
    # Named in a statement of its own: joined to every row it made the group's bulletin half as slow again.
    sections = Section.objects.values_list("pk", "version__checklist__code", "code")
    subject_of = {pk: f"{checklist}/{code}" for pk, checklist, code in sections}
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in rows:
        key = (row["month"], row["inspection__tier"], subject_of[row["section_id"]])
        passed, applicable = found.get(key, (0, 0))
        found[key] = (passed + row["passed"], applicable + row["applicable"])
    return found
