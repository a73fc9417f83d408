import pytest

from foundation.timers import services
from foundation.timers.errors import TimerError
from foundation.timers.models import ClockState
from foundation.timers.values import Limit
from tests.timers.clocks import DAY, DAYS, HOUR, KIND, SECOND, SHARES, START, steps, subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(db):
    """Two days, with a step at each half of them."""
    return services.start(kind=KIND, subject=subject(), node=7, at=START, limit=Limit(2), ladder=SHARES)


@pytest.fixture
def rectification(db):
    """INS-11: a given due moment and steps days after it."""
    return services.start(kind=KIND, subject=subject(2), node=7, at=START, due_at=START + 3 * DAY, ladder=DAYS)


def pause(clock, at):
    return services.pause(clock=clock, at=at, by=None, reason="等客户确认")


def test_cmp_10_a_pause_has_its_reason_and_shifts_the_due_moment(clock):
    paused = pause(clock, START + 6 * HOUR)
    assert (paused.state, paused.paused_at, paused.next_at) == (ClockState.PAUSED, START + 6 * HOUR, None)
    clock = services.resume(clock=clock, at=START + 10 * HOUR)
    assert clock.state == ClockState.RUNNING
    assert clock.due_at == START + 2 * DAY + 4 * HOUR
    assert clock.next_at == START + DAY + 4 * HOUR
    row = clock.pauses.get()
    assert (row.started_at, row.ended_at, row.reason) == (START + 6 * HOUR, START + 10 * HOUR, "等客户确认")
    assert services.paused_time(clock, START + DAY) == 4 * HOUR


def test_no_step_happens_in_a_pause(clock):
    pause(clock, START + HOUR)
    services.sweep(at=START + 30 * DAY)
    assert steps(clock) == []


def test_pause_and_resume_twice_change_nothing(clock):
    pause(clock, START + HOUR)
    assert pause(clock, START + 5 * HOUR).paused_at == START + HOUR
    services.resume(clock=clock, at=START + 6 * HOUR)
    assert services.resume(clock=clock, at=START + 9 * HOUR).due_at == START + 2 * DAY + 5 * HOUR
    assert clock.pauses.count() == 1


def test_cmp_10_a_pause_that_begins_before_the_clock_is_clipped_to_it(clock):
    paused = pause(clock, START - 5 * DAY)
    assert paused.paused_at == START
    assert services.resume(clock=clock, at=START + HOUR).due_at == START + 2 * DAY + HOUR


def test_a_pause_entered_afterwards_does_not_undo_a_step(clock):
    services.sweep(at=START + DAY)
    assert pause(clock, START + 20 * HOUR).paused_at == START + DAY


def test_gen_6_a_pause_after_the_limit_shifts_the_later_steps_a_passed_limit_stays_passed(clock):
    services.sweep(at=START + 2 * DAY)
    pause(clock, START + 2.5 * DAY)
    clock = services.resume(clock=clock, at=START + 4.5 * DAY)
    assert clock.due_at == START + 2 * DAY
    assert clock.next_at == START + 5 * DAY
    services.sweep(at=START + 30 * DAY)
    assert steps(clock) == [(1, "handler"), (1, "manager"), (1, "branch"), (1, "group")]


def test_gen_1_paused_at_the_very_limit_it_is_still_in_time(clock):
    """No time is left: the step comes with the resumption."""
    pause(clock, START + 2 * DAY)
    assert steps(clock) == [(1, "handler")]
    clock = services.resume(clock=clock, at=START + 3 * DAY)
    assert clock.due_at == START + 3 * DAY
    assert steps(clock) == [(1, "handler"), (1, "manager")]


def test_a_change_first_takes_what_was_due_before_it(clock, told):
    """Whether the sweep ran just before the pause or not makes no difference."""
    pause(clock, START + DAY + SECOND)
    assert [(firing.step.code, firing.due_at) for firing in told] == [("handler", START + DAY)]


def test_a_stopped_clock_cannot_be_paused(clock):
    services.stop(clock=clock, at=START + HOUR)
    with pytest.raises(TimerError, match="已结束的计时不能暂停"):
        pause(clock, START + 2 * HOUR)
    with pytest.raises(TimerError, match="已结束的计时不能恢复"):
        services.resume(clock=clock, at=START + 2 * HOUR)


def test_a_stop_ends_the_pause(clock):
    pause(clock, START + HOUR)
    clock = services.stop(clock=clock, at=START + 5 * HOUR)
    assert clock.used == HOUR
    assert clock.pauses.get().ended_at == START + 5 * HOUR


# --- hold -----------------------------------------------------------------------------------------------------------


def test_ins_11_while_it_waits_for_recheck_nothing_escalates(rectification):
    services.hold(clock=rectification, at=START + 2 * DAY)
    services.sweep(at=START + 30 * DAY)
    assert steps(rectification) == []


def test_ins_11_a_failed_recheck_does_not_move_the_due_moment(rectification):
    services.hold(clock=rectification, at=START + DAY)
    clock = services.release(clock=rectification, at=START + 2 * DAY)
    assert (clock.due_at, clock.next_at) == (START + 3 * DAY, START + 3 * DAY)


def test_gen_6_steps_that_fell_into_the_hold_are_taken_at_once_in_order(rectification, told):
    services.hold(clock=rectification, at=START + 2 * DAY)
    clock = services.release(clock=rectification, at=START + 6 * DAY)
    assert [(firing.step.code, firing.newest) for firing in told] == [
        ("lead", False),
        ("manager", False),
        ("branch", True),
    ]
    assert {(firing.due_at, firing.late) for firing in told} == {(START + 6 * DAY, False)}
    assert clock.next_at == START + 10 * DAY
    assert services.sweep(at=START + 6 * DAY).steps == 0


def test_hold_and_release_twice_change_nothing(rectification, told):
    services.hold(clock=rectification, at=START + DAY)
    services.hold(clock=rectification, at=START + DAY)
    services.release(clock=rectification, at=START + 4 * DAY)
    services.release(clock=rectification, at=START + 4 * DAY)
    assert [firing.step.code for firing in told] == ["lead", "manager"]


def test_a_held_clock_can_be_stopped(rectification):
    services.hold(clock=rectification, at=START + DAY)
    clock = services.stop(clock=rectification, at=START + 9 * DAY)
    assert clock.state == ClockState.STOPPED
    assert steps(clock) == []


def test_a_held_clock_cannot_be_paused_nor_a_paused_one_held(rectification, clock):
    services.hold(clock=rectification, at=START + DAY)
    with pytest.raises(TimerError, match="不能暂停"):
        pause(rectification, START + DAY)
    pause(clock, START + HOUR)
    with pytest.raises(TimerError, match="不能搁置"):
        services.hold(clock=clock, at=START + DAY)
    with pytest.raises(TimerError, match="没有被搁置"):
        services.release(clock=clock, at=START + DAY)
