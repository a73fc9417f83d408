"""What a form changed, in words, for the journal (ORG-5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

NOTHING = "空"


def changed_fields(form: forms.ModelForm) -> list[str]:
    """One line a field: 频次:每日 → 每周."""
    lines = []
    for name in form.changed_data:
        field = form.fields[name]
        before, after = form.initial.get(name), form.cleaned_data.get(name)
        lines.append(f"{field.label}:{_in_words(field, before)} → {_in_words(field, after)}")
    return lines


def _in_words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return "是" if value else "否"
    if value in (None, "") or (isinstance(value, list | models.QuerySet) and not value):
        return NOTHING
    if isinstance(field, forms.ModelMultipleChoiceField):
        return "、".join(sorted(str(row) for row in value))
    if isinstance(field, forms.ModelChoiceField):
        if not isinstance(value, models.Model) and field.queryset is not None:
            value = field.queryset.model._default_manager.filter(pk=value).first()
        return str(value)
    return str(dict(getattr(field, "choices", ())).get(value, value))
