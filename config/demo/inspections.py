"""Six months of inspections and rectifications: written in bulk and scored by the product's rules."""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import connection
from django.db.models import Prefetch

from config.demo import names
from config.demo.history import Failure, History
from config.demo.rectifications import write_rectifications
from config.demo.world import World
from estates.models import Estate
from foundation.journal.models import Entry
from foundation.worktime.local import local_date, start_of_day
from inspections.choices import Evidence, Result, Tier
from inspections.models import Answer, Inspection, InspectionPolicy, Item, Schedule, SectionResult
from inspections.periods import Period, period_of, periods_between
from inspections.scoring import Judged, grade, tally
from inspections.services.credibility import compare_with_self_checks
from inspections.services.generation import estates_of
from inspections.teams import TEAM, tier_node_id

COPY_ANSWERS = """
    COPY inspections_answer (inspection_id, item_id, by_id, answered_at, saved_at, key, rev, result, note, reading)
    FROM STDIN
"""


def build_inspections(world: World, rng: Random, *, begin: date, at: datetime) -> str:
    """Write what was inspected from `begin` to today and what became of it; returns figures in words."""
    history = History(
        world,
        rng,
        at,
        InspectionPolicy.current().grade_limits,
        quality={estate.pk: rng.uniform(0.003, 0.014) for estate in world.estates},
        absent={estate.pk: {"ponds"} if rng.random() < 0.5 else set() for estate in world.estates},
    )
    for schedule in Schedule.objects.active().select_related("checklist"):
        _write_schedule(history, schedule, begin)
    _compare(history)
    rectifications = write_rectifications(history)
    Entry.objects.bulk_create(history.entries, batch_size=5000)
    missed = Inspection.objects.missed().count()
    return f"检查 {len(history.done) + missed} 次（漏检 {missed} 次），整改单 {rectifications} 张"


def _write_schedule(history: History, schedule: Schedule, begin: date) -> None:
    """Its past periods, and for daily ones half of today's; the generator makes the rest."""
    today = local_date(history.at)
    version = schedule.checklist.versions.published().order_by("-number").first()
    items = list(version.items.select_related("section").order_by("section__position", "position"))
    history.items[version.pk] = items
    current = period_of(schedule.frequency, today)
    rows = []
    for period in periods_between(schedule.frequency, begin, current.start):
        is_current = period == current
        if is_current and schedule.frequency != "day":
            continue
        for estate in estates_of(schedule, period, min(today, period.last)).select_related("parent"):
            row = _inspection(history, schedule, version.pk, len(items), estate, period, is_current)
            if row is not None:
                rows.append(row)
    Inspection.objects.bulk_create(rows, batch_size=1000)
    _answer(history, [row for row in rows if row.state == Inspection.State.SUBMITTED], items)
    for row in rows:
        if row.state == Inspection.State.MISSED:
            history.say(row, "inspection.missed", None, row.closes_at, row.estate_id)
    Schedule.objects.filter(pk=schedule.pk).update(generated_through=current.start)


def _inspection(
    history: History, schedule: Schedule, version_id: int, total: int, estate: Estate, period: Period, is_current: bool
) -> Inspection | None:
    rng = history.rng
    row = Inspection(
        number=f"JC-{estate.code}-{period.start:%Y%m%d}-{schedule.pk}",
        schedule=schedule,
        version_id=version_id,
        estate=estate,
        tier=schedule.tier,
        frequency=schedule.frequency,
        period_start=period.start,
        period_end=period.end,
        opens_at=start_of_day(period.start),
        closes_at=start_of_day(period.end),
        item_total=total,
    )
    days = (period.end - period.start).days
    day = period.start + timedelta(days=rng.randrange(days))
    started = start_of_day(day) + timedelta(hours=8, minutes=rng.randrange(540))
    submitted = started + timedelta(minutes=rng.randrange(25, 90))
    # The first estate's own checks of today are left for whoever tries the product.
    if is_current and (submitted >= history.at or estate.code == names.ESTATES[0][0] or rng.random() < 0.4):
        return None
    if not is_current and rng.random() < history.quality[estate.pk] * 4:
        row.state = Inspection.State.MISSED
        return row
    node_id = tier_node_id(estate, schedule.tier)
    team = [user for role in sorted(TEAM[schedule.tier]) for user in history.world.staff.get((node_id, role), [])]
    row.state = Inspection.State.SUBMITTED
    row.started_at, row.submitted_at, row.submitted_by = started, submitted, rng.choice(team)
    return row


def _answer(history: History, rows: list[Inspection], items: list[Item]) -> None:
    """Judge every item, copy the answers in one go, then score."""
    sections: list[SectionResult] = []
    with connection.cursor() as cursor, cursor.copy(COPY_ANSWERS) as copy:
        for row in rows:
            judged = []
            span = (row.submitted_at - row.started_at) / (len(items) + 1)
            for number, item in enumerate(items, start=1):
                result, note, reading = _judge(history, row, item)
                moment = row.started_at + span * number
                key = uuid.UUID(int=history.rng.getrandbits(128), version=4)
                copy.write_row(
                    (row.pk, item.pk, row.submitted_by_id, moment, moment, key, 1, result.value, note, reading)
                )
                judged.append(Judged(item.section_id, item.weight, item.risk, result))
                if result == Result.FAIL:
                    history.failures.append(Failure(row, item, note, reading))
            sections += _score(history, row, judged)
    fields = ["passed", "failed", "not_applicable", "redline_failed", "score", "grade"]
    Inspection.objects.bulk_update(rows, fields, batch_size=500)
    SectionResult.objects.bulk_create(sections, batch_size=5000)
    for row in rows:
        history.say(row, "inspection.start", row.submitted_by, row.started_at, row.estate_id)
        history.say(
            row,
            "inspection.submit",
            row.submitted_by,
            row.submitted_at,
            row.estate_id,
            score=str(row.score),
            failed=row.failed,
        )
    history.done += rows


def _judge(history: History, row: Inspection, item: Item) -> tuple[Result, str, Decimal | None]:
    rng = history.rng
    if item.section.code in history.absent[row.estate_id]:
        return Result.NOT_APPLICABLE, "", None
    # Upper tiers look harder than the estates do at themselves, and estates learn over the months.
    age = (history.at - row.opens_at).days / 180
    chance = history.quality[row.estate_id] * (0.7 + 0.6 * age) * (1.0 if row.tier == Tier.ESTATE else 4.0)
    failed = rng.random() < chance * (0.4 if item.risk == "redline" else 1.0)
    reading = _reading(rng, item, failed) if item.evidence == Evidence.READING else None
    if not failed:
        return Result.PASS, "", reading
    return Result.FAIL, rng.choice(names.PROBLEMS.get(item.section.code, names.OTHER_PROBLEMS)), reading


def _reading(rng: Random, item: Item, failed: bool) -> Decimal:
    low = item.low if item.low is not None else item.high * Decimal("0.6")
    high = item.high if item.high is not None else item.low * Decimal("1.4") + 1
    value = low + (high - low) * Decimal(rng.randrange(10, 90)) / 100
    if failed:
        value = item.high * Decimal("1.15") if item.high is not None else item.low * Decimal("0.8")
    return value.quantize(Decimal("0.01"))


def _score(history: History, row: Inspection, judged: list[Judged]) -> list[SectionResult]:
    whole, sections = tally(judged)
    row.passed, row.failed, row.not_applicable = whole.passed, whole.failed, whole.not_applicable
    row.redline_failed, row.score = whole.redline_failed, whole.score
    row.grade = grade(whole.score, whole.redline_failed, history.limits)
    return [
        SectionResult(
            inspection=row,
            section_id=section_id,
            passed_weight=part.passed_weight,
            applicable_weight=part.applicable_weight,
            failed=part.failed,
            redline_failed=part.redline_failed,
        )
        for section_id, part in sections.items()
    ]


def _compare(history: History) -> None:
    """INS-16, by the product's own comparison."""
    uppers = [row.pk for row in history.done if row.tier != Tier.ESTATE]
    answers = Prefetch("answers", Answer.objects.select_related("item"))
    for upper in Inspection.objects.filter(pk__in=uppers).select_related("version").prefetch_related(answers):
        compare_with_self_checks(upper, list(upper.answers.all()))
        Inspection.objects.filter(pk=upper.pk).update(compared=upper.compared, contradicted=upper.contradicted)
