"""A month's worth of records, written straight into the tables: consistent with one another, drawn from a seed.

    plans = make_plans()
    fill(random.Random(7), [cast.estate_a1], MONTH, plans, by=cast.engineering, closer=cast.engineering_lead)

The services of the inspections app are tested there; here it is the sums that matter, and months next to one another.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import User
from estates.models import Estate
from foundation.journal.services import entry, record_many
from foundation.worktime.local import start_of_day
from foundation.worktime.months import Month
from inspections.choices import Frequency, Tier
from inspections.content import ItemContent, SectionContent
from inspections.models import (
    ChecklistVersion,
    Discrepancy,
    Inspection,
    Item,
    Rectification,
    Schedule,
    Section,
    SectionResult,
)
from inspections.periods import period_of
from tests.inspections.factories import make_version

MONTH = Month(date(2026, 10, 1))
NOW = start_of_day(date(2026, 11, 3)) + timedelta(hours=9)

_numbers = itertools.count(1)


def item(code: str, what: str, role: str, risk: str = "minor") -> ItemContent:
    return ItemContent(code, what, "符合要求为合格。", role, risk=risk, days=3)


TEN = [
    SectionContent(
        "fire",
        "消防安全管理",
        [item("exit", "疏散通道畅通", "security", "redline"), item("pump", "消防泵房值守", "engineering", "major")],
    ),
    SectionContent("lifts", "升降系统安全管理", [item("label", "轿厢内使用标志", "engineering")]),
    SectionContent("water", "给排水系统安全管理", [item("tank", "水箱加盖加锁", "engineering", "major")]),
]
TOUCH = [
    SectionContent(
        "desk", "前台触点", [item("smile", "微笑问候", "service"), item("wait", "等候不超过三分钟", "service")]
    )
]


@dataclass
class Plan:
    """A checklist's version with one schedule for each tier."""

    version: ChecklistVersion
    schedules: dict[str, Schedule]
    sections: list[Section]
    items: list[Item]


FREQUENCY = {Tier.ESTATE: Frequency.DAY, Tier.BRANCH: Frequency.MONTH, Tier.GROUP: Frequency.MONTH}


def make_plan(code: str, name: str, way: str, content: list[SectionContent]) -> Plan:
    version = make_version(code, name=name, way=way, sections=content)
    schedules = {
        tier: Schedule.objects.create(
            code=f"{code}-{tier}",
            name=f"{name}({tier.label})",
            checklist=version.checklist,
            tier=tier,
            frequency=frequency,
            starts_on=date(2026, 1, 1),
        )
        for tier, frequency in FREQUENCY.items()
    }
    return Plan(version, schedules, list(version.sections.all()), list(version.items.select_related("section")))


def make_plans() -> list[Plan]:
    return [make_plan("ten-checks", "十必查", "safety", TEN), make_plan("touchpoint", "触点督导", "touchpoint", TOUCH)]


def make_inspection(
    plan: Plan,
    estate: Estate,
    tier: str,
    on: date,
    *,
    state: str = "submitted",
    by: User | None = None,
    is_made_up: bool = False,
    score: Decimal | None = None,
    is_adhoc: bool = False,
    compared: int = 0,
    submitted_at: datetime | None = None,
    frequency: str = "",
) -> Inspection:
    """One inspection whose period is that of `on`; `score` of a submitted one by default 90."""
    period = period_of(frequency or (Frequency.DAY if is_adhoc else FREQUENCY[Tier(tier)]), on)
    is_done = state == "submitted"
    return Inspection(
        number=f"T{next(_numbers)}",
        schedule=None if is_adhoc else plan.schedules[tier],
        version=plan.version,
        estate=estate,
        tier=tier,
        frequency="" if is_adhoc else period.frequency,
        period_start=period.start,
        period_end=period.end,
        opens_at=start_of_day(period.start),
        closes_at=start_of_day(period.end),
        state=state,
        is_made_up=is_made_up,
        submitted_at=(submitted_at or start_of_day(on) + timedelta(hours=10)) if is_done else None,
        submitted_by=by if is_done else None,
        item_total=len(plan.items),
        score=(Decimal("90.00") if score is None else score) if is_done else None,
        compared=compared,
    )


def make_rectification(
    inspection: Inspection,
    one: Item,
    *,
    opened_at: datetime,
    due_at: datetime,
    rectified_at: datetime | None = None,
    by: User | None = None,
    closed_at: datetime | None = None,
    closer: User | None = None,
    repeat_of: Rectification | None = None,
) -> Rectification:
    state = "closed" if closed_at else "recheck" if rectified_at else "open"
    return Rectification(
        number=f"Z{next(_numbers)}",
        inspection=inspection,
        item=one,
        item_key=f"{inspection.version.checklist.code}/{one.code}",
        estate=inspection.estate,
        tier=inspection.tier,
        risk=one.risk,
        role=one.role,
        problem="不符合要求",
        state=state,
        opened_at=opened_at,
        due_at=due_at,
        rectified_at=rectified_at,
        rectified_by=by if rectified_at else None,
        closed_at=closed_at,
        closed_by=closer if closed_at else None,
        repeat_of=repeat_of,
    )


def fill(
    rng: random.Random, estates: Sequence[Estate], month: Month, plans: Sequence[Plan], *, by: User, closer: User
) -> None:
    """A month of every plan at every estate: done, missed and pending inspections, ad-hoc ones, what they failed."""
    inspections = []
    days = (month.last - month.first).days + 1
    for estate, plan in itertools.product(estates, plans):
        for day in range(0, days, rng.choice((1, 2, 3))):
            state = rng.choices(("submitted", "missed", "open"), (85, 12, 3))[0]
            inspections.append(_random_inspection(rng, plan, estate, Tier.ESTATE, month, day, state, by))
        for tier in (Tier.BRANCH, Tier.GROUP):
            state = rng.choices(("submitted", "missed"), (80, 20))[0]
            inspections.append(_random_inspection(rng, plan, estate, tier, month, rng.randrange(days), state, by))
        if rng.random() < 0.5:
            one = _random_inspection(rng, plan, estate, Tier.BRANCH, month, rng.randrange(days), "submitted", by, True)
            inspections.append(one)
    Inspection.objects.bulk_create(inspections)
    done = [one for one in inspections if one.state == "submitted"]
    plan_of = {plan.version.pk: plan for plan in plans}
    _results(rng, done, plan_of)
    _rectifications(rng, done, plan_of, month, by, closer)
    _discrepancies(rng, done, plan_of)


def _random_inspection(rng, plan, estate, tier, month, day, state, by, is_adhoc=False):
    submitted_at = start_of_day(month.first) + timedelta(days=day, seconds=rng.randrange(86400))
    score = rng.choice([Decimal(rng.randrange(6000, 10001)) / 100, Decimal("88.88")])
    return make_inspection(
        plan,
        estate,
        tier,
        month.first + timedelta(days=day),
        state=state,
        by=by,
        is_made_up=rng.random() < 0.1,
        score=score,
        is_adhoc=is_adhoc,
        compared=rng.randrange(0, 4) if tier != Tier.ESTATE else 0,
        submitted_at=submitted_at,
    )


def _results(rng, done, plan_of) -> None:
    rows = []
    for inspection in done:
        for section in plan_of[inspection.version_id].sections:
            applicable = rng.randrange(0, 9)
            passed = rng.randrange(0, applicable + 1)
            rows.append(
                SectionResult(
                    inspection=inspection,
                    section=section,
                    passed_weight=passed,
                    applicable_weight=applicable,
                    failed=applicable - passed,
                    redline_failed=0,
                )
            )
    SectionResult.objects.bulk_create(rows)


def _rectifications(rng, done, plan_of, month, by, closer) -> None:
    rows: list[Rectification] = []
    for inspection in done:
        for one in plan_of[inspection.version_id].items:
            if rng.random() > 0.25:
                continue
            opened_at = inspection.submitted_at
            due_at = start_of_day(opened_at.astimezone(month.start.tzinfo).date() + timedelta(days=rng.randrange(1, 8)))
            rectified_at = opened_at + timedelta(hours=rng.randrange(1, 300)) if rng.random() < 0.8 else None
            closed_at = (
                rectified_at + timedelta(hours=rng.randrange(1, 90)) if rectified_at and rng.random() < 0.8 else None
            )
            rows.append(
                make_rectification(
                    inspection, one, opened_at=opened_at, due_at=due_at, rectified_at=rectified_at, by=by,
                    closed_at=closed_at, closer=closer,
                )
            )  # fmt: skip
            if rectified_at and not closed_at and rng.random() < 0.5:
                rows[-1].state = "open"  # sent back
    Rectification.objects.bulk_create(rows)
    again = rng.sample(rows[1:], len(rows) // 4)
    for row in again:
        row.repeat_of = rows[0]
    Rectification.objects.bulk_update(again, ["repeat_of"])
    record_many(
        entry(
            row,
            "rectification.escalate",
            by=None,
            at=row.due_at + timedelta(days=step),
            node=row.estate_id,
            to="部门主管",
        )
        for row in rng.sample(rows, len(rows) // 3)
        for step in range(rng.randrange(1, 3))
    )


def _discrepancies(rng, done, plan_of) -> None:
    pairs, uppers = [], []
    own = {inspection.estate_id: inspection for inspection in done if inspection.tier == Tier.ESTATE}
    for upper in done:
        if not upper.compared or upper.estate_id not in own:
            continue
        items = plan_of[upper.version_id].items
        failed = rng.sample(items, min(len(items), rng.randrange(0, upper.compared + 1)))
        upper.contradicted = len(failed)
        uppers.append(upper)
        pairs += [
            Discrepancy(
                upper=upper,
                self_check=own[upper.estate_id],
                item=one,
                estate=upper.estate,
                passed_at=upper.submitted_at - timedelta(days=1),
                failed_at=upper.submitted_at,
            )
            for one in failed
        ]
    Inspection.objects.bulk_update(uppers, ["contradicted"])
    Discrepancy.objects.bulk_create(pairs)
