"""GEN-1, GEN-2, GEN-6: where a limit and its ladder stand, as a pure function."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.timers.plan import plan, running_segments, used_time
from foundation.timers.values import Limit, Step, Unit
from foundation.worktime.arithmetic import NaturalTime, ServiceHours, ServiceTime, WorkCalendar, WorkdayTime
from foundation.worktime.local import parse_at
from foundation.worktime.services import published_year
from tests.timers.clocks import DAY, DAYS, HOUR, SHARES, START

CALENDAR = WorkCalendar({day.date: day.is_workday for year in (2025, 2026) for day in published_year(year)})
NATURAL = NaturalTime()
KINDS = [
    NATURAL,
    WorkdayTime(CALENDAR),
    ServiceTime(ServiceHours()),
    ServiceTime(ServiceHours(workdays_only=True), CALENDAR),
]


def moments(planned):
    return [(step.code, at) for step, at in planned.steps]


def test_cmp_9_steps_stand_at_their_shares_of_the_whole_time():
    planned = plan(whole=2 * DAY, time=NATURAL, ladder=SHARES, running=[(START, None)])
    assert planned.due_at == START + 2 * DAY
    assert moments(planned) == [
        ("handler", START + DAY),
        ("manager", START + 2 * DAY),
        ("branch", START + 3 * DAY),
        ("group", START + 4 * DAY),
    ]


def test_ins_11_steps_stand_days_after_the_due_moment():
    due = parse_at("2026-11-06T00:00")
    planned = plan(whole=due - START, time=NATURAL, ladder=DAYS, running=[(START, None)], due_at=due)
    assert moments(planned) == [
        ("lead", due),
        ("manager", due + DAY),
        ("branch", due + 3 * DAY),
        ("group", due + 7 * DAY),
    ]


def test_a_ladder_is_put_into_the_order_of_time():
    ladder = [Step("late", "后", days_after=1), Step("early", "先", percent=10)]
    assert [step.code for step, _ in plan(whole=DAY, time=NATURAL, ladder=ladder, running=[(START, None)]).steps] == [
        "early",
        "late",
    ]


def test_gen_2_shares_of_a_limit_in_working_days():
    friday = parse_at("2026-11-20T16:00")
    planned = plan(whole=2 * DAY, time=WorkdayTime(CALENDAR), ladder=SHARES, running=[(friday, None)])
    assert moments(planned) == [
        ("handler", parse_at("2026-11-23T16:00")),
        ("manager", parse_at("2026-11-24T16:00")),
        ("branch", parse_at("2026-11-25T16:00")),
        ("group", parse_at("2026-11-26T16:00")),
    ]


def test_gen_2_shares_of_a_limit_in_service_time():
    time = ServiceTime(ServiceHours())
    whole = Limit(1, Unit.DAYS).span(time.day)
    assert whole == 7.5 * HOUR
    planned = plan(whole=whole, time=time, ladder=SHARES, running=[(parse_at("2026-11-18T08:30"), None)])
    assert moments(planned) == [
        ("handler", parse_at("2026-11-18T14:15")),
        ("manager", parse_at("2026-11-18T18:00")),
        ("branch", parse_at("2026-11-19T14:15")),
        ("group", parse_at("2026-11-19T18:00")),
    ]


def test_a_promise_outside_service_hours_is_due_when_it_was_promised():
    """CMP-4: shares count up to the promise; its own step is due at it, not at closing time."""
    time = ServiceTime(ServiceHours())
    start, promised = parse_at("2026-11-18T08:30"), parse_at("2026-11-18T20:00")
    planned = plan(whole=time.used(start, promised), time=time, ladder=SHARES, running=[(start, None)], due_at=promised)
    assert planned.due_at == promised
    assert moments(planned)[:3] == [
        ("handler", parse_at("2026-11-18T14:15")),
        ("manager", promised),
        ("branch", parse_at("2026-11-19T14:15")),
    ]


def test_gen_6_a_pause_shifts_what_has_not_happened_a_passed_limit_stays_passed():
    running = running_segments(START, [(START + 1.75 * DAY, START + 5 * DAY)])
    planned = plan(whole=DAY, time=NATURAL, ladder=SHARES, running=running)
    assert planned.due_at == START + DAY
    assert moments(planned)[2:] == [("branch", START + 1.5 * DAY), ("group", START + 5.25 * DAY)]


def test_gen_1_what_is_used_up_at_the_moment_of_a_pause_waits_for_the_resumption():
    """As `services.pause` has it: paused at the very limit, it is still in time."""
    running = running_segments(START, [(START + DAY, START + 5 * DAY)])
    planned = plan(whole=DAY, time=NATURAL, ladder=SHARES, running=running)
    assert planned.due_at == START + 5 * DAY
    assert moments(planned)[:2] == [("handler", START + 0.5 * DAY), ("manager", START + 5 * DAY)]


def test_cmp_10_a_pause_that_begins_before_the_clock_is_clipped_to_it():
    assert running_segments(START, [(START - DAY, START + HOUR)]) == [(START + HOUR, None)]
    assert running_segments(START, [(START - DAY, START - HOUR)]) == [(START, None)]
    assert running_segments(START, [(START + HOUR, None)]) == [(START, START + HOUR)]


def test_gen_3_what_a_missing_year_keeps_from_being_computed_is_none():
    december = parse_at("2026-12-28T10:00")
    planned = plan(whole=3 * DAY, time=WorkdayTime(CALENDAR), ladder=SHARES, running=[(december, None)])
    assert planned.missing_year == 2027
    assert planned.due_at == parse_at("2026-12-31T10:00")
    assert moments(planned) == [
        ("handler", parse_at("2026-12-29T22:00")),
        ("manager", parse_at("2026-12-31T10:00")),
        ("branch", None),
        ("group", None),
    ]


starts = st.integers(0, 86400 * 20).map(lambda seconds: parse_at("2026-09-25T00:00") + timedelta(seconds=seconds))
gaps = st.lists(st.integers(1, 86400 * 3), max_size=6)


@settings(deadline=None)
@given(st.sampled_from(KINDS), starts, gaps, st.integers(0, 86400 * 3))
def test_used_time_at_every_planned_moment_is_its_position(kind, start, gaps, seconds):
    """Steps keep their order and their place in used time, whatever the pauses."""
    whole = timedelta(seconds=seconds)
    cuts, moment = [], start
    for gap in gaps:
        moment += timedelta(seconds=gap)
        cuts.append(moment)
    pauses = list(zip(cuts[::2], cuts[1::2], strict=False))
    running = running_segments(start, pauses)
    planned = plan(whole=whole, time=kind, ladder=SHARES, running=running)
    at = [moment for _, moment in planned.steps]
    assert at == sorted(at)
    for step, moment in planned.steps:
        assert used_time(kind, running, moment) == step.position(whole, kind.day)
        assert not any(begin < moment < end for begin, end in pauses), "no step happens in a pause"


@settings(deadline=None)
@given(st.sampled_from(KINDS), starts, st.integers(1, 86400 * 3), st.integers(1, 86400 * 3), st.integers(1, 86400 * 3))
def test_going_on_from_a_number_is_the_same_as_replaying_the_pauses(kind, start, before, length, seconds):
    """What the services do at each pause and resume agrees with the whole story told at once."""
    whole = timedelta(seconds=seconds)
    paused = start + timedelta(seconds=before)
    resumed = paused + timedelta(seconds=length)
    used = kind.used(start, paused)
    if used >= whole:
        return
    replayed = plan(whole=whole, time=kind, ladder=SHARES, running=running_segments(start, [(paused, resumed)]))
    went_on = plan(whole=whole, time=kind, ladder=SHARES, running=[(resumed, None)], used=used)
    assert replayed.due_at == went_on.due_at
    for (step, at), (_, same) in zip(replayed.steps, went_on.steps, strict=True):
        if step.position(whole, kind.day) > used:
            assert at == same
