"""What an owner types after scanning a code."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from django import forms

from complaints.choices import Kind, Satisfaction
from foundation.records.fields import WORDS, text_field

PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")
SOLVED = (("yes", "已解决"), ("no", "没有解决"))


class ReportForm(forms.Form):
    """`website` is left empty by people: what fills every field is a machine."""

    kind = forms.ChoiceField(
        label="您要反映的是", choices=Kind.choices, widget=forms.RadioSelect, initial=Kind.REPAIR,
        error_messages={"required": "请选择类型。", "invalid_choice": "请选择类型。"},
    )  # fmt: skip
    text = text_field("内容", "请写下您要反映的内容。", help_text="发生了什么、在哪里、什么时候开始的。")
    place = forms.CharField(label="位置", max_length=100, help_text="例如 3 幢 2 单元 1502，或 3 幢一楼大堂。")
    name = forms.CharField(label="您的称呼", max_length=60, required=False)
    phone = forms.CharField(
        label="联系电话", max_length=20, help_text="物业用它答复和回访您，不会公开。",
        error_messages={"required": "请留下联系电话，物业好答复您。"},
        widget=forms.TextInput({"inputmode": "tel", "autocomplete": "tel"}),
    )  # fmt: skip
    website = forms.CharField(
        required=False, max_length=200, label="请留空", widget=forms.TextInput({"tabindex": "-1"})
    )
    client_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, has_house: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": {"client_key": uuid4(), "kind": Kind.REPAIR}, **kwargs})
        self.fields["place"].error_messages["required"] = "请写明位置。"
        if has_house:
            del self.fields["place"]

    def clean_phone(self) -> str:
        phone = re.sub(r"[\s]", "", self.cleaned_data["phone"])
        if not PHONE.fullmatch(phone):
            raise forms.ValidationError("请填写手机号，或带区号的固定电话。")
        return phone

    def clean_text(self) -> str:
        return self.cleaned_data["text"].replace("\0", "")[:WORDS]


class RatingForm(forms.Form):
    solved = forms.ChoiceField(
        label="问题解决了吗", choices=SOLVED, widget=forms.RadioSelect, error_messages={"required": "请选择是否解决。"}
    )
    satisfaction = forms.TypedChoiceField(
        label="您满意吗", coerce=int, choices=list(reversed(Satisfaction.choices)), widget=forms.RadioSelect,
        required=False, empty_value=None, error_messages={"invalid_choice": "满意度只能是 1 到 5。"},
    )  # fmt: skip
    remark = text_field("您的意见")

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if given.get("solved") == "yes" and not given.get("satisfaction") and "satisfaction" not in self.errors:
            self.add_error("satisfaction", "请选择满意度。")
        return given
