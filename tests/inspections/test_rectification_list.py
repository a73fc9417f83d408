"""整改单: the list, its filters, its export (RPT-5, ORG-2)."""

import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from inspections.choices import Tier
from inspections.services.rectifications import assign, attach_evidence, pass_recheck, submit_rectification
from tests.inspections.factories import day, make_rectification, photo
from tests.inspections.pages import at

URL = reverse("inspections:rectifications")
EXPORT = reverse("inspections:rectifications_export")
NOW = day(2)


@pytest.fixture(autouse=True)
def now():
    with at(NOW):
        yield


@pytest.fixture
def some(cast):
    """plain (待整改), redline (超期), waiting (待复查), closed, again (a repeat) and one of the other branch."""
    boss_b = cast.hire("branch_supervisor", cast.branch_b, "boss_b")
    made = {
        "closed": make_rectification(cast.estate_a1, by=cast.security, code="photo", at=day(-200)),
        "plain": make_rectification(cast.estate_a1, by=cast.security),
        "redline": make_rectification(cast.estate_a1, by=cast.engineering, code="redline"),
        "waiting": make_rectification(cast.estate_a2, by=cast.branch_supervisor, tier=Tier.BRANCH, code="reading"),
        "again": make_rectification(cast.estate_a1, by=cast.security, at=day(1)),
        "foreign": make_rectification(cast.estate_b1, by=boss_b, tier=Tier.BRANCH),
    }
    assign(rectification=made["plain"], assignee=cast.security, by=cast.estate_manager, at=day())
    manager = cast.hire("estate_manager", cast.estate_a2, "manager2")
    submit_rectification(rectification=made["waiting"], by=manager, at=day(), measures="已调压")
    attach_evidence(rectification=made["closed"], photos=[photo()], by=cast.engineering, at=day(-199))
    submit_rectification(rectification=made["closed"], by=cast.engineering, at=day(-199), measures="=已关门")
    pass_recheck(rectification=made["closed"], by=cast.estate_manager, at=day(-198))
    return made


def found(client, some, **query):
    response = client.get(URL, query)
    assert response.status_code == 200
    names = {row.pk: name for name, row in some.items()}
    return [names[row.pk] for row in response.context["page"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["redline", "plain", "again"]),
        ({"status": "recheck"}, ["waiting"]),
        ({"status": "overdue"}, ["redline"]),
        ({"status": "closed"}, ["closed"]),
        ({"status": "none"}, ["redline", "plain", "again"]),
        ({"sort": "-due"}, ["again", "plain", "redline"]),
        ({"role": "security"}, ["redline"]),
        ({"risk": "redline"}, ["redline"]),
        ({"repeat": "on"}, ["again"]),
        ({"tier": "branch", "status": "all"}, ["waiting"]),
        ({"item": "sample/plain"}, ["plain", "again"]),
        ({"since": "2026-11-19"}, ["again"]),
        ({"until": "2026-11-18"}, ["redline", "plain"]),
        ({"until": "9999-12-31"}, ["redline", "plain", "again"]),
        ({"q": "疏散"}, ["redline"]),
        ({"place": "A2", "status": "all"}, ["waiting"]),
    ],
)
def test_filters_live_in_the_url(cast, some, query, expected):
    assert found(cast.client(cast.branch_supervisor), some, **query) == expected


def test_mine_is_named_or_of_my_role(cast, some):
    assert found(cast.client(cast.security), some, mine="on") == ["redline", "plain"]
    assert found(cast.client(cast.engineering), some, mine="on") == ["again"]


def test_each_sees_what_lies_at_or_below(cast, some):
    assert "foreign" not in found(cast.client(cast.branch_supervisor), some, status="all")
    assert "foreign" in found(cast.client(cast.group_supervisor), some, status="all")
    assert found(cast.client(cast.foreign_manager), some, status="all") == ["foreign"]


def test_the_tabs_count_what_they_open(cast, some):
    client = cast.client(cast.branch_supervisor)
    for tab in client.get(URL).context["tabs"]:
        assert tab["count"] == len(client.get(URL, {"status": tab["value"]}).context["page"].object_list)


def test_what_waits_says_whether_it_was_handed_in_in_time(cast, some):
    assert "按时提交" in cast.client(cast.branch_supervisor).get(URL, {"status": "recheck"}).content.decode()


def test_the_export_holds_the_same_rows_as_text(cast, some):
    content = cast.client(cast.branch_supervisor).get(EXPORT, {"status": "closed"}).content
    head, *lines = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    line = dict(zip(head, lines[0], strict=True))
    assert len(lines) == 1
    assert (line["编号"], line["整改措施"], line["整改人"]) == (some["closed"].number, "=已关门", "工程甲")


@pytest.mark.parametrize("url", [URL, EXPORT])
def test_the_right(cast, url):
    assert cast.client(cast.cashier).get(url).status_code == 403
    assert cast.client(cast.engineering).post(url).status_code == 405


def test_too_many_rows_are_refused_in_words(cast, some, monkeypatch):
    monkeypatch.setattr("inspections.views.rectifications.EXPORT_ROWS", 1)
    response = cast.client(cast.branch_supervisor).get(EXPORT, follow=True)
    assert "一次最多导出 1 条" in response.content.decode()


def test_queries_do_not_grow(cast, some, django_assert_max_num_queries):
    for number in range(8):
        make_rectification(cast.estate_a1, by=cast.security, at=day(1, 10 + number))
    client = cast.client(cast.branch_supervisor)
    client.get(URL, {"place": "A1"})
    with django_assert_max_num_queries(11):
        client.get(URL, {"status": "all"})
