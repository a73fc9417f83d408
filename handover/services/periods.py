"""The owner's next periods, joined without gap or overlap from the handover day (HND-2).

    make_next(house=house, by=user, at=now)                       # from 30 days before the present one ends
    begin_periods(house=house, starts_on=day, by=user, at=now)    # a house that was taken over elsewhere

The house is locked while its last period is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction

from estates.models import House
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from handover import fees
from handover.choices import Payer
from handover.guards import billing as guards
from handover.models import Bill
from handover.services.billing import Draft, is_as_shown, items_of, keep, priced, rule_of

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Chain:
    """The owner's bills of a house, joined to each other: the day on which the first begins, and the last one."""

    first: date
    last: Bill

    @property
    def months(self) -> int:
        """Of a period: those of the batch in which the house was taken over, else the estate's; never over the cap."""
        rule = rule_of(self.last.estate_id)
        batches = Bill.objects.filter(house=self.last.house_id, cancelled_at=None, handover__isnull=False)
        agreed = batches.order_by("-starts_on").values_list("handover__batch__advance_months", flat=True).first()
        return rule.capped(agreed or rule.period_months)


def chain_of(house: House) -> Chain | None:
    """None where the owner has no bill yet. What is not joined to the last bill is an earlier chain."""
    bills = Bill.objects.valid().filter(house=house, payer=Payer.OWNER).select_related("estate__parent")
    found = list(bills.order_by("-starts_on"))
    if not found:
        return None
    first = found[0].starts_on
    for bill in found[1:]:
        if bill.ends_on + fees.DAY != first:
            break
        first = bill.starts_on
    return Chain(first, found[0])


def next_draft(house: House, chain: Chain) -> Draft:
    """The period after the chain's last, by the rates as they are now; it names the present owner."""
    months = chain.months
    period = fees.next_period(chain.first, chain.last.ends_on, months)
    return _draft(house, period, months, house.owner.name if house.owner else chain.last.payer_name)


def first_draft(house: House, starts_on: date) -> Draft:
    """The first period of a house without a batch, from the day that is given."""
    rule = rule_of(house.estate_id)
    months = rule.capped(rule.period_months)
    return _draft(house, fees.period(starts_on, months), months, house.owner.name if house.owner else "")


def _draft(house: House, period: tuple[date, date], months: int, payer_name: str) -> Draft:
    items = items_of(house.estate_id, monthly=True)
    if not items:
        raise Refused("这个项目还没有设置按月预收的费用项目，请管理员先设置。")
    lines = priced(items, area=house.area, months=months)
    warning = rule_of(house.estate_id).warning(months)
    return Draft(Payer.OWNER, payer_name, *period, items, lines, months, warning)


@transaction.atomic
def make_next(*, house: House, by: User, at: datetime, shown: Decimal | None = None) -> Bill:
    """生成下期账单. `shown` is the total that was read before."""
    house = _locked(house)
    chain = chain_of(house)
    if chain is None:
        raise Refused("这户还没有首期账单。")
    guards.may_make_next(chain.last, local_date(at), by)
    return _keep(next_draft(house, chain), house, by, at, shown)


@transaction.atomic
def begin_periods(*, house: House, starts_on: date, by: User, at: datetime) -> Bill:
    """The first bill of a house that no batch knows: the periods are counted from that day on."""
    house = _locked(house)
    if chain_of(house) is not None:
        raise Refused("这户已经有账单，请生成下期账单。")
    guards.may_begin(house, by)
    if starts_on > local_date(at) + guards.AHEAD:
        raise Refused(f"费用开始日不能晚于 {local_date(at) + guards.AHEAD}。")
    return _keep(first_draft(house, starts_on), house, by, at, None)


def _keep(made: Draft, house: House, by: User, at: datetime, shown: Decimal | None) -> Bill:
    guards.is_free(house, made.starts_on, made.ends_on)
    is_as_shown(made.total, shown)
    return keep(made, estate=house.estate, by=by, at=at, house=house)


def _locked(house: House) -> House:
    return House.objects.select_for_update(of=("self",), no_key=True).select_related("estate__parent").get(pk=house.pk)
