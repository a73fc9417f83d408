"""Input of the keys of a house (HND-3)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from estates.identity import clean_phone, phone_fault
from foundation.records.fields import moment_field
from foundation.records.once import OnceForm
from handover.choices import KeyKind
from handover.models import Handover, HouseKey
from handover.services.keyclocks import usual_return

MOST_LABELS = 20


class RegisterKeysForm(forms.Form):
    kind = forms.ChoiceField(label="种类", choices=KeyKind.choices)
    labels = forms.CharField(
        label="编号", max_length=400, help_text="几把分开管的，用顿号或空格隔开：1502-1、1502-2。",
        error_messages={"required": "请填写钥匙编号。"},
    )  # fmt: skip
    count = forms.IntegerField(
        label="每个编号的数量", initial=1, min_value=1, max_value=99,
        error_messages={"min_value": "数量至少为 1。", "max_value": "数量最多为 99。"},
    )  # fmt: skip

    def clean_labels(self) -> list[str]:
        labels = [one for one in re.split(r"[、,,;;\s]+", self.cleaned_data["labels"]) if one]
        if len(labels) > MOST_LABELS:
            raise ValidationError(f"一次最多登记 {MOST_LABELS} 个编号。")
        if any(len(label) > 40 for label in labels):
            raise ValidationError("编号最多 40 个字。")
        return labels


class KeyForm(forms.Form):
    """A move of one key; the ids on the page begin with the verb and the key, for many forms stand on it."""

    verb = ""

    def __init__(self, data: Any = None, *, key: HouseKey, handover: Handover | None, at: datetime, **kw: Any) -> None:
        super().__init__(data, auto_id=f"{self.verb}-{key.pk}-%s", **kw)
        self.key, self.handover, self.at = key, handover, at
        self.narrow()

    def narrow(self) -> None:
        """What is known of the house goes into the fields."""


class OwnerForm(OnceForm, KeyForm):
    holder = forms.CharField(label="业主", max_length=60, error_messages={"required": "请填写是哪位业主。"})

    def narrow(self) -> None:
        if self.handover:
            self.fields["holder"].initial = self.handover.buyer_name


class HandForm(OwnerForm):
    verb = "hand"


class KeepForm(OwnerForm):
    verb = "keep"

    agreed = forms.BooleanField(
        label="业主同意留存这把钥匙，仅供整改使用", error_messages={"required": "业主同意后才能留存。"}
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        given.pop("agreed", None)
        return given


class LendForm(KeyForm):
    verb = "lend"

    holder = forms.CharField(label="借用人", max_length=60, error_messages={"required": "请填写借给谁。"})
    phone = forms.CharField(label="手机", required=False, max_length=20, widget=forms.TextInput({"inputmode": "tel"}))
    reason = forms.CharField(label="用途", max_length=200, error_messages={"required": "请写明借钥匙做什么。"})
    due_at = moment_field("应还时间", required=True)

    def clean_phone(self) -> str:
        phone = clean_phone(self.cleaned_data["phone"])
        if fault := phone_fault(phone):
            raise ValidationError(fault)
        return phone

    def narrow(self) -> None:
        self.fields["due_at"].initial = timezone.localtime(usual_return(self.at))


class ReturnForm(KeyForm):
    verb = "return"

    holder = forms.CharField(label="归还人", required=False, max_length=60, help_text="不填就是借用人本人。")


class KeyFilter(forms.Form):
    q = forms.CharField(
        label="查找", required=False, max_length=60, widget=forms.TextInput({"placeholder": "钥匙编号、房号、持有人"})
    )
