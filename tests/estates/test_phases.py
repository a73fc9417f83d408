"""INS-4: the phases of an estate to the day, as a function and as SQL."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from estates.models import Estate, Stage
from estates.phases import STAGED, Lifecycle, Phase, phases_on

DELIVERY = date(2026, 6, 30)
DELIVERED = {Phase.OPERATION, Phase.ANY}


@pytest.mark.parametrize(
    ("on", "expected"),
    [
        (date(2025, 6, 29), set()),
        (date(2025, 6, 30), {Phase.EARLY}),
        (date(2026, 3, 29), {Phase.EARLY}),
        (date(2026, 3, 30), {Phase.SPRINT}),
        (date(2026, 6, 29), {Phase.SPRINT}),
        (date(2026, 6, 30), {Phase.COACHING, *DELIVERED}),
        (date(2026, 9, 29), {Phase.COACHING, *DELIVERED}),
        (date(2026, 9, 30), DELIVERED),
        (date(2027, 12, 31), DELIVERED),
        (date(2028, 1, 1), set()),
    ],
)
def test_the_windows_begin_and_end_on_the_day(cast, on, expected):
    life = Lifecycle(delivery_on=DELIVERY, exit_on=date(2027, 12, 31))
    Estate.objects.filter(pk=cast.estate_a1.pk).update(delivery_on=DELIVERY, exit_on=date(2027, 12, 31))

    assert phases_on(life, on) == expected
    assert in_sql(cast.estate_a1, on) == expected


@pytest.mark.parametrize(
    ("delivery", "last_day_before", "first_day"),
    [
        # GEN-4: the corresponding day, or the month's last day.
        (date(2026, 5, 31), date(2026, 2, 27), date(2026, 2, 28)),
        (date(2028, 5, 31), date(2028, 2, 28), date(2028, 2, 29)),
        (date(2026, 1, 15), date(2025, 10, 14), date(2025, 10, 15)),
    ],
)
def test_months_are_counted_by_the_corresponding_day(delivery, last_day_before, first_day):
    assert phases_on(Lifecycle(delivery_on=delivery), last_day_before) == {Phase.EARLY}
    assert phases_on(Lifecycle(delivery_on=delivery), first_day) == {Phase.SPRINT}


def test_a_later_start_shortens_the_early_phase_and_an_earlier_one_does_not_lengthen_it():
    late = Lifecycle(early_start_on=date(2025, 12, 1), delivery_on=DELIVERY)
    early = Lifecycle(early_start_on=date(2024, 1, 1), delivery_on=DELIVERY)

    assert phases_on(late, date(2025, 11, 30)) == set()
    assert phases_on(late, date(2025, 12, 1)) == {Phase.EARLY}
    assert phases_on(early, date(2025, 6, 29)) == set()


def test_an_estate_without_dates_counts_as_running_until_its_exit():
    assert phases_on(Lifecycle(), DELIVERY) == {Phase.ANY}
    assert phases_on(Lifecycle(exit_on=DELIVERY), DELIVERY) == {Phase.ANY}
    assert phases_on(Lifecycle(exit_on=DELIVERY), DELIVERY + timedelta(days=1)) == set()


def test_an_estate_known_to_be_before_delivery_is_not_running():
    assert phases_on(Lifecycle(early_start_on=date(2025, 1, 1)), DELIVERY) == set()


def test_an_estate_that_is_switched_off_is_in_no_phase(cast):
    Stage.objects.create(estate=cast.estate_a1, kind=Phase.UPGRADE, starts_on=DELIVERY)
    Estate.objects.filter(pk=cast.estate_a1.pk).update(is_active=False)

    assert phases_on(Lifecycle(delivery_on=DELIVERY, is_active=False), DELIVERY, [("upgrade", DELIVERY, None)]) == set()
    assert in_sql(cast.estate_a1, DELIVERY) == set()


@pytest.mark.parametrize("kind", STAGED)
def test_a_stage_holds_on_both_its_days_and_an_open_one_for_good(cast, kind):
    day = date(2026, 4, 10)
    Stage.objects.create(estate=cast.estate_a2, kind=kind, starts_on=day, ends_on=day + timedelta(days=2))
    Stage.objects.create(estate=cast.estate_a2, kind=kind, starts_on=date(2027, 1, 1))

    held = [kind in in_sql(cast.estate_a2, day + timedelta(days=n)) for n in range(-1, 4)]
    assert held == [False, True, True, True, False]
    assert kind in in_sql(cast.estate_a2, date(2030, 1, 1))


days = st.none() | st.dates(date(2024, 1, 1), date(2028, 12, 31))


# The cast is shared by the examples: each one overwrites all that it looks at.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.tuples(days, days, days), st.dates(date(2023, 1, 1), date(2029, 12, 31)), st.integers(-400, 400))
def test_function_and_sql_agree(cast, dates, on, shift):
    in_order = iter(sorted(day for day in dates if day))
    early, delivery, exit_on = (next(in_order) if day else None for day in dates)
    life = Lifecycle(early, delivery, exit_on)
    Estate.objects.filter(pk=cast.estate_a1.pk).update(early_start_on=early, delivery_on=delivery, exit_on=exit_on)

    for day in (on, (delivery or on) + timedelta(days=shift)):
        assert in_sql(cast.estate_a1, day) == phases_on(life, day)
        assert Estate.objects.get(pk=cast.estate_a1.pk).phases(day) == phases_on(life, day)


def in_sql(estate: Estate, on: date) -> set[Phase]:
    return {phase for phase in Phase if Estate.objects.in_phase(phase, on).filter(pk=estate.pk).exists()}
