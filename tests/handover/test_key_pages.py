"""The keys of a house and the ledger of an estate (HND-3)."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from python_calamine import load_workbook

from handover.models import HouseKey
from handover.services.keys import hand_key, lend_key
from tests.handover.factories import DAY, HOUR, MONDAY, arrived, fresh, journal, make_handover
from tests.handover.houses import make_key

pytestmark = pytest.mark.django_db
Place = HouseKey.Place
LOAN = {"holder": "周工", "phone": "13800008888", "reason": "维修墙面", "due_at": "2098-01-01T10:00"}


def url_of(verb: str, key: HouseKey) -> str:
    return reverse(f"handover:{verb}_key", args=[key.pk])


@pytest.mark.parametrize(
    ("verb", "data", "place"),
    [
        ("hand", {"holder": "王芳"}, Place.OWNER),
        ("keep", {"holder": "王芳", "agreed": "on"}, Place.OFFICE),
        ("lend", LOAN, Place.LENT),
        ("return", {"holder": ""}, Place.OFFICE),
    ],
)
def test_each_move_works_once_for_those_who_may(cast, verb, data, place):
    key = make_key(cast)
    if verb == "return":
        lend_key(key=key, holder="周工", reason="维修", due_at=MONDAY + DAY, by=cast.service, at=MONDAY + HOUR)
    service = cast.client(cast.service)
    assert service.get(url_of(verb, key)).status_code == 405
    assert cast.client(cast.engineering).post(url_of(verb, key), data).status_code == 403
    assert cast.client(cast.foreign_manager).post(url_of(verb, key), data).status_code == 404
    assert service.post(url_of(verb, key), data).status_code == 302
    assert fresh(key).place == place
    before = journal(key)
    assert service.post(url_of(verb, key), data).status_code == 422
    assert journal(key) == before


def test_a_key_that_is_out_is_refused_on_the_page(cast):
    key = make_key(cast)
    hand_key(key=key, holder="王芳", by=cast.service, at=MONDAY + HOUR)
    response = cast.client(cast.service).post(url_of("hand", key), {"holder": "王小明"})
    text = response.content.decode()
    assert response.status_code == 422
    assert "钥匙 1502-1 已经交给业主王芳，不在钥匙柜。" in text
    assert "王小明" in text


@pytest.mark.parametrize(
    ("verb", "wrong", "sentence"),
    [
        ("keep", {"holder": "王芳"}, "业主同意后才能留存"),
        ("lend", LOAN | {"phone": "12"}, "手机应为 11 位"),
        ("lend", LOAN | {"due_at": "2020-01-01T10:00"}, "应还时间必须晚于现在"),
        ("lend", LOAN | {"reason": ""}, "请写明借钥匙做什么"),
        ("hand", {"holder": ""}, "请填写是哪位业主"),
    ],
)
def test_bad_input_is_a_sentence_and_moves_nothing(cast, verb, wrong, sentence):
    key = make_key(cast)
    response = cast.client(cast.service).post(url_of(verb, key), wrong)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not key.moves.exists()


def test_keys_are_registered_several_at_once(cast):
    handover = make_handover(cast)
    url = reverse("handover:register_keys", args=[handover.pk])
    client = cast.client(cast.service)
    data = {"kind": "entry", "labels": "1502-1、1502-2 1502-3", "count": 1}
    assert client.post(url, data).status_code == 302
    assert HouseKey.objects.filter(house=handover.house).count() == 3
    again = client.post(url, data)
    assert again.status_code == 422
    assert "已有编号为 1502-1" in again.content.decode()
    assert HouseKey.objects.count() == 3
    assert cast.client(cast.cashier).post(url, data).status_code == 403
    assert cast.client(cast.foreign_manager).post(url, data).status_code == 404


def test_the_page_shows_the_ledger_and_offers_what_may_be_done(cast):
    handover = arrived(make_handover(cast), cast)
    key = make_key(cast, handover=handover)
    lend_key(key=key, holder="周工", reason="维修墙面", due_at=MONDAY + DAY, by=cast.service, at=MONDAY + HOUR)
    url = reverse("handover:house_keys", args=[handover.pk])
    page = cast.client(cast.service).get(url).content.decode()
    assert "维修墙面" in page
    assert url_of("return", key) in page
    assert url_of("hand", key) not in page
    assert url_of("return", key) not in cast.client(cast.auditor).get(url).content.decode()


def test_the_ledger_and_its_export_show_the_same_keys(cast):
    handover = make_handover(cast)
    key, other = make_key(cast, handover=handover), make_key(cast, "1502-2", handover=handover)
    lend_key(key=key, holder="周工", reason="维修", due_at=MONDAY + DAY, by=cast.service, at=MONDAY + HOUR)
    client = cast.client(cast.service)
    for status, labels in (
        ("lent", {"1502-1"}),
        ("late", {"1502-1"}),
        ("office", {"1502-2"}),
        ("all", {"1502-1", "1502-2"}),
    ):
        page = client.get(reverse("handover:keys"), {"status": status})
        assert {row.label for row in page.context["page"].object_list} == labels
        content = client.get(reverse("handover:keys_export"), {"status": status}).content
        rows = load_workbook(io.BytesIO(content)).get_sheet_by_index(0).to_python()
        assert {row[3] for row in rows[1:]} == labels
    assert (
        other.label
        not in cast.client(cast.foreign_manager).get(reverse("handover:keys"), {"status": "all"}).content.decode()
    )
