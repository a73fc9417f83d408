"""Input of the page of report codes."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms

from accounts.rights import Right
from complaints.querysets import AtEstateQuerySet
from complaints.services.codes import make_code
from estates.models import Estate, House, Node
from foundation.records.refusals import Refused

if TYPE_CHECKING:
    from accounts.models import User

FOR = (("estate", "整个项目（张贴在公共区域）"), ("house", "房屋（发给业主）"))


class CodeFilter(forms.Form):
    q = forms.CharField(label="项目或房屋", required=False, max_length=60)

    def apply(self, rows: AtEstateQuerySet) -> AtEstateQuerySet:
        self.is_valid()
        if text := self.cleaned_data.get("q", "").replace("\0", "").strip():
            return rows.filter(house__code__icontains=text) | rows.filter(estate__name__icontains=text)
        return rows


class MakeForm(forms.Form):
    """For the estate itself, or for the houses whose code begins with what was typed."""

    estate = forms.ModelChoiceField(
        label="项目", queryset=Estate.objects.none(), error_messages={"required": "请选择项目。"}
    )
    of = forms.ChoiceField(
        label="用于", choices=FOR, widget=forms.RadioSelect, initial="estate",
        help_text="已经有的码会停用、换成新的，张贴的和发出的要一起更换。",
    )  # fmt: skip
    houses = forms.CharField(
        label="房屋", required=False, max_length=90, help_text="用于房屋时填写，例如 3幢2单元1502，或 3幢 表示整幢。"
    )

    def __init__(self, *args: Any, user: User, place: Node | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        estates = Estate.objects.visible_to(user, Right.MAKE_CODES).active().order_by("code")
        field = self.fields["estate"]
        field.queryset = estates  # type: ignore[attr-defined]
        if place is not None:
            field.initial = estates.filter(pk=place.pk).first()
        if field.initial is None and estates.count() == 1:
            field.initial = estates.first()

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("of") == "house" and not self.cleaned_data.get("houses"):
            self.add_error("houses", "请填写房屋。")
        return self.cleaned_data

    def make(self, *, by: User, at: datetime) -> int:
        """How many codes were made; Refused where no house fits."""
        estate, text = self.cleaned_data["estate"], self.cleaned_data["houses"].replace("\0", "").strip()
        if self.cleaned_data["of"] == "estate":
            make_code(estate=estate, by=by, at=at)
            return 1
        houses = list(House.objects.visible_to(by).filter(estate=estate, code__istartswith=text)[: MOST + 1])
        if not houses:
            raise Refused(f"本项目没有以“{text}”开头的房屋。")
        if len(houses) > MOST:
            raise Refused(f"一次最多为 {MOST} 套房屋生成，请按单元分开。")
        for house in houses:
            make_code(estate=estate, house=house, by=by, at=at)
        return len(houses)


MOST = 200
