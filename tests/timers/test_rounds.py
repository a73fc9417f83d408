"""GEN-6: an extension and a reopening begin a new round, a regrade keeps it."""

import pytest

from foundation.timers import services
from foundation.timers.errors import TimerError
from foundation.timers.models import ClockState
from foundation.timers.values import Calendar, Limit, Step, Unit
from foundation.worktime.local import parse_at
from tests.timers.clocks import DAY, DAYS, HOUR, KIND, SHARES, START, steps, subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(db):
    return services.start(kind=KIND, subject=subject(), node=7, at=START, limit=Limit(2), ladder=SHARES)


def test_ins_11_an_extension_is_counted_and_begins_a_new_ladder(db):
    clock = services.start(kind=KIND, subject=subject(), node=7, at=START, due_at=START + 3 * DAY, ladder=DAYS)
    services.sweep(at=START + 4 * DAY)
    clock = services.extend(clock=clock, at=START + 5 * DAY, due_at=START + 8 * DAY)
    assert (clock.round, clock.extensions, clock.due_at) == (2, 1, START + 8 * DAY)
    services.sweep(at=START + 9 * DAY)
    assert steps(clock) == [(1, "lead"), (1, "manager"), (2, "lead"), (2, "manager")]
    earlier = clock.rounds.get()
    assert (earlier.round, earlier.due_at, earlier.used, earlier.stopped) == (1, START + 3 * DAY, 5 * DAY, False)


def test_gen_6_shares_of_the_new_round_count_from_its_start(clock):
    clock = services.extend(clock=clock, at=START + DAY, due_at=START + 5 * DAY)
    assert clock.plan == [START + 3 * DAY, START + 5 * DAY, START + 7 * DAY, START + 9 * DAY]


def test_more_time_is_added_to_what_is_left(clock):
    clock = services.extend(clock=clock, at=START + DAY, more=Limit(12, Unit.HOURS))
    assert clock.due_at == START + 2.5 * DAY
    assert clock.whole == 1.5 * DAY
    assert clock.rule() == "时限 2 天（自然时间），已延期 1 次"


def test_the_same_extension_twice_is_one(clock):
    services.extend(clock=clock, at=START + DAY, due_at=START + 5 * DAY)
    assert services.extend(clock=clock, at=START + DAY, due_at=START + 5 * DAY).extensions == 1


def test_an_extension_into_the_past_is_refused(clock):
    with pytest.raises(TimerError, match="延期后的期限必须晚于现在"):
        services.extend(clock=clock, at=START + 9 * DAY, due_at=START + 5 * DAY)
    with pytest.raises(TimerError, match="延期后的期限必须晚于现在"):
        services.extend(clock=clock, at=START + 9 * DAY, more=Limit(1))


def test_a_stopped_clock_is_not_extended(clock):
    services.stop(clock=clock, at=START + HOUR)
    with pytest.raises(TimerError, match="已结束"):
        services.extend(clock=clock, at=START + DAY, due_at=START + 5 * DAY)


def test_a_pause_goes_on_into_the_new_round(clock):
    services.pause(clock=clock, at=START + HOUR, by=None, reason="等客户")
    clock = services.extend(clock=clock, at=START + DAY, due_at=START + 3 * DAY)
    assert (clock.state, clock.next_at) == (ClockState.PAUSED, None)
    clock = services.resume(clock=clock, at=START + 2 * DAY)
    assert clock.due_at == START + 4 * DAY
    assert clock.next_at == START + 3 * DAY


def test_a_held_clock_may_be_extended_and_stays_held(clock):
    services.hold(clock=clock, at=START + HOUR)
    clock = services.extend(clock=clock, at=START + DAY, due_at=START + 3 * DAY)
    assert (clock.state, clock.next_at) == (ClockState.HELD, None)
    assert services.release(clock=clock, at=START + DAY).next_at == START + 2 * DAY


def test_cmp_12_reopening_gives_fresh_limits_and_keeps_the_earlier_time(clock):
    services.stop(clock=clock, at=START + 30 * HOUR)
    at = START + 5 * DAY
    clock = services.reopen(clock=clock, at=at)
    assert (clock.round, clock.state, clock.used, clock.stopped_at) == (2, ClockState.RUNNING, 0 * HOUR, None)
    assert (clock.due_at, clock.next_at) == (at + 2 * DAY, at + DAY)
    earlier = clock.rounds.get()
    assert (earlier.used, earlier.ended_at, earlier.stopped) == (30 * HOUR, START + 30 * HOUR, True)
    services.sweep(at=at + DAY)
    assert steps(clock) == [(1, "handler"), (2, "handler")]


def test_cmp_12_reopening_may_bring_another_policy(clock):
    services.stop(clock=clock, at=START + HOUR)
    clock = services.reopen(clock=clock, at=START + DAY, limit=Limit(4), ladder=DAYS)
    assert clock.due_at == START + 5 * DAY
    assert [step.code for step in clock.steps] == ["lead", "manager", "branch", "group"]


def test_reopening_twice_is_one_round(clock):
    services.stop(clock=clock, at=START + HOUR)
    services.reopen(clock=clock, at=START + DAY)
    assert services.reopen(clock=clock, at=START + DAY).round == 2


def test_a_clock_is_not_reopened_beside_a_running_one(clock):
    services.stop(clock=clock, at=START + HOUR)
    services.start(kind=KIND, subject=subject(), node=7, at=START + DAY, limit=Limit(2), ladder=SHARES)
    with pytest.raises(TimerError, match="正在进行"):
        services.reopen(clock=clock, at=START + DAY)


def test_cmp_17_a_regrade_keeps_round_used_and_paused_time(clock):
    services.pause(clock=clock, at=START + 6 * HOUR, by=None, reason="等客户")
    services.resume(clock=clock, at=START + 10 * HOUR)
    clock = services.regrade(clock=clock, at=START + 12 * HOUR, limit=Limit(1), ladder=SHARES)
    assert (clock.round, clock.used) == (1, 8 * HOUR)
    assert clock.due_at == START + DAY + 4 * HOUR
    assert clock.next_at == START + 16 * HOUR
    assert services.paused_time(clock, START + DAY) == 4 * HOUR


def test_gen_6_steps_that_a_regrade_puts_into_the_past_are_taken_at_once_in_order(clock, told):
    at = START + 20 * HOUR
    clock = services.regrade(clock=clock, at=at, limit=Limit(10, Unit.HOURS), ladder=SHARES)
    assert [(firing.step.code, firing.newest) for firing in told] == [
        ("handler", False),
        ("manager", False),
        ("branch", False),
        ("group", True),
    ]
    assert {firing.due_at for firing in told} == {at}
    assert not any(firing.late for firing in told)
    assert clock.due_at == START + 10 * HOUR, "the limit passed when its time was used up"


def test_gen_6_a_step_happens_once_in_a_round_whatever_the_regrades(clock):
    services.sweep(at=START + 2 * DAY)
    clock = services.regrade(clock=clock, at=START + 3 * DAY, limit=Limit(15), ladder=SHARES)
    assert clock.due_at == START + 15 * DAY
    assert clock.next_at == START + 22.5 * DAY
    services.sweep(at=START + 60 * DAY)
    assert steps(clock) == [(1, "handler"), (1, "manager"), (1, "branch"), (1, "group")]


def test_a_regrade_may_bring_steps_of_its_own(clock):
    services.sweep(at=START + DAY)
    ladder = (Step("handler", "经办人", percent=50), Step("manager", "总经理", percent=80))
    clock = services.regrade(clock=clock, at=START + DAY, limit=Limit(5), ladder=ladder)
    assert clock.next_at == START + 4 * DAY
    services.sweep(at=START + 5 * DAY)
    assert steps(clock) == [(1, "handler"), (1, "manager")]


def test_regraded_twice_is_as_once(clock):
    once = services.regrade(clock=clock, at=START + DAY, limit=Limit(5), ladder=SHARES)
    twice = services.regrade(clock=clock, at=START + DAY, limit=Limit(5), ladder=SHARES)
    assert (twice.due_at, twice.used, twice.plan, twice.round) == (once.due_at, once.used, once.plan, once.round)


@pytest.mark.usefixtures("workdays")
def test_gen_2_used_time_is_carried_over_as_a_number_to_another_calendar(db):
    friday = parse_at("2026-11-20T14:00")
    clock = services.start(kind=KIND, subject=subject(), node=7, at=friday, limit=Limit(3), ladder=SHARES)
    sunday = parse_at("2026-11-22T14:00")
    clock = services.regrade(clock=clock, at=sunday, limit=Limit(3, Unit.DAYS, Calendar.WORKDAY), ladder=SHARES)
    assert clock.used == 2 * DAY
    assert clock.due_at == parse_at("2026-11-24T00:00")


def test_a_paused_clock_is_regraded_and_stays_paused(clock):
    services.pause(clock=clock, at=START + 6 * HOUR, by=None, reason="等客户")
    clock = services.regrade(clock=clock, at=START + 8 * HOUR, limit=Limit(1), ladder=SHARES)
    assert (clock.state, clock.next_at) == (ClockState.PAUSED, None)
    clock = services.resume(clock=clock, at=START + 10 * HOUR)
    assert clock.due_at == START + 28 * HOUR


def test_a_stopped_clock_is_not_regraded(clock):
    services.stop(clock=clock, at=START + HOUR)
    with pytest.raises(TimerError, match="已结束"):
        services.regrade(clock=clock, at=START + DAY, limit=Limit(5), ladder=SHARES)
