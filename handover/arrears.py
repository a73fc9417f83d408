"""What is unpaid of a house to a day (HND-7): read only."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db.models import Sum

from estates.models import House
from handover.choices import Payer
from handover.models import Bill, Payment

NOTHING = Decimal("0.00")


def unpaid(house: House, on: date) -> Decimal:
    """The owner's bills for periods that have begun by that day, less what was paid on them, reversals included.

    What the developer owes is not held against the people who live there.
    """
    bills = Bill.objects.filter(house=house, payer=Payer.OWNER, cancelled_at=None, starts_on__lte=on)
    owed = bills.order_by().aggregate(sum=Sum("total"))["sum"] or NOTHING
    paid = Payment.objects.filter(bill__in=bills.order_by()).aggregate(sum=Sum("amount"))["sum"] or NOTHING
    return max(owed - paid, NOTHING)
