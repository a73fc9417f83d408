"""Input of the registering form, typed while on the phone (CMP-1…4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.db.models import QuerySet

from accounts.rights import Right
from complaints.choices import CallerKind, Cause, Channel, Department, Kind
from complaints.services.intake import caller_of
from complaints.services.promising import check_promise
from complaints.services.registering import check_received, departments_with_people
from estates.models import Building, Estate, NameKey, Node
from estates.search import Found, by_key
from estates.spelling import COUNTRY, MOBILE_SIGNS
from foundation.records.fields import WORDS, moment_field
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User

# What follows, beside the departments.
ANSWER, LATER = "answer", "later"
# Nobody stands behind these two whom one could ask for a name.
NAMELESS = (Channel.BOX, Channel.PATROL)
# Where a case of this cause usually goes; one of another cause goes by its kind.
USUALLY: dict[str, Department] = {
    Cause.WATER: Department.ENGINEERING,
    Cause.POWER: Department.ENGINEERING,
    Cause.LIFT: Department.ENGINEERING,
    Cause.GAS: Department.ENGINEERING,
    Cause.FIRE: Department.ENGINEERING,
    Cause.LEAK: Department.ENGINEERING,
    Cause.FACILITY: Department.ENGINEERING,
    Cause.NOISE: Department.SECURITY,
    Cause.RENOVATION: Department.SECURITY,
    Cause.PARKING: Department.SECURITY,
    Cause.SAFETY: Department.SECURITY,
    Cause.PETS: Department.SECURITY,
    Cause.CLEANING: Department.ENVIRONMENT,
    Cause.GREENING: Department.ENVIRONMENT,
}
MOBILE = re.compile(r"1[3-9]\d{9}")
KEY_CHARS = 90
PHONE = re.compile(r"\+?\d{3,19}")


def usual_department(kind: str, cause: str) -> str:
    """Whom the form proposes."""
    return USUALLY.get(cause, Department.ENGINEERING if kind == Kind.REPAIR else Department.SERVICE)


def registerable(user: User, place: Node | None) -> QuerySet[Estate]:
    """Estates at the chosen place where the user may register."""
    estates = Estate.objects.visible_to(user, Right.REGISTER_CASE).active()
    return (estates.below(place) if place else estates).select_related("parent").order_by("code")


def unseen(**attrs: str) -> forms.TextInput:
    """Set by a script. Not type=hidden, so that the device's draft keeps it with the words it belongs to."""
    return forms.TextInput({"hidden": True, "autocomplete": "off", **attrs})


def plain(text: str | None) -> str:
    return (text or "").replace("\0", "").strip()


def bare_number(text: str) -> str:
    """A phone without the signs and the country's code that people write into it."""
    return COUNTRY.sub("", MOBILE_SIGNS.sub("", text))


class ByKind(forms.RadioSelect):
    """Each kind says whom the form proposes, for the page's script."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-department"] = usual_department(str(value), "")
        return option


class ByCause(forms.Select):
    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        option["attrs"]["data-department"] = USUALLY.get(str(value), "")
        return option


class IntakeForm(forms.Form):
    """登记诉求. Of a chosen caller the house, the name and the phone come from the register; the rest is typed."""

    client_key = forms.UUIDField(required=False, initial=uuid4, widget=unseen())
    caller = forms.CharField(required=False, max_length=KEY_CHARS, widget=unseen())
    q = forms.CharField(label="来电人", required=False, max_length=60)
    estate = forms.ModelChoiceField(
        label="项目", queryset=Estate.objects.none(), empty_label="请选择", error_messages={"required": "请选择项目。"}
    )
    caller_kind = forms.ChoiceField(label="身份", choices=CallerKind.choices, initial=CallerKind.OWNER)
    caller_name = forms.CharField(label="姓名", required=False, max_length=60)
    caller_phone = forms.CharField(label="电话", required=False, max_length=30)
    building = forms.ModelChoiceField(
        label="楼栋", required=False, queryset=Building.objects.none(), empty_label="不在楼内"
    )
    place = forms.CharField(label="位置", required=False, max_length=100)

    channel = forms.ChoiceField(label="渠道", choices=Channel.choices, initial=Channel.PHONE)
    kind = forms.ChoiceField(
        label="类型", choices=Kind.choices, widget=ByKind, error_messages={"required": "请选择类型。"}
    )
    urgent = forms.BooleanField(label="紧急", required=False)
    text = forms.CharField(
        label="内容",
        max_length=WORDS,
        widget=forms.Textarea({"rows": 4}),
        error_messages={"required": "请写下客户反映的内容。"},
    )
    cause = forms.ChoiceField(label="事由", required=False, choices=[("", "未选"), *Cause.choices], widget=ByCause)
    then = forms.ChoiceField(label="转派给", required=False, widget=forms.RadioSelect)
    answer = forms.CharField(label="答复内容", required=False, max_length=WORDS, widget=forms.Textarea({"rows": 3}))
    received_at = moment_field("受理时间")
    promised_at = moment_field("承诺答复时间")

    def __init__(self, *args: Any, user: User, place: Node | None, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.at = user, at
        self.fields["received_at"].help_text = "空着就是现在。"
        self.found = self._found()
        self.estates = list(registerable(user, place))
        # A chosen house may lie outside the place that the lists look at.
        if self.found and all(estate.pk != self.found.estate.pk for estate in self.estates):
            self.estates += [one for one in registerable(user, None) if one.pk == self.found.estate.pk]
        self.site = self._site()
        if self.found and not self.is_bound:
            self._say_who(self.found)
        self._offer()

    def _found(self) -> Found | None:
        key = plain(self.data.get("caller") if self.is_bound else self.initial.get("caller"))
        return by_key(self.user, key[:KEY_CHARS]) if key else None

    def _say_who(self, found: Found) -> None:
        """The form as it stands after a caller was chosen, for a link that names one."""
        kind = CallerKind.TENANT if found.kind == NameKey.Kind.TENANT.label else CallerKind.OWNER
        self.initial.update(q=found.label, caller_name=found.name, caller_kind=kind)

    def _site(self) -> Estate | None:
        """The estate that the form is about as it stands: the chosen house's, else the chosen or only one."""
        known = {str(estate.pk): estate for estate in self.estates}
        if self.found:
            return known.get(str(self.found.estate.pk))
        if len(known) == 1:
            return self.estates[0]
        return known.get(str(self.data.get("estate") if self.is_bound else self.initial.get("estate", "")))

    def _offer(self) -> None:
        """What can be chosen at the estate: its buildings, the departments that have people (CMP-3)."""
        fields: Any = self.fields
        fields["estate"].choices = [("", "请选择"), *((one.pk, one.label) for one in self.estates)]
        fields["estate"].queryset = Estate.objects.filter(pk__in=[estate.pk for estate in self.estates])
        if self.site is not None:
            self.initial.setdefault("estate", self.site.pk)
            fields["building"].queryset = Building.objects.filter(estate=self.site)
        self.departments = departments_with_people(self.site, self.at) if self.site else list(Department.values)
        fields["then"].choices = [
            *((code, Department(code).label) for code in self.departments),
            (ANSWER, "当场答复"),
            (LATER, "稍后转派"),
        ]

    # --- checks -------------------------------------------------------------------------------------------------

    def clean_q(self) -> str:
        return plain(self.cleaned_data["q"])

    def clean_caller_phone(self) -> str:
        phone = bare_number(self.cleaned_data["caller_phone"])
        if phone and not PHONE.fullmatch(phone):
            raise forms.ValidationError("电话只能是数字，例如 13800001234 或 057188886666。")
        return phone

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        self._check_caller(given)
        estate, kind = given.get("estate"), given.get("kind")
        given["received_at"] = given.get("received_at") or self.at
        if estate is not None:
            self._ask("received_at", check_received, estate, given["received_at"], self.at)
        promised_at = given.get("promised_at")
        if estate is not None and kind and promised_at:
            received_at = given["received_at"]
            self._ask("promised_at", check_promise, estate, kind, promised_at, self.user, self.at, received_at)
        self._check_next(given)
        return given

    def _check_caller(self, given: dict[str, Any]) -> None:
        """Somebody, found or typed; a mobile that was searched and is nobody's is the caller's own."""
        words, estate = given.get("q", ""), given.get("estate")
        if given.get("caller"):
            if self.found is None:
                self.add_error("q", "这位来电人已不在名册上，请重新查找。")
            elif self.site is None or (estate and estate.pk != self.found.estate.pk):
                self.add_error("q", "这套房屋不在所选的项目，请重新查找。")
            return
        if MOBILE.fullmatch(bare_number(words)) and not given.get("caller_phone"):
            given["caller_phone"] = bare_number(words)
        if any(given.get(name) for name in ("caller_name", "caller_phone", "building", "place")):
            return
        if words:
            self.add_error("q", "请从列表里选定来电人，或在下面填写姓名、电话或位置。")
        elif given.get("channel") not in NAMELESS and "caller_phone" not in self.errors:
            self.add_error("q", "请查找来电人，或在下面填写姓名、电话或位置。")

    def _check_next(self, given: dict[str, Any]) -> None:
        """Praise is passed on and closed on its record (CMP-4)."""
        kind = given.get("kind")
        if kind == Kind.PRAISE:
            given["then"] = LATER
        elif "then" not in self.errors and kind:
            usual = usual_department(kind, given.get("cause", ""))
            given["then"] = given.get("then") or (usual if usual in self.departments else LATER)
        if given.get("then") == ANSWER and not plain(given.get("answer")):
            self.add_error("answer", "请写明答复客户的内容。")

    def _ask(self, name: str, check: Callable[..., None], *args: Any) -> None:
        try:
            check(*args)
        except Refused as refused:
            self.add_error(name, refused.sentence)

    # --- the case that it asks for ------------------------------------------------------------------------------

    def case(self) -> dict[str, Any]:
        """What `register_case` is told."""
        given = self.cleaned_data
        caller = caller_of(
            self.found,
            name=plain(given["caller_name"]),
            kind=given["caller_kind"],
            phone=given["caller_phone"],
            building=given["building"],
            place=plain(given["place"]),
        )
        names = ("channel", "kind", "urgent", "cause", "text", "promised_at", "received_at")
        return {
            "estate": self.site,
            "caller": caller,
            **{name: given[name] for name in names},
            "transfer_to": given["then"] if given["then"] in Department.values else "",
            "answer": given["answer"] if given["then"] == ANSWER else "",
        }
