"""From schedules to inspections, and from unfinished ones to missed ones (INS-7, INS-8)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from estates.models import Estate
from estates.phases import Phase, in_phase
from estates.querysets import EstateQuerySet
from foundation.journal.services import entry, record_many
from foundation.worktime.local import local_date, start_of_day
from inspections.choices import EstateScope
from inspections.models import ChecklistVersion, Inspection, Schedule
from inspections.periods import Period, period_of, periods_between

logger = logging.getLogger(__name__)

# One statement per schedule and period. The unique constraint is what makes it once-only; NOT IN (a hashed subplan,
# whatever the planner knows of a table that just grew) keeps a second run from burning ids.
INSERT = """
    INSERT INTO inspections_inspection (
        number, schedule_id, version_id, estate_id, tier, frequency, period_start, period_end, opens_at, closes_at,
        state, is_made_up, item_total, reason, passed, failed, not_applicable, redline_failed, grade, compared,
        contradicted
    )
    SELECT 'JC-' || e.code || '-' || to_char(%(start)s::date, 'YYYYMMDD') || '-' || %(schedule)s,
           %(schedule)s, %(version)s, e.id, %(tier)s, %(frequency)s, %(start)s, %(end)s, %(opens_at)s, %(closes_at)s,
           'open', %(is_made_up)s, %(item_total)s, '', 0, 0, 0, 0, '', 0, 0
    FROM estates_node e
    WHERE e.id = ANY(%(estates)s)
      AND e.id NOT IN (SELECT i.estate_id FROM inspections_inspection i
                       WHERE i.schedule_id = %(schedule)s AND i.period_start = %(start)s)
    ON CONFLICT (schedule_id, period_start, estate_id) DO NOTHING
"""


@dataclass
class Generated:
    """What one run did."""

    schedules: int = 0
    inspections: int = 0
    made_up: int = 0
    missed: int = 0
    without_version: int = 0
    failed: int = 0

    def add(self, other: Generated) -> None:
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    def line(self) -> str:
        return (
            f"计划 {self.schedules} 个，生成检查 {self.inspections} 次（其中补生成 {self.made_up} 次），"
            f"漏检 {self.missed} 次，无可用版本 {self.without_version} 个"
            + (f"，失败 {self.failed} 个" if self.failed else "")
        )


def generate_inspections(*, at: datetime) -> Generated:
    """Make what is due at `at` for every active schedule, and mark what was not done by its close.

    Each schedule is its own transaction; one that another run holds is skipped, because that run is making it. One
    that fails is undone, logged and tried again by the next run, and keeps none of the others waiting.
    """
    done = Generated()
    for pk in Schedule.objects.active().order_by("pk").values_list("pk", flat=True):
        made = Generated()
        try:
            _generate_schedule(pk, at, made)
        except Exception:
            logger.exception("schedule %s could not be generated", pk)
            done.failed += 1
        else:
            done.add(made)
    done.missed = close_missed(at=at)
    return done


def _generate_schedule(pk: int, at: datetime, done: Generated) -> None:
    with transaction.atomic():
        schedule = Schedule.objects.select_for_update(skip_locked=True).filter(pk=pk).first()
        if schedule is None:
            return
        today = local_date(at)
        current = period_of(schedule.frequency, today)
        done.schedules += 1
        for period in _periods_to_make(schedule, current):
            made = _make(schedule, period, today, at)
            if made is None:
                done.without_version += 1
                continue
            done.inspections += made
            done.made_up += made if period.end <= today else 0
        if schedule.generated_through is None or schedule.generated_through < current.start:
            Schedule.objects.filter(pk=pk).update(generated_through=current.start)


def _periods_to_make(schedule: Schedule, current: Period) -> list[Period]:
    """The current period, for estates that came since, and before it those that no run made (INS-7).

    The first one is the period in which the schedule starts: a yearly check that starts in November is due this year.
    """
    first = period_of(schedule.frequency, schedule.starts_on).start
    if first > current.start:
        return []
    if schedule.generated_through is not None:
        first = max(first, schedule.generated_through)
    return list(periods_between(schedule.frequency, first, current.start))


def _make(schedule: Schedule, period: Period, today: date, at: datetime) -> int | None:
    """How many rows were made; None where the checklist has no version for the period yet."""
    version = ChecklistVersion.objects.effective(schedule.checklist_id, period.start)
    if version is None:
        return None
    is_made_up = period.end <= today
    values = {
        "schedule": schedule.pk,
        "version": version.pk,
        "tier": schedule.tier,
        "frequency": schedule.frequency,
        "start": period.start,
        "end": period.end,
        "opens_at": at if is_made_up else start_of_day(period.start),
        # INS-8: made up after its end, it opens for one more day.
        "closes_at": at + timedelta(days=1) if is_made_up else start_of_day(period.end),
        "is_made_up": is_made_up,
        "item_total": version.item_count,  # type: ignore[attr-defined]
        "estates": list(estates_of(schedule, period, today).values_list("pk", flat=True)),
    }
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        return cursor.rowcount


def estates_of(schedule: Schedule, period: Period, today: date) -> EstateQuerySet:
    """The estates a schedule is for in a period: in its phase on the period's first day or its newest."""
    last = min(period.last, today)
    places = schedule.nodes.all().values("pk")
    chosen = Estate.objects.filter(Q(pk__in=places) | Q(parent__in=places) | Q(parent__parent__in=places))
    phase = Phase(schedule.phase)
    chosen = chosen.filter(in_phase(phase, period.start) | in_phase(phase, last))
    if phase == Phase.EARLY:
        # 冲刺 stands in the place of 前期介入, also in the period in which it begins (INS-4).
        chosen = chosen.exclude(in_phase(Phase.SPRINT, last))
    if schedule.estate_scope != EstateScope.ALL:
        chosen = chosen.filter(is_key_estate=schedule.estate_scope == EstateScope.KEY)
    return chosen


def close_missed(*, at: datetime) -> int:
    """INS-8: what was not submitted by its close is 漏检. At the very moment of closing it is still in time (GEN-1)."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inspections_inspection SET state = 'missed'
            WHERE id IN (SELECT id FROM inspections_inspection
                         WHERE state IN ('open', 'doing') AND closes_at < %s FOR UPDATE SKIP LOCKED)
            RETURNING id, estate_id
            """,
            [at],
        )
        missed = cursor.fetchall()
        record_many(
            entry(Inspection(pk=pk), "inspection.missed", by=None, at=at, node=estate_id) for pk, estate_id in missed
        )
    return len(missed)
