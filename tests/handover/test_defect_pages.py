"""验房 on the phone, the list with its export, one defect with its verbs, builders and their own page (HND-3)."""

from __future__ import annotations

import io
import uuid
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import load_workbook

from foundation.attachments.models import Attachment
from foundation.records import throttle
from handover.choices import StepKind
from handover.models import Builder, Defect
from handover.services import defectphotos
from handover.services.builders import renew_link, signed_key
from tests.handover.factories import HOUR, MONDAY, at_step, entry, fresh, journal, make_handover, photo
from tests.handover.houses import fixed, found, make_builder, rechecked

pytestmark = pytest.mark.django_db
State = Defect.State


@pytest.fixture(autouse=True)
def counters_of_this_test(monkeypatch):
    salt, counted = uuid.uuid4().hex, throttle.is_too_often
    monkeypatch.setattr(throttle, "is_too_often", lambda limit, *who: counted(limit, salt, *who))


def given(**values) -> dict:
    return {"client_key": str(uuid.uuid4()), "room": "主卧", "what": "墙面|空鼓", "mark": "", **values}


def cells(response) -> list[list]:
    return load_workbook(io.BytesIO(response.content)).get_sheet_by_index(0).to_python()


# --- 验房 ------------------------------------------------------------------------------------------------------------


def test_a_defect_is_registered_with_photo_and_mark(cast):
    handover = make_handover(cast)
    client = cast.client(cast.engineering)
    url = reverse("handover:register_defect", args=[handover.pk])
    same = given(mark="[[[0.1,0.2],[0.35,0.4]]]", remark="窗下")
    first = client.post(url, {**same, "photos": [photo()]})
    assert first.status_code == 302
    assert client.post(url, same).status_code == 302
    assert client.get(first.url).context["form"]["room"].value() == "主卧"
    defect = Defect.objects.get()
    assert (defect.trade, defect.fault, defect.note) == ("墙面", "空鼓", "窗下")
    assert defect.mark == [[[0.1, 0.2], [0.35, 0.4]]]
    page = client.get(reverse("handover:defect", args=[defect.pk])).content.decode()
    assert 'points="100,200 350,400"' in page
    assert defect.number in client.get(reverse("handover:house_defects", args=[handover.pk])).content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"room": ""}, "请选择部位。"),
        ({"what": ""}, "请选择问题。"),
        ({"what": "墙面|"}, "请写明是什么问题。"),
        ({"what": "燃气|泄漏、有异味"}, "没有“燃气”"),
        ({"mark": "x"}, "标记没有读出来"),
        ({"mark": "[[[2,0]]]"}, "标记没有读出来"),
        ({"due_on": "2020-01-01"}, "不能早于今天"),
    ],
)
def test_bad_input_is_a_sentence_and_words_and_photos_stay(cast, wrong, sentence):
    handover = make_handover(cast)
    data = given(remark="窗下 30 厘米") | wrong
    response = cast.client(cast.engineering).post(
        reverse("handover:register_defect", args=[handover.pk]), {**data, "photos": [photo()]}
    )
    text = response.content.decode()
    assert response.status_code == 422
    assert sentence in text
    assert "窗下 30 厘米" in text
    assert "已保存 1 张照片" in text
    assert data["client_key"] in text
    assert not Defect.objects.exists()


def test_ones_own_words_are_kept_under_their_trade(cast):
    handover = make_handover(cast)
    data = given(what="墙面|", own="墙上有钉子")
    cast.client(cast.engineering).post(reverse("handover:register_defect", args=[handover.pk]), data)
    assert Defect.objects.get().fault == "墙上有钉子"


def test_a_file_that_is_no_photo_is_refused(cast):
    handover = make_handover(cast)
    fake = io.BytesIO(b"no photo")
    fake.name = "x.jpg"
    response = cast.client(cast.engineering).post(
        reverse("handover:register_defect", args=[handover.pk]), {**given(), "photos": [fake]}
    )
    assert response.status_code == 422
    assert "x.jpg" in response.content.decode()
    assert not Defect.objects.exists()


def test_the_counter_leads_to_the_round(cast):
    handover = at_step(cast, StepKind.INSPECTION)
    page = cast.client(cast.engineering).get(reverse("handover:house", args=[handover.pk])).content.decode()
    assert reverse("handover:house_defects", args=[handover.pk]) in page


# --- the verbs ------------------------------------------------------------------------------------------------------

VERBS = {
    "assign": ("open", {}, "assign"),
    "fix": ("open", {"remark": "已修补"}, "fix"),
    "waive": ("open", {"owner": "王芳", "reason": "自行处理"}, "waive"),
    "recheck": ("fixed", {"remark": ""}, "recheck"),
    "reject": ("fixed", {"reason": "仍有空鼓", "due_on": "2099-01-01"}, "reject"),
    "confirm": ("rechecked", {"owner": "王芳", "way": "电话"}, "confirm"),
}


def in_state(cast, state: str) -> Defect:
    defect = found(cast)
    return {"open": lambda row, _: row, "fixed": fixed, "rechecked": rechecked}[state](defect, cast)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_works_once_for_those_who_may(cast, verb):
    state, data, said = VERBS[verb]
    defect = in_state(cast, state)
    if verb == "assign":
        data = {"builder": make_builder(cast).pk}
    url = reverse(f"handover:{verb}_defect", args=[defect.pk])
    lead = cast.client(cast.engineering_lead)
    assert lead.get(url).status_code == 405
    assert cast.client(cast.cashier).post(url, data).status_code == 403
    assert cast.client(cast.foreign_manager).post(url, data).status_code == 404
    assert lead.post(url, data).status_code == 302
    assert journal(defect, prefix="defect.")[-1] == said
    before = journal(defect)
    assert lead.post(url, data).status_code == 422
    assert journal(defect) == before


@pytest.mark.parametrize(
    ("verb", "wrong", "sentence"),
    [
        ("assign", {}, "请选择责任单位"),
        ("waive", {"owner": "王芳", "reason": ""}, "请写明业主放弃的原因"),
        ("reject", {"reason": "", "due_on": "2099-01-01"}, "请写明哪里没有改好"),
        ("confirm", {"owner": "", "way": "当面"}, "请填写是谁确认的"),
    ],
)
def test_a_verb_without_what_it_needs_is_refused_in_words(cast, verb, wrong, sentence):
    defect = in_state(cast, VERBS[verb][0])
    before = defect.state
    response = cast.client(cast.engineering_lead).post(reverse(f"handover:{verb}_defect", args=[defect.pk]), wrong)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert fresh(defect).state == before


def test_the_page_says_why_the_fixer_does_not_recheck(cast):
    defect = fixed(found(cast), cast)
    page = cast.client(cast.engineering).get(reverse("handover:defect", args=[defect.pk])).content.decode()
    assert "整改是您登记的，请由别人复验。" in page


def test_photos_of_a_repair_are_kept(cast):
    defect = found(cast)
    cast.client(cast.engineering).post(
        reverse("handover:fix_defect", args=[defect.pk]), {"remark": "", "photos": [photo()]}
    )
    assert Attachment.objects.for_owner(defect, defectphotos.AFTER).count() == 1


# --- the list -------------------------------------------------------------------------------------------------------


def test_the_list_and_its_export_show_the_same_rows_of_ones_own_estate(cast):
    mine = found(cast, fault="=1+1")
    fixed(found(cast, handover=mine.handover), cast)
    client = cast.client(cast.engineering)
    page = client.get(reverse("handover:defects")).content.decode()
    rows = cells(client.get(reverse("handover:defects_export")))
    assert mine.number in page
    assert [row[0] for row in rows[1:]] == [mine.number]
    assert rows[1][5] == "=1+1"
    assert mine.number not in cast.client(cast.foreign_manager).get(reverse("handover:defects")).content.decode()


@pytest.mark.parametrize(("query", "count"), [("?q=主卧", 1), ("?q=没有", 0), ("?trade=墙面", 1), ("?trade=门窗", 0)])
def test_filters_narrow_the_list(cast, query, count):
    found(cast)
    page = cast.client(cast.engineering).get(reverse("handover:defects") + query)
    assert len(page.context["page"].object_list) == count


def test_the_queries_of_the_pages_do_not_grow(cast):
    handover = make_handover(cast)
    client = cast.client(cast.engineering)
    counts = []
    for _ in range(3):
        for _ in range(2):
            found(cast, handover=handover)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("handover:defects"))
            client.get(reverse("handover:house_defects", args=[handover.pk]))
        counts.append(len(queries))
    assert counts[1] == counts[2]


# --- builders -------------------------------------------------------------------------------------------------------


def test_a_builder_is_registered_changed_and_gets_a_new_link(cast):
    client = cast.client(cast.service)
    data = {"estate": cast.estate_a1.pk, "name": "锦建装饰", "trades": ["墙面", "地面"], "phone": "138 0000 8888"}
    assert client.post(reverse("handover:add_builder"), data).status_code == 302
    builder = Builder.objects.get()
    assert (builder.trades, builder.phone) == ("墙面、地面", "13800008888")
    again = client.post(reverse("handover:add_builder"), data)
    assert again.status_code == 422
    assert "已有同名" in again.content.decode()
    change = {"name": "锦建", "trades": ["墙面"], "contact": "周工", "phone": "", "is_active": "on"}
    assert client.post(reverse("handover:change_builder", args=[builder.pk]), change).status_code == 302
    assert fresh(builder).name == "锦建"
    client.post(reverse("handover:renew_builder", args=[builder.pk]))
    assert fresh(builder).key != builder.key
    assert journal(builder, prefix="builder.") == ["add", "change", "renew"]
    told = entry(builder, "builder.change").data
    assert told["builder_name"] == {"before": "锦建装饰", "after": "锦建"}
    assert "builder_is_active" not in told


def test_the_leads_see_who_changed_which_builder_and_stop_one(cast):
    builder = make_builder(cast)
    lead = cast.client(cast.engineering_lead)
    given = {"name": builder.name, "trades": ["墙面"], "contact": "周工", "phone": builder.phone}
    assert lead.post(reverse("handover:change_builder", args=[builder.pk]), given).status_code == 302
    assert not fresh(builder).is_active
    page = cast.client(cast.service_lead).get(reverse("handover:builders")).content.decode()
    assert "已停用" in page
    assert cast.engineering_lead.name in page
    assert "启用" in page
    assert f'id="renew-{builder.pk}"' in page
    assert reverse("handover:builders") in lead.get(reverse("handover:defects")).content.decode()


def test_a_bad_phone_of_a_builder_is_a_sentence(cast):
    builder = make_builder(cast)
    response = cast.client(cast.service).post(
        reverse("handover:change_builder", args=[builder.pk]), {"name": "锦建", "phone": "123", "contact": "周工长"}
    )
    assert response.status_code == 422
    assert "手机应为 11 位" in response.content.decode()
    assert "周工长" in response.content.decode()


def test_a_builder_of_another_estate_can_not_be_added_or_seen(cast):
    client = cast.client(cast.service)
    data = {"estate": cast.estate_b1.pk, "name": "锦建装饰"}
    assert client.post(reverse("handover:add_builder"), data).status_code == 422
    builder = make_builder(cast)
    for name in ("change_builder", "renew_builder"):
        url = reverse(f"handover:{name}", args=[builder.pk])
        assert cast.client(cast.foreign_manager).post(url, {"name": "x"}).status_code == 404
        assert cast.client(cast.cashier).post(url, {"name": "x"}).status_code == 403


def test_the_list_for_a_builder_holds_what_is_open(cast):
    builder = make_builder(cast)
    one = found(cast)
    fixed(found(cast, handover=one.handover), cast)
    rows = cells(cast.client(cast.service).get(reverse("handover:builder_list", args=[builder.pk])))
    assert [row[0] for row in rows[1:]] == [one.number]


# --- the builder's own page -----------------------------------------------------------------------------------------


def page_of(builder) -> str:
    return reverse("handover:builder_page", args=[signed_key(builder)])


def test_a_builder_sees_their_own_without_a_login_and_no_owner(client, cast):
    builder = make_builder(cast)
    mine = found(cast)
    other = found(cast, handover=mine.handover, trade="门窗", fault="渗水")
    page = client.get(page_of(builder)).content.decode()
    assert mine.number in page
    assert other.number not in page
    assert mine.handover.buyer_name not in page
    rows = cells(client.get(reverse("handover:builder_page_list", args=[signed_key(builder)])))
    assert [row[0] for row in rows[1:]] == [mine.number]


def test_a_builder_reports_a_repair_with_a_photo_once(client, cast):
    builder = make_builder(cast)
    defect = found(cast)
    url = reverse("handover:builder_fix", args=[signed_key(builder), defect.pk])
    missing = client.post(url, {"remark": "已修补好了"})
    assert missing.status_code == 422
    assert "请拍一张整改后的照片。" in missing.content.decode()
    assert "已修补好了" in missing.content.decode()
    assert client.get(url).status_code == 405
    assert client.post(url, {"remark": "已修补", "photos": [photo()]}).status_code == 302
    assert (fresh(defect).state, fresh(defect).fixed_by) == (State.FIXED, None)
    again = client.post(url, {"remark": "已修补", "photos": [photo()]})
    assert again.status_code == 422
    assert "已经登记过整改完成" in again.content.decode()
    assert Attachment.objects.for_owner(defect, defectphotos.AFTER).count() == 1


def test_a_builder_does_not_reach_what_is_anothers(client, cast):
    builder, other = make_builder(cast), make_builder(cast, "另一家", ("门窗",))
    defect = found(cast)
    defectphotos.keep(owner=defect, slot=defectphotos.BEFORE, photos=[photo()], by=cast.engineering, at=MONDAY)
    uuid_ = Attachment.objects.for_owner(defect).get().uuid
    assert client.get(reverse("handover:builder_photo", args=[signed_key(builder), uuid_])).status_code == 200
    assert client.get(reverse("handover:builder_photo", args=[signed_key(other), uuid_])).status_code == 404
    assert client.post(reverse("handover:builder_fix", args=[signed_key(other), defect.pk])).status_code == 404
    assert fresh(defect).state == State.OPEN


def test_a_link_that_was_made_up_replaced_or_ended_leads_nowhere(client, cast):
    builder = make_builder(cast)
    old = page_of(builder)
    assert client.get(old).status_code == 200
    assert client.get(old[:-2] + "x/").status_code == 404
    builder = renew_link(builder=builder, by=cast.service, at=MONDAY + HOUR)
    assert client.get(old).status_code == 404
    assert client.get(page_of(builder)).status_code == 200
    Builder.objects.update(is_active=False)
    assert client.get(page_of(builder)).status_code == 404


def test_too_many_looks_are_slowed_down(client, cast, monkeypatch):
    url = page_of(make_builder(cast))
    monkeypatch.setattr(throttle, "is_too_often", lambda limit, *who: True)
    assert client.get(url).status_code == 429


def test_a_day_in_the_past_is_no_limit(cast):
    defect = fixed(found(cast), cast)
    response = cast.client(cast.engineering_lead).post(
        reverse("handover:reject_defect", args=[defect.pk]), {"reason": "仍有空鼓", "due_on": date(2020, 1, 1)}
    )
    assert response.status_code == 422
    assert "不能早于今天" in response.content.decode()
