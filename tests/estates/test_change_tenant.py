"""Tenants come, follow each other and leave."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from estates import services
from estates.models import Tenant
from foundation.journal.models import Entry
from foundation.records.refusals import Refused


@pytest.fixture
def tenant(cast, now, house) -> Tenant:
    return services.change_tenant(house=house, name="孙租客", since=date(2026, 1, 1), by=cast.service_lead, at=now)


def test_a_tenant_moves_in_and_the_owner_stays(cast, house, tenant):
    assert house.tenant == tenant
    assert house.owner.name == "王小明"
    assert Entry.objects.about(house).get().label == "租户变更"


def test_the_next_tenant_follows(cast, now, house, tenant):
    url = reverse("estates:change_tenant", args=[house.pk])
    data = {"name": "周租客", "since": timezone.localdate().isoformat()}

    assert cast.client(cast.service_lead).post(url, data).status_code == 302

    assert Tenant.objects.current().get().name == "周租客"
    assert Tenant.objects.get(pk=tenant.pk).until == timezone.localdate() - timedelta(days=1)


def test_a_tenancy_ends_once(cast, now, house, tenant):
    today = timezone.localdate(now)
    for until in (today, today - timedelta(days=5)):
        services.end_tenancy(tenant=tenant, until=until, by=cast.service_lead, at=now)

    assert Tenant.objects.get().until == today
    assert Entry.objects.about(house).filter(verb="house.tenancy_end").count() == 1


def test_a_last_day_in_the_future_or_before_the_first_is_refused(cast, now, tenant):
    for until in (date(2025, 12, 31), timezone.localdate(now) + timedelta(days=1)):
        with pytest.raises(Refused, match="退租日应在 2026-01-01 到今天之间"):
            services.end_tenancy(tenant=tenant, until=until, by=cast.service_lead, at=now)


def test_ending_in_the_browser(cast, house, tenant):
    url = reverse("estates:end_tenancy", args=[tenant.pk])
    client = cast.client(cast.service_lead)

    assert client.get(url).status_code == 200
    assert client.post(url, {"until": timezone.localdate().isoformat()}).status_code == 302
    assert cast.client(cast.foreign_manager).post(url).status_code == 404
    assert cast.client(cast.engineering).post(url).status_code == 403
    assert not Tenant.objects.current().exists()
