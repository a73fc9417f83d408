"""What a form changed, in words, for the journal (ORG-5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import models

NOTHING = "空"


def changed_fields(form: forms.ModelForm) -> list[str]:
    """One line a field: 频次:每日 → 每周, or 频次:每周 where there was none before."""
    lines = []
    for name in form.changed_data:
        field = form.fields[name]
        before, after = form.initial.get(name), form.cleaned_data.get(name)
        was, now = _in_words(field, before), _in_words(field, after)
        lines.append(f"{field.label}：{now}" if was == NOTHING else f"{field.label}：{was} → {now}")
    return lines


def changed_rows(formset: Any) -> list[str]:
    """What a form of several rows changed, as saved: one line a row that is new or gone, one line a changed field."""
    new = [f"新增{row._meta.verbose_name}：{row}" for row in formset.new_objects]
    gone = [f"删除{row._meta.verbose_name}：{row}" for row in formset.deleted_objects]
    form_of = {form.instance.pk: form for form in formset.initial_forms}
    kept = [f"{row}：{line}" for row, _ in formset.changed_objects for line in changed_fields(form_of[row.pk])]
    return [*new, *kept, *gone]


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
    labels = dict(getattr(field, "choices", ()))
    values = value if isinstance(value, list | tuple) else [value]
    return "、".join(str(labels.get(one, one)) for one in values)
