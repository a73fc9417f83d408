"""今日检查: what a team has to do, the most urgent first (INS-8)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from inspections.choices import Tier
from tests.inspections.factories import TODAY, answer_all, day, make_inspection, make_version, submit
from tests.inspections.pages import at

URL = reverse("inspections:today")


@pytest.fixture(autouse=True)
def now():
    with at():
        yield


def shown(response):
    return [(label, [row.pk for row in rows]) for label, rows in response.context["groups"]]


def test_the_team_s_own_grouped_by_urgency(cast):
    later = make_inspection(cast.estate_a1, closes_at=day(20))
    soon = make_inspection(cast.estate_a1, closes_at=day(hour=13))
    week = make_inspection(cast.estate_a1, closes_at=day(3))
    tonight = make_inspection(cast.estate_a1)
    make_inspection(cast.estate_a1, tier=Tier.BRANCH)
    make_inspection(cast.estate_b1)
    response = cast.client(cast.engineering).get(URL)
    assert shown(response) == [
        ("即将截止", [soon.pk]), ("今天截止", [tonight.pk]), ("7 天内截止", [week.pk]), ("7 天以后截止", [later.pk]),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("closes_at", "opens_at", "is_there"),
    [
        (day(hour=10), day(0, 0), True),  # GEN-1: the last moment included
        (day(hour=10) - timedelta(seconds=1), day(0, 0), False),
        (day(1, 0), day(hour=10), True),
        (day(1, 0), day(hour=10) + timedelta(seconds=1), False),
    ],
)
def test_only_while_it_is_open(cast, closes_at, opens_at, is_there):
    make_inspection(cast.estate_a1, opens_at=opens_at, closes_at=closes_at)
    assert bool(shown(cast.client(cast.engineering).get(URL))) is is_there


def test_a_supervisor_sees_the_tier_s_of_all_estates_and_one_place_on_request(cast):
    a1 = make_inspection(cast.estate_a1, tier=Tier.BRANCH)
    a2 = make_inspection(cast.estate_a2, tier=Tier.BRANCH)
    client = cast.client(cast.branch_supervisor)
    assert shown(client.get(URL)) == [("今天截止", [a1.pk, a2.pk])]
    assert shown(client.get(URL, {"place": "A2"})) == [("今天截止", [a2.pk])]


def test_it_shows_the_progress_and_what_was_done_today(cast):
    inspection = make_inspection(cast.estate_a1)
    done = make_inspection(cast.estate_a1)
    answer_all(inspection, by=cast.engineering)
    answer_all(done, by=cast.engineering, fail={"plain": "灯不亮"})
    submit(done, by=cast.engineering, at=day(hour=9))
    text = cast.client(cast.engineering).get(URL).content.decode()
    assert "4 / 4 项" in text
    assert "继续检查" in text
    assert "不合格 1 项" in text


def test_the_estate_does_not_see_a_mystery_visit_coming(cast):
    """INS-3."""
    visit = make_inspection(cast.estate_a1, tier=Tier.BRANCH, version=make_version("mystery", way="mystery"))
    url = reverse("inspections:record", args=[visit.pk])
    assert cast.client(cast.estate_manager).get(url).status_code == 404
    assert cast.client(cast.branch_supervisor).get(url).status_code == 200


@pytest.mark.parametrize(("role", "words"), [("auditor", "您不在督导小组里"), ("engineering", "没有待完成的检查")])
def test_an_empty_page_says_why(cast, role, words):
    assert words in cast.client(getattr(cast, role)).get(URL).content.decode()


def test_the_right(cast):
    assert cast.client(cast.cashier).get(URL).status_code == 403
    assert cast.client(cast.engineering).post(URL).status_code == 405


def test_queries_do_not_grow(cast, django_assert_max_num_queries):
    version = make_version()
    for number in range(30):
        answer_all(make_inspection(cast.estate_a1, version=version), by=cast.engineering) if number < 3 else (
            make_inspection(cast.estate_a2 if number % 2 else cast.estate_a1, version=version, tier=Tier.BRANCH)
        )
    for user in (cast.engineering, cast.branch_supervisor):
        client = cast.client(user)
        with django_assert_max_num_queries(10):
            assert client.get(URL).status_code == 200


def test_today_is_the_local_day(cast):
    inspection = make_inspection(cast.estate_a1)
    answer_all(inspection, by=cast.engineering, at=day(0, 1))
    submit(inspection, by=cast.engineering, at=day(0, 1))
    assert [row.pk for row in cast.client(cast.engineering).get(URL).context["done"]] == [inspection.pk]
    with at(day(1, 0)):
        assert not cast.client(cast.engineering).get(URL).context["done"]
    assert inspection.period_start == TODAY
