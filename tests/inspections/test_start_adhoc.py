"""临时检查 (INS-13)."""

import pytest
from django.urls import reverse

from foundation.journal.models import Entry
from inspections.choices import Tier
from inspections.models import Inspection
from tests.inspections.factories import day, make_version
from tests.inspections.pages import at

URL = reverse("inspections:adhoc")


@pytest.fixture(autouse=True)
def now():
    with at():
        yield


@pytest.fixture
def version(db):
    return make_version()


def given(estate, version, **more):
    values = {"estate": estate.pk, "tier": "estate", "checklist": version.checklist.code, "scope": "all"}
    return values | {"days": 1, "reason": ""} | more


def test_all_of_a_checklist_for_today(cast, version):
    response = cast.client(cast.estate_manager).post(URL, given(cast.estate_a1, version, reason="台风前检查"))
    inspection = Inspection.objects.get()
    assert response.url == reverse("inspections:fill", args=[inspection.pk])
    assert (inspection.schedule, inspection.tier) == (None, "estate")
    assert (inspection.item_ids, inspection.item_total) == (None, 4)
    assert (inspection.opens_at, inspection.closes_at, inspection.reason) == (day(hour=10), day(1, 0), "台风前检查")
    assert Entry.objects.about(inspection).get().by == cast.estate_manager


def test_a_free_subset_for_some_days(cast, version):
    items = [version.items.get(code=code).pk for code in ("plain", "redline")]
    data = given(cast.estate_a2, version, tier="branch", scope="some", items=items, days=3)
    assert cast.client(cast.branch_supervisor).post(URL, data).status_code == 302
    inspection = Inspection.objects.get()
    assert (sorted(inspection.item_ids), inspection.item_total) == (sorted(items), 2)
    assert inspection.closes_at == day(3, 0)
    assert inspection.tier == Tier.BRANCH


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ({"estate": ""}, "请选择项目。"),
        ({"checklist": ""}, "请选择检查表。"),
        ({"scope": "some"}, "请至少勾选一个检查项。"),
        ({"scope": "some", "items": ["999999"]}, "请至少选择一个属于这张检查表的检查项。"),
        ({"days": 0}, "期限为 1 至 31 天。"),
        ({"days": 32}, "期限为 1 至 31 天。"),
        ({"tier": "group"}, "tier"),
    ],
)
def test_what_is_missing_is_said_and_the_rest_stays(cast, version, more, sentence):
    response = cast.client(cast.estate_manager).post(URL, given(cast.estate_a1, version, reason="台风前检查") | more)
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert "台风前检查" in response.content.decode()
    assert not Inspection.objects.exists()


def test_ticked_items_stay_ticked(cast, version):
    item = version.items.get(code="plain")
    data = given(cast.estate_a1, version, scope="some", items=[item.pk], days=0)
    text = cast.client(cast.estate_manager).post(URL, data).content.decode()
    assert f'value="{item.pk}" id="item-{item.pk}" checked' in text


def test_a_draft_is_no_checklist_to_choose(cast, version):
    checklist = make_version("draft-only").checklist
    checklist.is_active = False
    checklist.save()
    response = cast.client(cast.estate_manager).post(URL, given(cast.estate_a1, version, checklist="draft-only"))
    assert response.status_code == 422


def test_another_estate_is_no_choice(cast, version):
    for estate in (cast.estate_a2, cast.estate_b1):
        response = cast.client(cast.estate_manager).post(URL, given(estate, version))
        assert response.status_code == 422
    assert not Inspection.objects.exists()


def test_a_chosen_checklist_shows_its_items(cast, version):
    client = cast.client(cast.estate_manager)
    query = {"checklist": version.checklist.code, "scope": "some"}
    fragment = client.get(URL, query, headers={"HX-Request": "true"}).content.decode()
    assert "配电房照明" in fragment
    assert "<html" not in fragment


def test_who_has_one_tier_is_not_asked_for_it(cast, version):
    assert "以哪一级" not in cast.client(cast.estate_manager).get(URL).content.decode()


@pytest.mark.parametrize("role", ["engineering", "auditor", "administrator"])
def test_the_right(cast, role):
    assert cast.client(getattr(cast, role)).get(URL).status_code == 403


def test_opening_the_page_starts_nothing(cast, version):
    assert cast.client(cast.estate_manager).get(URL).status_code == 200
    assert not Inspection.objects.exists()


def test_the_same_form_sent_twice_starts_one_inspection(cast, version):
    """A resend after a lost answer leads to what the first one started."""
    client = cast.client(cast.estate_manager)
    data = given(cast.estate_a1, version, key="0b1f6a52-9a4e-4a53-8a0a-3f3f0f3c9d11")
    first, second = client.post(URL, data), client.post(URL, data)
    assert first.url == second.url
    assert Inspection.objects.count() == 1
    assert client.post(URL, data | {"key": "7d0a9a1e-6d4c-4d0f-9c59-0f1f8a1f2b22"}).url != first.url


def test_an_estate_sees_the_mystery_checklist_that_it_tries_on_itself(cast):
    """INS-3: hidden are the visits of the tiers above."""
    mystery = make_version("mystery", way="mystery")
    assert cast.client(cast.estate_manager).post(URL, given(cast.estate_a1, mystery)).status_code == 302
    assert Inspection.objects.visible_to(cast.estate_manager).count() == 1


def test_the_key_of_another_form_starts_nothing(cast, version):
    client = cast.client(cast.branch_supervisor)
    data = {"tier": "branch", "key": "0b1f6a52-9a4e-4a53-8a0a-3f3f0f3c9d11"}
    assert client.post(URL, given(cast.estate_a1, version, **data)).status_code == 302
    again = client.post(URL, given(cast.estate_a2, version, **data))
    assert "请刷新页面后重新填写" in again.content.decode()
    assert Inspection.objects.count() == 1
