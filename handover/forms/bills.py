"""Input of bills, payments and the cashier's sheet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.db.models import Q

from accounts.rights import Right
from estates import spelling
from estates.models import House
from estates.querysets import house_is
from foundation.records.fields import ALL, date_field
from handover.choices import Method, Payer
from handover.models import BillLine, Payment
from handover.querysets import BillQuerySet, PaymentQuerySet
from handover.services.payments import RECEIPT_CHARS, REVERSED

if TYPE_CHECKING:
    from accounts.models import User

REASON_CHARS = 200


class BillFilter(forms.Form):
    q = forms.CharField(label="房号、姓名或编号", required=False, max_length=60)
    payer = forms.ChoiceField(label="付款方", required=False, choices=ALL + Payer.choices)
    since = date_field("生成日期从")
    until = date_field("到")

    def apply(self, found: BillQuerySet, user: User) -> BillQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out. `found` is scoped already (ORG-2)."""
        self.is_valid()
        given = self.cleaned_data
        if text := (given.get("q") or "").replace("\0", "").strip():
            found = found.filter(named(text, user))
        if payer := given.get("payer"):
            found = found.filter(payer=payer)
        if since := given.get("since"):
            found = found.filter(made_at__date__gte=since)
        if until := given.get("until"):
            found = found.filter(made_at__date__lte=until)
        return found


def named(text: str, user: User) -> Q:
    """By the house as people write it, by name, by the bill's number or by a receipt."""
    here = user.estate_ids_with(Right.VIEW_HANDOVER)
    fits, houses = Q(payer_name__icontains=text) | Q(number__iexact=text), Q()
    fits |= Q(pk__in=Payment.objects.filter(receipt__iexact=text, estate__in=here).values("bill"))
    for wish in spelling.read(text):
        if wish.house and not wish.names:
            houses |= house_is(wish.house)
    if houses:
        found = House.objects.filter(houses, estate__in=here).order_by().values("pk")
        # Of a developer's bill the houses stand in its lines.
        fits |= Q(house__in=found) | Q(pk__in=BillLine.objects.filter(house__in=found).values("bill"))
    return fits


class MakeBillForm(forms.Form):
    """The total that was read when the button was pressed: a rate may have been changed since."""

    shown = forms.DecimalField(widget=forms.HiddenInput, required=False)


class CancelBillForm(forms.Form):
    reason = forms.CharField(label="作废原因", max_length=REASON_CHARS, error_messages={"required": "请写明作废原因。"})

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="cancel-%s", **kwargs)


class ReceiveForm(forms.Form):
    amount = forms.DecimalField(
        label="金额（元）",
        max_digits=12,
        decimal_places=2,
        min_value=Decimal("0.01"),
        widget=forms.NumberInput({"step": "0.01", "inputmode": "decimal"}),
        error_messages={"required": "请填写金额。", "min_value": "金额必须大于 0。", "invalid": "金额请写成 1503.60。"},
    )
    method = forms.ChoiceField(
        label="收款方式",
        choices=Method.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择收款方式。"},
    )
    receipt = forms.CharField(label="收据号", max_length=RECEIPT_CHARS, error_messages={"required": "请填写收据号。"})
    client_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, owed: Decimal, **kwargs: Any) -> None:
        super().__init__(data, auto_id="receive-%s", initial={"amount": owed, "client_key": uuid4()}, **kwargs)
        self.fields["amount"].help_text = f"还应缴 {owed} 元。"


class ReverseForm(forms.Form):
    reason = forms.CharField(label="冲销原因", max_length=REASON_CHARS, error_messages={"required": "请写明冲销原因。"})
    receipt = forms.CharField(
        label="冲销收据号", max_length=RECEIPT_CHARS, required=False, help_text=f"空着则在原收据号后加“{REVERSED}”。"
    )

    def __init__(self, data: Any = None, *, pk: int, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"reverse-{pk}-%s", **kwargs)


class SheetForm(forms.Form):
    """The day of a cashier's sheet, and whether all the cashiers' or one's own."""

    day = date_field("日期")
    mine = forms.BooleanField(label="只看我收的", required=False)

    def apply(self, found: PaymentQuerySet, user: User, today: date) -> tuple[date, PaymentQuerySet]:
        """The day that was asked for, else today, and its entries."""
        self.is_valid()
        day = self.cleaned_data.get("day") or today
        found = found.of_day(day)
        return day, found.filter(cashier=user) if self.cleaned_data.get("mine") else found
