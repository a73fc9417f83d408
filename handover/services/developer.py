"""开发商账单: one a batch and month, for the houses that no owner pays for yet (HND-2, GEN-5).

    month_draft(batch, month)                            # the houses, their days, what each item costs
    make_month(batch=batch, month=month, by=user, at=now)

The developer pays from `Batch.developer_from` (the day of delivery that the batch names, else its first day) to the day
before the owner's fees start, for what comes every month. A month that the handover breaks is billed by its days. Bills
are made when the month is over, since only then it is known who took over what.
All batches of the estate are locked, in their order: a house that stands in two of them is billed by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Min

from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from foundation.worktime.months import Month
from handover import fees
from handover.choices import Payer
from handover.guards import billing as guards
from handover.models import Batch, Bill, BillLine, FeeItem, Handover
from handover.monthbills import HouseSum, ItemSum
from handover.services.billing import Draft, is_as_shown, items_of, keep, line_row, rates_of

if TYPE_CHECKING:
    from accounts.models import User
    from estates.models import House


@dataclass(frozen=True)
class Part:
    """One house: the days for which the developer pays, and what each item comes to, in the order of the items."""

    house: House
    starts_on: date
    ends_on: date
    lines: Sequence[fees.Line]

    @property
    def summed(self) -> HouseSum:
        return HouseSum(self.house.code, self.house.area, self.starts_on, self.ends_on, self.total)

    @property
    def total(self) -> Decimal:
        return fees.total(self.lines)


@dataclass(frozen=True)
class MonthDraft:
    month: Month
    items: Sequence[FeeItem]
    parts: Sequence[Part]

    @property
    def total(self) -> Decimal:
        return sum((part.total for part in self.parts), Decimal("0.00"))

    @property
    def starts_on(self) -> date:
        return min(part.starts_on for part in self.parts)

    @property
    def sums(self) -> list[ItemSum]:
        return [
            ItemSum(
                item.name,
                item.get_basis_display(),
                item.shown_rate,
                len(self.parts),
                sum((part.lines[number].amount for part in self.parts), Decimal("0.00")),
            )
            for number, item in enumerate(self.items)
        ]

    def rows(self) -> list[BillLine]:
        return [
            line_row(item, line, house=part.house, starts_on=part.starts_on, ends_on=part.ends_on)
            for part in self.parts
            for item, line in zip(self.items, part.lines, strict=True)
        ]


def months_of(batch: Batch, today: date) -> list[Month]:
    """The months that are over, the newest first, from the one in which the developer's fees begin."""
    month, found = Month.of(today).shift(-1), []
    first = Month.of(batch.developer_from)
    while month >= first:
        found.append(month)
        month = month.shift(-1)
    return found


def month_draft(batch: Batch, month: Month) -> MonthDraft:
    """By the rates as they are now; Refused where there is nothing to bill, or what can't be billed."""
    items = items_of(batch.estate_id, monthly=True)
    if not items:
        raise Refused("这个项目还没有设置按月预收的费用项目，请管理员先设置。")
    parts = [_part(house, days, items) for house, days in _houses(batch, month)]
    if not parts:
        raise Refused(f"{month.label}没有由开发商承担费用的房屋。")
    return MonthDraft(month, items, parts)


def _part(house: House, days: tuple[date, date], items: Sequence[FeeItem]) -> Part:
    starts_on, ends_on = days
    try:
        lines = fees.bill_parts(rates_of(items), area=house.area, starts_on=starts_on, ends_on=ends_on)
    except ValueError as error:
        raise Refused(f"{house.code}：{error}") from None
    return Part(house, starts_on, ends_on, lines)


def _houses(batch: Batch, month: Month) -> list[tuple[House, tuple[date, date]]]:
    """The batch's houses with the developer's days in that month, without those that another bill has already."""
    handovers = list(batch.handovers.select_related("house").defer("buyer_id_number").in_order())
    owners, taken = _owners_from(batch), _billed(batch, month)
    found = []
    for one in handovers:
        days = fees.developers_days(
            month, since=batch.developer_from, owner_from=owners.get(one.house_id) or _fees_start(one)
        )
        if days and one.house_id not in taken:
            found.append((one.house, days))
    return found


def _fees_start(handover: Handover) -> date | None:
    done_on = local_date(handover.done_at) if handover.done_at else None
    return fees.fees_start(handed_over_on=done_on, notice_on=handover.notice_on)


def _owners_from(batch: Batch) -> dict[int, date]:
    """From which day on each house was billed to its owner, where it was."""
    bills = Bill.objects.valid().filter(house__handovers__batch=batch, payer=Payer.OWNER).order_by()
    return dict(bills.values("house").annotate(first=Min("starts_on")).values_list("house", "first"))


def _billed(batch: Batch, month: Month) -> set[int]:
    """Houses of which days of the month stand on a bill of the developer's, of another batch or of the house alone."""
    within = {"starts_on__lte": month.last, "ends_on__gte": month.first}
    lines = BillLine.objects.filter(house__handovers__batch=batch, bill__cancelled_at=None, **within)
    alone = Bill.objects.valid().filter(house__handovers__batch=batch, payer=Payer.DEVELOPER, **within)
    of_lines = lines.order_by().values_list("house", flat=True)
    return {*of_lines, *(house for house in alone.order_by().values_list("house", flat=True) if house)}


@transaction.atomic
def make_month(*, batch: Batch, month: Month, by: User, at: datetime, shown: Decimal | None = None) -> Bill:
    """生成开发商账单, exactly once a batch and month. `shown` is the total that was read before."""
    locked = Batch.objects.select_for_update(of=("self",)).select_related("estate__parent")
    batch = {one.pk: one for one in locked.filter(estate=batch.estate_id).order_by("pk")}[batch.pk]
    guards.may_bill_month(batch, month, local_date(at), by)
    made = month_draft(batch, month)
    is_as_shown(made.total, shown)
    bill = Draft(Payer.DEVELOPER, batch.developer, made.starts_on, month.last, made.items, [])
    return keep(bill, estate=batch.estate, by=by, at=at, rows=made.rows(), batch=batch)
