"""Named questions of the chapter. What a page, file, export or count uses starts from `visible_to` (ORG-2)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Self

from django.apps import apps
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Length

from accounts.rights import Right
from estates import querysets
from foundation.worktime.local import end_of_day, start_of_day

if TYPE_CHECKING:
    from handover.models import Bill, Defect, Handover, HouseKey, HousePlan


class AtEstateQuerySet(querysets.AtEstateQuerySet):
    """Rows of this chapter."""

    right = Right.VIEW_HANDOVER


class BatchQuerySet(AtEstateQuerySet):
    def with_counts(self) -> Self:
        """How many houses are in each state."""
        states = ("not_begun", "under_way", "done", "not_taken")
        return self.annotate(**{state: Count("handovers", filter=Q(handovers__state=state)) for state in states})


class OfBatchQuerySet(AtEstateQuerySet):
    estate_path = "batch__estate"


class OwnerListQuerySet(OfBatchQuerySet):
    def under_way(self) -> Self:
        """What a worker has to do something for."""
        return self.filter(state="uploaded")

    def light(self) -> Self:
        """Without the file, which is large and ciphered."""
        return self.select_related("batch__estate", "uploaded_by").defer("content")


class HandoverQuerySet(AtEstateQuerySet):
    def in_order(self) -> Self:
        """As one walks through an estate: 2幢 before 10幢, 301 before 1502."""
        parts = ("house__building__name", "house__unit__name", "house__number")
        return self.order_by(*(key for part in parts for key in (Length(part), part)), "pk")

    def unbilled(self, on: date) -> Self:
        """Houses whose owner's fees run by that day and whose owner has no bill at all (HND-2)."""
        bills = apps.get_model("handover", "Bill").objects.filter(
            house=OuterRef("house"), payer="owner", cancelled_at=None
        )
        begun = Q(state="done") | Q(notice_on__lte=on)
        return self.filter(begun, ~Exists(bills)).exclude(batch__state="preparing")

    def locked(self, pk: int) -> Handover:
        """One row for a verb, locked, with what its guards and messages read."""
        rows = self.select_for_update(of=("self",)).select_related("batch", "estate__parent", "house")
        return rows.get(pk=pk)  # type: ignore[return-value]


class OfHandoverQuerySet(AtEstateQuerySet):
    estate_path = "handover__estate"


class BillQuerySet(AtEstateQuerySet):
    def locked(self, pk: int) -> Bill:
        """One row for a verb, locked, with what its guards and messages read."""
        return self.select_for_update(of=("self",)).select_related("estate__parent", "house").get(pk=pk)  # type: ignore

    def valid(self) -> Self:
        """Those that were not cancelled."""
        return self.filter(cancelled_at=None)

    def ending(self, by: date) -> Self:
        """The last bill of each house's owner, where it ends by that day: the next one is due to be made (HND-2)."""
        owners = self.model._default_manager.filter(cancelled_at=None, payer="owner")
        later = owners.filter(house=OuterRef("house"), starts_on__gt=OuterRef("starts_on"))
        return self.valid().filter(~Exists(later), payer="owner", house__isnull=False, ends_on__lte=by)

    def with_paid(self, before: datetime | None = None) -> Self:
        """`paid` and `owed`: reversals are negative payments; `before`: only what was paid until that moment."""
        entries = apps.get_model("handover", "Payment").objects.filter(bill=OuterRef("pk")).order_by()
        if before is not None:
            entries = entries.filter(at__lt=before)
        sums = entries.values("bill").annotate(sum=Sum("amount")).values("sum")
        paid = Coalesce(Subquery(sums), Decimal(0), output_field=models.DecimalField())
        return self.annotate(paid=paid, owed=F("total") - F("paid"))


class PaymentQuerySet(AtEstateQuerySet):
    def of_day(self, on: date) -> Self:
        """What was taken and reversed on a day of Asia/Shanghai."""
        return self.filter(at__gte=start_of_day(on), at__lt=end_of_day(on))


class OfBillQuerySet(AtEstateQuerySet):
    estate_path = "bill__estate"


class DefectQuerySet(AtEstateQuerySet):
    def locked(self, pk: int) -> Defect:
        """One row for a verb, locked, with what its guards and messages read."""
        rows = self.select_for_update(of=("self",)).select_related("estate__parent", "house", "builder")
        return rows.get(pk=pk)  # type: ignore[return-value]

    def open(self) -> Self:
        return self.exclude(state__in=("confirmed", "waived"))

    def overdue(self, at: datetime) -> Self:
        """Not mended by the due moment (GEN-1)."""
        return self.filter(state="open", due_at__lt=at)


class HousePlanQuerySet(AtEstateQuerySet):
    def locked(self, pk: int) -> HousePlan:
        """One plan for a verb, locked, so that nobody pins on a picture that is being replaced."""
        return self.select_for_update(of=("self",)).select_related("estate__parent").get(pk=pk)  # type: ignore

    def with_counts(self) -> Self:
        """`house_count` has it, `pin_count` defects are pinned on it."""
        return self.annotate(house_count=Count("houses", distinct=True), pin_count=Count("defects", distinct=True))


class OfPlanQuerySet(AtEstateQuerySet):
    estate_path = "plan__estate"


class KeyQuerySet(AtEstateQuerySet):
    def locked(self, pk: int) -> HouseKey:
        """One key for a move, locked, with its house."""
        rows = self.select_for_update(of=("self",)).select_related("estate__parent", "house")
        return rows.get(pk=pk)  # type: ignore[return-value]

    def late(self, at: datetime) -> Self:
        """Lent and not back by the moment that was agreed (GEN-1). Of rows `keyledger.with_last_move`."""
        return self.filter(place="lent", last_due_at__lt=at)


class OfKeyQuerySet(AtEstateQuerySet):
    estate_path = "key__estate"


class MoveInQuerySet(AtEstateQuerySet):
    def unwatched(self) -> Self:
        """Lived in, and the cashier has not marked it yet (HND-6)."""
        return self.filter(state="done", fees_watched_at=None)

    def watched(self) -> Self:
        """Lived in, and marked by the cashier (HND-6)."""
        return self.filter(state="done", fees_watched_at__isnull=False)


class PassQuerySet(AtEstateQuerySet):
    def usable(self, on: date) -> Self:
        return self.filter(state="ready", valid_on=on)


class OfPassQuerySet(AtEstateQuerySet):
    estate_path = "release__estate"
