"""What narrows the reports of a batch: the day, the reason (HND-4)."""

from __future__ import annotations

from datetime import date

from django import forms

from foundation.records.fields import ALL, date_field
from handover.choices import NotTaken


class DayForm(forms.Form):
    day = date_field("日期")

    def asked(self, today: date) -> date:
        """The day that was asked for, else today."""
        self.is_valid()
        return self.cleaned_data.get("day") or today


class ReasonForm(forms.Form):
    reason = forms.ChoiceField(label="未接房原因", choices=[*ALL, *NotTaken.choices], required=False)

    @property
    def asked(self) -> str:
        return self.cleaned_data["reason"] if self.is_valid() else ""
