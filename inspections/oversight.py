"""What supervisors look at from above: schedules and their progress, credibility (INS-16), repeated failures (INS-12).

Querysets come in narrowed to what the user sees; nothing here widens them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db.models import Count, Max, Q, QuerySet, Sum

from accounts.rights import Right
from estates.models import Estate
from estates.querysets import EstateQuerySet
from foundation.records.rates import percent
from foundation.worktime.local import start_of_day
from inspections.choices import Frequency, Tier
from inspections.models import Discrepancy, Inspection, Rectification, Schedule
from inspections.periods import Period, period_of
from inspections.querysets import DiscrepancyQuerySet, InspectionQuerySet, RectificationQuerySet

if TYPE_CHECKING:
    from accounts.models import User
    from estates.models import Node

UPPER_TIERS = (Tier.BRANCH, Tier.GROUP)


def estates_at(user: User, place: Node | None, right: Right = Right.VIEW_INSPECTIONS) -> EstateQuerySet:
    """The estates at or below the chosen place where the user holds the right.

    A person may be 项目经理 of one estate and 分公司督导 of others: 自查可信度 is shown of the others only.
    """
    estates = Estate.objects.visible_to(user, right)
    return estates.below(place) if place else estates


# --- schedules -------------------------------------------------------------------------------------------------------


@dataclass
class Progress:
    """One schedule and the estates' inspections of its present period, as far as the user sees them."""

    schedule: Schedule
    period: Period
    due: int = 0
    done: int = 0
    missed: int = 0

    @property
    def next_period(self) -> Period:
        """The first one that is still to be generated."""
        first = period_of(self.schedule.frequency, self.schedule.starts_on)
        return max(self.period.next(), first)

    @property
    def rate(self) -> Decimal | None:
        return percent(self.done, self.due)


def progress_of(schedules: Sequence[Schedule], inspections: InspectionQuerySet, today: date) -> list[Progress]:
    """One statement for all of them."""
    found = {s.pk: Progress(s, period_of(s.frequency, today)) for s in schedules}
    present = Q(pk__in=[])
    for frequency in Frequency:
        present |= Q(frequency=frequency, period_start=period_of(frequency, today).start)
    counted = (
        inspections.filter(present, schedule__in=found)
        .order_by()
        .values_list("schedule_id")
        .annotate(
            due=Count("pk"),
            done=Count("pk", filter=Q(state=Inspection.State.SUBMITTED)),
            missed=Count("pk", filter=Q(state=Inspection.State.MISSED)),
        )
    )
    for pk, due, done, missed in counted:
        found[pk].due, found[pk].done, found[pk].missed = due, done, missed
    return list(found.values())


# --- credibility (INS-16) --------------------------------------------------------------------------------------------


@dataclass
class Credibility:
    """How often what an estate passed was failed by an upper tier; `before` is the span of equal length before."""

    estate: Estate | None
    compared: int = 0
    contradicted: int = 0
    compared_before: int = 0
    contradicted_before: int = 0

    @property
    def rate(self) -> Decimal | None:
        return percent(self.contradicted, self.compared)

    @property
    def rate_before(self) -> Decimal | None:
        return percent(self.contradicted_before, self.compared_before)

    @property
    def change(self) -> Decimal | None:
        """In percentage points; less is better."""
        if self.rate is None or self.rate_before is None:
            return None
        return self.rate - self.rate_before

    @property
    def change_text(self) -> str:
        return "" if self.change is None else f"{self.change:+} 个百分点"

    def add(self, other: Credibility) -> None:
        self.compared += other.compared
        self.contradicted += other.contradicted
        self.compared_before += other.compared_before
        self.contradicted_before += other.contradicted_before


def compared_in(inspections: InspectionQuerySet, first: date, end: date) -> InspectionQuerySet:
    """The upper tiers' inspections submitted from `first` until before `end`, in which anything could be compared."""
    return inspections.submitted().filter(
        tier__in=UPPER_TIERS, compared__gt=0, submitted_at__gte=start_of_day(first), submitted_at__lt=start_of_day(end)
    )


def pairs_in(
    pairs: DiscrepancyQuerySet, inspections: InspectionQuerySet, first: date, end: date
) -> DiscrepancyQuerySet:
    """The pairs behind the rate of those inspections (RPT-3)."""
    return pairs.filter(upper__in=compared_in(inspections, first, end).values("pk"))


def credibility_of(
    *, inspections: InspectionQuerySet, estates: EstateQuerySet, first: date, end: date, before: date
) -> list[Credibility]:
    """By estate, the least credible first; two statements. `before` … `first` is what it is compared with."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for start, until, offset in ((first, end, 0), (before, first, 2)):
        rows = compared_in(inspections, start, until).order_by().values_list("estate_id")
        for estate, compared, contradicted in rows.annotate(Sum("compared"), Sum("contradicted")):
            sums[estate][offset : offset + 2] = compared, contradicted
    named = estates.filter(pk__in=sums).select_related("parent")
    found = [Credibility(estate, *sums[estate.pk]) for estate in named]
    return sorted(found, key=lambda row: (-1 if row.rate is None else row.rate, row.contradicted), reverse=True)


# --- repeated failures (INS-12) --------------------------------------------------------------------------------------

CHAIN_SHOWN = 6


@dataclass
class Repeated:
    """One item that failed again at one estate: how often in the span, and its failures, the newest first."""

    estate_id: int
    item_key: str
    count: int
    chain: list[Rectification] = field(default_factory=list)

    @property
    def newest(self) -> Rectification:
        return self.chain[0]

    @property
    def shown(self) -> list[Rectification]:
        return self.chain[:CHAIN_SHOWN]

    @property
    def hidden(self) -> int:
        return max(0, len(self.chain) - CHAIN_SHOWN)


def repeated_groups(repeats: RectificationQuerySet) -> QuerySet:
    """Repeats by estate and item, the most frequent first; to be paged, then given to `chains_of`."""
    return (
        repeats.order_by()
        .values("estate_id", "item_key")
        .annotate(count=Count("*"), last=Max("opened_at"))
        .order_by("-count", "-last", "estate_id", "item_key")
    )


def chains_of(
    groups: Iterable[dict], repeats: RectificationQuerySet, rectifications: RectificationQuerySet
) -> list[Repeated]:
    """The failures of each group that lie in the span, and the one before them; two statements."""
    found = {(g["estate_id"], g["item_key"]): Repeated(g["estate_id"], g["item_key"], g["count"]) for g in groups}
    pairs = Q(pk__in=[])
    for estate, key in found:
        pairs |= Q(estate=estate, item_key=key)
    again = repeats.filter(pairs).order_by().values_list("pk", "repeat_of")
    rows = rectifications.filter(pk__in={pk for both in again for pk in both})
    for row in rows.select_related("estate__parent", "item__section").order_by("-opened_at", "-pk"):
        found[row.estate_id, row.item_key].chain.append(row)
    return list(found.values())


def discrepancies(user: User, estates: EstateQuerySet) -> tuple[InspectionQuerySet, DiscrepancyQuerySet]:
    """The inspections and pairs of those estates, as far as the user sees them."""
    # A list and not a subquery, as in `User.estate_ids_with`.
    at = list(estates.values_list("pk", flat=True))
    return (
        Inspection.objects.visible_to(user).filter(estate__in=at),
        Discrepancy.objects.visible_to(user).filter(estate__in=at),
    )
