"""A draft of the policy as a table of limits: parsing and checking what an administrator typed (CMP-3…10)."""

from __future__ import annotations

import re
from itertools import groupby
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from complaints import content
from complaints.choices import Audience, ClockKind
from complaints.content import Key, Row, group_of, key_of, name_of
from complaints.models import Policy
from foundation.records.fields import moment_field
from foundation.timers.values import Calendar, Unit

LONGEST = 9999
STEP = re.compile(r"(\d{1,4})\s*%?\s*(\S+)")
MOST_PERCENT = 1000
HOW = "写成 50 经办人、100 项目经理"


class LadderField(forms.CharField):
    """A ladder as people write it: 50 经办人、100 项目经理; in the order of the shares."""

    def to_python(self, value: Any) -> list[tuple[int, str]]:  # type: ignore[override]
        if isinstance(value, list):
            return value
        parts = re.split(r"[、,，;；\n]", super().to_python(value) or "")
        steps = sorted(self._step(part.strip()) for part in parts if part.strip())
        percents = [percent for percent, _ in steps]
        for percent in percents:
            if percents.count(percent) > 1:
                raise ValidationError(f"{percent}% 写了两次；一个百分比只能告知一个岗位。")
        return steps

    def _step(self, text: str) -> tuple[int, str]:
        found = STEP.fullmatch(text)
        if found is None:
            raise ValidationError(f"看不懂“{text}”，请{HOW}。")
        percent, label = int(found[1]), found[2]
        if not 1 <= percent <= MOST_PERCENT:
            raise ValidationError(f"百分比要在 1 到 {MOST_PERCENT} 之间：{text}。")
        for audience in Audience:
            if audience.label == label:
                return percent, audience.value
        raise ValidationError(f"不能告知“{label}”，可以写{'、'.join(Audience.labels)}。")

    def prepare_value(self, value: Any) -> str:
        return value if isinstance(value, str) else content.ladder({"ladder": value or []})


def _time(label: str) -> forms.TimeField:
    """Written 20:00, whatever the browser's own way of showing a time is."""
    widget = forms.TimeInput({"class": "dd-clock", "inputmode": "numeric"}, format="%H:%M")
    sentences = {"required": "请写明钟点。", "invalid": "钟点要写成 20:00。"}
    return forms.TimeField(label=label, widget=widget, error_messages=sentences)


class RuleForm(forms.Form):
    """One limit; it asks only for what the limit has."""

    amount = forms.IntegerField(
        label="时长",
        min_value=1,
        max_value=LONGEST,
        error_messages={
            "required": "请写明时长。",
            "min_value": "时长至少为 1。",
            "max_value": f"时长最多为 {LONGEST}。",
        },
    )
    unit = forms.ChoiceField(label="单位", choices=Unit.choices)
    calendar = forms.ChoiceField(label="日历", choices=Calendar.choices)
    workdays_only = forms.BooleanField(label="只算工作日", required=False)
    pausable = forms.BooleanField(label="等待客户时暂停", required=False)
    day_ends_late_after = _time("晚于")
    next_day_until = _time("到次日")
    ladder = LadderField(label="升级阶梯", required=False)
    remove = forms.BooleanField(label="删除", required=False)

    def __init__(self, data: Any = None, *, row: Row) -> None:
        self.row, self.key = row, key_of(row)
        super().__init__(data, prefix="-".join(self.key), initial=row)
        ends_with_day = row["clock"] == ClockKind.SAME_DAY
        unasked = {
            "amount": ends_with_day,
            "unit": ends_with_day,
            "calendar": ends_with_day,
            "workdays_only": ends_with_day,
            "pausable": row["clock"] != ClockKind.HANDLE,
            "day_ends_late_after": not ends_with_day,
            "next_day_until": not ends_with_day,
            "remove": self.key not in content.optional_limits(),
        }
        for name, unknown in unasked.items():
            if unknown:
                del self.fields[name]
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{name_of(self.key)}：{field.label}"

    @property
    def clock(self) -> str:
        return ClockKind(self.row["clock"]).label

    @property
    def edited(self) -> Row | None:
        """The limit as it was typed; None where it is to be removed."""
        typed = dict(self.cleaned_data)
        if typed.pop("remove", False):
            return None
        if "calendar" in typed and typed["calendar"] != Calendar.SERVICE:
            typed["workdays_only"] = False
        return self.row | typed


class HeadForm(forms.Form):
    """What the whole version has: its note, and limits that may be added to it."""

    note = forms.CharField(label="说明", required=False, max_length=200)
    add = forms.ChoiceField(label="添加时限", required=False)

    def __init__(self, data: Any = None, *, addable: list[Key], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = [("-".join(key), name_of(key)) for key in addable]
        add: Any = self.fields["add"]
        add.choices = [("", "不添加"), *choices]


class DraftForms:
    """All forms of a draft's page together."""

    def __init__(self, rows: list[Row], *, note: str, data: Any = None) -> None:
        self.rules = [RuleForm(data, row=row) for row in rows]
        present = {key_of(row) for row in rows}
        known = [*content.needed_limits(), *content.optional_limits()]
        self.addable = [key for key in known if key not in present]
        self.head = HeadForm(data, addable=self.addable, initial={"note": note})

    def is_valid(self) -> bool:
        # Every form is asked, so that all that is wrong is shown at once.
        return all([self.head.is_valid(), *[rule.is_valid() for rule in self.rules]])

    @property
    def groups(self) -> list[tuple[str, list[RuleForm]]]:
        return [(name, list(rules)) for name, rules in groupby(self.rules, lambda rule: group_of(rule.key))]

    @property
    def wrong(self) -> list[str]:
        """The limits that can't be saved as they were typed."""
        return [name_of(rule.key) for rule in self.rules if rule.is_bound and rule.errors]

    @property
    def edited(self) -> list[Row]:
        rows = [row for rule in self.rules if (row := rule.edited) is not None]
        added = [content.new_limit(key) for key in self.addable if "-".join(key) == self.head.cleaned_data["add"]]
        return rows + added


class PublishForm(forms.Form):
    effective_at = moment_field("启用时间")


class SourceForm(forms.Form):
    """新建草稿: which version it begins as."""

    source: forms.ModelChoiceField = forms.ModelChoiceField(
        label="复制自", queryset=Policy.objects.published(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].required = Policy.objects.published().exists()
