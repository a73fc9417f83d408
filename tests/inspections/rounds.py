"""Planned inspections of any frequency, for the pages that look from above."""

from __future__ import annotations

from datetime import date
from typing import Any

from estates.models import Estate, Node
from foundation.worktime.local import start_of_day
from inspections.choices import Frequency, Tier
from inspections.models import Inspection, Schedule
from inspections.periods import period_of
from tests.inspections.factories import TODAY, make_inspection, make_version


def make_schedule(
    *nodes: Node,
    code: str = "plan",
    tier: str = Tier.BRANCH,
    frequency: str = Frequency.MONTH,
    checklist: str = "sample",
) -> Schedule:
    version = make_version(checklist)
    schedule = Schedule.objects.create(
        code=code,
        name=f"计划 {code}",
        checklist=version.checklist,
        tier=tier,
        frequency=frequency,
        starts_on=date(2026, 1, 1),
    )
    schedule.nodes.set(nodes)
    return schedule


def planned(schedule: Schedule, estate: Estate, *, on: date = TODAY, **fields: Any) -> Inspection:
    """The schedule's inspection of the period in which the day lies, open through the period."""
    period = period_of(schedule.frequency, on)
    values = {
        "frequency": schedule.frequency,
        "period_start": period.start,
        "period_end": period.end,
        "opens_at": start_of_day(period.start),
        "closes_at": start_of_day(period.end),
    }
    version = make_version(schedule.checklist.code)
    return make_inspection(estate, tier=schedule.tier, version=version, schedule=schedule, **values | fields)
