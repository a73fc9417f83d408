from datetime import date, timedelta

import pytest

from foundation.timers import services
from foundation.timers.models import Clock, ClockState
from foundation.timers.signals import year_missing
from foundation.timers.values import Calendar, Limit, Step, Subject, Unit
from foundation.worktime.arithmetic import ServiceHours
from foundation.worktime.local import parse_at
from foundation.worktime.models import CalendarDay
from foundation.worktime.services import changing_calendar, edit_day
from tests.timers.clocks import DAY, DAYS, HOUR, KIND, SHARES, START, steps, subject

pytestmark = pytest.mark.django_db


def start(**changes):
    fields = {"kind": KIND, "subject": subject(), "node": 7, "at": START, "limit": Limit(2), "ladder": SHARES}
    return services.start(**(fields | changes))


def test_a_clock_knows_its_due_moment_and_its_first_step():
    clock = start()
    assert (clock.state, clock.round, clock.node_id) == (ClockState.RUNNING, 1, 7)
    assert clock.due_at == START + 2 * DAY
    assert clock.next_at == START + DAY
    assert clock.name == "处理时限"
    assert clock.rule() == "时限 2 天（自然时间）"


def test_started_twice_is_one_clock():
    first = start()
    again = start(at=START + HOUR, limit=Limit(9))
    assert again == first
    assert again.due_at == START + 2 * DAY


def test_a_stopped_clock_leaves_room_for_a_new_one():
    first = services.stop(clock=start(), at=START + HOUR)
    assert start(at=START + DAY) != first


def test_a_due_moment_may_be_given():
    due = parse_at("2026-11-06T00:00")
    clock = start(limit=None, ladder=DAYS, due_at=due)
    assert (clock.due_at, clock.next_at) == (due, due)
    assert clock.whole == due - START


def test_many_are_started_at_once_and_those_that_run_stay(django_assert_max_num_queries):
    kept = start(subject=subject(3))
    with django_assert_max_num_queries(5):
        services.start_many(
            kind=KIND,
            model=CalendarDay,
            subjects=(Subject(pk, 7, parse_at("2026-11-06T00:00")) for pk in range(1, 1501)),
            at=START + HOUR,
            ladder=DAYS,
        )
    assert Clock.objects.count() == 1500
    kept.refresh_from_db()
    assert kept.due_at == START + 2 * DAY
    assert set(Clock.objects.exclude(pk=kept.pk).values_list("due_at", "next_step")) == {
        (parse_at("2026-11-06T00:00"), 0)
    }


@pytest.mark.usefixtures("workdays")
def test_gen_2_limits_run_on_the_calendar_they_name():
    friday = parse_at("2026-11-20T16:00")
    workdays = start(at=friday, limit=Limit(2, Unit.DAYS, Calendar.WORKDAY))
    assert workdays.due_at == parse_at("2026-11-24T16:00")
    hours = ServiceHours(workdays_only=True)
    service = start(at=friday, subject=subject(2), limit=Limit(1, Unit.DAYS, Calendar.SERVICE, hours))
    assert service.due_at == parse_at("2026-11-23T16:00")
    assert service.limit.hours == hours
    assert service.rule() == "时限 1 天（服务时间）"


def test_two_steps_of_one_code_are_refused():
    with pytest.raises(ValueError, match="不能重复"):
        start(ladder=(Step("same", "一", percent=50), Step("same", "二", percent=100)))


@pytest.mark.parametrize("fields", [{}, {"percent": 50, "days_after": 1}, {"percent": -1}, {"days_after": -1}])
def test_a_step_stands_in_exactly_one_place(fields):
    with pytest.raises(ValueError, match="阶梯"):
        Step("code", "名", **fields)


def test_a_service_limit_names_its_hours():
    with pytest.raises(ValueError, match="服务时段"):
        Limit(1, Unit.DAYS, Calendar.SERVICE)


def test_stop_fixes_the_used_time_and_ends_the_ladder():
    clock = services.stop(clock=start(), at=START + 30 * HOUR)
    assert (clock.state, clock.stopped_at, clock.used) == (ClockState.STOPPED, START + 30 * HOUR, 30 * HOUR)
    services.sweep(at=START + 9 * DAY)
    assert steps(clock) == [(1, "handler")], "what was due before the stop happened, nothing after it"


def test_stop_twice_changes_nothing():
    clock = services.stop(clock=start(), at=START + HOUR)
    assert services.stop(clock=clock, at=START + 5 * DAY).stopped_at == START + HOUR


def test_gen_1_done_at_exactly_the_limit_is_in_time():
    clock = services.stop(clock=start(), at=START + 2 * DAY)
    assert not clock.is_overdue(START + 9 * DAY)
    assert steps(clock) == [(1, "handler")]
    late = services.stop(clock=start(subject=subject(2)), at=START + 2 * DAY + HOUR)
    assert late.is_overdue(START + 9 * DAY)
    assert steps(late) == [(1, "handler"), (1, "manager")]


# --- GEN-3: a year without data ---------------------------------------------------------------------------------------


@pytest.fixture
def missing(db):
    """The years whose absence was announced."""
    years = []

    def note(*, year, **_):
        years.append(year)

    year_missing.connect(note)
    yield years
    year_missing.disconnect(note)


LATE_DECEMBER = parse_at("2026-12-30T10:00")


def load_2027(at):
    """The working calendar of 2027, as an administrator would enter it: plain weeks, 1 January off."""
    days = [date(2027, 1, 1) + timedelta(days=n) for n in range(60)]
    with changing_calendar(at=at):
        CalendarDay.objects.bulk_create(
            CalendarDay(date=day, is_workday=day.weekday() < 5 and day != date(2027, 1, 1), edited=True) for day in days
        )


@pytest.mark.usefixtures("workdays")
def test_gen_3_the_clock_is_saved_says_why_and_is_set_when_the_data_come(missing):
    clock = start(at=LATE_DECEMBER, limit=Limit(4, Unit.DAYS, Calendar.WORKDAY))
    assert (clock.due_at, clock.missing_year, clock.is_computable) == (None, 2027, False)
    assert missing == [2027]
    assert clock.plan[1:] == [None, None, None]
    load_2027(at=parse_at("2026-12-31T09:00"))
    clock.refresh_from_db()
    assert clock.missing_year is None
    assert clock.due_at == parse_at("2027-01-06T10:00")
    assert clock.next_at == parse_at("2027-01-04T10:00")


@pytest.mark.usefixtures("workdays")
def test_gen_3_the_steps_that_can_be_computed_happen(missing):
    clock = start(at=LATE_DECEMBER, limit=Limit(1, Unit.DAYS, Calendar.WORKDAY))
    assert clock.due_at == parse_at("2026-12-31T10:00")
    services.sweep(at=parse_at("2027-01-02T10:00"))
    clock.refresh_from_db()
    assert steps(clock) == [(1, "handler"), (1, "manager"), (1, "branch")]
    assert clock.next_at is None
    assert missing == [2027]


@pytest.mark.usefixtures("workdays")
def test_gen_3_data_that_come_late_let_the_missed_steps_happen_in_order(told):
    clock = start(at=LATE_DECEMBER, limit=Limit(4, Unit.DAYS, Calendar.WORKDAY))
    at = parse_at("2027-01-08T09:00")
    load_2027(at=at)
    services.sweep(at=at)
    assert [firing.step.code for firing in told] == ["handler", "manager"]
    assert {(firing.due_at, firing.late) for firing in told} == {(at, False)}
    clock.refresh_from_db()
    assert clock.due_at == parse_at("2027-01-06T10:00")


@pytest.mark.usefixtures("workdays")
def test_gen_3_pauses_and_a_stop_without_data_are_counted_when_they_come():
    clock = start(at=parse_at("2027-01-04T08:00"), limit=Limit(2, Unit.DAYS, Calendar.WORKDAY))
    clock = services.pause(clock=clock, at=parse_at("2027-01-04T10:00"), by=None, reason="等客户")
    clock = services.resume(clock=clock, at=parse_at("2027-01-04T13:00"))
    stopped = services.stop(clock=clock, at=parse_at("2027-01-04T14:00"))
    assert (stopped.used, stopped.missing_year) == (0 * HOUR, 2027)
    load_2027(at=parse_at("2027-01-10T09:00"))
    stopped.refresh_from_db()
    assert (stopped.used, stopped.missing_year, stopped.counted_from) == (3 * HOUR, None, None)


@pytest.mark.usefixtures("workdays")
def test_gen_3_a_paused_clock_without_data_goes_on_as_if_it_had_them():
    clock = start(at=parse_at("2027-01-04T08:00"), limit=Limit(1, Unit.DAYS, Calendar.WORKDAY))
    services.pause(clock=clock, at=parse_at("2027-01-04T10:00"), by=None, reason="等客户")
    clock = services.resume(clock=clock, at=parse_at("2027-01-04T13:00"))
    load_2027(at=parse_at("2027-01-04T14:00"))
    clock.refresh_from_db()
    assert clock.due_at == parse_at("2027-01-05T11:00")
    assert clock.next_at == parse_at("2027-01-04T23:00")


# --- the calendar is edited ------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("workdays")
def test_gen_2_used_time_is_a_number_that_does_not_change_when_the_calendar_does():
    clock = start(at=parse_at("2026-11-18T10:00"), limit=Limit(3, Unit.DAYS, Calendar.WORKDAY))
    assert clock.due_at == parse_at("2026-11-23T10:00")
    thursday, friday = CalendarDay.objects.filter(date__in=[date(2026, 11, 19), date(2026, 11, 20)]).order_by("date")
    at = parse_at("2026-11-19T18:00")
    friday.is_workday = False
    edit_day(day=friday, by=None, at=at)
    clock.refresh_from_db()
    assert clock.used == 32 * HOUR
    assert clock.due_at == parse_at("2026-11-24T10:00"), "what is left moves over the new day off"
    thursday.is_workday = False
    edit_day(day=thursday, by=None, at=at)
    clock.refresh_from_db()
    assert clock.used == 32 * HOUR, "what was used stays used"


@pytest.mark.usefixtures("workdays")
def test_a_passed_limit_stays_passed_when_the_calendar_changes():
    clock = start(at=parse_at("2026-11-18T10:00"), limit=Limit(1, Unit.DAYS, Calendar.WORKDAY))
    thursday = CalendarDay.objects.get(date=date(2026, 11, 19))
    thursday.is_workday = False
    edit_day(day=thursday, by=None, at=parse_at("2026-11-19T10:00:01"))
    clock.refresh_from_db()
    assert clock.due_at == parse_at("2026-11-19T10:00")
