"""INS-7, INS-8, INS-4: one inspection per schedule, period and estate, however often and late the generator runs."""

from collections import Counter
from datetime import date, datetime, timedelta
from io import StringIO
from threading import Thread
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection

from estates.models import Estate
from foundation.journal.models import Entry
from inspections.models import Inspection, Schedule
from inspections.services import generation
from inspections.services.generation import close_missed, generate_inspections
from tests.inspections.content import published

SHANGHAI = ZoneInfo("Asia/Shanghai")


def moment(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)


@pytest.fixture
def daily(cast):
    return schedule(cast, "daily", "day")


def schedule(
    cast, code, frequency, *, tier="estate", phase="any", scope="all", starts_on=date(2026, 11, 1), nodes=None
):
    row = Schedule.objects.create(
        code=code,
        name=code,
        checklist=published(f"list-{code}").checklist,
        tier=tier,
        frequency=frequency,
        phase=phase,
        estate_scope=scope,
        starts_on=starts_on,
    )
    row.nodes.set(nodes or [cast.group])
    return row


def test_the_days_inspection_is_made_once_for_every_estate(cast, daily):
    at = moment(2026, 11, 21, 0, 0)
    daily.starts_on = date(2026, 11, 21)
    daily.save()
    assert generate_inspections(at=at).inspections == 3
    assert generate_inspections(at=at).inspections == 0
    made = Inspection.objects.get(estate=cast.estate_a1)
    assert (made.opens_at, made.closes_at) == (at, moment(2026, 11, 22, 0, 0))
    assert not made.is_made_up


def test_after_three_days_without_beat_one_tick_makes_every_period_once(cast, daily):
    daily.starts_on = date(2026, 11, 17)
    daily.save()
    weekly = schedule(cast, "weekly", "week", starts_on=date(2026, 11, 17))
    generate_inspections(at=moment(2026, 11, 17, 8))
    back = moment(2026, 11, 21, 9, 30)
    done = generate_inspections(at=back)
    days = Counter(Inspection.objects.filter(schedule=daily).values_list("period_start", flat=True))
    assert days == {date(2026, 11, day): 3 for day in range(17, 22)}
    made_up = Inspection.objects.filter(schedule=daily, is_made_up=True)
    assert sorted(set(made_up.values_list("period_start", flat=True))) == [date(2026, 11, day) for day in (18, 19, 20)]
    assert done.made_up == 9
    assert {row.closes_at - row.opens_at for row in made_up} == {timedelta(days=1)}
    assert {row.opens_at for row in made_up} == {back}
    assert Inspection.objects.filter(schedule=weekly).count() == 3


def test_a_period_belongs_to_the_day_of_shanghai_not_of_utc(cast, daily):
    daily.starts_on = date(2026, 11, 20)
    daily.save()
    generate_inspections(at=moment(2026, 11, 20, 23, 59, 59))
    assert set(Inspection.objects.values_list("period_start", flat=True)) == {date(2026, 11, 20)}
    generate_inspections(at=moment(2026, 11, 21, 0, 0, 0))
    assert Inspection.objects.filter(period_start=date(2026, 11, 21)).count() == 3


def test_a_schedule_that_starts_in_mid_period_is_due_in_that_period(cast):
    schedule(cast, "yearly", "year", starts_on=date(2026, 11, 15))
    generate_inspections(at=moment(2026, 11, 15, 1))
    assert set(Inspection.objects.values_list("period_start", flat=True)) == {date(2026, 1, 1)}
    assert not Inspection.objects.filter(is_made_up=True).exists()


def test_a_schedule_does_nothing_before_its_start_or_when_it_is_off(cast, daily):
    daily.starts_on = date(2026, 11, 22)
    daily.save()
    assert generate_inspections(at=moment(2026, 11, 21, 12)).inspections == 0
    daily.starts_on, daily.is_active = date(2026, 11, 20), False
    daily.save()
    assert generate_inspections(at=moment(2026, 11, 21, 12)).inspections == 0


def test_key_estates_and_the_others_have_their_own_cadence(cast):
    Estate.objects.filter(pk=cast.estate_a1.pk).update(is_key_estate=True)
    key = schedule(cast, "key", "month", scope="key")
    other = schedule(cast, "other", "quarter", scope="other")
    generate_inspections(at=moment(2026, 11, 21, 12))
    assert set(key.inspections.values_list("estate", flat=True)) == {cast.estate_a1.pk}
    assert set(other.inspections.values_list("estate", flat=True)) == {cast.estate_a2.pk, cast.estate_b1.pk}


def test_a_schedule_of_a_branch_is_for_its_estates_only(cast):
    row = schedule(cast, "branch", "month", nodes=[cast.branch_a])
    generate_inspections(at=moment(2026, 11, 21, 12))
    assert set(row.inspections.values_list("estate", flat=True)) == {cast.estate_a1.pk, cast.estate_a2.pk}


def test_an_estate_enters_and_leaves_the_phases_of_its_life(cast):
    """INS-4: the sprint takes the place of 前期介入 for the last three months; coaching follows delivery."""
    delivery = date(2026, 11, 21)
    Estate.objects.filter(pk=cast.estate_a1.pk).update(delivery_on=delivery, early_start_on=date(2025, 1, 1))
    rows = {
        phase: schedule(cast, phase, "day", phase=phase, starts_on=date(2026, 8, 20), nodes=[cast.estate_a1])
        for phase in ("early", "sprint", "coaching")
    }

    def made(phase, day):
        return rows[phase].inspections.filter(period_start=day).count()

    for day in (date(2026, 8, 20), date(2026, 8, 21), date(2026, 11, 20), date(2026, 11, 21)):
        Schedule.objects.update(generated_through=day)
        generate_inspections(at=datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=6))
    assert [made("early", date(2026, 8, day)) for day in (20, 21)] == [1, 0]
    assert [made("sprint", date(2026, 8, day)) for day in (20, 21)] == [0, 1]
    assert [made("sprint", date(2026, 11, day)) for day in (20, 21)] == [1, 0]
    assert [made("coaching", date(2026, 11, day)) for day in (20, 21)] == [0, 1]


def test_in_the_month_of_the_change_the_sprint_takes_the_place_of_the_early_check(cast):
    """INS-4: "in place of the row above"."""
    Estate.objects.filter(pk=cast.estate_a1.pk).update(delivery_on=date(2026, 12, 15), early_start_on=date(2026, 1, 1))
    early = schedule(cast, "early", "month", phase="early", starts_on=date(2026, 9, 1), nodes=[cast.estate_a1])
    sprint = schedule(cast, "sprint", "month", phase="sprint", starts_on=date(2026, 9, 1), nodes=[cast.estate_a1])
    generate_inspections(at=moment(2026, 9, 20, 8))
    assert (early.inspections.count(), sprint.inspections.count()) == (0, 1)


def test_the_command_says_what_it_did_in_one_line_of_figures(cast, daily):
    daily.starts_on = date(2026, 11, 21)
    daily.save()
    out = StringIO()
    call_command("generate_inspections", "--at", "2026-11-21T08:00", stdout=out)
    assert out.getvalue().strip() == "计划 1 个，生成检查 3 次（其中补生成 0 次），漏检 0 次，无可用版本 0 个"


# --- missed ---------------------------------------------------------------------------------------------------------


def test_at_its_close_an_inspection_is_still_in_time_and_a_second_later_it_is_missed(cast, daily):
    """INS-8, GEN-1."""
    daily.starts_on = date(2026, 11, 20)
    daily.save()
    generate_inspections(at=moment(2026, 11, 20, 8))
    close = moment(2026, 11, 21, 0, 0, 0)
    assert close_missed(at=close) == 0
    assert close_missed(at=close + timedelta(seconds=1)) == 3
    assert close_missed(at=close + timedelta(seconds=2)) == 0
    assert Inspection.objects.missed().count() == 3
    assert Entry.objects.filter(verb="inspection.missed").count() == 3


def test_one_made_up_counts_once_and_is_missed_only_after_its_extra_day(cast, daily):
    daily.starts_on = date(2026, 11, 19)
    daily.save()
    back = moment(2026, 11, 20, 9)
    generate_inspections(at=back)
    yesterday = Inspection.objects.filter(period_start=date(2026, 11, 19))
    assert set(yesterday.values_list("state", flat=True)) == {"open"}
    generate_inspections(at=back + timedelta(days=1))
    assert set(yesterday.values_list("state", flat=True)) == {"open"}
    generate_inspections(at=back + timedelta(days=1, seconds=1))
    assert set(yesterday.values_list("state", flat=True)) == {"missed"}
    assert yesterday.count() == 3


@pytest.mark.django_db(transaction=True)
def test_two_generators_at_once_make_every_inspection_once(cast):
    schedule(cast, "daily", "day", starts_on=date(2026, 11, 11))
    schedule(cast, "weekly", "week", starts_on=date(2026, 11, 11))

    def run():
        generate_inspections(at=moment(2026, 11, 21, 8))
        connection.close()

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    generate_inspections(at=moment(2026, 11, 21, 8))
    assert Inspection.objects.filter(schedule__code="daily").count() == 11 * 3
    assert Inspection.objects.filter(schedule__code="weekly").count() == 2 * 3


def test_a_schedule_that_fails_keeps_no_other_waiting(cast, monkeypatch):
    """The others are made and what was missed is marked; the one that failed is made by the next run."""
    broken = schedule(cast, "broken", "day", starts_on=date(2026, 11, 21))
    whole = schedule(cast, "whole", "day", starts_on=date(2026, 11, 21))
    generate_inspections(at=moment(2026, 11, 21, 8))
    make = generation._make

    def fail(schedule, *args):
        if schedule == broken:
            raise ValueError("broken")
        return make(schedule, *args)

    with monkeypatch.context() as patch:
        patch.setattr(generation, "_make", fail)
        done = generate_inspections(at=moment(2026, 11, 22, 8))

    assert (done.failed, done.schedules, done.inspections, done.missed) == (1, 1, 3, 6)
    assert "失败 1 个" in done.line()
    assert Inspection.objects.filter(schedule=whole).count() == 6
    assert generate_inspections(at=moment(2026, 11, 22, 9)).inspections == 3
