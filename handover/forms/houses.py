"""Input at the counter: one form per verb of a house, each named after its URL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MinValueValidator

from estates import identity
from estates.importing import ID_TYPES
from foundation.records.fields import date_field
from foundation.worktime.local import SHANGHAI
from handover.choices import BuyerKind, NotTaken, StepKind
from handover.models import Document, Handover, OwnerFile, Slot

MAX_MEMBERS = 20


class CounterForm(forms.Form):
    """A verb without input; the ids on the page begin with the verb, for many forms stand on it."""

    verb = ""
    photos = ""
    photos_pdf = False
    photos_kept = 0

    def __init__(self, data: Any = None, *, handover: Handover, **kwargs: Any) -> None:
        super().__init__(data, auto_id=f"{self.verb}-%s", **kwargs)
        self.handover = handover
        self.narrow()

    def narrow(self) -> None:
        """What this house allows of the fields' choices."""


class ArriveForm(CounterForm):
    verb = "arrive"


class RetryForm(CounterForm):
    verb = "retry"


class NotTakenForm(CounterForm):
    verb = "not_taken"

    reason = forms.ChoiceField(
        label="未接房原因",
        choices=NotTaken.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择未接房原因。"},
    )
    remark = forms.CharField(label="说明", max_length=200, required=False, help_text="选“其他”时必填。")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("reason") == NotTaken.OTHER and not given.get("remark", "").strip():
            self.add_error("remark", "选“其他”时请写明原因。")
        return given


class SlotField(forms.ModelChoiceField):
    """Slots with the room that is left; `taken` counts what is appointed (annotated)."""

    def label_from_instance(self, slot: Any) -> str:
        start, end = slot.starts_at.astimezone(SHANGHAI), slot.ends_at.astimezone(SHANGHAI)
        left = slot.capacity - slot.taken
        return f"{start:%m-%d %H:%M}–{end:%H:%M} {f'余 {left} 户' if left > 0 else '已满'}"


class AppointForm(CounterForm):
    verb = "appoint"

    slot = SlotField(label="时段", queryset=Slot.objects.none(), required=False, empty_label="不预约")

    def __init__(self, data: Any = None, *, slots: Any, **kwargs: Any) -> None:
        self.slots = slots
        super().__init__(data, **kwargs)

    def narrow(self) -> None:
        self.fields["slot"].queryset = self.slots  # type: ignore[attr-defined]
        self.fields["slot"].initial = self.handover.slot_id


class BuyerForm(CounterForm):
    """What the developer's list has wrong."""

    verb = "buyer"

    buyer_name = forms.CharField(label="购房人", max_length=60, error_messages={"required": "请写购房人。"})
    buyer_kind = forms.ChoiceField(label="购房人类别", choices=BuyerKind.choices)
    buyer_phone = forms.CharField(label="手机", max_length=20, required=False, help_text="空着表示不变。")
    buyer_id_type = forms.ChoiceField(
        label="证件类型", required=False, choices=[(code, label or "未填") for label, code in ID_TYPES.items()]
    )
    buyer_id_number = forms.CharField(label="证件号", max_length=40, required=False, help_text="空着表示不变。")
    notice_on = date_field("通知交付日")

    def narrow(self) -> None:
        for name in ("buyer_name", "buyer_kind", "buyer_id_type", "notice_on"):
            self.fields[name].initial = getattr(self.handover, name)

    def clean(self) -> dict[str, Any]:
        """Masked values are not typed over: an empty phone or number stays as it was (ORG-4)."""
        given = super().clean() or {}
        phone = identity.clean_phone(given.get("buyer_phone", ""))
        number = identity.clean_id_number(given.get("buyer_id_number", ""))
        if fault := identity.phone_fault(phone):
            self.add_error("buyer_phone", fault)
        if fault := identity.id_number_fault(given.get("buyer_id_type", ""), number):
            self.add_error("buyer_id_number", fault)
        given["buyer_phone"] = phone or self.handover.buyer_phone
        given["buyer_id_number"] = number or self.handover.buyer_id_number
        return given


# --- steps ----------------------------------------------------------------------------------------------------------


class StepForm(CounterForm):
    """开始办理, 放回."""

    verb = "take_step"


class FinishForm(CounterForm):
    verb = "finish_step"

    remark = forms.CharField(label="办理说明", max_length=200, required=False)

    def __init__(self, data: Any = None, *, kind: str, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.auto_id = f"{kind}-%s"
        self.kind = kind


class DocumentsForm(CounterForm):
    """收取资料: ticked what has come."""

    verb = "documents"
    kind = StepKind.DOCUMENTS

    codes = forms.MultipleChoiceField(
        label="收到的资料",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请勾选收到的资料。", "invalid_choice": "这份资料不在清单里。"},
    )

    def __init__(self, data: Any = None, *, papers: Sequence[Document], **kwargs: Any) -> None:
        self.papers = papers
        super().__init__(data, **kwargs)

    def narrow(self) -> None:
        waiting = [paper for paper in self.papers if paper.received_at is None]
        choices = [(one.code, one.name if one.is_required else f"{one.name}（选交）") for one in waiting]
        self.fields["codes"].choices = choices  # type: ignore[attr-defined]


class ScanForm(CounterForm):
    """Scans of one paper."""

    verb = "scan"
    photos = "扫描件或照片"
    photos_pdf = True

    code = forms.ChoiceField(label="资料", error_messages={"required": "请选择资料。"})

    def __init__(self, data: Any = None, *, papers: Sequence[Document], **kwargs: Any) -> None:
        self.papers = papers
        super().__init__(data, **kwargs)

    def narrow(self) -> None:
        self.fields["code"].choices = [(one.code, one.name) for one in self.papers]  # type: ignore[attr-defined]


class OwnerFileForm(forms.ModelForm):
    """《业主档案》 (HND-1: with emergency mobile and birthday)."""

    verb = "owner_file"
    kind = StepKind.OWNER_FILE

    birthday = date_field("生日", required=True)
    members = forms.CharField(
        label="同住家庭成员",
        required=False,
        widget=forms.Textarea({"rows": 3, "placeholder": "李华 配偶 13800001234"}),
        help_text="一行一人：姓名 关系 手机（手机可以不写）。",
    )

    class Meta:
        model = OwnerFile
        fields = (
            "birthday", "work_place", "emergency_name", "emergency_mobile", "members", "vehicles", "pets", "needs_help",
        )  # fmt: skip

    def __init__(self, data: Any = None, *, handover: Handover, **kwargs: Any) -> None:
        kwargs.setdefault("instance", OwnerFile.objects.filter(handover=handover).first())
        super().__init__(data, auto_id=f"{self.verb}-%s", **kwargs)
        self.handover = handover
        # Owners are older than the records that dates are usually typed into.
        self.fields["birthday"].validators = [MinValueValidator(date(1900, 1, 1), "请检查生日的年份。")]
        self.fields["birthday"].error_messages["required"] = "请填业主生日。"
        self.fields["emergency_name"].error_messages["required"] = "请填紧急联系人。"
        self.fields["emergency_mobile"].error_messages["required"] = "请填紧急联系手机。"
        self.fields["vehicles"].help_text = "多辆用顿号隔开。"
        self.fields["needs_help"].help_text = "如独居老人、行动不便、孕妇婴儿，只记业主愿意告诉的。"
        if self.instance.pk:
            self.initial["members"] = "\n".join(
                " ".join(str(one.get(key, "")) for key in ("name", "relation", "phone")).strip()
                for one in self.instance.members
            )

    def clean_emergency_mobile(self) -> str:
        phone = identity.clean_phone(self.cleaned_data["emergency_mobile"])
        if fault := identity.phone_fault(phone):
            raise forms.ValidationError(fault)
        return phone

    def clean_members(self) -> list[dict[str, str]]:
        found = []
        for number, line in enumerate(self.cleaned_data["members"].splitlines(), 1):
            parts = line.replace(",", " ").replace(",", " ").replace("、", " ").split()
            if not parts:
                continue
            phone = identity.clean_phone(parts[-1]) if len(parts) > 1 and parts[-1][-4:].isdigit() else ""
            if fault := identity.phone_fault(phone):
                raise forms.ValidationError(f"第 {number} 行：{fault}")
            words = parts[:-1] if phone else parts
            found.append({"name": words[0][:60], "relation": " ".join(words[1:])[:30], "phone": phone})
        if len(found) > MAX_MEMBERS:
            raise forms.ValidationError(f"最多登记 {MAX_MEMBERS} 人。")
        return found

    def clean(self) -> dict[str, Any]:
        """The emergency contact is someone else than the one who may need help."""
        given = super().clean() or {}
        same = given.get("emergency_mobile")
        if same and same == self.handover.buyer_phone:
            self.add_error("emergency_mobile", "紧急联系手机不能是业主自己的手机。")
        return given

    def _post_clean(self) -> None:
        """The service writes the row; the form only reads it."""
