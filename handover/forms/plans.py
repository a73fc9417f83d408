"""Input of 户型图: upload, name, picture, and which houses have it (HND-3)."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from estates.models import Building, Estate, Unit
from handover.models import HousePlan

MOST_DOORS = 40
PICTURE = "请选择平面图的图片。"


class PictureField(forms.FileField):
    """JPEG, PNG, WebP or HEIC: what it really is, is asked when it is kept."""

    widget = forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/heic,image/heif"})

    def __init__(self) -> None:
        super().__init__(
            label="平面图", help_text="JPEG、PNG、WebP 或 HEIC，不超过 20 MB;PDF 请先另存为图片。",
            error_messages={"required": PICTURE, "empty": PICTURE, "invalid": PICTURE, "missing": PICTURE},
        )  # fmt: skip


class NameField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(
            label="户型",
            max_length=40,
            help_text="例如：A户型、89㎡三房。",
            error_messages={"required": "请写户型的名称。"},
        )


class AddPlanForm(forms.Form):
    """At one of the estates where the user may."""

    estate = forms.ModelChoiceField(
        label="项目", queryset=Estate.objects.none(), error_messages={"required": "请选择项目。"}
    )
    name = NameField()
    picture = PictureField()

    def __init__(self, *args: Any, estates: Any, place: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["estate"].queryset = estates  # type: ignore[attr-defined]
        known = [estate for estate in estates if place is None or estate.pk == place.pk]
        if len(known) == 1:
            self.fields["estate"].initial = known[0]


class RenamePlanForm(forms.Form):
    verb = "rename"

    name = NameField()


class ReplacePictureForm(forms.Form):
    verb = "replace"

    picture = PictureField()


class HousesForm(forms.Form):
    """A building, a unit or the whole estate, and the doors in it."""

    where = forms.ChoiceField(label="楼栋和单元", required=False)
    doors = forms.CharField(
        label="房号或尾号", required=False, max_length=200,
        help_text="每层同一户型的写尾号：02、03；单独一户写整个房号：1502。不填就是上面范围里的全部房屋。",
    )  # fmt: skip

    def __init__(self, data: Any = None, *, plan: HousePlan, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.units: dict[str, Building | Unit] = {}
        for building in Building.objects.filter(estate=plan.estate_id).prefetch_related("units"):
            self.units[f"b{building.pk}"] = building
            for unit in building.units.all():
                self.units[f"u{unit.pk}"] = unit
        places = [(key, str(place)) for key, place in self.units.items()]
        self.fields["where"].choices = [("", "全部楼栋"), *places]  # type: ignore[attr-defined]

    def clean_doors(self) -> list[str]:
        doors = [one.rstrip("室号房") for one in re.split(r"[、,，;；\s]+", self.cleaned_data["doors"]) if one]
        if len(doors) > MOST_DOORS:
            raise ValidationError(f"一次最多写 {MOST_DOORS} 个房号。")
        if any(len(door) < 1 or len(door) > 30 for door in doors):
            raise ValidationError("请写房号或尾号，例如：02、1502。")
        return doors

    def values(self) -> dict[str, Any]:
        """As `assign_houses` takes them."""
        place = self.units.get(self.cleaned_data["where"])
        return {
            "building": place if isinstance(place, Building) else None,
            "unit": place if isinstance(place, Unit) else None,
            "doors": self.cleaned_data["doors"],
        }
