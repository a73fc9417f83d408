"""Input of the 基础资料 pages: parsed here, its choices narrowed to what the user sees."""

from __future__ import annotations

from typing import Any

from django import forms

from estates import identity, importing
from estates.access import IMPORT_HOUSES
from estates.models import Building, Estate, IdType, Owner, Tenant
from estates.phases import Phase
from estates.querysets import HouseQuerySet


class EstateFilter(forms.Form):
    q = forms.CharField(label="名称或编码", required=False, max_length=40)
    phase = forms.ChoiceField(
        label="阶段",
        required=False,
        choices=[("", "全部"), *((phase.value, phase.label) for phase in Phase if phase is not Phase.ANY)],
    )


class HouseFilter(forms.Form):
    q = forms.CharField(label="房号、姓名、拼音或手机尾号", required=False, max_length=40)
    building = forms.ModelChoiceField(
        label="楼栋", required=False, queryset=Building.objects.none(), empty_label="全部"
    )
    occupied = forms.ChoiceField(
        label="住户", required=False, choices=[("", "全部"), ("tenant", "有租户"), ("no_owner", "没有业主资料")]
    )

    def __init__(self, *args: Any, estate: Estate | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if estate is None:
            # Buildings of many estates share their names; they can be told apart only within one.
            del self.fields["building"]
        else:
            self.fields["building"].queryset = estate.buildings.all()  # type: ignore[attr-defined]

    def apply(self, houses: HouseQuerySet) -> HouseQuerySet:
        """The houses that pass; a value that cannot be read filters nothing out."""
        self.is_valid()
        if text := self.cleaned_data.get("q"):
            houses = houses.search(text)
        if building := self.cleaned_data.get("building"):
            houses = houses.filter(building=building)
        match self.cleaned_data.get("occupied"):
            case "tenant":
                houses = houses.filter(pk__in=Tenant.objects.current().values("house"))
            case "no_owner":
                houses = houses.exclude(pk__in=Owner.objects.current().values("house"))
        return houses


class OccupantForm(forms.Form):
    """A new tenant; a new owner adds the co-owners."""

    name = forms.CharField(label="姓名或单位名称", max_length=60)
    id_type = forms.ChoiceField(label="证件类型", required=False, choices=[("", "—"), *IdType.choices])
    id_number = forms.CharField(label="证件号", required=False, max_length=40)
    phone = forms.CharField(label="手机", required=False, max_length=20, widget=forms.TextInput({"inputmode": "tel"}))
    since = forms.DateField(label="从哪天起", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))

    def clean_id_number(self) -> str:
        return identity.clean_id_number(self.cleaned_data["id_number"])

    def clean_phone(self) -> str:
        phone = identity.clean_phone(self.cleaned_data["phone"])
        if fault := identity.phone_fault(phone):
            raise forms.ValidationError(fault)
        return phone

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        fault = identity.id_number_fault(data.get("id_type", ""), data.get("id_number", ""))
        if fault:
            self.add_error("id_number", fault)
        return data


class OwnerForm(OccupantForm):
    co_owners = forms.CharField(label="共有人", required=False, max_length=400, help_text="多人用顿号“、”隔开。")

    field_order = ["name", "id_type", "id_number", "phone", "co_owners", "since"]

    def clean_co_owners(self) -> list[str]:
        return [name.strip() for name in self.cleaned_data["co_owners"].split("、") if name.strip()]


class TenancyEndForm(forms.Form):
    until = forms.DateField(label="最后一天", widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"))


class ImportForm(forms.Form):
    estate = forms.ModelChoiceField(label="项目", queryset=Estate.objects.none(), empty_label="请选择")
    file = forms.FileField(
        label="业主清册",
        help_text="请使用空白模板的列名，.xlsx 格式，不超过 20 MB。",
        widget=forms.FileInput({"accept": ".xlsx"}),
        error_messages={"required": "请选择要上传的文件。", "empty": "文件里没有内容，请下载空白模板填写。"},
    )

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["estate"].queryset = Estate.objects.visible_to(user, IMPORT_HOUSES).active()  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > importing.MAX_BYTES:
            raise forms.ValidationError("文件超过 20 MB，请分开导入。")
        return file
