"""The schedules that a user sees, and how far they are in the present period."""

import pytest
import time_machine
from django.urls import reverse

from inspections.choices import Frequency, Tier
from tests.inspections.factories import answer_all, day, submit
from tests.inspections.rounds import make_schedule, planned

URL = reverse("inspections:schedules")

pytestmark = pytest.mark.django_db


def rows(cast, user, query=""):
    with time_machine.travel(day(), tick=False):
        return cast.client(user).get(URL + query).context["rows"]


def test_progress_counts_the_present_period_of_what_the_user_sees(cast):
    schedule = make_schedule(cast.group)
    first = planned(schedule, cast.estate_a1)
    answer_all(first, by=cast.branch_supervisor)
    submit(first, by=cast.branch_supervisor)
    planned(schedule, cast.estate_a2)
    planned(schedule, cast.estate_b1)
    planned(schedule, cast.estate_a1, on=day(-40).date(), state="missed")
    [row] = rows(cast, cast.branch_supervisor)
    assert (row.done, row.due, row.rate) == (1, 2, 50)
    assert row.next_period.label == "2026年12月"


def test_a_schedule_of_another_branch_is_not_shown(cast):
    make_schedule(cast.branch_b, code="b-only")
    make_schedule(cast.estate_a1, code="a1-only", tier=Tier.ESTATE, frequency=Frequency.DAY)
    assert [row.schedule.code for row in rows(cast, cast.branch_supervisor)] == ["a1-only"]


def test_those_switched_off_have_a_tab_of_their_own(cast):
    schedule = make_schedule(cast.group)
    schedule.is_active = False
    schedule.save()
    assert rows(cast, cast.group_supervisor) == []
    assert [row.schedule for row in rows(cast, cast.group_supervisor, "?status=inactive")] == [schedule]


def test_filters(cast):
    make_schedule(cast.group, code="branch-month")
    make_schedule(cast.group, code="estate-day", tier=Tier.ESTATE, frequency=Frequency.DAY)
    assert [row.schedule.code for row in rows(cast, cast.group_supervisor, "?tier=estate&way=safety")] == ["estate-day"]
    assert len(rows(cast, cast.group_supervisor, "?tier=nonsense")) == 2


def test_only_administrators_are_led_to_the_settings(cast):
    schedule = make_schedule(cast.group)
    change = reverse("admin:inspections_schedule_change", args=[schedule.pk])
    assert change in cast.client(cast.administrator).get(URL).content.decode()
    assert change not in cast.client(cast.group_supervisor).get(URL).content.decode()


def test_a_role_without_the_right_is_refused(cast):
    assert cast.client(cast.archivist).get(URL).status_code == 403


def test_queries_do_not_grow(cast, django_assert_max_num_queries):
    for number in range(12):
        schedule = make_schedule(cast.group, cast.branch_a, code=f"plan-{number}")
        planned(schedule, cast.estate_a1)
    client = cast.client(cast.group_supervisor)
    with time_machine.travel(day(), tick=False), django_assert_max_num_queries(10):
        assert len(client.get(URL).context["rows"]) == 12
