"""截至当日欠费 (HND-7): what the owner owes to the day, billed or not.

arrears(house, on).billed, .unbilled, .total
unpaid(house, on)                               # the total
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from estates.models import House
from foundation.records.refusals import Refused
from foundation.worktime.local import end_of_day, local_date
from handover import fees
from handover.choices import Payer
from handover.models import Batch, Bill, Handover
from handover.services.billing import Draft, draft, items_of, priced
from handover.services.periods import chain_of, next_draft

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Arrears:
    """`billed`: left to pay of bills; `periods`: begun and without a bill, by the rates of now; `why_not`: uncounted."""

    billed: Decimal
    periods: Sequence[Draft] = ()
    why_not: str = ""

    @property
    def unbilled(self) -> Decimal:
        return sum((one.total for one in self.periods), ZERO)

    @property
    def total(self) -> Decimal:
        return self.billed + self.unbilled


def unpaid(house: House, on: date) -> Decimal:
    return arrears(house, on).total


def arrears(house: House, on: date) -> Arrears:
    """Periods are paid in advance: one that has begun by the end of the day is owed whole, less what was paid by then."""
    bills = Bill.objects.valid().filter(house=house, payer=Payer.OWNER, starts_on__lte=on)
    owed = bills.with_paid(before=end_of_day(on)).aggregate(sum=Sum("owed"))["sum"]
    billed = max(owed or ZERO, ZERO)
    try:
        return Arrears(billed, _unbilled(house, on))
    except Refused as refused:
        return Arrears(billed, why_not=refused.sentence)


def _unbilled(house: House, on: date) -> list[Draft]:
    """The periods that have begun by that day and have no bill, one after the other."""
    chain = chain_of(house)
    if chain is not None:
        if chain.last.ends_on >= on:
            return []
        return _following(house, next_draft(house, chain), chain.first, on)
    handover = _started(house, on)
    if handover is None:
        return []
    first = draft(handover, on)
    return _following(house, first, first.starts_on, on) if first.starts_on <= on else []


def _following(house: House, one: Draft, first: date, on: date) -> list[Draft]:
    """`one` and what comes after it; only the first bill has what is charged once."""
    found, items = [one], items_of(house.estate_id, monthly=True)
    while items and one.ends_on < on:
        period = fees.next_period(first, one.ends_on, one.months)
        lines = priced(items, area=house.area, months=one.months)
        one = Draft(one.payer, one.payer_name, *period, items, lines, one.months)
        found.append(one)
    return found


def _started(house: House, on: date) -> Handover | None:
    """The handover from which the owner's fees run, where that day has come; who is at the counter pays from what is done."""
    rows = Handover.objects.filter(house=house).exclude(batch__state=Batch.State.PREPARING)
    found = []
    for row in rows.select_related("batch", "house", "estate"):
        done_on = local_date(row.done_at) if row.done_at else None
        start = fees.fees_start(handed_over_on=done_on, notice_on=row.notice_on)
        if start is not None and start <= on:
            found.append((start, row.pk, row))
    return min(found)[2] if found else None
