"""房屋与业主: searched, filtered, paged, exported with the same filter and scope (RPT-5, ORG-2)."""

import io

import pytest
from django.urls import reverse
from python_calamine import CalamineWorkbook

from accounts.models import Post
from accounts.roles import Role
from estates.models import Tenant
from tests.estates.conftest import make_house


@pytest.fixture
def houses(cast, house):
    return [
        house,
        make_house(cast.estate_a1, "10幢", "1单元", "301", name="陈大文", phone="13855556666"),
        make_house(cast.estate_a2, "2幢", "", "101", name="=1+1", phone="13877778888"),
        make_house(cast.estate_b1, "1幢", "1单元", "101", name="赵外人", phone="13811119999"),
    ]


def codes(client, **query) -> list[str]:
    return [house.code for house in client.get(reverse("estates:houses"), query).context["page"]]


def test_a_user_sees_the_houses_of_their_estates_only(cast, houses):
    assert codes(cast.client(cast.service)) == ["10幢1单元301", "3幢2单元1502"]
    assert codes(cast.client(cast.foreign_manager)) == ["1幢1单元101"]
    assert len(codes(cast.client(cast.auditor))) == 4


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("1502", ["3幢2单元1502"]),
        ("10幢", ["10幢1单元301"]),
        ("陈大", ["10幢1单元301"]),
        ("6666", ["10幢1单元301"]),
        ("13855556666", ["10幢1单元301"]),
        ("9999", []),
        ("13800001234", ["3幢2单元1502"]),
        ("138 0000 1234", ["3幢2单元1502"]),
        ("3-2-1502", ["3幢2单元1502"]),
        ("3栋1502", ["3幢2单元1502"]),
        ("3幢 王", ["3幢2单元1502"]),
        ("10幢 王", []),
        ("wxm", ["3幢2单元1502"]),
        ("chendawen", ["10幢1单元301"]),
        ("大文", ["10幢1单元301"]),
        ("zwr", []),
        ("文", []),
        ("00001234", []),
        ("没有这个", []),
        ("a\0b", ["10幢1单元301", "3幢2单元1502"]),
    ],
)
def test_search_takes_a_number_a_name_or_the_tail_of_a_phone(cast, houses, query, found):
    assert codes(cast.client(cast.service), q=query) == found


def test_a_former_owner_is_not_found(cast, houses):
    houses[0].owners.update(until="2026-01-01")

    assert codes(cast.client(cast.service), q="王小明") == []
    assert codes(cast.client(cast.service), occupied="no_owner") == ["3幢2单元1502"]


def test_tenants_are_found_and_filtered(cast, houses):
    Tenant.objects.create(house=houses[1], name="孙租客", phone="13700005678", since="2026-01-01")

    assert codes(cast.client(cast.service), q="5678") == ["10幢1单元301"]
    assert codes(cast.client(cast.service), occupied="tenant") == ["10幢1单元301"]


def test_within_one_estate_the_order_is_natural_and_buildings_can_be_chosen(cast, houses):
    client = cast.client(cast.service)

    assert codes(client, place="A1") == ["3幢2单元1502", "10幢1单元301"]
    assert codes(client, building=houses[1].building_id) == ["10幢1单元301"]
    assert codes(client, building=houses[3].building_id) == ["3幢2单元1502", "10幢1单元301"], "not this estate's"


def test_phones_are_masked(cast, houses):
    page = cast.client(cast.service).get(reverse("estates:houses")).content.decode()

    assert "138****1234" in page
    assert "13800001234" not in page


def test_the_queries_do_not_grow_with_the_rows(cast, house, django_assert_max_num_queries):
    client = cast.client(cast.service)
    for number in range(30):
        make_house(cast.estate_a1, f"{number + 20}幢", "1单元", "101")

    with django_assert_max_num_queries(12) as few:
        client.get(reverse("estates:houses"), {"q": "3幢2单元1502"})
    with django_assert_max_num_queries(12) as many:
        assert len(client.get(reverse("estates:houses")).context["page"]) == 31
    assert len(many) <= len(few)


def test_pages_hold_fifty(cast):
    for number in range(51):
        make_house(cast.estate_a1, "1幢", "1单元", str(number))
    client = cast.client(cast.service)

    assert len(codes(client)) == 50
    assert len(codes(client, page=2)) == 1
    assert len(codes(client, page="x")) == 50


def test_an_empty_list_says_what_to_do(cast):
    assert "没有房屋" in cast.client(cast.service).get(reverse("estates:houses")).content.decode()


@pytest.mark.parametrize("role", [Role.ENVIRONMENT, Role.ENVIRONMENT_LEAD])
def test_roles_without_the_right_get_403(cast, role):
    client = cast.client(cast.everyone[role])

    assert client.get(reverse("estates:houses")).status_code == 403
    assert client.get(reverse("estates:export_houses")).status_code == 403


def exported(client, **query) -> list[list[object]]:
    answer = client.get(reverse("estates:export_houses"), query)
    return CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()


def test_the_export_has_the_same_rows_masked(cast, houses):
    head, *rows = exported(cast.client(cast.service), q="1502")

    assert head[0] == "项目"
    assert rows == [["桂语江南", "3幢2单元1502", "3幢", "2单元", "1502", 89.5, "王小明", "138****1234", "", ""]]
    assert len(exported(cast.client(cast.branch_supervisor))) == 4


def test_a_cell_that_looks_like_a_formula_is_text(cast, houses):
    import zipfile

    answer = cast.client(cast.branch_supervisor).get(reverse("estates:export_houses"), {"place": "A2"})
    sheet = zipfile.ZipFile(io.BytesIO(answer.content)).read("xl/worksheets/sheet1.xml").decode()

    assert "<f>" not in sheet
    assert "=1+1" in sheet


def test_too_many_rows_are_refused_with_a_sentence(cast, houses, monkeypatch):
    monkeypatch.setattr("estates.views.houses.EXPORT_ROWS", 1)

    page = cast.client(cast.service).get(reverse("estates:export_houses"), follow=True)

    assert "一次最多导出 1 户，请先筛选。" in page.content.decode()


def test_masked_digits_cannot_be_searched_for_one_by_one(cast, houses):
    """ORG-4: 138****1234 is known to every reader; what a longer tail would tell, only the logged reveal tells."""
    client = cast.client(cast.service)

    assert codes(client, q="13800001234") == ["3幢2单元1502"]
    for digits in range(5, 11):
        assert codes(client, q="13800001234"[-digits:]) == []


def test_a_right_at_one_estate_opens_no_houses_of_another(cast, houses):
    """ORG-2: 环境 at the first estate, 秩序 at the second: the houses of the second only."""
    person = cast.hire(Role.ENVIRONMENT, cast.estate_a1, "two-posts")
    Post.objects.create(user=person, role=Role.SECURITY, node_id=cast.estate_a2.pk, starts_on="2026-01-01")
    client = cast.client(person)

    assert codes(client) == ["2幢101"]
    assert client.get(reverse("estates:house", args=[houses[0].pk])).status_code == 404
    assert [row[1] for row in exported(client)[1:]] == ["2幢101"]
