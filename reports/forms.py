from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q

from estates.models import Kind, Node
from foundation.records.fields import ALL, MonthField, date_field, text_field
from reports.models import Bulletin
from reports.querysets import WeeklySheetQuerySet

SUGGESTED = 200


class FilterForm(forms.Form):
    q = forms.CharField(label="组织或编号", required=False, max_length=60)
    kind = forms.ChoiceField(label="层级", required=False, choices=[*ALL, *Kind.choices])
    month = MonthField(label="月份", required=False)


class DraftForm(forms.Form):
    """Node and month of a new draft; the node by code or name, among those the user sees."""

    node = forms.CharField(
        label="组织",
        max_length=80,
        help_text="编码或名称，例如 HZ01。",
        widget=forms.TextInput(attrs={"list": "draft-nodes", "autocomplete": "off"}),
        error_messages={"required": "请填写组织。"},
    )
    month = MonthField(label="月份", error_messages={"required": "请选择月份。"})

    def __init__(self, *args: Any, nodes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.nodes = nodes

    def clean_node(self) -> Node:
        text = self.cleaned_data["node"].replace("\0", "")
        found = list(
            self.nodes.filter(code=text) or self.nodes.filter(name=text)[:2] or self.nodes.filter(short_name=text)[:2]
        )
        if len(found) > 1:
            raise forms.ValidationError(f"有多个组织叫“{text}”，请填写编码。")
        if not found:
            raise forms.ValidationError(f"在您的范围内没有编码或名称为“{text}”的组织。")
        return found[0]


class EditForm(forms.ModelForm):
    class Meta:
        model = Bulletin
        fields = ("comments", "good_practices", "focus", "changes")
        widgets = {name: forms.Textarea(attrs={"rows": 5, "maxlength": 4000}) for name in fields}
        help_texts = {
            "comments": "对本月数字的评价：做得好的、不足和原因。",
            "good_practices": "值得其他项目学习的做法。",
            "focus": "下个月重点检查什么、重点整改什么。",
            "changes": "签发更正版前必须写明更正了什么、为什么。",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.max_length = 4000  # type: ignore[attr-defined]
        if self.instance.edition == 1:
            del self.fields["changes"]

    def clean(self) -> dict[str, Any]:
        for name, text in list(self.cleaned_data.items()):
            if text and len(text) > 4000:
                self.add_error(name, f"最多 4000 字，现在有 {len(text)} 字。")
            if text and "\0" in text:
                self.cleaned_data[name] = text.replace("\0", "")
        return self.cleaned_data

    def _post_clean(self) -> None:
        """Nothing is written into the instance: the service does that, under its lock."""


class WeekFilter(forms.Form):
    q = forms.CharField(label="组织", required=False, max_length=60)
    kind = forms.ChoiceField(label="层级", required=False, choices=[*ALL, *Kind.choices[1:]])
    friday = date_field("截止星期五")

    def apply(self, rows: WeeklySheetQuerySet) -> WeeklySheetQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out."""
        self.is_valid()
        given = self.cleaned_data
        if text := given.get("q", "").replace("\0", "").strip():
            rows = rows.filter(Q(node__name__icontains=text) | Q(node__code__iexact=text))
        if kind := given.get("kind"):
            rows = rows.filter(node__kind=kind)
        if friday := given.get("friday"):
            rows = rows.filter(friday=friday)
        return rows


class RemarkForm(forms.Form):
    remark = text_field("本周说明", help_text="本周的主要问题、原因和下周的安排。")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "remark-%s", **kwargs})
