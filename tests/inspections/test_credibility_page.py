"""自查可信度 (INS-16): the rate per estate, and the pairs behind it, for the upper tiers."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Post
from accounts.roles import Role
from inspections.choices import Tier
from inspections.models import Inspection
from tests.cast import SINCE
from tests.inspections.factories import TODAY, answer_all, day, make_inspection, submit

URL = reverse("inspections:credibility")
PAIRS = reverse("inspections:discrepancies")
MONTH = "?since=2026-11&until=2026-11"

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(cast):
    """The estate passes everything; next day the branch fails one of the four items."""
    own = make_inspection(cast.estate_a1)
    answer_all(own, by=cast.engineering)
    submit(own, by=cast.engineering)
    upper = make_inspection(cast.estate_a1, tier=Tier.BRANCH, on=TODAY + timedelta(days=1))
    answer_all(upper, by=cast.branch_supervisor, fail={"plain": "灯不亮"})
    return own, submit(upper, by=cast.branch_supervisor)


def get(cast, user, url, query=MONTH):
    with time_machine.travel(day(2), tick=False):
        return cast.client(user).get(url + query)


def test_compared_contradicted_and_rate_by_estate(cast, pair):
    [row] = get(cast, cast.branch_supervisor, URL).context["page"].object_list
    assert (row.estate.pk, row.compared, row.contradicted, row.rate) == (cast.estate_a1.pk, 4, 1, 25)
    assert row.change is None


def test_the_trend_compares_with_the_span_before(cast, pair):
    _, upper = pair
    Inspection.objects.filter(pk=upper.pk).update(compared=4, contradicted=2)
    earlier = make_inspection(cast.estate_a1, tier=Tier.BRANCH, on=TODAY - timedelta(days=30))
    answer_all(earlier, by=cast.branch_supervisor)
    submit(earlier, by=cast.branch_supervisor)
    Inspection.objects.filter(pk=earlier.pk).update(compared=10, contradicted=1)
    [row] = get(cast, cast.branch_supervisor, URL).context["page"].object_list
    assert (row.rate, row.rate_before, row.change_text) == (50, 10, "+40.0 个百分点")


def test_the_pairs_behind_the_rate_open_both_inspections(cast, pair):
    own, upper = pair
    page = get(cast, cast.branch_supervisor, PAIRS, f"{MONTH}&estate=A1")
    assert len(page.context["pairs"]) == 1
    text = page.content.decode()
    assert "配电房照明" in text
    for inspection in (own, upper):
        assert reverse("inspections:record", args=[inspection.pk]) in text


@pytest.mark.parametrize("url", [URL, PAIRS])
def test_the_estate_itself_does_not_see_the_comparison(cast, pair, url):
    assert get(cast, cast.estate_manager, url).status_code == 403


def test_the_right_counts_only_where_it_is_held(cast, pair):
    """A person who supervises branch B and manages estate A1 sees nothing of A1."""
    both = cast.hire(Role.BRANCH_SUPERVISOR, cast.branch_b, "both")
    Post.objects.create(user=both, role=Role.ESTATE_MANAGER, node=cast.estate_a1, starts_on=SINCE)
    assert list(get(cast, both, URL).context["page"].object_list) == []
    assert get(cast, both, PAIRS, f"{MONTH}&estate=A1").status_code == 404


def test_another_branchs_pairs_are_not_found(cast, pair):
    other = cast.hire(Role.BRANCH_SUPERVISOR, cast.branch_b, "other")
    assert list(get(cast, other, URL).context["page"].object_list) == []
    assert get(cast, other, PAIRS, f"{MONTH}&estate=A1").status_code == 404


@pytest.mark.parametrize("query", ["?since=abc", "?since=2026-13&until=1", "?since=2026-12&until=2026-01"])
def test_unreadable_months_are_said_and_do_no_harm(cast, pair, query):
    page = get(cast, cast.branch_supervisor, URL, query)
    assert page.status_code == 200
    assert page.context["form"].errors


def test_queries_do_not_grow(cast, pair, django_assert_max_num_queries):
    client = cast.client(cast.branch_supervisor)
    for url in (URL, PAIRS):
        with django_assert_max_num_queries(10):
            assert client.get(url + MONTH).status_code == 200
