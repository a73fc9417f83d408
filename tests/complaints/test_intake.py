"""complaints:register — a contact is typed in while on the phone (CMP-1…4, ORG-2, ORG-4)."""

import re
from uuid import uuid4

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Post
from accounts.roles import Role
from complaints.models import Case
from estates.models import Owner, Tenant
from foundation.attachments.models import Attachment
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    answered,
    called_back,
    journal,
    make_case,
    make_house,
    photo,
    reported,
    running,
    standard_policy,
    transferred,
)

REGISTER, CALLERS, RECENT = (reverse(f"complaints:{name}") for name in ("register", "callers", "recent"))
SINCE = MONDAY.date()


@pytest.fixture
def house(cast):
    standard_policy()
    house = make_house(cast.estate_a1)
    Owner.objects.create(house=house, name="黄桂兰", phone="13812345678", since=SINCE, co_owners=["李强"])
    return house


def owner_key(house) -> str:
    return f"o{house.owner.pk}"


def sent(cast, house=None, **changes):
    """What the page sends when the caller was chosen and four things were said."""
    given = {
        "client_key": str(uuid4()),
        "caller": owner_key(house) if house else "",
        "estate": cast.estate_a1.pk,
        "caller_name": "黄桂兰" if house else "",
        "caller_kind": "owner",
        "caller_phone": "",
        "channel": "phone",
        "kind": "repair",
        "text": "厨房水管漏水",
        "then": "engineering",
        **changes,
    }
    return {name: value for name, value in given.items() if value is not None}


def post(cast, data, *, by=None, at=MONDAY, **options):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service).post(REGISTER, data, **options)


def get(cast, url=REGISTER, *, by=None, at=MONDAY, **data):
    with time_machine.travel(at, tick=False):
        return cast.client(by or cast.service).get(url, data)


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- it works -------------------------------------------------------------------------------------------------------


def test_a_chosen_caller_gives_house_name_and_the_phone_on_file(cast, house):
    response = post(cast, sent(cast, house, cause="leak"))
    case = Case.objects.get()
    assert response["Location"] == reverse("complaints:case", args=[case.pk])
    assert (case.house, case.building, case.estate) == (house, house.building, cast.estate_a1)
    assert (case.caller_name, case.caller_phone, case.caller_kind) == ("黄桂兰", "13812345678", "owner")
    assert (case.kind, case.cause, case.text, case.channel) == ("repair", "leak", "厨房水管漏水", "phone")
    assert (case.received_at, case.registered_at) == (MONDAY, MONDAY)
    assert (case.registered_by, case.responsible) == (cast.service, cast.service)


def test_it_lies_with_the_department_at_once_with_its_clocks(cast, house):
    post(cast, sent(cast, house))
    case = Case.objects.get()
    assert (case.state, case.department) == (Case.State.HANDLING, "engineering")
    assert journal(case) == ["register", "transfer"]
    assert running(case) == {"answer", "arrive", "handle"}


def test_the_message_says_the_number(cast, house):
    with time_machine.travel(MONDAY, tick=False):
        client = cast.client(cast.service)
        client.post(REGISTER, sent(cast, house, next="1"))
        page = client.get(REGISTER, {"after": Case.objects.get().pk})
    assert f"已登记 {Case.objects.get().number}" in text_of(page)


def test_the_next_one_begins_on_an_empty_form_that_names_the_last(cast, house):
    response = post(cast, sent(cast, house, next="1"))
    case = Case.objects.get()
    assert response["Location"] == f"{REGISTER}?after={case.pk}"
    assert case.number in text_of(get(cast, after=case.pk))


def test_settled_on_the_spot_waits_for_its_callback(cast, house):
    post(cast, sent(cast, house, kind="need", then="answer", answer="已告知办理时间"))
    case = Case.objects.get()
    assert (case.state, case.rounds.get().answer) == (Case.State.TO_CALLBACK, "已告知办理时间")


def test_later_keeps_it_to_be_transferred_with_the_clock_running(cast, house):
    post(cast, sent(cast, house, then="later"))
    case = Case.objects.get()
    assert case.state == Case.State.TO_TRANSFER
    assert "transfer" in running(case)


@pytest.mark.parametrize(
    ("kind", "cause", "department"),
    [("repair", "", "engineering"), ("complaint", "", "service"), ("complaint", "cleaning", "environment")],
)
def test_without_a_choice_it_goes_to_the_usual_department(cast, house, kind, cause, department):
    post(cast, sent(cast, house, kind=kind, cause=cause, then=None))
    assert Case.objects.get().department == department


def test_praise_is_not_transferred_whatever_stood_on_the_form(cast, house):
    post(cast, sent(cast, house, kind="praise", then="engineering"))
    case = Case.objects.get()
    assert (case.state, case.department, running(case)) == (Case.State.REGISTERED, "", set())


def test_urgent_is_of_repairs(cast, house):
    post(cast, sent(cast, house, urgent="on"))
    post(cast, sent(cast, house, kind="need", urgent="on"))
    assert list(Case.objects.order_by("pk").values_list("urgent", flat=True)) == [True, False]


def test_a_caller_without_a_house_is_typed(cast, house):
    building = house.building
    post(
        cast,
        sent(
            cast,
            caller_name="路人",
            caller_kind="other",
            caller_phone="138 0000-9999",
            building=building.pk,
            place="大堂",
        ),
    )
    case = Case.objects.get()
    assert (case.house, case.building, case.place) == (None, building, "大堂")
    assert (case.caller_name, case.caller_phone) == ("路人", "13800009999")


def test_a_mobile_that_is_nobodys_is_the_callers_own(cast, house):
    post(cast, sent(cast, q="138 0000 9999"))
    assert Case.objects.get().caller_phone == "13800009999"


def test_a_box_needs_no_name(cast, house):
    assert post(cast, sent(cast, channel="box")).status_code == 302


def test_the_tenants_own_phone_is_copied(cast, house):
    tenant = Tenant.objects.create(house=house, name="周租", phone="13711112222", since=SINCE)
    post(cast, sent(cast, house, caller=f"t{tenant.pk}", caller_name="周租", caller_kind="tenant"))
    case = Case.objects.get()
    assert (case.caller_phone, case.caller_kind) == ("13711112222", "tenant")


def test_another_person_of_the_house_does_not_get_the_owners_phone(cast, house):
    post(cast, sent(cast, house, caller_name="黄小妹", caller_kind="family"))
    case = Case.objects.get()
    assert (case.house, case.caller_name, case.caller_phone) == (house, "黄小妹", "")


def test_a_typed_phone_wins_over_the_one_on_file(cast, house):
    post(cast, sent(cast, house, caller_phone="+86 13900001111"))
    assert Case.objects.get().caller_phone == "13900001111"


def test_photos_come_with_it(cast, house):
    post(cast, {**sent(cast, house), "photos": [photo("a.jpg"), photo("b.jpg", color="red")]})
    case = Case.objects.get()
    assert [one.name for one in Attachment.objects.for_owner(case, "photos")] == ["a.jpg", "b.jpg"]


def test_an_earlier_moment_of_receipt_starts_the_clocks(cast, house):
    post(cast, sent(cast, house, received_at="2026-03-02T08:30"))
    assert Case.objects.get().received_at == MONDAY - 30 * MINUTE


def test_a_promise_stands_on_the_case(cast, house):
    post(cast, sent(cast, house, kind="need", promised_at="2026-03-03T18:00"))
    assert Case.objects.get().promised_at == MONDAY + DAY + 9 * HOUR


# --- sent twice -----------------------------------------------------------------------------------------------------


def test_the_same_form_sent_twice_is_one_case(cast, house):
    data = sent(cast, house)
    first = post(cast, {**data, "photos": [photo()]})
    again = post(cast, {**data, "photos": [photo()]}, at=MONDAY + SECOND)
    case = Case.objects.get()
    assert first["Location"] == again["Location"] == reverse("complaints:case", args=[case.pk])
    assert Attachment.objects.count() == 1


def test_other_words_under_the_same_key_are_asked_about_and_not_lost(cast, house):
    data = sent(cast, house)
    post(cast, data)
    response = post(cast, {**data, "text": "另一件事"})
    assert response.status_code == 422
    assert "如果这是另一件事" in text_of(response)
    assert "另一件事</textarea>" in response.content.decode()
    key = re.search(r'name="client_key" value="([0-9a-f-]{36})"', response.content.decode())[1]
    post(cast, {**data, "text": "另一件事", "client_key": key})
    assert set(Case.objects.values_list("text", flat=True)) == {"厨房水管漏水", "另一件事"}


def test_the_same_words_of_another_house_are_another_case(cast, house):
    """The form was gone back to, and only the caller is new."""
    other = make_house(cast.estate_a1, "801")
    data = sent(cast, house)
    post(cast, data)
    response = post(cast, {**data, "caller": f"h{other.pk}", "caller_name": "某人"})
    assert response.status_code == 422
    assert "如果这是另一件事" in text_of(response)


def test_somebody_elses_key_leads_nowhere(cast, house):
    standard_policy()
    data = sent(cast, house)
    post(cast, data)
    foreign = post(
        cast,
        sent(cast, estate=cast.estate_b1.pk, caller_name="某人", client_key=data["client_key"]),
        by=cast.foreign_engineering,
    )
    assert foreign.status_code == 302
    assert Case.objects.count() == 2


# --- what is wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"text": "  "}, "text", "请写下客户反映的内容。"),
        ({"kind": ""}, "kind", "请选择类型。"),
        ({"received_at": "2026-03-02T09:01"}, "received_at", "受理时间不能晚于现在。"),
        ({"received_at": "2022-06-29T23:59"}, "received_at", "受理时间早于本项目开始服务的日期"),
        ({"kind": "need", "promised_at": "2026-03-02T09:00"}, "promised_at", "承诺答复的时间必须晚于现在。"),
        ({"kind": "complaint", "promised_at": "2026-03-02T12:00"}, "promised_at", "投诉和表扬不能约定答复时间。"),
        ({"kind": "need", "promised_at": "2026-03-05T09:01"}, "promised_at", "承诺超过 3 天，须由客服主管登记。"),
        ({"then": "answer"}, "answer", "请写明答复客户的内容。"),
        ({"caller_phone": "138abc"}, "caller_phone", "电话只能是数字"),
        ({"caller": "o999999"}, "q", "这位来电人已不在名册上"),
        ({"caller": "x'; --"}, "q", "这位来电人已不在名册上"),
        ({"caller": "", "caller_name": ""}, "q", "请查找来电人，或在下面填写姓名、电话或位置。"),
        ({"caller": "", "caller_name": "", "q": "黄"}, "q", "请从列表里选定来电人"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(cast, house, changes, field, sentence):
    response = post(cast, sent(cast, house, **changes))
    assert response.status_code == 422
    assert not Case.objects.exists()
    errors = response.context["form"].errors
    assert set(errors) == {field}
    assert sentence in errors[field][0]
    assert f'id="id_{field}_error"' in response.content.decode()
    if "text" not in changes:
        assert "厨房水管漏水</textarea>" in response.content.decode()


def test_received_at_this_very_minute_and_on_the_first_day_is_taken(cast, house):
    assert post(cast, sent(cast, house, received_at="2026-03-02T09:00")).status_code == 302
    assert post(cast, sent(cast, house, received_at="2022-06-30T00:00")).status_code == 302


def test_a_longer_promise_is_the_service_leads(cast, house):
    data = sent(cast, house, kind="need", promised_at="2026-03-05T09:01")
    assert post(cast, data, by=cast.service_lead).status_code == 302


def test_a_house_of_another_estate_than_the_chosen_one_is_refused(cast, house):
    Post.objects.create(user=cast.service, role=Role.SERVICE, node_id=cast.estate_a2.pk, starts_on=SINCE)
    response = post(cast, sent(cast, house, estate=cast.estate_a2.pk))
    assert response.context["form"].errors["q"] == ["这套房屋不在所选的项目，请重新查找。"]
    assert not Case.objects.exists()


def test_a_house_of_a_foreign_estate_is_not_found(cast, house):
    other = make_house(cast.estate_b1)
    owner = Owner.objects.create(house=other, name="外人", phone="13500000000", since=SINCE)
    response = post(cast, sent(cast, caller=f"o{owner.pk}", caller_name="外人"))
    assert response.context["form"].errors["q"] == ["这位来电人已不在名册上，请重新查找。"]
    assert "13500000000" not in response.content.decode()


def test_a_foreign_estate_is_no_choice(cast, house):
    response = post(cast, sent(cast, caller_name="某人", estate=cast.estate_b1.pk))
    assert "estate" in response.context["form"].errors
    assert not Case.objects.exists()


def test_a_department_without_people_is_no_choice(cast, house):
    Post.objects.filter(role__in=[Role.ENVIRONMENT, Role.ENVIRONMENT_LEAD]).delete()
    assert "环境部" not in text_of(get(cast))
    response = post(cast, sent(cast, house, then="environment"))
    assert "then" in response.context["form"].errors
    assert not Case.objects.exists()


def test_without_a_policy_it_says_so_and_keeps_the_words(cast):
    response = post(cast, sent(cast, caller_name="某人"))
    assert response.status_code == 422
    assert "还没有启用的时限方案" in text_of(response)
    assert "厨房水管漏水</textarea>" in response.content.decode()


def test_photos_of_a_refused_form_are_kept_for_the_next_try(cast, house):
    data = sent(cast, house, text="")
    response = post(cast, {**data, "photos": [photo("漏水.jpg")]})
    assert "已上传 1 张照片，不必重选：漏水.jpg" in text_of(response)
    post(cast, {**data, "text": "厨房水管漏水"})
    assert [one.name for one in Attachment.objects.for_owner(Case.objects.get())] == ["漏水.jpg"]


def test_a_file_that_is_no_image_is_named_and_the_good_ones_stay(cast, house):
    data = sent(cast, house)
    bad = SimpleUploadedFile("说明.jpg", b"not an image", "image/jpeg")
    response = post(cast, {**data, "photos": [photo("好.jpg"), bad]})
    assert response.status_code == 422
    assert "说明.jpg" in text_of(response)
    assert "已上传 1 张照片，不必重选：好.jpg" in text_of(response)
    assert not Case.objects.exists()
    post(cast, data)
    assert Attachment.objects.for_owner(Case.objects.get()).count() == 1


def test_kept_photos_are_read_by_nobody_and_dropped_after_a_week(cast, house):
    post(cast, {**sent(cast, house, text=""), "photos": [photo()]})
    kept = Attachment.objects.get()
    assert cast.client(cast.service).get(reverse("attachments:shown", args=[kept.uuid])).status_code == 404
    post(cast, {**sent(cast, house, text=""), "photos": [photo()]}, at=MONDAY + 7 * DAY)
    assert Attachment.objects.count() == 2
    post(cast, {**sent(cast, house, text=""), "photos": [photo()]}, at=MONDAY + 7 * DAY + SECOND)
    assert Attachment.objects.count() == 2
    assert not Attachment.objects.filter(pk=kept.pk).exists()


# --- who may --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.SERVICE, Role.ENGINEERING, Role.SECURITY, Role.ENVIRONMENT, Role.ESTATE_MANAGER])
def test_whoever_is_reached_first_registers(cast, house, role):
    """首问责任制 (CMP-1)."""
    post(cast, sent(cast, caller_name="某人"), by=cast.everyone[role])
    assert Case.objects.get().responsible == cast.everyone[role]


@pytest.mark.parametrize("role", [Role.GROUP_SUPERVISOR, Role.AUDITOR, Role.CASHIER, Role.ADMINISTRATOR])
def test_others_may_not(cast, house, role):
    user = cast.everyone[role]
    assert post(cast, sent(cast, house), by=user).status_code == 403
    for url in (REGISTER, CALLERS, RECENT):
        assert get(cast, url, by=user).status_code == 403
    assert not Case.objects.exists()


def test_fragments_refuse_post(cast, house):
    client = cast.client(cast.service)
    assert client.post(CALLERS).status_code == client.post(RECENT).status_code == 405


# --- the search and what the house has had ----------------------------------------------------------------------------


def test_the_search_shows_a_masked_phone_and_the_key_to_choose_by(cast, house):
    page = get(cast, CALLERS, q="hgl").content.decode()
    assert f'data-key="{owner_key(house)}"' in page
    assert "138****5678" in page
    assert "13812345678" not in page


def test_the_search_ends_at_the_users_estates(cast, house):
    assert "没有找到" in get(cast, CALLERS, by=cast.foreign_manager, q="黄桂兰").content.decode()


def test_the_search_keeps_to_estates_where_one_may_register(cast, house):
    """A cashier at one estate who sees its houses, and an assistant at another."""
    Post.objects.filter(user=cast.service).delete()
    Post.objects.create(user=cast.service, role=Role.CASHIER, node_id=cast.estate_a1.pk, starts_on=SINCE)
    Post.objects.create(user=cast.service, role=Role.SERVICE, node_id=cast.estate_a2.pk, starts_on=SINCE)
    assert "没有找到" in get(cast, CALLERS, q="黄桂兰").content.decode()


def test_what_is_not_found_can_be_typed(cast, house):
    page = get(cast, CALLERS, q="138 0000 9999").content.decode()
    assert 'data-typed-phone="13800009999"' in page
    assert "没有找到" in page
    assert get(cast, CALLERS, q="").content.decode().strip() == ""


def test_the_form_never_holds_the_full_phone(cast, house):
    page = post(cast, sent(cast, house, text="")).content.decode()
    assert "138****5678" in page
    assert "13812345678" not in page
    assert "13812345678" not in get(cast, RECENT, caller=owner_key(house)).content.decode()


def test_recent_cases_of_the_house_show_open_ones_first(cast, house):
    closed = called_back(
        answered(reported(transferred(make_case(cast, house=house, at=MONDAY - DAY, text="后来的"), cast), cast), cast),
        cast,
    )
    make_case(cast, house=house, at=MONDAY - 5 * DAY, text="没完的")
    words = text_of(get(cast, RECENT, caller=owner_key(house), at=MONDAY))
    assert words.index("没完的") < words.index("后来的")
    assert "待转派" in words
    assert "转派 已超时" in words
    assert closed.is_closed


def test_recent_cases_are_those_of_ninety_days(cast, house):
    make_case(cast, house=house, at=MONDAY - 90 * DAY, text="刚好九十天")
    make_case(cast, house=house, at=MONDAY - 90 * DAY - SECOND, text="更早的事")
    words = text_of(get(cast, RECENT, caller=owner_key(house)))
    assert "刚好九十天" in words
    assert "更早的事" not in words


def test_recent_cases_follow_the_phone_of_a_caller_without_a_house(cast, house):
    make_case(cast, at=MONDAY - DAY, phone="13800009999", text="路灯不亮")
    assert "路灯不亮" in text_of(get(cast, RECENT, caller_phone="138 0000 9999"))
    assert "路灯不亮" not in text_of(get(cast, RECENT, caller_phone="13800009990"))
    assert "选定来电人后" in text_of(get(cast, RECENT))


def test_recent_cases_of_another_estate_stay_there(cast, house):
    make_case(cast, at=MONDAY - DAY, phone="13800009999", text="路灯不亮")
    assert "路灯不亮" not in text_of(get(cast, RECENT, by=cast.foreign_manager, caller_phone="13800009999"))


# --- several estates --------------------------------------------------------------------------------------------------


def test_with_several_estates_one_is_chosen_and_brings_its_buildings(cast, house):
    Post.objects.create(user=cast.service, role=Role.SERVICE, node_id=cast.estate_a2.pk, starts_on=SINCE)
    make_house(cast.estate_a2, building="9幢")
    assert "请选择项目。" in str(post(cast, sent(cast, caller_name="某人", estate="")).context["form"].errors["estate"])
    with time_machine.travel(MONDAY, tick=False):
        fragment = cast.client(cast.service).get(
            REGISTER, {"estate": cast.estate_a2.pk}, headers={"HX-Request": "true"}
        )
    assert "9幢" in fragment.content.decode()
    assert "3幢" not in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    post(cast, sent(cast, caller_name="某人", estate=cast.estate_a2.pk, then="later"))
    assert Case.objects.get().estate == cast.estate_a2


def test_the_chosen_house_brings_its_estate_from_outside_the_chosen_place(cast, house):
    Post.objects.create(user=cast.service, role=Role.SERVICE, node_id=cast.estate_a2.pk, starts_on=SINCE)
    with time_machine.travel(MONDAY, tick=False):
        client = cast.client(cast.service)
        client.get(REGISTER, {"place": "A2"})
        client.post(REGISTER, sent(cast, house))
    assert Case.objects.get().estate == cast.estate_a1


# --- cost -----------------------------------------------------------------------------------------------------------


def test_queries_do_not_grow_with_what_is_found(cast, house):
    client = cast.client(cast.service)

    def count(url, **data) -> int:
        with time_machine.travel(MONDAY, tick=False), CaptureQueriesContext(connection) as queries:
            assert client.get(url, data).status_code == 200
        return len(queries)

    make_case(cast, house=house, at=MONDAY - DAY)
    few = [count(CALLERS, q="黄"), count(RECENT, caller=owner_key(house)), count(REGISTER, caller=owner_key(house))]
    for number in range(1, 9):
        other = make_house(cast.estate_a1, f"{number}01")
        Owner.objects.create(house=other, name=f"黄{number}", since=SINCE)
        make_case(cast, house=house, at=MONDAY - DAY)
    many = [count(CALLERS, q="黄"), count(RECENT, caller=owner_key(house)), count(REGISTER, caller=owner_key(house))]
    assert many == few
    assert few[0] <= 8
