"""What became of the failures: numbered, handed in, re-checked and escalated by the product's rules."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from accounts.staff import department_lead
from config.demo import names
from config.demo.history import Failure, History
from config.demo.photos import scene
from foundation.attachments.services import attach
from foundation.numbering.services import format_number, take
from foundation.timers import services as timers
from foundation.timers.sweeping import sweep
from foundation.timers.values import Subject
from foundation.worktime.local import local_date, start_of_day
from inspections.choices import Evidence, Risk, Tier
from inspections.models import Rectification
from inspections.services.escalation import current_ladder
from inspections.services.filling import photo_slot
from inspections.services.opening import due_moment
from inspections.services.rectifications import AFTER

# Photos are slow to make: all of the last days', and before that those of upper tiers and red lines.
PHOTO_DAYS, PHOTO_DAYS_UPPER = 10, 60
SHARE_LATE = 0.14
# What was found in the last days is mostly still in hand, so that every list of the demo has something in it.
IN_HAND_DAYS, SHARE_IN_HAND = 9, 0.6


def write_rectifications(history: History) -> int:
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
        f"读数 {failure.reading.normalize():f} {item.unit}（要求 {item.range_text}）；"
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
