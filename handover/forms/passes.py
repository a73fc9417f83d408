"""Input of 出门条 (HND-7)."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q

from accounts.rights import Right
from estates import spelling
from estates.models import House
from estates.querysets import house_is
from foundation.records.fields import ALL, date_field, moment_field, text_field
from foundation.records.once import OnceForm
from foundation.worktime.local import local_date
from handover.choices import CarrierKind, Goods, ReleaseReason
from handover.querysets import PassQuerySet
from handover.services.passes import MOST, Answer, Consent, Item

if TYPE_CHECKING:
    from accounts.models import User

WORDS = 200
# What a code is typed with, and the address that a QR holds.
CODE = re.compile(r"code=([0-9A-Za-z]+)")
SIGNS = re.compile(r"[\s\-·]")


def plain(text: str | None) -> str:
    return (text or "").replace("\0", "").strip()


class HouseForm(forms.Form):
    """Which house: the first step of whatever is made for one."""

    q = forms.CharField(
        label="房屋、业主或租户",
        required=False,
        max_length=60,
        widget=forms.TextInput({"placeholder": "房号、姓名、手机或尾号四位", "autocomplete": "off"}),
    )


class PassFilter(forms.Form):
    """What the list narrows by, all in the URL."""

    q = forms.CharField(label="房号、携带人、车牌或编号", required=False, max_length=60)
    reason = forms.ChoiceField(label="出门原因", required=False, choices=ALL + ReleaseReason.choices)
    carrier_kind = forms.ChoiceField(label="携带人身份", required=False, choices=ALL + CarrierKind.choices)
    since = date_field("有效日期从")
    until = date_field("到")
    frequent = forms.BooleanField(label="频繁放行", required=False)
    owing = forms.BooleanField(label="有欠费", required=False)

    def apply(self, found: PassQuerySet, user: User) -> PassQuerySet:
        """The rows that pass; a value that cannot be read filters nothing out. `found` is scoped already (ORG-2)."""
        self.is_valid()
        given = self.cleaned_data
        if text := plain(given.get("q")):
            found = found.filter(_named(text, user))
        for name, lookup in (
            ("reason", "reason"),
            ("carrier_kind", "carrier_kind"),
            ("since", "valid_on__gte"),
            ("until", "valid_on__lte"),
        ):
            if value := given.get(name):
                found = found.filter(**{lookup: value})
        if given.get("frequent"):
            found = found.filter(is_frequent=True)
        return found.filter(arrears__gt=0) if given.get("owing") else found


def _named(text: str, user: User) -> Q:
    """By the house as people write it, by who carries, by the car, or by the number."""
    fits = Q(carrier__icontains=text) | Q(vehicle__icontains=text) | Q(number__icontains=text)
    houses = Q()
    for wish in spelling.read(text):
        if wish.house and not wish.names:
            houses |= house_is(wish.house)
    if houses:
        here = House.objects.filter(houses, estate__in=user.estate_ids_with(Right.VIEW_HANDOVER))
        fits |= Q(house__in=here.order_by().values("pk"))
    return fits


class PassForm(OnceForm):
    """开具出门条: who, what, why, when; and the owner's word where the carrier is not the owner."""

    carrier_kind = forms.ChoiceField(
        label="携带人身份", choices=CarrierKind.choices, widget=forms.RadioSelect,
        error_messages={"required": "请选择携带人身份。"},
    )  # fmt: skip
    carrier = forms.CharField(label="携带人姓名", max_length=60, error_messages={"required": "请写明携带人姓名。"})
    carrier_phone = forms.CharField(label="携带人电话", required=False, max_length=20)
    vehicle = forms.CharField(label="车牌", required=False, max_length=20)
    reason = forms.ChoiceField(
        label="出门原因", choices=ReleaseReason.choices, widget=forms.RadioSelect,
        error_messages={"required": "请选择出门原因。"},
    )  # fmt: skip
    valid_on = date_field("有效日期", required=True)
    answer = forms.ChoiceField(
        label="电话核实结果", choices=Answer.choices, widget=forms.RadioSelect, required=False,
        help_text="携带人不是业主时必填；联系不上或不同意，不能开具。",
    )  # fmt: skip
    consent_by = forms.CharField(label="接听人", required=False, max_length=60, help_text="空着即登记的业主。")
    consent_phone = forms.CharField(label="去电号码", required=False, max_length=20, help_text="空着即登记的号码。")
    consent_at = moment_field("去电时间")
    consent = forms.CharField(
        label="核实意见", required=False, max_length=WORDS, help_text="业主怎么说的，例如：同意租户搬走沙发和冰箱。"
    )

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.at = at
        self.initial.setdefault("valid_on", local_date(at))
        self.goods = []
        for value, label in Goods.choices:
            name = forms.CharField(
                label=f"{label}名称",
                required=False,
                max_length=60,
                widget=forms.TextInput({"placeholder": "名称"}),
            )
            count = forms.IntegerField(
                label=f"{label}数量", required=False, min_value=1, max_value=MOST,
                error_messages={"min_value": "数量至少为 1。", "max_value": f"数量最多 {MOST}。", "invalid": "请写数字。"},
                widget=forms.NumberInput({"inputmode": "numeric", "placeholder": "数量"}),
            )  # fmt: skip
            self.fields[f"name_{value}"], self.fields[f"count_{value}"] = name, count
            self.goods.append((label, f"name_{value}", f"count_{value}"))

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """The goods as the page sets them: kind, what it is, how many."""
        return [(label, self[name], self[count]) for label, name, count in self.goods]

    def given(self) -> dict[str, Any]:
        """What `make_pass` asks for."""
        values = self.cleaned_data
        asked = ("carrier_kind", "carrier", "carrier_phone", "vehicle", "reason", "valid_on", "client_key")
        return {name: values[name] for name in asked} | {"items": self._items(), "consent": self._consent()}

    def _items(self) -> list[Item]:
        """A kind of which the name or the number is written; a name alone is one of it."""
        found = []
        for value in Goods.values:
            name, count = self.cleaned_data[f"name_{value}"], self.cleaned_data[f"count_{value}"]
            if name.strip() or count:
                found.append(Item(value, name, count or 1))
        return found

    def _consent(self) -> Consent | None:
        values = self.cleaned_data
        if values["carrier_kind"] == CarrierKind.OWNER:
            return None
        return Consent(
            values["answer"], values["consent_by"], values["consent_phone"], values["consent_at"], values["consent"]
        )


class DecideForm(forms.Form):
    allow = forms.TypedChoiceField(
        label="决定",
        choices=[("yes", "同意放行"), ("no", "不予放行")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择同意放行或不予放行。"},
    )
    decision = text_field(
        "理由", "请写明决定的理由。", help_text="留置物品没有法律依据；欠费可以催告、诉讼或仲裁（民法典第 944 条）。"
    )

    def clean_decision(self) -> str:
        return _short(self.cleaned_data["decision"])


class CancelPassForm(forms.Form):
    reason = text_field("作废的原因", "请写明作废的原因。")

    def clean_reason(self) -> str:
        return _short(self.cleaned_data["reason"])


def _short(text: str) -> str:
    if len(text) > WORDS:
        raise forms.ValidationError(f"最多 {WORDS} 个字。")
    return text


class CodeForm(forms.Form):
    """A code as it is typed, or read from a QR together with its address."""

    code = forms.CharField(
        label="放行码",
        max_length=300,
        widget=forms.TextInput({
            "autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "placeholder": "8 位字母数字",
        }),
        error_messages={"required": "请输入出门条上的放行码。"},
    )  # fmt: skip

    def clean_code(self) -> str:
        text = plain(self.cleaned_data["code"])
        scanned = CODE.search(text)
        code = SIGNS.sub("", scanned[1] if scanned else text).upper()
        if len(code) != 8 or not code.isalnum():
            raise forms.ValidationError("放行码是 8 位字母和数字，请核对后再输。")
        return code
