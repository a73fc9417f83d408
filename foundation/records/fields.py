"""Form fields that the pages of records share."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator

from foundation.worktime.local import start_of_day
from foundation.worktime.months import Month

# The first choice of a filter.
ALL = [("", "全部")]
WORDS = 2000
# Days that calendars can be counted from and to; a year typed with three or five digits is outside of them.
EARLIEST, LATEST = date(2000, 1, 1), date(2099, 12, 31)
FAR = "请选择 2000 年至 2099 年之间的日期。"


def date_field(label: str, *, required: bool = False) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
    known = [MinValueValidator(EARLIEST, FAR), MaxValueValidator(LATEST, FAR)]
    return forms.DateField(label=label, required=required, widget=widget, validators=known)


def moment_field(label: str, *, required: bool = False) -> forms.DateTimeField:
    """To the minute, in the local time zone."""
    widget = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    known = [MinValueValidator(start_of_day(EARLIEST), FAR), MaxValueValidator(start_of_day(LATEST), FAR)]
    return forms.DateTimeField(label=label, required=required, widget=widget, validators=known)


def text_field(label: str, empty: str = "", **options: Any) -> forms.CharField:
    """Several lines; `empty` is the sentence when nothing was written, without it the field may stay empty."""
    options.setdefault("widget", forms.Textarea({"rows": 3}))
    return forms.CharField(
        label=label, required=bool(empty), max_length=WORDS, error_messages={"required": empty}, **options
    )


class MonthField(forms.CharField):
    """A month as `<input type="month">` sends it: 2026-10."""

    widget = forms.TextInput(attrs={"type": "month", "placeholder": "2026-10"})

    def to_python(self, value: Any) -> Month | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        try:
            return Month.parse(text)
        except ValueError as error:
            raise forms.ValidationError(str(error), code="invalid") from None

    def prepare_value(self, value: Any) -> str:
        return str(value or "")
