"""自查可信度 (INS-16): the rate per estate, and the pairs behind it, for the upper tiers."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Post
from accounts.roles import Role
from inspections.choices import Tier
from inspections.content import ItemContent, SectionContent
from inspections.models import Inspection
from tests.cast import SINCE
from tests.inspections.factories import TODAY, answer_all, day, make_inspection, make_version, submit
from tests.sheets import lines

URL = reverse("inspections:credibility")
PAIRS = reverse("inspections:discrepancies")
EXPORT = reverse("inspections:credibility_export")
PAIRS_EXPORT = reverse("inspections:discrepancies_export")
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


def test_the_exports_hold_the_same_rows(cast, pair):
    own, upper = pair
    [line] = lines(get(cast, cast.branch_supervisor, EXPORT))
    assert (line["项目"], line["可比对项"], line["不符项"], line["不符率%"]) == ("桂语江南", 4, 1, 25)
    [line] = lines(get(cast, cast.branch_supervisor, PAIRS_EXPORT, f"{MONTH}&estate=A1"))
    assert (line["检查项"], line["自查编号"], line["上级检查编号"]) == ("配电房照明", own.number, upper.number)
    assert (line["自查人"], line["上级检查人"]) == (cast.engineering.name, cast.branch_supervisor.name)
    assert lines(get(cast, cast.branch_supervisor, PAIRS_EXPORT, "?since=2026-10&until=2026-10")) == []
    for url in (EXPORT, PAIRS_EXPORT):
        assert url in get(cast, cast.branch_supervisor, URL if url is EXPORT else PAIRS).content.decode()


def test_what_looks_like_a_formula_stays_text_in_the_exports(cast):
    cast.estate_a1.name = "=1+1"
    cast.estate_a1.save()
    item = ItemContent("plain", "@SUM(A1)", "完好。", "engineering")
    version = make_version("formula", sections=[SectionContent("power", "-1", [item])])
    for tier, by, days, fail in (
        (Tier.ESTATE, cast.engineering, 0, {}),
        (Tier.BRANCH, cast.branch_supervisor, 1, {"plain": "灯不亮"}),
    ):
        made = make_inspection(cast.estate_a1, tier=tier, version=version, on=TODAY + timedelta(days=days))
        answer_all(made, by=by, fail=fail)
        submit(made, by=by)
    [line] = lines(get(cast, cast.branch_supervisor, EXPORT))
    assert line["项目"] == "=1+1"
    [line] = lines(get(cast, cast.branch_supervisor, PAIRS_EXPORT))
    assert (line["检查项"], line["检查主题"], line["项目"]) == ("@SUM(A1)", "-1", "=1+1")


def test_too_many_pairs_are_refused_in_words(cast, pair, monkeypatch):
    monkeypatch.setattr("inspections.views.credibility.EXPORT_ROWS", 0)
    with time_machine.travel(day(2), tick=False):
        page = cast.client(cast.branch_supervisor).get(PAIRS_EXPORT + MONTH, follow=True)
    assert "一次最多导出 0 条" in page.content.decode()


@pytest.mark.parametrize("url", [URL, PAIRS, EXPORT, PAIRS_EXPORT])
def test_the_estate_itself_does_not_see_the_comparison(cast, pair, url):
    assert get(cast, cast.estate_manager, url).status_code == 403


def test_the_right_counts_only_where_it_is_held(cast, pair):
    """A person who supervises branch B and manages estate A1 sees nothing of A1."""
    both = cast.hire(Role.BRANCH_SUPERVISOR, cast.branch_b, "both")
    Post.objects.create(user=both, role=Role.ESTATE_MANAGER, node=cast.estate_a1, starts_on=SINCE)
    assert list(get(cast, both, URL).context["page"].object_list) == []
    assert lines(get(cast, both, EXPORT)) == lines(get(cast, both, PAIRS_EXPORT)) == []
    for url in (PAIRS, PAIRS_EXPORT):
        assert get(cast, both, url, f"{MONTH}&estate=A1").status_code == 404


def test_another_branchs_pairs_are_not_found(cast, pair):
    other = cast.hire(Role.BRANCH_SUPERVISOR, cast.branch_b, "other")
    assert list(get(cast, other, URL).context["page"].object_list) == []
    assert lines(get(cast, other, EXPORT)) == lines(get(cast, other, PAIRS_EXPORT)) == []
    for url in (PAIRS, PAIRS_EXPORT):
        assert get(cast, other, url, f"{MONTH}&estate=A1").status_code == 404


@pytest.mark.parametrize("query", ["?since=abc", "?since=2026-13&until=1", "?since=2026-12&until=2026-01"])
def test_unreadable_months_are_said_and_do_no_harm(cast, pair, query):
    page = get(cast, cast.branch_supervisor, URL, query)
    assert page.status_code == 200
    assert page.context["form"].errors


def test_queries_do_not_grow(cast, pair, django_assert_max_num_queries):
    client = cast.client(cast.branch_supervisor)
    for url in (URL, PAIRS, EXPORT, PAIRS_EXPORT):
        with django_assert_max_num_queries(10):
            assert client.get(url + MONTH).status_code == 200
