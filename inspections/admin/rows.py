"""The rows of a draft, subjects and items alike: checked without a query per row.

What the models' constraints refuse is said here at its field; the constraints stay the last guard.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet

from inspections.wording import next_code

TWICE = "代码与“{}”重复。"


class _RowId(forms.Field):
    """The hidden key of a row: what the formset has loaded, without asking for each row again."""

    widget = forms.HiddenInput

    def __init__(self, row: Any) -> None:
        super().__init__(required=False, initial=row.pk if row else None)
        self.row = row

    def clean(self, value: Any) -> Any:
        if (value or None) != (str(self.row.pk) if self.row else None):
            raise ValidationError("这一行已被删除，请重新打开页面。")
        return self.row

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class RowForm(forms.ModelForm):
    """A row whose code is given once: it is what a row is known by through the versions (INS-12)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        self.fields["code"].disabled = bool(self.instance.pk)

    def _get_validation_exclusions(self) -> set[str]:
        """The row's version and subject are rows that the formset has loaded; the model would ask for each again."""
        return super()._get_validation_exclusions() | {"version", "section"}  # type: ignore[misc]

    def _post_clean(self) -> None:
        # Five questions to Postgres for each item; `clean` and the formsets answer them.
        self.instance.validate_constraints = lambda exclude=None: None
        super()._post_clean()  # type: ignore[misc]


class RowFormSet(BaseInlineFormSet):
    code_prefix = "row"

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields["id"] = _RowId(form.instance if form.instance.pk else None)

    def validate_unique(self) -> None:
        """`give_codes` says it at the field."""

    @property
    def kept(self) -> list[forms.ModelForm]:
        """The forms that will stay, without what is deleted and without empty new rows."""
        return [
            form
            for form in self.forms
            if not form.cleaned_data.get("DELETE") and (form.instance.pk or form.has_changed())
        ]

    def prefix_of(self, form: forms.ModelForm) -> str:
        return self.code_prefix

    def give_codes(self) -> None:
        """Refuse a code that stands twice; write those that were left empty."""
        taken: dict[str, str] = {}
        for form in sorted(self.kept, key=lambda form: not form.instance.pk):
            code = form.cleaned_data.get("code") or ""
            if code in taken:
                form.add_error("code", TWICE.format(taken[code]))
            elif code:
                taken[code] = str(form.instance)
        for form in self.kept:
            if not form.errors and not form.cleaned_data.get("code"):
                form.instance.code = form.cleaned_data["code"] = next_code(self.prefix_of(form), taken)
                taken[form.instance.code] = ""
