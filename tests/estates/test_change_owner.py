"""One owner follows another; the one before is kept (ORG-7)."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from estates import services
from estates.models import Owner
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from tests.estates.conftest import ID_CARD

MAY = {Role.ESTATE_MANAGER, Role.SERVICE_LEAD, Role.ARCHIVIST}


def change(cast, now, house, **changes) -> Owner:
    wanted = {"name": "李新主", "phone": "13911112222", "since": timezone.localdate(now), "by": cast.service_lead}
    return services.change_owner(house=house, at=now, **{**wanted, **changes})


def test_the_new_owner_is_there_and_the_old_one_is_kept_until_the_day_before(cast, now, house):
    since = timezone.localdate(now) - timedelta(days=3)

    change(cast, now, house, since=since)

    assert Owner.objects.current().get(house=house).name == "李新主"
    assert Owner.objects.get(name="王小明").until == since - timedelta(days=1)
    entry = Entry.objects.about(house).get()
    assert entry.label == "业主变更"
    assert entry.data["name"] == {"before": "王小明", "after": "李新主"}
    assert entry.data["phone"] == {"before": "138****1234", "after": "139****2222"}


def test_in_the_browser(cast, house):
    client = cast.client(cast.service_lead)
    url = reverse("estates:change_owner", args=[house.pk])
    data = {
        "name": "李新主",
        "id_type": "id_card",
        "id_number": ID_CARD.lower(),
        "phone": "139 1111 2222",
        "co_owners": "张三、 李四",
        "since": timezone.localdate().isoformat(),
    }

    assert client.get(url).status_code == 200
    assert client.post(url, data).url == reverse("estates:house", args=[house.pk])

    owner = Owner.objects.current().get()
    assert (owner.id_number, owner.phone, owner.co_owners) == (ID_CARD, "13911112222", ["张三", "李四"])


def test_done_twice_changes_nothing(cast, now, house):
    assert change(cast, now, house) == change(cast, now, house)
    assert Owner.objects.count() == 2
    assert Entry.objects.about(house).count() == 1


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("name", "", "这个字段是必填项。"),
        ("phone", "12345", "手机应为 11 位数字"),
        ("id_number", "123", "填了证件号，就要写明证件类型"),
        ("since", "2999-01-01", "变更日期不能晚于今天。"),
        ("since", "2001-01-01", "变更日期不能早于现在这位的起始日 2022-07-01。"),
    ],
)
def test_a_refusal_is_a_sentence_and_keeps_what_was_typed(cast, house, field, value, why):
    data = {"name": "李新主", "phone": "13911112222", "since": timezone.localdate().isoformat(), field: value}

    page = cast.client(cast.service_lead).post(reverse("estates:change_owner", args=[house.pk]), data)

    assert page.status_code == 422
    assert why in page.content.decode()
    assert "13911112222" in page.content.decode() or field == "phone"
    assert Owner.objects.count() == 1


def test_the_service_judges_numbers_as_the_form_does(cast, now, house):
    with pytest.raises(Refused, match="校验位"):
        change(cast, now, house, id_type="id_card", id_number=ID_CARD[:-1] + "1")
    with pytest.raises(Refused, match="请写姓名"):
        change(cast, now, house, name=" ")


@pytest.mark.parametrize("role", sorted(set(Role) - MAY))
def test_other_roles_get_403(cast, now, house, role):
    url = reverse("estates:change_owner", args=[house.pk])

    assert cast.client(cast.everyone[role]).post(url, {}).status_code == 403
    with pytest.raises(Refused):
        change(cast, now, house, by=cast.everyone[role])


def test_another_estate_gets_404(cast, house):
    client = cast.client(cast.foreign_manager)

    assert client.get(reverse("estates:change_owner", args=[house.pk])).status_code == 404
    assert client.post(reverse("estates:change_owner", args=[house.pk]), {}).status_code == 404
