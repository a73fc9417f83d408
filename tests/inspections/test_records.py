"""检查记录: the list, its filters, its export (RPT-5, ORG-2)."""

import io
from datetime import timedelta

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from inspections.choices import Tier
from inspections.models import Inspection
from tests.inspections.factories import TODAY, answer_all, day, make_inspection, make_version, submit
from tests.inspections.pages import at

URL = reverse("inspections:records")
EXPORT = reverse("inspections:records_export")


@pytest.fixture(autouse=True)
def now():
    with at():
        yield


def found(client, **query):
    response = client.get(URL, query)
    assert response.status_code == 200
    return {row.number for row in response.context["page"]}


def rows(response):
    assert response.status_code == 200
    return CalamineWorkbook.from_filelike(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()


@pytest.fixture
def some(cast):
    """done (不合格, red line) · missed · made up · ad hoc · the branch's · another estate's."""
    made = {
        "done": make_inspection(cast.estate_a1, number="done"),
        "missed": make_inspection(cast.estate_a1, number="missed", on=TODAY - timedelta(days=9), state="missed"),
        "made_up": make_inspection(cast.estate_a1, number="made_up", on=TODAY - timedelta(days=3), is_made_up=True),
        "fire": make_inspection(cast.estate_a1, number="fire", version=make_version("fire-weekly", way="fire")),
        "branch": make_inspection(cast.estate_a2, number="branch", tier=Tier.BRANCH),
        "foreign": make_inspection(cast.estate_b1, number="foreign"),
    }
    answer_all(made["done"], by=cast.engineering, fail={"redline": "堆放杂物"})
    submit(made["done"], by=cast.engineering)
    return made


def test_each_sees_what_lies_at_or_below(cast, some):
    everything = {"done", "missed", "made_up", "fire", "branch", "foreign"}
    assert found(cast.client(cast.group_supervisor)) == everything
    assert found(cast.client(cast.branch_supervisor)) == everything - {"foreign"}
    assert found(cast.client(cast.engineering)) == {"done", "missed", "made_up", "fire"}
    assert found(cast.client(cast.foreign_manager)) == {"foreign"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "submitted"}, {"done"}),
        ({"status": "missed"}, {"missed"}),
        ({"tier": "branch"}, {"branch"}),
        ({"way": "fire"}, {"fire"}),
        ({"checklist": "fire-weekly"}, {"fire"}),
        ({"grade": "poor"}, {"done"}),
        ({"redline": "on"}, {"done"}),
        ({"source": "made_up"}, {"made_up"}),
        ({"subject": "power"}, {"done"}),
        ({"place": "A2"}, {"branch"}),
        ({"q": "MADE"}, {"made_up"}),
        ({"since": "2026-11-10", "until": "2026-11-17"}, {"made_up"}),
        ({"until": "2026-11-09"}, {"missed"}),
        ({"until": "2026-11-08"}, set()),
        ({"tier": "branch", "status": "missed"}, set()),
    ],
)
def test_filters_live_in_the_url(cast, some, query, expected):
    assert found(cast.client(cast.branch_supervisor), **query) == expected


@pytest.mark.parametrize(
    "query", [{"since": "gestern"}, {"until": "9999-12-31"}, {"checklist": "none"}, {"tier": "\0"}, {"estate": "x"}]
)
def test_what_cannot_be_read_filters_nothing_out(cast, some, query):
    assert len(found(cast.client(cast.engineering), **query)) == 4


@pytest.mark.parametrize(("sort", "first"), [("-opened", "fire"), ("opened", "missed"), ("-score", "done")])
def test_sorting(cast, some, sort, first):
    response = cast.client(cast.engineering).get(URL, {"sort": sort})
    assert response.context["page"][0].number == first


def test_the_tabs_count_what_they_open(cast, some):
    client = cast.client(cast.engineering)
    for tab in client.get(URL).context["tabs"]:
        response = client.get(URL, {"status": tab["value"]})
        assert tab["count"] == len(response.context["page"].object_list)


def test_pages(cast):
    make_many(cast, 120)
    client = cast.client(cast.engineering)
    assert len(client.get(URL, {"page": 3}).context["page"].object_list) == 20
    assert client.get(URL, {"page": "x"}).context["page"].number == 1


def test_the_export_holds_the_same_rows(cast, some):
    head, *lines = rows(cast.client(cast.branch_supervisor).get(EXPORT, {"tier": "estate", "status": "submitted"}))
    assert len(lines) == 1
    line = dict(zip(head, lines[0], strict=True))
    assert (line["编号"], line["项目"], line["不合格"], line["等级"]) == ("done", "桂语江南", 1, "不合格")


def test_what_looks_like_a_formula_stays_text(cast):
    for text in ("=1+1", "+1", "-1", "@SUM(A1)"):
        make_inspection(cast.estate_a1, number=text)
    content = cast.client(cast.engineering).get(EXPORT).content
    lines = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert {line[0] for line in lines[1:]} == {"=1+1", "+1", "-1", "@SUM(A1)"}
    assert b"<f>" not in content


def test_too_many_rows_are_refused_in_words(cast, some, monkeypatch):
    monkeypatch.setattr("inspections.views.records.EXPORT_ROWS", 2)
    response = cast.client(cast.engineering).get(EXPORT, follow=True)
    assert "一次最多导出 2 条，请先筛选。" in response.content.decode()


def test_an_empty_list_says_what_to_do(cast):
    assert "清除条件" in cast.client(cast.engineering).get(URL).content.decode()


@pytest.mark.parametrize("url", [URL, EXPORT])
def test_the_right(cast, url):
    assert cast.client(cast.cashier).get(url).status_code == 403
    assert cast.client(cast.engineering).post(url).status_code == 405


@pytest.mark.parametrize("role", ["engineering", "group_supervisor"])
def test_queries_do_not_grow(cast, role, django_assert_max_num_queries):
    make_many(cast, 60)
    client = cast.client(getattr(cast, role))
    client.get(URL, {"place": "A1"})
    with django_assert_max_num_queries(11):
        client.get(URL)


def make_many(cast, count):
    version = make_version()
    Inspection.objects.bulk_create(
        Inspection(
            number=f"N{number}", version=version, estate=cast.estate_a1, tier=Tier.ESTATE, frequency="day",
            period_start=TODAY, period_end=TODAY, opens_at=day(0, 0), closes_at=day(1, 0),
        )
        for number in range(count)
    )  # fmt: skip
