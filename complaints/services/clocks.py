"""The clocks of a case: which of its policy's limits run, from when, and what they said when they ended (CMP-3…9).

Every verb that touches a clock ends with `show_due`, which writes the case's earliest due moment for the lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.db.models import F, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from complaints.choices import ClockKind
from complaints.models import Case, PolicyRule
from complaints.sla import Rule, is_short, service_hours
from foundation.timers import services as timers
from foundation.timers.models import Clock, ClockState
from foundation.timers.querysets import ClockQuerySet
from foundation.timers.values import Beginning, Step

# In place of no due moment, where two are compared.
NEVER = Value(datetime.max.replace(tzinfo=UTC))


def rule_of(case: Case, clock: ClockKind) -> Rule | None:
    """The rule of the case's policy for its kind and grade; None where that has no such limit (表扬)."""
    return rules_of(case).get(clock)


def rules_of(case: Case) -> dict[ClockKind, Rule]:
    """All rules for the case as it is graded now, read once per state of the case."""
    key = (case.policy_id, case.kind, case.variant)
    kept: tuple | None = case.__dict__.get("_rules")
    if kept is None or kept[0] != key:
        rows = PolicyRule.objects.filter(policy=case.policy_id, kind=case.kind, variant=case.variant)
        kept = (key, {ClockKind(row.clock): row.as_rule() for row in rows.prefetch_related("steps")})
        case.__dict__["_rules"] = kept
    return kept[1]


def clocks_of(case: Case) -> dict[ClockKind, Clock]:
    """The newest clock of each kind, stopped or not."""
    rows = Clock.objects.about(case).order_by("pk")
    return {ClockKind(row.kind.rpartition(".")[2]): row for row in rows}


def with_clocks(cases: Sequence[Case]) -> list[tuple[Case, Clock | None]]:
    """Each row with the clock whose due moment it shows: how soon that is depends on when it began."""
    running = Clock.objects.about_many(Case, [case.pk for case in cases]).filter(state=ClockState.RUNNING)
    clocks = {(clock.subject_id, clock.kind.rpartition(".")[2]): clock for clock in running}
    return [(case, clocks.get((case.pk, case.due_clock))) for case in cases]


def begin_first(case: Case, kinds: Iterable[ClockKind]) -> None:
    """Start the clocks that a case has from its receipt (CMP-3); a promised answer is due when it was promised."""
    begun = []
    for kind in kinds:
        due_at = case.promised_at if kind == ClockKind.ANSWER else None
        if beginning := _beginning(case, kind, case.received_at, due_at):
            begun.append(beginning)
    timers.start_all(subject=case, node=case.estate_id, at=case.received_at, beginnings=begun)


def begin(case: Case, kind: ClockKind, at: datetime) -> None:
    """Start the clock, or begin a new round of the one that ended; one that runs is left alone."""
    new = _beginning(case, kind, at)
    if new is None:
        return
    found = Clock.objects.about(case).filter(kind=kind.timer).last()
    if found is None:
        timers.start_all(subject=case, node=case.estate_id, at=at, beginnings=[new])
    elif found.is_stopped:
        timers.reopen(clock=found, at=at, limit=new.limit, ladder=new.ladder, due_at=new.due_at)


def _beginning(case: Case, kind: ClockKind, at: datetime, due_at: datetime | None = None) -> Beginning | None:
    """What the policy says of a clock that begins at a moment; None where it has no such limit."""
    rule = rule_of(case, kind)
    if rule is None:
        return None
    limit = rule.limit(service_hours(case.estate.service_hours))
    due_at = due_at or rule.end_of_day(at)
    ladder = rule.steps(short=is_short(limit, started_at=at, due_at=due_at))
    return Beginning(kind=kind.timer, limit=limit, ladder=ladder, due_at=due_at)


def ladder_until(case: Case, kind: ClockKind, due_at: datetime, at: datetime) -> tuple[Step, ...] | None:
    """The ladder of a round that begins at `at` and is due at a given moment (CMP-9); None without a rule."""
    rule = rule_of(case, kind)
    return rule.steps(short=is_short(None, started_at=at, due_at=due_at)) if rule else None


def end(case: Case, kind: ClockKind, at: datetime) -> Clock | None:
    """Stop the clock if it runs; what it said is on the clock that comes back (None where there is none)."""
    found = Clock.objects.about(case).filter(kind=kind.timer).last()
    return _stop(found, at) if found and not found.is_stopped else None


def _stop(clock: Clock, at: datetime) -> Clock:
    """A pause that is on ends with the clock: what was waited is not held against the due moment (CMP-10)."""
    if clock.state == ClockState.PAUSED:
        clock = timers.resume(clock=clock, at=at)
    return timers.stop(clock=clock, at=at)


def in_time(clock: Clock | None, at: datetime) -> bool | None:
    """Whether a clock that has just ended was in time; None where none ran or it could not be computed (GEN-3)."""
    if clock is None or clock.due_at is None:
        return None
    return not clock.is_overdue(at)


def end_all(case: Case, at: datetime) -> None:
    for clock in Clock.objects.about(case).unstopped():
        _stop(clock, at)


def catch_up(case: Case, at: datetime, *, upto: datetime) -> None:
    """Take the steps that were due up to a moment, as a sweep would."""
    for clock in Clock.objects.about(case).due_steps(upto):
        timers.catch_up(clock=clock, at=at, upto=upto)


def regrade_running(case: Case, at: datetime) -> None:
    """Put the limits of the case's present policy and grade on its running clocks; used and paused time stay (CMP-17).

    A limit that the new grade does not know ends. A time promised to the customer stays.
    """
    rules = rules_of(case)
    for kind, clock in clocks_of(case).items():
        if clock.is_stopped:
            continue
        rule = rules.get(kind)
        if rule is None:
            _stop(clock, at)
            continue
        limit = rule.limit(service_hours(case.estate.service_hours))
        if limit is None:  # the end of the day is the end of the day
            continue
        promised = case.promised_at if kind == ClockKind.ANSWER else None
        steps = rule.steps(short=is_short(limit, started_at=clock.round_started_at, due_at=promised))
        timers.regrade(clock=clock, at=at, limit=limit, ladder=steps, due_at=promised)


def hold_all(case: Case, kinds: Iterable[ClockKind], at: datetime) -> None:
    """Nothing escalates, and the due moments do not move, until `release_all`."""
    for kind, clock in clocks_of(case).items():
        if kind in kinds and clock.state in (ClockState.RUNNING, ClockState.PAUSED):
            if clock.state == ClockState.PAUSED:
                clock = timers.resume(clock=clock, at=at)
            timers.hold(clock=clock, at=at)


def release_all(case: Case, kinds: Iterable[ClockKind], at: datetime) -> None:
    for kind, clock in clocks_of(case).items():
        if kind in kinds and clock.state == ClockState.HELD:
            timers.release(clock=clock, at=at)


def used_since(clock: Clock | None, since: datetime) -> timedelta | None:
    """Time used by a stopped clock since a round of the case began, over the rounds that extensions made of it."""
    if clock is None:
        return None
    earlier = clock.rounds.filter(started_at__gte=since, stopped=False).values_list("used", flat=True)
    return sum(earlier, clock.used)


def paused_since(clock: Clock | None, since: datetime, at: datetime) -> timedelta | None:
    """How long it was paused since then, in natural time (CMP-10)."""
    if clock is None:
        return None
    pauses = clock.pauses.filter(started_at__gte=since).values_list("started_at", "ended_at")
    return sum(((ended or at) - started for started, ended in pauses), timedelta(0))


def show_due(case: Case) -> None:
    """Keep the earliest due moment of the clocks that count now on the case, for its lists."""
    first = _counting().about(case).order_by("due_at", "pk").first()
    case.due_at = first.due_at if first else None
    case.due_clock = first.kind.rpartition(".")[2] if first else ""
    case.save(update_fields=["due_at", "due_clock"])


def show_due_by_new_calendar(**_: object) -> None:
    """The working calendar changes, and with it the limits that are counted by it: the cases follow after the commit,
    for here the clocks are locked, and a case is locked before its clocks.
    """
    transaction.on_commit(show_due_of_all, robust=True)


def show_due_of_all() -> int:
    """Every open case whose due moment is not that of its clocks; how many there were."""
    own = _counting().filter(subject_kind=Case._meta.label_lower, subject_id=OuterRef("pk"))
    first = Subquery(own.order_by("due_at", "pk").values("due_at")[:1])
    rows = Case.objects.open().annotate(shown=Coalesce("due_at", NEVER), first=Coalesce(first, NEVER))
    stale = list(rows.exclude(shown=F("first")).order_by("pk").values_list("pk", flat=True))
    for pk in stale:
        with transaction.atomic():
            show_due(Case.objects.locked(pk))
    return len(stale)


def _counting() -> ClockQuerySet:
    return Clock.objects.filter(state=ClockState.RUNNING, due_at__isnull=False)
