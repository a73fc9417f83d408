"""Input of the next periods and of the developer's months."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from foundation.records.fields import MonthField, date_field
from foundation.worktime.months import Month
from handover.forms.bills import named
from handover.models import MoveIn
from handover.querysets import BillQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class DueFilter(forms.Form):
    """Of the houses whose next bill is due: by house, name or number, and those that are lived in and watched."""

    q = forms.CharField(label="房号、姓名或编号", required=False, max_length=60)
    watched = forms.BooleanField(label="只看已标注收费", required=False)

    def apply(self, found: BillQuerySet, user: User) -> BillQuerySet:
        self.is_valid()
        if text := (self.cleaned_data.get("q") or "").replace("\0", "").strip():
            found = found.filter(named(text, user))
        return (
            found.filter(house__in=MoveIn.objects.watched().values("house")) if self.cleaned_data["watched"] else found
        )


class MonthForm(forms.Form):
    month = MonthField(label="月份", required=False)

    def asked(self, otherwise: Month) -> Month:
        """The month that was asked for; one that can't be read is the usual one."""
        self.is_valid()
        return self.cleaned_data.get("month") or otherwise


class MonthBillForm(forms.Form):
    """The month and its total as they were read when the button was pressed: a rate may have been changed since."""

    month = MonthField(widget=forms.HiddenInput, error_messages={"required": "请选择月份。"})
    shown = forms.DecimalField(widget=forms.HiddenInput, required=False)

    def clean(self) -> dict[str, Any]:
        """What is wrong with a field that nobody sees is said on top."""
        given = super().clean() or {}
        for sentence in list(self.errors.get("month", [])):
            self.add_error(None, sentence)
        return given


class BeginForm(forms.Form):
    starts_on = date_field("费用开始日", required=True)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="begin-%s", **kwargs)
        self.fields["starts_on"].error_messages["required"] = "请填写费用开始日。"
        self.fields["starts_on"].help_text = "第一期从这一天算起，以后各期都按这一天的对应日接续。"
