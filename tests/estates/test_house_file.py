"""一户一档 (ORG-7): one page and one timeline, to which other chapters add."""

from datetime import date

import pytest
from django.urls import reverse

from accounts.roles import Role
from estates import housefile, services
from estates.models import Tenant
from foundation.journal import services as journal
from foundation.journal.models import Entry
from tests.estates.conftest import ID_CARD


def page_of(client, house) -> str:
    answer = client.get(reverse("estates:house", args=[house.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_facts_people_and_timeline_are_on_one_page(cast, now, house):
    services.change_tenant(house=house, name="孙租客", since=date(2026, 1, 1), by=cast.service_lead, at=now)

    page = page_of(cast.client(cast.service), house)

    for shown in ("3幢2单元1502", "89.50 ㎡", "王小明", "138****1234", "孙租客", "租户变更", "客服主管甲"):
        assert shown in page
    assert ID_CARD not in page
    assert "13800001234" not in page


def test_former_owners_stay_on_the_page(cast, now, house):
    services.change_owner(house=house, name="李新主", since=date(2026, 1, 1), by=cast.service_lead, at=now)

    page = page_of(cast.client(cast.service), house)

    assert "李新主" in page
    assert "至 2025-12-31" in page


@pytest.mark.parametrize(
    ("role", "reveal", "change"),
    [(Role.SERVICE_LEAD, True, True), (Role.SERVICE, True, False), (Role.AUDITOR, False, False)],
)
def test_the_page_offers_what_will_not_be_refused(cast, house, role, reveal, change):
    page = page_of(cast.client(cast.everyone[role]), house)

    assert ("显示完整号码" in page) is reveal
    assert (reverse("estates:change_owner", args=[house.pk]) in page) is change


def test_another_estate_gets_404_and_a_role_without_the_right_403(cast, house):
    url = reverse("estates:house", args=[house.pk])

    assert cast.client(cast.foreign_manager).get(url).status_code == 404
    assert cast.client(cast.environment).get(url).status_code == 403


def test_a_chapter_adds_a_panel_and_its_part_of_the_timeline(cast, now, house, monkeypatch):
    monkeypatch.setattr(housefile, "_panels", list(housefile._panels))
    monkeypatch.setattr(housefile, "_subjects", list(housefile._subjects))
    tenant = Tenant.objects.create(house=house, name="孙租客", since=date(2026, 1, 1))
    journal.record(tenant, "house.tenant", by=cast.service, at=now, name="记在别处")

    @housefile.panel(order=5)
    def first(house, user):
        return housefile.Panel("钥匙", "components/facts.html", {})

    @housefile.panel(order=99)
    def not_for_everyone(house, user):
        return None

    @housefile.timeline
    def tenants(house, user):
        return Tenant.objects.visible_to(user).filter(house=house)

    page = page_of(cast.client(cast.service), house)

    assert page.index("钥匙") < page.index("业主与租户")
    assert "记在别处" in page
    assert Entry.objects.about(house).count() == 0


def test_the_queries_do_not_grow_with_the_entries(cast, now, house, django_assert_max_num_queries):
    client = cast.client(cast.service)
    for _ in range(60):
        journal.record(house, "house.reveal", by=cast.service, at=now, name="王小明")

    with django_assert_max_num_queries(15):
        page_of(client, house)
