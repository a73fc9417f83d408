"""Input of the verbs of a case: one form per verb, each named after its URL.

`photos` is the label of the photos that a verb takes along: they are read from the request and kept before anything
else, since a browser can't be given them back.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms

from complaints.choices import Department, Grade, GradeReason, Satisfaction, Validity
from complaints.guards import UNTRANSFERRED
from complaints.models import Case
from complaints.services.registering import departments_with_people
from foundation.records.fields import moment_field, text_field


class VerbForm(forms.Form):
    """A verb without input; the ids on the page begin with the verb, for many forms stand on it."""

    verb = ""
    photos = ""
    photos_pdf = False
    photos_kept = 0

    def __init__(self, data: Any = None, *, case: Case, at: datetime, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{self.verb}-%s", **kwargs)
        self.case, self.at = case, at
        self.narrow()

    def narrow(self) -> None:
        """What this case allows of the fields' choices."""


class TakeForm(VerbForm):
    verb = "take"


class TransferForm(VerbForm):
    verb = "transfer"

    department = forms.ChoiceField(
        label="责任部门",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择责任部门。", "invalid_choice": "请选择本项目有在岗人员的部门。"},
    )
    remark = text_field("说明")

    def narrow(self) -> None:
        staffed = departments_with_people(self.case.estate, self.at)
        choices = [(code, Department(code).label) for code in staffed if code != self.case.department]
        self.fields["department"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            self.fields["department"].help_text = "本项目没有其他部门的在岗人员。"


class AcceptForm(VerbForm):
    verb = "accept"


class ArriveForm(VerbForm):
    verb = "arrive"


class PauseForm(VerbForm):
    verb = "pause"

    reason = forms.CharField(
        label="等待客户的原因", max_length=200, help_text="例如：客户出差，约定周五上门。",
        error_messages={"required": "请写明暂停的原因。"},
    )  # fmt: skip


class ResumeForm(VerbForm):
    verb = "resume"


class ReportForm(VerbForm):
    verb = "report"
    photos = "处理后照片（选填）"

    result = text_field("处理结果", "请写明处理结果。")


class AnswerForm(VerbForm):
    verb = "answer"

    answer = text_field("答复内容", "请写明答复客户的内容。")
    settled = forms.BooleanField(
        label="已当场解决，不需要转派", required=False, help_text="勾选后作为最终答复；不勾选只是告知进展。"
    )

    def narrow(self) -> None:
        if self.case.state not in UNTRANSFERRED:
            del self.fields["settled"]


class PromiseForm(VerbForm):
    verb = "promise"

    promised_at = moment_field("承诺答复的时间", required=True)


class JudgeForm(VerbForm):
    verb = "judge"

    validity = forms.ChoiceField(
        label="界定", choices=Validity.choices, widget=forms.RadioSelect,
        error_messages={"required": "请选择有效或无效。"},
    )  # fmt: skip
    reason = text_field("理由", help_text="界定为无效时必填，并据此向客户说明。")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("validity") == Validity.INVALID and not given.get("reason"):
            self.add_error("reason", "界定为无效时请写明理由。")
        return given


class GradeForm(VerbForm):
    verb = "grade"

    reason = forms.ChoiceField(
        label="等级和理由",
        choices=[
            ("", "请选择"),
            *((grade.label, [one for one in GradeReason.choices if one[0].startswith(grade)]) for grade in Grade),
        ],
        error_messages={"required": "请选择定级理由。"},
    )
    remark = text_field("补充说明")


class ExplainForm(VerbForm):
    verb = "explain"

    explanation = text_field("向客户的说明", "请写明向客户所作的说明。")


class AskExtensionForm(VerbForm):
    verb = "ask_extension"

    due_at = moment_field("延期至", required=True)
    reason = text_field("延期理由", "请写明申请延期的理由。")


class GrantForm(VerbForm):
    verb = "grant"

    grant = forms.BooleanField(widget=forms.HiddenInput, initial=True)
    remark = text_field("审批意见")


class RefuseForm(VerbForm):
    verb = "refuse"

    remark = text_field("不批准的理由", "不批准时请写明理由。")


class AttemptForm(VerbForm):
    verb = "call_attempt"

    remark = text_field("说明")


class CallbackForm(VerbForm):
    verb = "callback"

    solved = forms.TypedChoiceField(
        label="问题是否解决",
        choices=[("yes", "已解决"), ("no", "未解决，重新打开")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择问题是否解决。"},
    )
    satisfaction = forms.TypedChoiceField(
        label="满意度",
        choices=[(value, f"{value} {label}") for value, label in reversed(Satisfaction.choices)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=forms.RadioSelect,
        help_text="已解决时必选。",
    )
    remark = text_field("其他意见")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("solved") and not given.get("satisfaction"):
            self.add_error("satisfaction", "请选择满意度，从 1 到 5。")
        return given


class CloseForm(VerbForm):
    verb = "close"

    remark = text_field("转达情况")


class CloseUnreachableForm(VerbForm):
    verb = "close_unreachable"


class ReopenForm(VerbForm):
    verb = "reopen"

    reason = text_field("重新打开的原因", "请写明重新打开的原因。")


class SignForm(VerbForm):
    verb = "sign"
    photos = "客户签字的照片或扫描件"
    photos_pdf = True

    opinion = text_field("客户签署的意见", "请抄录客户签署的意见。")
