"""重复发生 (INS-12): what failed again, by estate and item, with the chain and the cause."""

import io

import pytest
import time_machine
from django.urls import reverse
from python_calamine import CalamineWorkbook

from inspections.models import Rectification
from tests.inspections.factories import day, make_rectification

URL = reverse("inspections:repeats")
EXPORT = reverse("inspections:repeats_export")

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(cast):
    """Three failures of one item at one estate, one of another item, one at another estate."""
    rows = [make_rectification(cast.estate_a1, by=cast.engineering, at=day(days)) for days in (-20, -10, 0)]
    Rectification.objects.filter(pk=rows[1].pk).update(cause="线路老化", prevention="每季更换")
    make_rectification(cast.estate_a1, by=cast.engineering, code="photo", at=day(-5))
    make_rectification(cast.estate_b1, by=cast.foreign_engineering, at=day(-1))
    return rows


def get(cast, user, url=URL, query=""):
    with time_machine.travel(day(1), tick=False):
        return cast.client(user).get(url + query)


def test_repeats_are_grouped_with_their_chain(cast, chain):
    page = get(cast, cast.branch_supervisor)
    [group] = page.context["groups"]
    assert group.count == 2
    assert [row.pk for row in group.chain] == [chain[2].pk, chain[1].pk, chain[0].pk]
    text = page.content.decode()
    assert "线路老化" in text
    assert "每季更换" in text


def test_filters(cast, chain):
    assert len(get(cast, cast.branch_supervisor, query="?role=engineering&q=配电房").context["groups"]) == 1
    assert get(cast, cast.branch_supervisor, query="?risk=redline").context["groups"] == []
    [group] = get(cast, cast.branch_supervisor, query="?since=2026-11-18").context["groups"]
    assert (group.count, len(group.chain)) == (1, 2)  # the failure before the span belongs to the chain
    assert get(cast, cast.branch_supervisor, query="?since=abc&tier=zz&q=%00").status_code == 200


def test_another_branch_sees_nothing(cast, chain):
    assert get(cast, cast.foreign_manager).context["groups"] == []


def test_the_export_has_the_repeated_ones(cast, chain):
    answer = get(cast, cast.branch_supervisor, EXPORT)
    assert {
        row[0]
        for row in CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()[1:]
    } == {chain[1].number, chain[2].number}


@pytest.mark.parametrize("url", [URL, EXPORT])
def test_a_role_without_the_right_is_refused(cast, url):
    assert get(cast, cast.cashier, url).status_code == 403


def test_queries_do_not_grow(cast, chain, django_assert_max_num_queries):
    for code in ("redline", "reading"):
        for days in (-3, -2):
            by = cast.engineering
            make_rectification(cast.estate_a1, by=by, code=code, at=day(days, hour=12))
    client = cast.client(cast.branch_supervisor)
    with time_machine.travel(day(1), tick=False), django_assert_max_num_queries(9):
        assert len(client.get(URL).context["groups"]) == 3
