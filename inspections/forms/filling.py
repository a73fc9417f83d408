"""What a device sends while an inspection is filled in (INS-8, INS-9)."""

from __future__ import annotations

from django import forms

from inspections.choices import Result
from inspections.models import Answer
from inspections.services.filling import Given

NOTE_LENGTH = 1000
READING = Answer._meta.get_field("reading")


class DeviceForm(forms.Form):
    """A form without fields on a page: what is wrong is told as one sentence."""

    key = forms.UUIDField(label="写入键")

    @property
    def sentence(self) -> str:
        name, messages = next(iter(self.errors.items()))
        label = self.fields[name].label if name in self.fields else ""
        return f"{label}：{messages[0]}" if label else str(messages[0])


class ItemForm(DeviceForm):
    item = forms.IntegerField(label="检查项", min_value=1, max_value=2**31 - 1)


class AnswerForm(ItemForm):
    result = forms.ChoiceField(
        label="结果",
        choices=Result.choices,
        error_messages={
            "required": "请选择合格、不合格或不适用。",
            "invalid_choice": "请选择合格、不合格或不适用。",
        },
    )
    note = forms.CharField(label="说明", required=False, max_length=NOTE_LENGTH)
    reading = forms.DecimalField(
        label="读数",
        required=False,
        max_digits=READING.max_digits,
        decimal_places=READING.decimal_places,
        error_messages={"invalid": "请填写数字。"},
    )
    answered_at = forms.DateTimeField(label="作答时间", required=False)
    base_rev = forms.IntegerField(label="修改次数", required=False, min_value=0, max_value=2**15 - 1)

    def given(self) -> Given:
        data = self.cleaned_data
        return Given(
            key=data["key"],
            result=data["result"],
            note=data["note"],
            reading=data["reading"],
            answered_at=data["answered_at"],
            base_rev=data["base_rev"] or 0,
        )


class PhotoForm(ItemForm):
    photo = forms.FileField(
        label="照片",
        allow_empty_file=True,
        max_length=200,
        error_messages={"required": "请选择一张照片。", "max_length": "照片的文件名太长，请改短后重新选择。"},
    )
    taken_at = forms.DateTimeField(label="拍摄时间", required=False)


class RemovalForm(DeviceForm):
    """`key` is the photo's, so that the same removal sent twice is the same."""

    removed_at = forms.DateTimeField(label="移除时间", required=False)
