"""项目: the tree that the user sees, and one estate."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from estates.models import Estate, Grid, Stage
from tests.estates.conftest import make_house


def names(client, **query) -> list[str]:
    return [estate.code for estate in client.get(reverse("estates:estates"), query).context["page"]]


@pytest.mark.parametrize(
    ("who", "seen"),
    [("group_supervisor", ["A1", "A2", "B1"]), ("branch_supervisor", ["A1", "A2"]), ("engineering", ["A1"])],
)
def test_estates_are_listed_below_their_branch(cast, who, seen):
    assert names(cast.client(getattr(cast, who))) == seen


def test_the_list_follows_the_place_the_words_and_the_phase(cast):
    today = timezone.localdate()
    Estate.objects.filter(pk=cast.estate_b1.pk).update(delivery_on=today + timedelta(days=10))
    client = cast.client(cast.group_supervisor)

    assert names(client, phase="sprint") == ["B1"]
    assert names(client, q="春江") == ["A2"]
    assert names(client, place="A") == ["A1", "A2"]
    assert names(client) == ["A1", "A2"], "the place is remembered"
    assert names(client, place="") == ["A1", "A2", "B1"]
    assert names(client, phase="nonsense") == ["A1", "A2", "B1"]


def test_a_place_elsewhere_is_no_place(cast):
    assert names(cast.client(cast.engineering), place="B") == ["A1"]


def test_the_queries_do_not_grow_with_the_estates(cast, django_assert_max_num_queries):
    client = cast.client(cast.group_supervisor)
    for number in range(30):
        Estate.objects.create(code=f"X{number}", name="新", parent=cast.branch_b, delivery_on=date(2024, 1, 1))
        Stage.objects.create(estate=Estate.objects.get(code=f"X{number}"), kind="upgrade", starts_on=date(2024, 1, 1))

    with django_assert_max_num_queries(12):
        assert len(names(client)) == 33


def test_an_estate_shows_facts_phases_people_grids_and_buildings(cast, house):
    Stage.objects.create(estate=cast.estate_a1, kind="city_award", starts_on=date(2024, 1, 1))
    Grid.objects.create(estate=cast.estate_a1, name="东区", covers="1—3 幢", responsible=cast.environment)

    page = cast.client(cast.service).get(reverse("estates:estate", args=[cast.estate_a1.pk])).content.decode()

    for shown in ("桂语江南", "杭州分公司", "2022-06-30", "市优创建、运营", "工程甲", "东区", "环境甲", "3幢 · 1 户"):
        assert shown in page
    assert cast.environment.phone in page, "a grid's phone is public"


def test_the_way_to_the_houses_is_offered_to_those_who_may_see_them(cast):
    url = reverse("estates:estate", args=[cast.estate_a1.pk])

    assert "房屋与业主</a>" in cast.client(cast.service).get(url).content.decode().split("<main")[1]
    assert "房屋与业主</a>" not in cast.client(cast.everyone[Role.ENVIRONMENT]).get(url).content.decode()


def test_another_estate_and_a_branch_get_404(cast):
    client = cast.client(cast.estate_manager)

    for node in (cast.estate_b1, cast.estate_a2, cast.branch_a):
        assert client.get(reverse("estates:estate", args=[node.pk])).status_code == 404


def test_posts_that_ended_are_not_shown(cast):
    cast.engineering.posts.update(ends_on=timezone.localdate() - timedelta(days=1))

    url = reverse("estates:estate", args=[cast.estate_a1.pk])
    assert "工程甲" not in cast.client(cast.service).get(url).content.decode()


def test_the_queries_of_an_estate_do_not_grow(cast, django_assert_max_num_queries):
    for number in range(20):
        make_house(cast.estate_a1, f"{number}幢", "1单元", "101")
        Grid.objects.create(estate=cast.estate_a1, name=f"网格{number}", responsible=cast.service)
    client = cast.client(cast.service)

    with django_assert_max_num_queries(12):
        client.get(reverse("estates:estate", args=[cast.estate_a1.pk]))
