"""What tests of 出门条 start from."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from estates.models import House, Owner
from handover.choices import Payer
from handover.models import Bill, Pass, PassItem
from handover.services.passes import Consent, Item, make_pass
from tests.cast import Cast
from tests.handover.factories import HOUR, MONDAY, make_house

TODAY = date(2026, 3, 2)
SOFA = Item("furniture", "沙发", 2)
YES = Consent("yes", "", "", MONDAY - HOUR, "同意租户搬出")


def make_home(cast: Cast, number: str = "1502", *, estate: Any = None) -> House:
    """A house of 黄桂兰, whose number is registered."""
    house = make_house(estate or cast.estate_a1, number)
    Owner.objects.get_or_create(
        house=house, until=None, defaults={"name": "黄桂兰", "phone": "13812345678", "since": TODAY}
    )
    return house


def release(cast: Cast, house: House | None = None, **options: Any) -> Pass:
    """For the owner, valid today, made at MONDAY 09:00 by the front desk."""
    given = {
        "carrier_kind": "owner", "carrier": "黄桂兰", "items": [SOFA], "reason": "temporary", "valid_on": TODAY,
        "by": cast.service, "at": MONDAY, **options,
    }  # fmt: skip
    return make_pass(house=house or make_home(cast), **given)


def owes(house: House, amount: str, cast: Cast, *, since: date = TODAY, payer: str = Payer.OWNER) -> Bill:
    return Bill.objects.create(
        number=f"B{house.pk}-{Bill.objects.count()}", estate=house.estate, house=house, payer=payer, payer_name="黄桂兰",
        starts_on=since, ends_on=date(2026, 12, 31), total=Decimal(amount), made_at=MONDAY, made_by=cast.service,
    )  # fmt: skip


def make_release(house: House, by: Any) -> Pass:
    """Written straight into the rows: one that may be used today, whatever today is."""
    at = timezone.now()
    # No word of a language, whatever letters a code may have.
    code = f"2A3B4C{house.estate.code}"
    made = Pass.objects.create(
        code=code,
        number=f"FX-{house.estate.code}-0001", estate=house.estate, house=house, carrier_kind="owner", carrier="王某",
        vehicle="浙A12345", reason="temporary", valid_on=timezone.localdate(), made_at=at, made_by=by,
    )  # fmt: skip
    PassItem.objects.create(release=made, goods="furniture", name="沙发", count=2)
    return made
