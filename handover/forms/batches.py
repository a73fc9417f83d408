"""Input of batches: a new one, its slots, its owner list, and the filter of its houses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q

from accounts.rights import Right
from estates import spelling
from estates.models import Estate, Node
from estates.querysets import house_is
from foundation.records.fields import date_field
from foundation.records.once import OnceForm
from handover import ownerlists
from handover.querysets import HandoverQuerySet

if TYPE_CHECKING:
    from accounts.models import User

# Half a year is usual; more is allowed, and said to be unusual.
USUAL_MONTHS = 6


class BatchForm(OnceForm):
    estate = forms.ModelChoiceField(
        label="项目", queryset=Estate.objects.none(), error_messages={"required": "请选择项目。"}
    )
    name = forms.CharField(label="批次名称", max_length=60, error_messages={"required": "请写批次名称。"})
    starts_on = date_field("开始日期", required=True)
    ends_on = date_field("结束日期", required=True)
    developer = forms.CharField(label="开发商", max_length=80, error_messages={"required": "请写开发商。"})
    hall = forms.CharField(label="办理地点", max_length=100, required=False)
    advance_months = forms.IntegerField(
        label="预收月数",
        min_value=1,
        max_value=24,
        initial=USUAL_MONTHS,
        error_messages={"min_value": "预收月数至少为 1。", "max_value": "预收月数最多 24。"},
        help_text="一般预收 6 个月；当地对预收期限有规定的，按规定填写。",
    )
    fees_from = date_field("开发商费用自")

    def __init__(self, *args: Any, user: User, place: Node | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fees_from"].help_text = "没有接房的房屋从这一天起由开发商缴费；空着按开始日期。"
        estates = Estate.objects.visible_to(user, Right.MANAGE_BATCH).active().order_by("code")
        self.fields["estate"].queryset = estates  # type: ignore[attr-defined]
        if place is not None:
            self.fields["estate"].initial = place.pk
        elif estates.count() == 1:
            self.fields["estate"].initial = estates.get().pk

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        first, last = given.get("starts_on"), given.get("ends_on")
        if first and last and last < first:
            self.add_error("ends_on", "结束日期不能早于开始日期。")
        return given


def _clock(label: str, initial: str) -> forms.TimeField:
    return forms.TimeField(
        label=label, initial=initial, widget=forms.TimeInput({"type": "time"}, format="%H:%M"),
        error_messages={"required": "请填时间。", "invalid": "时间请写成 09:00。"},
    )  # fmt: skip


class SlotsForm(forms.Form):
    """One slot after the other, from morning to evening, on each day."""

    first = date_field("日期从", required=True)
    last = date_field("到", required=True)
    opens = _clock("每天开始", "09:00")
    closes = _clock("每天结束", "17:00")
    minutes = forms.IntegerField(label="每段分钟数", min_value=5, max_value=480, initial=30)
    capacity = forms.IntegerField(label="每段可办户数", min_value=1, max_value=500, initial=5)


class CapacityForm(forms.Form):
    capacity = forms.IntegerField(
        label="可办户数", min_value=0, max_value=500, error_messages={"required": "请填可办户数。"}
    )


class OwnerListForm(forms.Form):
    file = forms.FileField(
        label="交付名单（.xlsx）",
        widget=forms.FileInput({"accept": ".xlsx"}),
        error_messages={"required": "请选择交付名单文件。", "empty": "文件是空的。"},
    )

    def clean_file(self) -> UploadedFile:
        """Before a byte of it is read into memory."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > ownerlists.MAX_BYTES:
            raise forms.ValidationError(ownerlists.TOO_LARGE)
        return file


class HouseFilter(forms.Form):
    """The houses of one batch, by house or by the buyer's name or phone."""

    q = forms.CharField(
        label="房号、购房人、手机",
        required=False,
        max_length=40,
        widget=forms.TextInput({"placeholder": "如 1502、王芳、尾号 1234"}),
    )

    def apply(self, found: HandoverQuerySet) -> HandoverQuerySet:
        """A phone only by its whole number or its last four digits (ORG-4)."""
        self.is_valid()
        text = self.cleaned_data.get("q", "").replace("\0", "").strip()
        if not text:
            return found
        fits = Q(buyer_name__icontains=text)
        for wish in spelling.read(text):
            if wish.phone:
                fits |= Q(buyer_phone=wish.phone)
            elif wish.tail:
                fits |= Q(buyer_phone__endswith=wish.tail)
            elif wish.house and not wish.names:
                fits |= house_is(wish.house, "house__")
        return found.filter(fits)
