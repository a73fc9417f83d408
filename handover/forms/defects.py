"""Input of 验房: the form that registers a defect, its verbs, builders, and the filter of the list (HND-3)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from estates.identity import clean_phone, phone_fault
from estates.models import Estate
from foundation.records.fields import ALL, date_field, text_field
from foundation.worktime.local import local_date
from handover.faultlibrary import library
from handover.marks import read_mark, read_pin
from handover.models import Builder, Defect, Handover
from handover.querysets import DefectQuerySet
from handover.services.plans import Spot

# A fault in one's own words, at the end of each trade.
OWN = ""
# How long a repair that did not pass gets where nobody names a day.
AGAIN = timedelta(days=3)
WAYS = (("当面", "当面"), ("电话", "电话"), ("微信", "微信"))


def _rooms() -> list[tuple[str, str]]:
    return [(room, room) for room in library().rooms]


def _faults() -> list[tuple[str, Any]]:
    groups: list[tuple[str, Any]] = [("", "请选择")]
    for trade in library().trades.values():
        faults = [(f"{trade.name}|{fault}", fault) for fault in trade.faults]
        groups.append((trade.name, [*faults, (f"{trade.name}|{OWN}", f"{trade.name}的其他问题")]))
    return groups


class SpotForm(forms.Form):
    """Where on the house's plan it is, and on which picture that was; nothing is no place."""

    pin = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)
    picture = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def clean_pin(self) -> tuple[float, float] | None:
        try:
            return read_pin(self.cleaned_data["pin"])
        except ValueError as error:
            raise ValidationError(str(error)) from None

    @property
    def spot(self) -> Spot | None:
        given = self.cleaned_data
        return Spot(given["picture"], *given["pin"]) if given["pin"] and given["picture"] else None


class DefectForm(SpotForm):
    """One fault of a house. Its photos are kept under `client_key`, whatever else is wrong with the form."""

    client_key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    mark = forms.CharField(required=False, max_length=60_000, widget=forms.HiddenInput)
    room = forms.ChoiceField(
        label="部位", choices=_rooms, widget=forms.RadioSelect, error_messages={"required": "请选择部位。"}
    )
    what = forms.ChoiceField(label="工种和问题", choices=_faults, error_messages={"required": "请选择问题。"})
    own = forms.CharField(label="其他问题", required=False, max_length=100, help_text="清单里没有的问题，写在这里。")
    remark = forms.CharField(
        label="具体位置和说明", required=False, max_length=300, help_text="例如：窗下 30 厘米，约 A4 纸大小。"
    )
    builder = forms.ModelChoiceField(
        label="责任单位", queryset=Builder.objects.none(), required=False, empty_label="按工种自动指定"
    )
    due_on = date_field("整改期限")

    def __init__(self, data: Any = None, *, handover: Handover, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        builders = Builder.objects.filter(estate=handover.estate_id, is_active=True)
        self.fields["builder"].queryset = builders  # type: ignore[attr-defined]
        self.fields["due_on"].help_text = "不填就按标准库的期限。"

    def clean_mark(self) -> list | None:
        try:
            return read_mark(self.cleaned_data["mark"])
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        trade, _, fault = given.get("what", "").partition("|")
        own = given.get("own", "").strip()
        if given.get("what") and not fault and not own:
            self.add_error("own", "请写明是什么问题。")
        if trade and given.get("room") and not library().fits(given["room"], trade):
            self.add_error("what", f"“{given['room']}”没有“{trade}”，请重新选择。")
        given["trade"], given["fault"] = trade, fault or own
        return given

    def values(self) -> dict[str, Any]:
        """As `register_defect` takes them."""
        names = ("room", "trade", "fault", "remark", "mark", "due_on", "builder", "client_key")
        return {name: self.cleaned_data[name] for name in names} | {"spot": self.spot}


# --- verbs ----------------------------------------------------------------------------------------------------------


class VerbForm(forms.Form):
    """A verb of a defect; the ids on the page begin with the verb, for several forms stand on it."""

    verb = ""
    photos = ""

    def __init__(self, data: Any = None, *, defect: Defect, at: datetime, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{self.verb}-%s", **kwargs)
        self.defect, self.at = defect, at
        self.narrow()

    def narrow(self) -> None:
        """What this defect allows of the fields' choices."""


class AssignForm(VerbForm):
    verb = "assign"

    builder = forms.ModelChoiceField(
        label="责任单位",
        queryset=Builder.objects.none(),
        error_messages={"required": "请选择责任单位。", "invalid_choice": "请选择本项目的责任单位。"},
    )

    def narrow(self) -> None:
        builders = Builder.objects.filter(estate=self.defect.estate_id, is_active=True)
        if self.defect.builder_id:
            builders = builders.exclude(pk=self.defect.builder_id)
        self.fields["builder"].queryset = builders  # type: ignore[attr-defined]


class FixForm(VerbForm):
    verb = "fix"
    photos = "整改后照片"

    remark = forms.CharField(label="整改说明", required=False, max_length=300, widget=forms.Textarea({"rows": 3}))


class RecheckForm(VerbForm):
    verb = "recheck"

    remark = forms.CharField(label="复验说明", required=False, max_length=300, widget=forms.Textarea({"rows": 3}))


class RejectForm(VerbForm):
    verb = "reject"

    reason = text_field("哪里没有改好", "请写明哪里没有改好。")
    due_on = date_field("重新整改的期限", required=True)

    def narrow(self) -> None:
        self.fields["due_on"].initial = local_date(self.at) + AGAIN


class ConfirmForm(VerbForm):
    verb = "confirm"

    owner = forms.CharField(label="确认的业主", max_length=60, error_messages={"required": "请填写是谁确认的。"})
    way = forms.ChoiceField(label="确认方式", choices=WAYS, widget=forms.RadioSelect, initial="当面")

    def narrow(self) -> None:
        if self.defect.handover:
            self.fields["owner"].initial = self.defect.handover.buyer_name


class WaiveForm(VerbForm):
    verb = "waive"

    owner = forms.CharField(label="放弃的业主", max_length=60, error_messages={"required": "请填写是谁放弃的。"})
    reason = text_field("放弃的原因", "请写明业主放弃的原因。")

    def narrow(self) -> None:
        if self.defect.handover:
            self.fields["owner"].initial = self.defect.handover.buyer_name


# --- the list -------------------------------------------------------------------------------------------------------


class DefectFilter(forms.Form):
    """What the list narrows by, all in the URL."""

    q = forms.CharField(
        label="查找", required=False, max_length=60, widget=forms.TextInput({"placeholder": "编号、房号、部位、问题"})
    )
    trade = forms.ChoiceField(label="工种", required=False)
    builder = forms.ModelChoiceField(
        label="责任单位", queryset=Builder.objects.none(), required=False, empty_label="全部"
    )
    since = date_field("登记日期从")
    until = date_field("到")

    def __init__(self, data: Any = None, *, builders: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["trade"].choices = [*ALL, *((name, name) for name in library().trades)]  # type: ignore[attr-defined]
        self.fields["builder"].queryset = builders  # type: ignore[attr-defined]

    def apply(self, found: DefectQuerySet) -> DefectQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out. `found` is scoped already (ORG-2)."""
        self.is_valid()
        given = self.cleaned_data
        for name in ("trade", "builder"):
            if value := given.get(name):
                found = found.filter(**{name: value})
        if text := given.get("q", "").replace("\0", "").strip():
            fits = Q(number__icontains=text) | Q(house__code__icontains=text)
            found = found.filter(fits | Q(room__icontains=text) | Q(fault__icontains=text))
        if since := given.get("since"):
            found = found.filter(found_at__date__gte=since)
        if until := given.get("until"):
            found = found.filter(found_at__date__lte=until)
        return found


# --- builders -------------------------------------------------------------------------------------------------------


class BuilderForm(forms.Form):
    name = forms.CharField(label="名称", max_length=80, error_messages={"required": "请填写责任单位的名称。"})
    trades = forms.MultipleChoiceField(
        label="负责的工种", required=False, choices=lambda: [(name, name) for name in library().trades],
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    contact = forms.CharField(label="联系人", required=False, max_length=60)
    phone = forms.CharField(label="手机", required=False, max_length=20, widget=forms.TextInput({"inputmode": "tel"}))

    def clean_phone(self) -> str:
        phone = clean_phone(self.cleaned_data["phone"])
        if fault := phone_fault(phone):
            raise ValidationError(fault)
        return phone


class AddBuilderForm(BuilderForm):
    """At one of the estates where the user may."""

    estate = forms.ModelChoiceField(
        label="项目", queryset=Estate.objects.none(), error_messages={"required": "请选择项目。"}
    )
    field_order = ("estate", "name", "trades", "contact", "phone")

    def __init__(self, data: Any = None, *, estates: Any, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["estate"].queryset = estates  # type: ignore[attr-defined]
        if len(estates) == 1:
            self.fields["estate"].initial = estates[0]


class ChangeBuilderForm(BuilderForm):
    is_active = forms.BooleanField(label="启用", required=False, help_text="停用后，链接打不开，也不再指定。")


class BuilderFixForm(forms.Form):
    """The builder's own word that it is mended; the photo comes with it."""

    remark = forms.CharField(label="整改说明", required=False, max_length=300, widget=forms.Textarea({"rows": 2}))
