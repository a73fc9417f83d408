"""试算 as a form: the same question as `manage.py sla_due`, for one version of the policy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from complaints.choices import ClockKind, Variant
from complaints.tryout import KINDS, WORKDAYS_ONLY
from foundation.records.fields import moment_field
from foundation.records.refusals import Refused
from foundation.timers.values import Calendar
from foundation.timers.whatif import Question, read_hours, read_pause

BY_RULE = ("", "按方案")


def _labels(choices: Iterable[Any], *first: tuple[str, str]) -> list[tuple[str, str]]:
    return [*first, *((choice.label, choice.label) for choice in choices)]


class TryoutForm(forms.Form):
    field_order = ["kind", "grade", "clock", "at", "pauses", "calendar", "days"]

    kind = forms.ChoiceField(label="类型", choices=_labels(KINDS))
    grade = forms.ChoiceField(
        label="等级",
        required=False,
        choices=_labels([variant for variant in Variant if variant], ("", "不写")),
        help_text="投诉不写按重要，报修不写按一般，其他不分级。",
    )
    clock = forms.ChoiceField(label="时限", choices=_labels(ClockKind))
    at = moment_field("开始时间", required=True)
    pauses = forms.CharField(
        label="等待客户",
        required=False,
        widget=forms.Textarea({"rows": 2, "placeholder": "2026-03-02T10:00/2026-03-02T15:00"}),
        help_text="每行一段，写成 开始/结束；只用于处理时限。",
    )
    calendar = forms.ChoiceField(
        label="日历", required=False, choices=[BY_RULE, *((c.label, c.label) for c in Calendar)]
    )
    hours = forms.CharField(
        label="服务时段",
        required=False,
        widget=forms.TextInput({"placeholder": "08:30-12:00,14:00-18:00"}),
        help_text="日历为服务时间时填写。",
    )
    days = forms.ChoiceField(label="服务日", required=False, choices=[BY_RULE, *((day, day) for day in WORKDAYS_ONLY)])
    promise = moment_field("承诺答复时间")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].error_messages["required"] = "请写明开始时间。"
        self.fields["at"].help_text = "受理的时间；到场从转派起，当日回复从上报结果起，回访从答复客户起。"
        self.fields["promise"].help_text = "只用于需求、建议、咨询、报修的答复。"
        for name in ("at", "promise"):
            self.fields[name].widget.attrs["step"] = 1

    def clean_pauses(self) -> tuple:
        return tuple(self._read(read_pause, line) for line in self.cleaned_data["pauses"].splitlines() if line.strip())

    def clean_hours(self) -> Any:
        return self._read(read_hours, self.cleaned_data["hours"])

    def clean_calendar(self) -> Calendar | None:
        label = self.cleaned_data["calendar"]
        return next((calendar for calendar in Calendar if calendar.label == label), None)

    @staticmethod
    def _read(reader: Any, text: str) -> Any:
        try:
            return reader(text.strip())
        except Refused as refused:
            raise forms.ValidationError(refused.sentence) from None

    @property
    def question(self) -> Question:
        return Question(**self.cleaned_data)
