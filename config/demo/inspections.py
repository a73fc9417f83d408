"""Six months of inspections and rectifications: written in bulk, scored, numbered and escalated by the product's rules."""

from __future__ import annotations

import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from django.db import connection
from django.db.models import Prefetch

from accounts.models import User
from config.demo import names
from config.demo.photos import scene
from config.demo.world import World
from estates.models import Estate
from foundation.attachments.services import attach
from foundation.journal.models import Entry
from foundation.journal.services import entry
from foundation.numbering.services import format_number, take
from foundation.timers import services as timers
from foundation.timers.sweeping import sweep
from foundation.timers.values import Subject
from foundation.worktime.local import local_date, start_of_day
from inspections.choices import Evidence, Result, Risk, Tier
from inspections.models import Answer, Inspection, InspectionPolicy, Item, Rectification, Schedule, SectionResult
from inspections.periods import Period, period_of, periods_between
from inspections.scoring import Judged, grade, tally
from inspections.services.credibility import compare_with_self_checks
from inspections.services.escalation import current_ladder
from inspections.services.filling import photo_slot
from inspections.services.generation import estates_of
from inspections.services.opening import due_moment
from inspections.services.rectifications import AFTER
from inspections.teams import TEAM, department_lead, tier_node_id

# Photos are slow to make: all of the last days', and before that those of upper tiers and red lines.
PHOTO_DAYS, PHOTO_DAYS_UPPER = 10, 60
SHARE_LATE = 0.14
# What was found in the last days is mostly still in hand, so that every list of the demo has something in it.
IN_HAND_DAYS, SHARE_IN_HAND = 9, 0.6
COPY_ANSWERS = """
    COPY inspections_answer (inspection_id, item_id, by_id, answered_at, saved_at, key, rev, result, note, reading)
    FROM STDIN
"""


@dataclass
class Failure:
    """A failed answer that becomes a rectification."""

    inspection: Inspection
    item: Item
    note: str
    reading: Decimal | None


@dataclass
class History:
    """What is being written: the world, the dice, and where today is."""

    world: World
    rng: Random
    at: datetime
    limits: object
    quality: dict[int, float]
    absent: dict[int, set[str]]
    items: dict[int, list[Item]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    done: list[Inspection] = field(default_factory=list)

    def say(self, subject, verb: str, by: User | None, at: datetime, node: int, **data: object) -> None:
        """A journal entry that was written when it happened."""
        row = entry(subject, verb, by=by, at=at, node=node, **data)
        row.recorded_at = at
        self.entries.append(row)


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
    rectifications = _write_rectifications(history)
    Entry.objects.bulk_create(history.entries, batch_size=5000)
    missed = Inspection.objects.missed().count()
    return f"检查 {len(history.done) + missed} 次(漏检 {missed} 次),整改单 {rectifications} 张"


# --- inspections ----------------------------------------------------------------------------------------------------


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


# --- rectifications -------------------------------------------------------------------------------------------------


def _write_rectifications(history: History) -> int:
    """One per failure, in the order of time, each with the end it came to by now."""
    history.failures.sort(key=lambda failure: (failure.inspection.submitted_at, failure.item.pk))
    numbers = _numbers(history.failures)
    newest: dict[tuple[int, str], Rectification] = {}
    rows = []
    for failure in history.failures:
        row = _rectification(history, failure, next(numbers[_series(failure)]))
        before = newest.get((row.estate_id, row.item_key))
        if before and row.opened_at - before.opened_at <= timedelta(days=90):
            before.save() if before.pk is None else None
            row.repeat_of = before
        newest[row.estate_id, row.item_key] = row
        _outcome(history, row)
        row.save(force_insert=True)
        rows.append(row)
    for row in rows:
        _tell(history, row)
    _run_clocks(history, rows)
    _photos(history, rows)
    return len(rows)


def _series(failure: Failure) -> tuple[str, str]:
    return failure.inspection.estate.code, f"{local_date(failure.inspection.submitted_at):%Y%m}"


def _numbers(failures: list[Failure]) -> dict:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for failure in failures:
        counts[_series(failure)] += 1
    return {
        (place, month): iter(take(kind="rectification", place=place, period=month, count=count))
        for (place, month), count in counts.items()
    }


def _rectification(history: History, failure: Failure, number: int) -> Rectification:
    inspection, item = failure.inspection, failure.item
    place, month = _series(failure)
    reading = (
        f"读数 {failure.reading.normalize():f} {item.unit}(要求 {item.range_text});"
        if failure.reading is not None
        else ""
    )
    return Rectification(
        number=format_number("ZG", place, month, number),
        inspection=inspection,
        item=item,
        item_key=f"{inspection.schedule.checklist.code}/{item.code}",
        estate=inspection.estate,
        tier=inspection.tier,
        risk=item.risk,
        role=item.role,
        assignee=history.rng.choice(history.world.staff.get((inspection.estate_id, item.role), [None])),
        problem=reading + failure.note,
        opened_at=inspection.submitted_at,
        due_at=due_moment(inspection.submitted_at, item.days),
    )


def _outcome(history: History, row: Rectification) -> None:
    """Handed in and re-checked by now, or not: one in seven is late."""
    rng, staff = history.rng, history.world.staff
    room = row.due_at - row.opened_at
    late = rng.random() < SHARE_LATE
    if history.at - row.opened_at < timedelta(days=IN_HAND_DAYS) and rng.random() < SHARE_IN_HAND:
        return
    handed_in = (
        row.due_at + timedelta(hours=rng.randrange(2, 200)) if late else row.opened_at + room * rng.uniform(0.1, 0.9)
    )
    rechecked = handed_in + timedelta(hours=rng.uniform(1, 30))
    if handed_in >= history.at:
        return
    workers = staff.get((row.estate_id, row.role), []) or staff[row.estate_id, "estate_manager"]
    row.state = Rectification.State.RECHECK
    row.rectified_at, row.rectified_by = handed_in, rng.choice(workers)
    row.measures = rng.choice(names.MEASURES)
    if row.repeat_of:
        row.cause, row.prevention = rng.choice(names.CAUSES), rng.choice(names.PREVENTIONS)
    if rechecked >= history.at:
        return
    leads = [*staff.get((row.estate_id, department_lead(row.role)), []), *staff[row.estate_id, "estate_manager"]]
    leads += staff[row.estate.parent_id, "branch_supervisor"]
    row.state, row.closed_at = Rectification.State.CLOSED, rechecked
    row.closed_by = next(user for user in leads if user != row.rectified_by)


def _tell(history: History, row: Rectification) -> None:
    node = row.estate_id
    history.say(
        row,
        "rectification.open",
        row.inspection.submitted_by,
        row.opened_at,
        node,
        due_at=row.due_at.isoformat(),
        **({"is_repeat": True} if row.is_repeat else {}),
    )
    if row.rectified_at:
        history.say(
            row,
            "rectification.submit",
            row.rectified_by,
            row.rectified_at,
            node,
            measures=row.measures,
            cause=row.cause,
            prevention=row.prevention,
        )
    if row.closed_at:
        history.say(row, "rectification.pass", row.closed_by, row.closed_at, node, note="")


def _run_clocks(history: History, rows: list[Rectification]) -> None:
    """Clocks for what was late or is open, run through the days so that each escalation happens at its own midnight."""
    ladder = current_ladder()
    ticking = [row for row in rows if row.state != Rectification.State.CLOSED or row.rectified_at > row.due_at]
    by_day: dict[date, list[tuple[datetime, str, Rectification]]] = defaultdict(list)
    for row in ticking:
        by_day[local_date(row.opened_at)].append((row.opened_at, "start", row))
        if row.rectified_at:
            by_day[local_date(row.rectified_at)].append((row.rectified_at, "hold", row))
        if row.closed_at:
            by_day[local_date(row.closed_at)].append((row.closed_at, "stop", row))
    if not by_day:
        return
    day, today = min(by_day), local_date(history.at)
    while day <= today:
        sweep(at=start_of_day(day))
        for moment, verb, row in sorted(by_day[day], key=lambda event: (event[0], event[2].pk)):
            _turn(row, verb, moment, ladder)
        day += timedelta(days=1)


def _turn(row: Rectification, verb: str, at: datetime, ladder: list) -> None:
    if verb == "start":
        subject = Subject(id=row.pk, node_id=row.estate_id, due_at=row.due_at)
        timers.start_many(kind=Rectification.CLOCK, model=Rectification, subjects=[subject], at=at, ladder=ladder)
        return
    clock = timers.Clock.objects.unstopped().about(row).get(kind=Rectification.CLOCK)
    (timers.hold if verb == "hold" else timers.stop)(clock=clock, at=at)


def _photos(history: History, rows: list[Rectification]) -> None:
    """Before and after, for the failures of the last weeks that ask for a photo."""
    for row in rows:
        special = row.tier != Tier.ESTATE or row.risk == Risk.REDLINE
        days = PHOTO_DAYS_UPPER if special else PHOTO_DAYS
        if history.at - row.opened_at > timedelta(days=days) or row.item.evidence != Evidence.PHOTO:
            continue
        caption = f"{row.estate.label} {row.problem}"
        attach(
            owner=row.inspection,
            slot=photo_slot(row.item),
            upload=scene(caption, history.rng, good=False),
            by=row.inspection.submitted_by,
            at=row.opened_at,
            taken_at=row.opened_at,
        )
        if row.rectified_at:
            photo = scene(f"{row.estate.label} 整改后", history.rng, good=True)
            attach(
                owner=row, slot=AFTER, upload=photo, by=row.rectified_by, at=row.rectified_at, taken_at=row.rectified_at
            )
