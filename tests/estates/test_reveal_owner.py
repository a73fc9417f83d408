"""ORG-4: a full number is shown by a logged action of the roles that need it."""

import pytest
from django.urls import reverse

from accounts.roles import Role
from estates import services
from estates.models import Tenant
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from tests.estates.conftest import ID_CARD

MAY = {Role.ESTATE_MANAGER, Role.SERVICE_LEAD, Role.SERVICE, Role.CASHIER, Role.ARCHIVIST}


def url(house) -> str:
    return reverse("estates:reveal_owner", args=[house.owner.pk])


def test_the_fragment_shows_the_full_values_and_the_journal_says_who_looked(cast, house):
    answer = cast.client(cast.service).post(url(house))

    assert ID_CARD in answer.content.decode()
    assert "13800001234" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    entry = Entry.objects.about(house).get()
    assert (entry.label, entry.by) == ("查看完整证件号和手机", cast.service)
    assert ID_CARD not in str(entry.data)


def test_every_look_is_journalled(cast, house):
    for _ in range(2):
        cast.client(cast.service).post(url(house))

    assert Entry.objects.about(house).count() == 2


def test_get_is_refused(cast, house):
    assert cast.client(cast.service).get(url(house)).status_code == 405
    assert not Entry.objects.about(house).exists()


@pytest.mark.parametrize("role", sorted(set(Role) - MAY))
def test_roles_that_do_not_need_it_get_403(cast, now, house, role):
    assert cast.client(cast.everyone[role]).post(url(house)).status_code == 403
    with pytest.raises(Refused, match="不能查看完整"):
        services.reveal_owner(owner=house.owner, by=cast.everyone[role], at=now)
    assert not Entry.objects.about(house).exists()


def test_another_estate_gets_404(cast, house):
    assert cast.client(cast.foreign_manager).post(url(house)).status_code == 404


def test_a_tenants_numbers_are_revealed_the_same_way(cast, house):
    tenant = Tenant.objects.create(house=house, name="孙租客", phone="13700005678", since="2026-01-01")

    answer = cast.client(cast.service).post(reverse("estates:reveal_tenant", args=[tenant.pk]))

    assert "13700005678" in answer.content.decode()
    assert Entry.objects.about(house).get().data["name"] == "孙租客"


def test_who_may_reveal_here_may_not_elsewhere(cast, foreign_house):
    cast.service.posts.create(role=Role.ENGINEERING, node=cast.estate_b1, starts_on="2020-01-01")

    answer = cast.client(cast.service).post(url(foreign_house))

    assert answer.status_code == 403
    assert ID_CARD not in answer.content.decode()
