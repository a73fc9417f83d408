"""What the pages of the next bills show: the houses that are due, and one house with its periods (HND-2). Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.rights import Right
from foundation.records.refusals import Refused, refusal
from foundation.worktime.local import local_date
from handover.forms.bills import MakeBillForm
from handover.forms.periods import BeginForm
from handover.guards import billing as guards
from handover.models import Bill, Handover, MoveIn
from handover.querysets import BillQuerySet
from handover.services.arrears import arrears
from handover.services.billing import Draft
from handover.services.periods import chain_of, next_draft

if TYPE_CHECKING:
    from accounts.models import User
    from estates.models import House


def due(found: BillQuerySet, today: date) -> BillQuerySet:
    """The last bills of the owners that have ended or end within 30 days, the oldest first."""
    return found.ending(today + guards.AHEAD).order_by("ends_on", "pk")


@dataclass(frozen=True)
class Row:
    """A house by its last bill; `is_watched`: lived in and marked by the cashier (HND-6)."""

    bill: Bill
    is_watched: bool
    days: int

    @property
    def ended(self) -> int:
        """For how many days no bill covers it."""
        return max(0, -self.days)


def rows(bills: Sequence[Bill], today: date) -> list[Row]:
    watched = set(
        MoveIn.objects.watched().filter(house__in=[bill.house_id for bill in bills]).values_list("house", flat=True)
    )
    return [Row(bill, bill.house_id in watched, (bill.ends_on - today).days) for bill in bills]


def context_of(house: House, user: User, at: datetime, bound: dict[str, forms.Form]) -> dict[str, Any]:
    today, chain = local_date(at), chain_of(house)
    bills: Any = Bill.objects.filter(house=house).order_by("-starts_on", "-pk")
    may_make = user.may(Right.MAKE_BILLS, house.estate)
    made: Draft | None = None
    why_not = ""
    if chain is not None:
        try:
            made = next_draft(house, chain)
        except Refused as refused:
            why_not = refused.sentence
        why_not = refusal(guards.may_make_next, chain.last, today, user) or why_not
    begin_why_not = refusal(guards.may_begin, house, user) if chain is None else ""
    begins = chain is None and may_make and not begin_why_not
    return {
        "house": house,
        "bills": list(bills.with_paid()),
        "chain": chain,
        "draft": made,
        "lines": made.rows() if made else [],
        "why_not": why_not,
        "begin_why_not": begin_why_not,
        "make_form": MakeBillForm(initial={"shown": made.total if made else None}),
        "begin_form": (bound.get("begin") or BeginForm()) if begins else None,
        "refused": [form for name, form in bound.items() if name != "begin" or not begins],
        "arrears": arrears(house, today),
        "handover": Handover.objects.filter(house=house).order_by("-pk").defer("buyer_id_number").first(),
        "is_watched": MoveIn.objects.watched().filter(house=house).exists(),
        "may_make": may_make,
        "may_see_house": user.may(Right.VIEW_HOUSES, house.estate),
    }
