"""督导全覆盖 (INS-14): for a period, which estates and subjects each tier has supervised, and which it has not.

What belongs to a period: a planned inspection by the day on which its own period ends (a quarter's inspection is due in
the quarter's last month), an ad-hoc one (INS-13) by the moment it was submitted; it is never due, and counts as done.
A planned inspection asks all subjects of its version. An ad-hoc one of a free subset supervises a subject when it asked
every item of it; it does not make its estate as a whole supervised.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from django.db.models import Count, Q

from estates.models import Estate
from estates.phases import Phase, in_phase
from estates.querysets import EstateQuerySet
from foundation.worktime.local import start_of_day
from inspections.choices import Frequency, Tier
from inspections.models import Checklist, Inspection, Item, Schedule, Section
from inspections.periods import Period, period_of
from inspections.querysets import InspectionQuerySet

State = Inspection.State


@dataclass(slots=True)
class Tally:
    """Inspections of a place, a tier and a subject. `done` holds `adhoc`, which nobody was due."""

    due: int = 0
    done: int = 0
    missed: int = 0
    adhoc: int = 0

    def add(self, other: Tally) -> None:
        self.due += other.due
        self.done += other.done
        self.missed += other.missed
        self.adhoc += other.adhoc

    @property
    def pending(self) -> int:
        """Due, and neither done nor missed so far."""
        return self.due - (self.done - self.adhoc) - self.missed

    @property
    def is_empty(self) -> bool:
        return not (self.due or self.done)

    @property
    def tone(self) -> str:
        """Tone of the components: late, open, done or idle."""
        if self.missed:
            return "late"
        return "open" if self.pending else "done" if self.done else "idle"

    @property
    def word(self) -> str:
        """Never the colour alone: ✓, 漏 n or 待 n, and done/due."""
        if self.is_empty:
            return "—"
        lead = f"漏{self.missed}" if self.missed else f"待{self.pending}" if self.pending else "✓"
        return f"{lead} {self.share}"

    @property
    def share(self) -> str:
        """done/due."""
        return "—" if self.is_empty else f"{self.done}/{self.due}" if self.due else str(self.done)


@dataclass(frozen=True)
class Subject:
    code: str
    name: str


@dataclass
class Coverage:
    """The matrix. Rows are estates in the order of branch and code; `tiers` those that are asked for, lowest first."""

    period: Period
    estates: list[Estate]
    subjects: list[Subject]
    tiers: list[Tier]
    # (estate, tier, version) → planned; (estate, tier, subject) → ad hoc, with subject "" for whole checklists
    planned: dict[tuple[int, str], dict[int, Tally]] = field(default_factory=dict)
    adhoc: dict[tuple[int, str], dict[str, int]] = field(default_factory=dict)
    asked: dict[int, frozenset[str]] = field(default_factory=dict)

    def tally(self, estate_id: int, tier: str, subject: str = "") -> Tally:
        """One cell; without a subject the estate as a whole."""
        total = Tally()
        for version, part in self.planned.get((estate_id, tier), {}).items():
            if not subject or subject in self.asked.get(version, ()):
                total.add(part)
        extra = self.adhoc.get((estate_id, tier), {}).get(subject, 0)
        total.add(Tally(done=extra, adhoc=extra))
        return total

    def total(self, tier: str, subject: str = "") -> Tally:
        """The same over all estates."""
        total = Tally()
        for version, part in self._sums[tier].items():
            if not subject or subject in self.asked.get(version, ()):
                total.add(part)
        extra = sum(counts.get(subject, 0) for (_, of), counts in self.adhoc.items() if of == tier)
        total.add(Tally(done=extra, adhoc=extra))
        return total

    @cached_property
    def _sums(self) -> dict[str, dict[int, Tally]]:
        """Planned ones by tier and version."""
        sums: dict[str, dict[int, Tally]] = defaultdict(lambda: defaultdict(Tally))
        for (_, tier), parts in self.planned.items():
            for version, part in parts.items():
                sums[tier][version].add(part)
        return sums

    def supervised(self, tier: str) -> list[Estate]:
        return [estate for estate in self.estates if self.tally(estate.pk, tier).done]

    def unsupervised(self, tier: str) -> list[Estate]:
        """Due at this tier in the period, and not supervised (so far)."""
        wholes = ((estate, self.tally(estate.pk, tier)) for estate in self.estates)
        return [estate for estate, whole in wholes if whole.due and not whole.done]

    def with_gaps(self) -> list[Estate]:
        """Something was missed."""
        return [e for e in self.estates if any(self.tally(e.pk, tier).missed for tier in self.tiers)]

    def cells(self) -> Iterator[tuple[Estate, Subject, Tier, Tally]]:
        """All of it, for the export."""
        for estate in self.estates:
            for subject in self.subjects:
                for tier in self.tiers:
                    yield estate, subject, tier, self.tally(estate.pk, tier, subject.code)


# --- which rows ------------------------------------------------------------------------------------------------------


def _planned(period: Period) -> Q:
    """Planned ones whose own period ends in this one: `due_in`, said by first days, which have an index."""
    found = Q(pk__in=[])
    for frequency in Frequency:
        first, after = period_of(frequency, period.start).start, period_of(frequency, period.end).start
        if first < after:
            found |= Q(frequency=frequency, period_start__gte=first, period_start__lt=after)
    return Q(schedule__isnull=False) & found


def _adhoc(period: Period) -> Q:
    return Q(
        schedule__isnull=True,
        state=State.SUBMITTED,
        submitted_at__gte=start_of_day(period.start),
        submitted_at__lt=start_of_day(period.end),
    )


def rows_behind(
    inspections: InspectionQuerySet, checklist: Checklist, period: Period, subject: str = ""
) -> InspectionQuerySet:
    """The inspections that make up a cell (RPT-3); narrowed to estate and tier by the caller."""
    rows = inspections.filter(_planned(period) | _adhoc(period), version__checklist=checklist)
    if not subject:
        return rows.filter(item_ids=None)
    items: dict[int, list[int]] = defaultdict(list)
    asked = Item.objects.filter(version__checklist=checklist, section__code=subject)
    for version, item in asked.values_list("version_id", "pk"):
        items[version].append(item)
    asking = Q(pk__in=[])
    for version, pks in items.items():
        asking |= Q(version=version) & (Q(item_ids=None) | Q(item_ids__contains=pks))
    return rows.filter(asking)


# --- the matrix ------------------------------------------------------------------------------------------------------


def coverage_of(
    *, inspections: InspectionQuerySet, estates: EstateQuerySet, checklist: Checklist, period: Period, today: date
) -> Coverage:
    """Six statements, whatever the number of estates. Both querysets are already narrowed to what the user sees."""
    rows = inspections.filter(version__checklist=checklist)
    schedules = list(Schedule.objects.active().filter(checklist=checklist).values_list("tier", "phase"))
    planned, versions = _read_planned(rows.filter(_planned(period)))
    subsets = list(rows.filter(_adhoc(period)).values_list("estate_id", "tier", "version_id", "item_ids"))
    versions |= {version for _, _, version, _ in subsets}
    asked, subjects = _read_subjects(checklist, versions)
    found = {estate for estate, _ in planned} | {estate for estate, *_ in subsets}
    tiers = {tier for tier, _ in schedules} | {tier for _, tier in planned} | {tier for _, tier, *_ in subsets}
    return Coverage(
        period=period,
        estates=_rows(estates, found, {phase for _, phase in schedules}, period, today),
        subjects=subjects,
        tiers=[tier for tier in (Tier.ESTATE, Tier.BRANCH, Tier.GROUP) if tier in tiers],
        planned=planned,
        adhoc=_adhoc_by_subject(subsets, asked),
        asked=asked,
    )


def _rows(estates: EstateQuerySet, found: set[int], phases: Iterable[str], period: Period, today: date) -> list[Estate]:
    """The estates that a schedule of the checklist is for in the period, and those at which there was an inspection."""
    wanted = Q(pk__in=found)
    for phase in map(Phase, phases):
        wanted |= in_phase(phase, period.start) | in_phase(phase, max(period.start, min(period.last, today)))
    return list(estates.filter(wanted).select_related("parent").order_by("parent__code", "code"))


def _read_planned(rows: InspectionQuerySet) -> tuple[dict[tuple[int, str], dict[int, Tally]], set[int]]:
    planned: dict[tuple[int, str], dict[int, Tally]] = defaultdict(dict)
    versions = set()
    counted = (
        rows.order_by()
        .values_list("estate_id", "tier", "version_id")
        .annotate(
            due=Count("pk"),
            done=Count("pk", filter=Q(state=State.SUBMITTED)),
            missed=Count("pk", filter=Q(state=State.MISSED)),
        )
    )
    for estate, tier, version, due, done, missed in counted:
        planned[estate, tier][version] = Tally(due, done, missed)
        versions.add(version)
    return dict(planned), versions


def _read_subjects(checklist: Checklist, versions: set[int]) -> tuple[dict[int, frozenset[str]], list[Subject]]:
    """The subjects of each version that was used (else of the newest), and all of them under their newest names."""
    sections = list(
        Section.objects.filter(version__checklist=checklist, version__state="published")
        .order_by("-version__number", "position", "pk")
        .values_list("version_id", "code", "name")
    )
    used = versions or {version for version, _, _ in sections[:1]}
    asked: dict[int, set[str]] = defaultdict(set)
    names: dict[str, str] = {}
    for version, code, name in sections:
        if version in used:
            asked[version].add(code)
            names.setdefault(code, name)
    subjects = [Subject(code, name) for code, name in names.items()]
    return {version: frozenset(codes) for version, codes in asked.items()}, subjects


def _adhoc_by_subject(
    rows: Sequence[tuple[int, str, int, list[int] | None]], asked: dict[int, frozenset[str]]
) -> dict[tuple[int, str], dict[str, int]]:
    """How often each subject was asked in full."""
    subsets = {version for _, _, version, item_ids in rows if item_ids is not None}
    items: dict[tuple[int, str], set[int]] = defaultdict(set)
    if subsets:
        asked_items = Item.objects.filter(version__in=subsets).values_list("version_id", "section__code", "pk")
        for version, code, item in asked_items:
            items[version, code].add(item)
    counts: dict[tuple[int, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for estate, tier, version, item_ids in rows:
        whole = item_ids is None
        codes = [c for c in asked.get(version, ()) if whole or items[version, c] <= set(item_ids or ())]
        for code in [*codes, *([""] if whole else [])]:
            counts[estate, tier][code] += 1
    return counts
