"""Who is calling: found by number, house or name, pinyin initials too (issue of the complaints chapter; ORG-2, ORG-4)."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Post
from accounts.roles import Role
from estates import services
from estates.models import House, NameKey, Owner, Tenant
from estates.search import by_key, callers
from estates.services import importwork
from estates.services.respelling import respell
from tests.estates.conftest import LINE, make_house


@pytest.fixture
def huang(cast) -> House:
    """3幢2单元1502: 黄桂兰 with 李梅, let to 单雄."""
    house = make_house(cast.estate_a1, name="黄桂兰", phone="13800001234", co_owners=["李梅"])
    Tenant.objects.create(house=house, name="单雄", phone="13700005678", since="2026-01-01")
    return house


@pytest.fixture
def neighbours(cast, huang) -> list[House]:
    return [
        make_house(cast.estate_a1, "3幢", "1单元", "1502", name="黄小兰", phone="13855556666"),
        make_house(cast.estate_a1, "10幢", "1单元", "301", name="王小明", phone="13877771502"),
        make_house(cast.estate_a2, "3幢", "2单元", "1502", name="黄桂兰", phone="13866661234"),
        make_house(cast.estate_b1, "3幢", "2单元", "1502", name="黄外人", phone="13811111234"),
    ]


def found(user, text, **options) -> list[str]:
    return [f"{row.house} {row.name}" for row in callers(user, text, **options)]


@pytest.mark.parametrize(
    "typed",
    ["13800001234", "138 0000 1234", "+86-138-0000-1234", "1234", "黄桂兰", "黄桂", "hgl", "huangguilan", "huang gui"],
)
def test_the_owner_is_found_by_number_name_and_pinyin(cast, huang, neighbours, typed):
    row = callers(cast.service, typed)[0]

    assert (row.house, row.kind, row.name, row.masked_phone) == (huang, "业主", "黄桂兰", "138****1234")
    assert row.person_id == huang.owner.pk
    assert row.estate == cast.estate_a1
    assert row.label == "3幢2单元1502 黄桂兰（业主）"


@pytest.mark.parametrize(
    "typed", ["3-2-1502", "3幢2单元1502", "3栋2-1502", "3 2 1502", "３幢２单元１５０２", "03-02-1502"]
)
def test_the_house_is_found_in_any_writing_with_all_who_live_there(cast, huang, neighbours, typed):
    rows = callers(cast.service, typed)

    assert [(row.house, row.kind, row.name) for row in rows] == [
        (huang, "业主", "黄桂兰"),
        (huang, "共有人", "李梅"),
        (huang, "租户", "单雄"),
    ]
    assert [row.masked_phone for row in rows] == ["138****1234", "", "137****5678"]


def test_the_unit_may_be_left_out(cast, huang, neighbours):
    assert found(cast.service, "3幢1502") == [
        "3幢1单元1502 黄小兰",
        "3幢2单元1502 黄桂兰",
        "3幢2单元1502 李梅",
        "3幢2单元1502 单雄",
    ]


def test_co_owners_and_tenants_are_found_by_name(cast, huang):
    assert found(cast.service, "李") == found(cast.service, "lm") == ["3幢2单元1502 李梅"]
    assert (
        found(cast.service, "单") == found(cast.service, "shan") == found(cast.service, "dx") == ["3幢2单元1502 单雄"]
    )
    assert callers(cast.service, "李")[0].kind == "共有人"


def test_a_name_is_found_from_its_beginning_or_by_the_given_name(cast, huang):
    assert found(cast.service, "桂兰") == ["3幢2单元1502 黄桂兰"]
    assert found(cast.service, "兰") == found(cast.service, "guilan") == []


def test_several_words_must_all_hold(cast, huang, neighbours):
    assert found(cast.service, "3幢 黄桂") == ["3幢2单元1502 黄桂兰"]
    assert found(cast.service, "10幢 黄") == []
    assert set(found(cast.service, "3 h")) == {"3幢1单元1502 黄小兰", "3幢2单元1502 黄桂兰"}
    assert found(cast.service, "黄 单") == ["3幢2单元1502 黄桂兰"]
    assert found(cast.service, "1502 1234") == ["3幢2单元1502 黄桂兰"]
    assert found(cast.service, "黄 6666") == ["3幢1单元1502 黄小兰"]


def test_four_digits_find_the_phone_and_the_doors(cast, huang, neighbours):
    rows = found(cast.service, "1502")

    assert rows[0] == "10幢1单元301 王小明", "the phone ends so"
    assert {"3幢1单元1502 黄小兰", "3幢2单元1502 黄桂兰"} < set(rows)


def test_what_is_named_in_full_comes_first(cast, huang, neighbours):
    make_house(cast.estate_a1, "3幢", "2单元", "15021", name="黄桂兰花", phone="")
    make_house(cast.estate_a1, "1幢", "2单元", "101", name="黄桂", phone="")

    assert found(cast.service, "黄桂") == ["1幢2单元101 黄桂", "3幢2单元1502 黄桂兰", "3幢2单元15021 黄桂兰花"]
    assert found(cast.service, "3-2-1502")[:1] == ["3幢2单元1502 黄桂兰"]
    assert found(cast.service, "3-2-1502")[-1:] == ["3幢2单元15021 黄桂兰花"]


def test_a_house_without_people_is_found_alone(cast, huang):
    huang.owners.all().delete()
    huang.tenants.all().delete()

    (row,) = callers(cast.service, "3-2-1502")

    assert (row.house, row.kind, row.name, row.masked_phone, row.person_id) == (huang, "", "", "", None)
    assert row.label == "3幢2单元1502"


def test_org_2_another_estates_people_are_not_found(cast, huang, neighbours):
    for typed in ("黄", "hgl", "1234", "3-2-1502"):
        assert {row.estate for row in callers(cast.service, typed)} == {cast.estate_a1}
    assert callers(cast.service, "13811111234") == []
    assert {row.estate for row in callers(cast.auditor, "1234")} == {cast.estate_a1, cast.estate_a2, cast.estate_b1}
    assert {row.estate for row in callers(cast.branch_supervisor, "3-2-1502")} == {cast.estate_a1, cast.estate_a2}


def test_org_2_a_role_without_the_right_finds_nothing_there(cast, huang, neighbours):
    """环境 at the first estate, 秩序 at the second: the people of the second only."""
    assert callers(cast.environment, "黄") == []
    person = cast.hire(Role.ENVIRONMENT, cast.estate_a1, "two-posts")
    Post.objects.create(user=person, role=Role.SECURITY, node_id=cast.estate_a2.pk, starts_on="2026-01-01")

    assert {row.estate for row in callers(person, "黄")} == {cast.estate_a2}


def test_a_chosen_place_narrows_the_search(cast, huang, neighbours):
    assert {row.estate for row in callers(cast.auditor, "黄", place=cast.estate_a2)} == {cast.estate_a2}
    assert {row.estate for row in callers(cast.auditor, "黄", place=cast.branch_a)} == {cast.estate_a1, cast.estate_a2}
    assert callers(cast.service, "黄", place=cast.branch_b) == []


def test_org_4_masked_digits_cannot_be_searched_for_one_by_one(cast, huang):
    for digits in (1, 2, 3, 5, 6, 7, 8, 9, 10):
        assert callers(cast.service, "13800001234"[-digits:]) == []
        assert callers(cast.service, f"黄 {'13800001234'[-digits:]}") == []


def test_nothing_typed_finds_nothing_and_asks_nothing(cast, huang, django_assert_num_queries):
    cast.service.node_ids  # noqa: B018
    with django_assert_num_queries(0):
        assert callers(cast.service, "  ") == callers(cast.service, "\0") == callers(cast.service, "%") == []
    assert callers(cast.service, "黄%") == callers(cast.service, "黄")
    assert callers(cast.service, "'; --") == []


def test_no_more_are_given_than_asked_for(cast):
    for number in range(101, 121):
        make_house(cast.estate_a1, "1幢", "1单元", str(number), name="王小明", phone=f"1380000{number:04d}")

    assert len(callers(cast.service, "王")) == 12
    assert found(cast.service, "1-1", limit=3) == ["1幢1单元101 王小明", "1幢1单元102 王小明", "1幢1单元103 王小明"]


def test_the_statements_are_three_whatever_the_rows_and_words(cast, huang, neighbours, django_assert_max_num_queries):
    user = cast.auditor
    callers(user, "黄")
    for typed in ("黄", "1502", "3 2 1502", "3幢 黄 1234", "hgl"):
        with django_assert_max_num_queries(3):
            rows = callers(user, typed)
            assert [row.label and row.estate.name for row in rows]


def test_a_row_is_found_again_by_its_key(cast, huang, neighbours):
    for row in callers(cast.service, "3-2-1502"):
        assert by_key(cast.service, row.key) == row
        assert by_key(cast.foreign_manager, row.key) is None
        assert by_key(cast.environment, row.key) is None
    for key in (
        "",
        "x1",
        "o",
        "oabc",
        "o999999",
        "h²",
        f"c{huang.pk}-别人",
        f"h{huang.pk}",
        "o99999999999999999999999",
    ):
        assert by_key(cast.service, key) is None


# --- the keys are right however a person comes to be there ---------------------------------------------------------


def keys_of(house: House) -> set[tuple[str, str, str]]:
    return set(NameKey.objects.filter(house=house).values_list("kind", "name", "key"))


WANG = {("owner", "王小明", key) for key in ("王小明", "小明", "wxm", "wangxiaoming")}


def test_an_owner_saved_or_written_in_bulk_has_keys(cast, huang):
    assert ("owner", "黄桂兰", "hgl") in keys_of(huang)
    assert ("co_owner", "李梅", "lm") in keys_of(huang)
    assert ("tenant", "单雄", "sx") in keys_of(huang)
    Owner.objects.all().delete()
    Owner.objects.bulk_create([Owner(house=huang, name="王小明", since="2026-01-01")])

    assert {key for key in keys_of(huang) if key[0] != "tenant"} == WANG


def test_an_import_writes_keys_and_corrects_them(cast, xlsx):
    now = timezone.now()

    def bring(*cells):
        batch = services.upload_import(
            estate=cast.estate_a1, filename="清册.xlsx", content=xlsx(cells), by=cast.administrator, at=now
        )
        importwork.work(pk=batch.pk, at=now)
        services.confirm_import(batch=batch, by=cast.administrator, at=now)
        importwork.work(pk=batch.pk, at=now)

    bring(*LINE)
    house = House.objects.get()
    assert (house.lookup, house.lookup_back) == ("3-2-1502-", "1502-2-3-")
    assert keys_of(house) >= WANG | {("co_owner", "李梅", "lm")}

    bring(*LINE[:8], "陈大文")
    assert ("co_owner", "陈大文", "cdw") in keys_of(house)
    assert found(cast.service, "lm") == []

    bring(*LINE[:4], "赵新主", "", "", "", "")
    assert found(cast.service, "zxz") == ["3幢2单元1502 赵新主"]
    assert found(cast.service, "wxm") == []


def test_a_new_owner_and_tenant_take_the_place_of_those_before(cast, huang):
    now = timezone.now()
    today = timezone.localdate(now)
    services.change_owner(house=huang, name="王小明", co_owners=["陈大文"], since=today, by=cast.service_lead, at=now)
    services.change_tenant(house=huang, name="周租客", since=today, by=cast.service_lead, at=now)

    assert found(cast.service, "wxm") == ["3幢2单元1502 王小明"]
    assert found(cast.service, "cdw") == ["3幢2单元1502 陈大文"]
    assert found(cast.service, "zzk") == ["3幢2单元1502 周租客"]
    assert found(cast.service, "hgl") == found(cast.service, "lm") == found(cast.service, "单") == []
    services.end_tenancy(tenant=huang.tenants.get(until=None), until=today, by=cast.service_lead, at=now)
    assert found(cast.service, "zzk") == []


def test_who_moved_out_is_not_found_by_whatever_way_it_was_written(cast, huang):
    huang.owners.update(until=date(2026, 1, 1))
    Tenant.objects.filter(house=huang).update(until=date(2026, 1, 31))
    assert keys_of(huang) == set()

    huang.owners.update(until=None)
    assert ("co_owner", "李梅", "lm") in keys_of(huang)
    huang.owners.all().delete()
    assert keys_of(huang) == set()


def test_a_name_corrected_without_its_spellings_is_found_as_it_stands(cast, huang):
    huang.owners.update(name="王小明")

    assert found(cast.service, "王小明") == ["3幢2单元1502 王小明"]
    assert found(cast.service, "黄") == found(cast.service, "hgl") == []
    owner = huang.owners.get()
    owner.save()
    assert found(cast.service, "wxm") == ["3幢2单元1502 王小明"]


def test_a_phone_corrected_leaves_the_keys_alone(cast, huang):
    before = set(NameKey.objects.values_list("pk", flat=True))
    huang.owners.update(phone="13899990000", since=date(2022, 7, 1) - timedelta(days=1))

    assert set(NameKey.objects.values_list("pk", flat=True)) == before


def test_rows_written_by_sql_get_their_keys_from_respell(cast, huang):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE estates_house SET lookup = '', lookup_back = ''")
        cursor.execute("UPDATE estates_owner SET spellings = '{}'")
        cursor.execute("UPDATE estates_tenant SET spellings = '{}'")
    assert found(cast.service, "hgl") == found(cast.service, "3-2-1502") == []

    assert respell() == 3
    assert found(cast.service, "hgl") == ["3幢2单元1502 黄桂兰"]
    assert found(cast.service, "sx") == ["3幢2单元1502 单雄"]
    assert len(found(cast.service, "3-2-1502")) == 3
    assert respell() == 0, "nothing differs any more"
