"""The rows behind a figure as .xlsx (RPT-3, RPT-5): those of the page, all of them, and no others."""

import random
from decimal import Decimal

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Post
from accounts.roles import Role
from inspections.models import Inspection
from reports import services
from reports.figures import FIGURES
from reports.models import Bulletin
from tests.cast import SINCE
from tests.reports import factories
from tests.reports.factories import MONTH, NOW
from tests.reports.test_figures import mystery_visit
from tests.sheets import lines

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def bulletin(cast) -> Bulletin:
    """The branch's, of two estates and one that is not the branch's."""
    estates = [cast.estate_a1, cast.estate_a2, cast.estate_b1]
    people = {"by": cast.engineering, "closer": cast.engineering_lead}
    factories.fill(random.Random(7), estates, MONTH, factories.make_plans(), **people)
    draft = services.draft_bulletin(node=cast.branch_a, month=MONTH, by=cast.branch_supervisor, at=NOW)
    return services.issue_bulletin(bulletin=draft, by=cast.branch_supervisor, at=NOW)


def get(client, bulletin, figure, name="figure_export", **query):
    return client.get(reverse(f"reports:{name}", args=[bulletin.pk, figure]), query)


def test_each_figure_exports_all_rows_of_its_page(cast, bulletin):
    client = cast.client(cast.branch_supervisor)
    filled = 0
    for figure in FIGURES:
        page = get(client, bulletin, figure, "figure_rows")
        found = lines(get(client, bulletin, figure))
        assert len(found) == page.context["page"].paginator.count, figure
        if found:
            filled += 1
            assert reverse("reports:figure_export", args=[bulletin.pk, figure]) in page.content.decode()
            assert tuple(found[0]) == tuple(page.context["heads"])
    assert filled > 10


def test_it_is_named_after_what_is_in_it_and_holds_numbers(cast, bulletin):
    response = get(cast.client(cast.branch_supervisor), bulletin, "due", tier="estate")
    assert "%E5%BA%94%E6%A3%80" in response["Content-Disposition"]  # 应检
    scores = dict(Inspection.objects.filter(score__isnull=False).values_list("number", "score"))
    scored = {line["编号"]: Decimal(str(line["得分"])) for line in lines(response) if line["得分"] != ""}
    assert len(scored) > 20
    assert all(scores[number] == score for number, score in scored.items())


def test_a_slice_narrows_it_and_never_widens_it(cast, bulletin):
    client = cast.client(cast.branch_supervisor)
    places = {line["项目"] for line in lines(get(client, bulletin, "due", node=cast.estate_a2.pk))}
    assert places == {cast.estate_a2.label}
    assert lines(get(client, bulletin, "due", node=cast.estate_b1.pk)) == []


def test_only_what_the_reader_may_see(cast, bulletin):
    """INS-3, ORG-2: a mystery visit to come is hidden from a manager who also holds a post at the estate."""
    both = cast.hire(Role.GENERAL_MANAGER, cast.branch_a, "both")
    head = cast.hire(Role.GENERAL_MANAGER, cast.branch_a, "head")
    Post.objects.create(user=both, role=Role.ESTATE_MANAGER, node=cast.estate_a1, starts_on=SINCE)
    mystery_visit(cast)
    rows = {user: len(lines(get(cast.client(user), bulletin, "due"))) for user in (both, head)}
    assert rows[head] == rows[both] + 1


def test_what_looks_like_a_formula_stays_text(cast, bulletin):
    one = Inspection.objects.filter(estate=cast.estate_a1, tier="estate").first()
    Inspection.objects.filter(pk=one.pk).update(number="=1+1")
    numbers = [line["编号"] for line in lines(get(cast.client(cast.branch_supervisor), bulletin, "due"))]
    assert "=1+1" in numbers


def test_too_many_rows_are_refused_in_words(cast, bulletin, monkeypatch):
    monkeypatch.setattr("reports.views.behind.EXPORT_ROWS", 3)
    address = reverse("reports:figure_export", args=[bulletin.pk, "due"])
    page = cast.client(cast.branch_supervisor).get(address, {"tier": "estate"}, follow=True)
    assert "一次最多导出 3 条" in page.content.decode()
    assert page.redirect_chain[-1][0].endswith("?tier=estate")


def test_what_is_no_figure_is_not_found(cast, bulletin):
    client = cast.client(cast.branch_supervisor)
    assert get(client, bulletin, "dues").status_code == 404
    assert get(client, bulletin, "due", month="2026-99").status_code == 404


def test_another_branch_and_a_role_without_the_right_are_refused(cast, bulletin):
    other = cast.hire(Role.GENERAL_MANAGER, cast.branch_b, "other")
    assert get(cast.client(other), bulletin, "due").status_code == 404
    assert get(cast.client(cast.engineering), bulletin, "due").status_code == 403
