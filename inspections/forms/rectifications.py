"""Input of the rectification pages: the list's filter and one form per verb."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q

from accounts.roles import Role
from foundation.records.fields import ALL, date_field, text_field
from foundation.worktime.local import end_of_day, start_of_day
from inspections.choices import Risk, Tier
from inspections.models import Item, Rectification
from inspections.querysets import RectificationQuerySet

if TYPE_CHECKING:
    from accounts.models import User


class RectificationFilter(forms.Form):
    """What the list narrows by, all in the URL; `item` (an item key) comes from links only."""

    q = forms.CharField(label="编号或检查内容", required=False, max_length=60)
    role = forms.ChoiceField(label="责任岗位", required=False, choices=ALL + Role.choices)
    risk = forms.ChoiceField(label="风险等级", required=False, choices=ALL + Risk.choices)
    tier = forms.ChoiceField(label="发现层级", required=False, choices=ALL + Tier.choices)
    since = date_field("开单日期从")
    until = date_field("到")
    repeat = forms.BooleanField(label="重复发生", required=False)
    mine = forms.BooleanField(label="我负责的", required=False)
    item = forms.CharField(required=False, max_length=90, widget=forms.HiddenInput)

    def apply(self, found: RectificationQuerySet, user: User) -> RectificationQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out."""
        self.is_valid()
        given = self.cleaned_data
        for name, lookup in (("role", "role"), ("risk", "risk"), ("tier", "tier"), ("item", "item_key")):
            if value := given.get(name, "").replace("\0", ""):
                found = found.filter(**{lookup: value})
        if text := given.get("q", "").replace("\0", "").strip():
            # The items first: each half of the question then has an index of its own.
            items = list(Item.objects.filter(what__icontains=text).values_list("pk", flat=True))
            found = found.filter(Q(number__icontains=text) | Q(item__in=items))
        if since := given.get("since"):
            found = found.filter(opened_at__gte=start_of_day(since))
        if until := given.get("until"):
            found = found.filter(opened_at__lt=end_of_day(until))
        if given.get("repeat"):
            found = found.repeated()
        return found.of(user) if given.get("mine") else found


class SubmitForm(forms.Form):
    """提交整改; the photos are taken from the request, since a browser can't be given them back."""

    measures = text_field("整改措施", "请写明采取的整改措施。")
    cause = text_field("原因分析", "问题重复发生，请填写原因分析。", help_text="为什么会再次发生。")
    prevention = text_field("预防措施", "问题重复发生，请填写预防措施。", help_text="今后怎样避免。")

    def __init__(self, *args: Any, rectification: Rectification, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not rectification.is_repeat:  # INS-12 asks for them only then
            del self.fields["cause"], self.fields["prevention"]


class PassForm(forms.Form):
    note = text_field("复查说明")


class FailForm(forms.Form):
    reason = text_field("不通过的原因", "请写明复查不通过的原因。")


class AssignForm(forms.Form):
    assignee = forms.TypedChoiceField(
        label="责任人", coerce=int, error_messages={"required": "请选择责任人。", "invalid_choice": "请选择责任人。"}
    )

    def __init__(self, *args: Any, people: Iterable[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {person.pk: person for person in people}
        choices = [("", "请选择"), *((person.pk, person.name) for person in self.people.values())]
        self.fields["assignee"].choices = choices  # type: ignore[attr-defined]

    def clean_assignee(self) -> User:
        return self.people[self.cleaned_data["assignee"]]


class AskExtensionForm(forms.Form):
    due_on = date_field("延期至", required=True)
    reason = text_field("延期理由", "请写明申请延期的理由。")


class GrantExtensionForm(forms.Form):
    grant = forms.BooleanField(widget=forms.HiddenInput, initial=True)
    note = text_field("审批意见")


class RefuseExtensionForm(forms.Form):
    note = text_field("不批准的理由", "不批准时请写明理由。")
