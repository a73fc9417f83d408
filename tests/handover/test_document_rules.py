"""收房资料 of an estate in the admin (HND-1): what it adds, drops or requires otherwise; houses that were begun keep theirs."""

from __future__ import annotations

import pytest
from django.urls import reverse

from foundation.journal.models import Entry
from handover.choices import BuyerKind
from handover.housepage import HousePage
from handover.models import DocumentRule
from handover.services.buyers import change_buyer
from handover.services.outcomes import not_taken, retry
from handover.services.papers import asked_of, standard_documents
from handover.services.steps import arrive
from tests.handover.factories import DAY, HOUR, MONDAY, arrived, fresh, make_batch, make_handover, make_house

pytestmark = pytest.mark.django_db
ADD = "admin:handover_documentrule_add"


def rule(cast, code, demand, kind="", **options):
    return DocumentRule.objects.create(estate=cast.estate_a1, buyer_kind=kind, code=code, demand=demand, **options)


def demands(handover):
    return {paper.code: paper.is_required for paper in handover.documents.all()}


def standard(kind):
    return {paper["code"]: paper["is_required"] for paper in standard_documents()[kind]}


@pytest.mark.parametrize("kind", BuyerKind.values)
def test_an_estate_without_rules_asks_for_the_delivered_list(kind):
    assert asked_of(kind, []) == standard_documents()[kind]


def test_an_estate_adds_drops_and_requires_otherwise(cast):
    rule(cast, "photo", "required")
    rule(cast, "vehicle", "dropped")
    rule(cast, "own-pet", "optional", name="养犬登记证", hint="看有效期")
    handover = arrived(make_handover(cast), cast)
    expected = standard("person") | {"photo": True, "own-pet": False}
    del expected["vehicle"]
    assert demands(handover) == expected
    page = HousePage(handover, cast.service, MONDAY).context()
    shown = {row["paper"].name: row["hint"] for row in page["papers"]}
    assert shown["养犬登记证"] == "看有效期"
    assert shown["业主一寸照片"] == "办理出入证用，每人两张。"


def test_a_rule_for_one_kind_goes_before_the_general_one(cast):
    rules = [
        rule(cast, "invoice", "dropped", "company"),
        rule(cast, "invoice", "optional"),
        rule(cast, "marriage", "required"),
    ]
    asked = {kind: {one["code"]: one["is_required"] for one in asked_of(kind, rules)} for kind in BuyerKind.values}
    assert asked["person"]["invoice"] is False
    assert "invoice" not in asked["company"]
    assert all(asked[kind]["marriage"] is True for kind in BuyerKind.values)


def test_another_estate_keeps_the_delivered_list(cast):
    rule(cast, "photo", "dropped")
    house = make_house(cast.estate_b1, "1502")
    handover = make_batch(cast, houses=[house]).handovers.get()
    arrive(handover=handover, by=cast.foreign_manager, at=MONDAY + HOUR)
    assert demands(handover) == standard("person")


def test_a_house_keeps_the_list_that_it_was_begun_with(cast):
    handover = arrived(make_handover(cast), cast)
    rule(cast, "photo", "dropped")
    rule(cast, "own-pet", "required", name="养犬登记证")
    not_taken(handover=handover, reason="away", by=cast.service, at=MONDAY + 2 * HOUR)
    retry(handover=fresh(handover), by=cast.service, at=MONDAY + DAY)
    arrived(fresh(handover), cast, at=MONDAY + DAY)
    assert demands(handover) == standard("person")
    # Another kind of buyer is asked anew.
    change_buyer(handover=fresh(handover), values={"buyer_kind": "couple"}, by=cast.service_lead, at=MONDAY + DAY)
    assert "own-pet" in demands(handover)
    assert "photo" not in demands(handover)


# --- the admin ------------------------------------------------------------------------------------------------------


def given(cast, **values):
    return {
        "estate": cast.estate_a1.pk,
        "buyer_kind": "",
        "paper": "",
        "name": "",
        "hint": "",
        "demand": "required",
        **values,
    }


def test_the_administrator_writes_rules_which_are_journalled(cast):
    client = cast.client(cast.administrator)
    assert client.post(reverse(ADD), given(cast, paper="photo")).status_code == 302
    assert client.post(reverse(ADD), given(cast, name="养犬登记证", demand="optional")).status_code == 302
    photo, pet = DocumentRule.objects.order_by("pk")
    assert (photo.code, photo.name) == ("photo", "")
    assert pet.code.startswith("own-")
    told = [entry.data["paper"] for entry in Entry.objects.filter(verb="document_rule.change").order_by("pk")]
    assert told == ["各类购房人 · 业主一寸照片 · 必交", "各类购房人 · 养犬登记证 · 选交"]
    url = reverse("admin:handover_documentrule_change", args=[photo.pk])
    page = client.get(url).content.decode()
    assert "业主一寸照片" in page
    assert client.post(url, given(cast, paper="photo", demand="dropped", buyer_kind="person")).status_code == 302
    assert (fresh(photo).demand, fresh(photo).buyer_kind) == ("dropped", "person")
    handover = arrived(make_handover(cast), cast)
    assert "photo" not in demands(handover)
    assert demands(handover)[pet.code] is False
    assert client.post(reverse("admin:handover_documentrule_delete", args=[pet.pk]), {"post": "yes"}).status_code == 302
    assert Entry.objects.filter(verb="document_rule.change", data__paper__endswith="恢复默认").exists()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "请选择资料，或写明资料名称。"),
        ({"paper": "photo"}, "已经写过"),
        ({"name": "养犬登记证"}, "已经写过"),
        ({"paper": "no-such"}, "选择"),
    ],
)
def test_what_is_wrong_is_said(cast, values, sentence):
    client = cast.client(cast.administrator)
    for known in ({"paper": "photo"}, {"name": "养犬登记证"}):
        client.post(reverse(ADD), given(cast, **known))
    response = client.post(reverse(ADD), given(cast, **values))
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert DocumentRule.objects.count() == 2


def test_only_administrators_write_rules(cast):
    assert cast.client(cast.estate_manager).get(reverse(ADD)).status_code in (302, 403)
