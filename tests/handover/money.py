"""Bills and payments for tests, made by the services themselves.

fee_items(cast.estate_a1)          # 物业服务费 2.80 a m² and month, 垃圾清运费 15 a house and month, 装修垃圾费 300 once
bill = billed(cast)                # of 89.50 m² and 6 months: 1503.60 + 90.00 + 300.00 = 1893.60, since MONDAY
payment = paid(bill, cast, "500")
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from estates.models import Estate, Owner
from foundation.worktime.local import start_of_day
from handover.choices import FeeBasis, Method, StepKind
from handover.models import Bill, FeeItem, Payment
from handover.services.billing import make_bill
from handover.services.payments import receive
from tests.cast import Cast
from tests.handover.factories import HOUR, MONDAY, at_step

AT = MONDAY + 2 * HOUR
TOTAL = Decimal("1893.60")
# A bill of the handover from MONDAY runs six months: from 2 March to 1 September. The next one of these houses comes to
# 89.50 × 2.8 × 6 + 15 × 6, without what is charged once; from SOON on it may be made.
ENDS = date(2026, 9, 1)
NEXT = Decimal("1593.60")
SOON = start_of_day(ENDS - timedelta(30)) + 9 * HOUR


def fee_items(estate: Estate) -> list[FeeItem]:
    items = [
        FeeItem(estate=estate, code="property", name="物业服务费", basis=FeeBasis.AREA, rate=Decimal("2.8")),
        FeeItem(estate=estate, code="waste", name="垃圾清运费", basis=FeeBasis.HOUSE, rate=Decimal(15)),
        FeeItem(
            estate=estate,
            code="rubble",
            name="装修垃圾费",
            basis=FeeBasis.FIXED,
            rate=Decimal(300),
            is_monthly=False,
        ),
    ]
    return [FeeItem.objects.get_or_create(estate=estate, code=item.code, defaults=_of(item))[0] for item in items]


def _of(item: FeeItem) -> dict[str, Any]:
    return {"name": item.name, "basis": item.basis, "rate": item.rate, "is_monthly": item.is_monthly}


def billed(cast: Cast, number: str = "1502", *, at: datetime = AT, **options: Any) -> Bill:
    """By 客户助理, of a house whose steps before the fees are done."""
    fee_items(options.get("estate", cast.estate_a1))
    return make_bill(handover=at_step(cast, StepKind.FEES, number=number, **options), by=cast.service, at=at)


def paid(
    bill: Bill,
    cast: Cast,
    amount: str | Decimal = TOTAL,
    *,
    at: datetime = AT,
    receipt: str = "",
    method: str = Method.CASH,
) -> Payment:
    number = receipt or f"{Payment.objects.count() + 1:07d}"
    return receive(
        bill=bill, amount=Decimal(amount), method=method, receipt=number, client_key=uuid4(), by=cast.cashier, at=at
    )


def first_billed(cast: Cast) -> Bill:
    """The bill of the handover, and the owner who is in the house's file since."""
    bill = billed(cast)
    Owner.objects.create(house=bill.house, name="购房人1502", phone="13800001502", since=bill.starts_on)
    return bill
