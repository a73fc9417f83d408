"""The items of a draft, all of them on the version's page (INS-1)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.admin import StackedInline

from inspections.admin.rows import RowForm, RowFormSet
from inspections.admin.subjects import SectionFormSet
from inspections.admin.widgets import LeanInput, LeanSelect
from inspections.choices import Evidence, Risk
from inspections.content import WEIGHTS, content_of, fingerprint
from inspections.models import Item, Section
from inspections.wording import CHOICES, ITEM_FIELDS, offered


class ItemForm(RowForm):
    # Chosen from the subjects that the formset has loaded once.
    section = forms.TypedChoiceField(label="检查主题", widget=LeanSelect)
    position = forms.IntegerField(required=False, min_value=0, widget=LeanInput(input_type="hidden"))

    class Meta:
        model = Item
        fields = ["section", "position", *ITEM_FIELDS]
        widgets = {
            **dict.fromkeys(CHOICES, LeanSelect),
            **dict.fromkeys(("code", "what", "unit", "standard"), LeanInput),
            "criterion": forms.Textarea({"rows": 2}),
            "low": LeanInput({"step": "any"}, "number"),
            "high": LeanInput({"step": "any"}, "number"),
            "days": LeanInput({"min": 0}, "number"),
            "weight": LeanInput({"min": 1}, "number"),
        }

    def __init__(self, *args: Any, sections: dict[str, Section], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        subject: Any = self.fields["section"]
        subject.choices = [(pk, section.name) for pk, section in sections.items()]
        subject.coerce = lambda pk: sections[str(pk)]
        role: Any = self.fields["role"]
        role.choices = [("", "请选择"), *offered("role")]
        self.fields["weight"].required = False
        if not self.instance.pk:
            self.initial["weight"] = None
        self.fields["weight"].widget.attrs["placeholder"] = "按风险等级"
        self.fields["code"].widget.attrs["placeholder"] = "空着由系统编写"

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0

    def clean_weight(self) -> int:
        weight = self.cleaned_data["weight"]
        if weight == 0:
            raise ValidationError("权重至少为 1。")
        return weight or WEIGHTS.get(self.cleaned_data.get("risk") or Risk.MINOR, 1)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("evidence") != Evidence.READING:
            # The page hides these three with any other evidence.
            return data | {"unit": "", "low": None, "high": None}
        low, high = data.get("low"), data.get("high")
        if low is not None and high is not None and low > high:
            self.add_error("high", "读数范围上下限颠倒：下限不能大于上限。")
        if not data.get("unit") and "unit" not in self.errors:
            self.add_error("unit", "要求读数的检查项必须填写单位。")
        if low is None and high is None and not {"low", "high"} & self.errors.keys():
            self.add_error("low", "要求读数的检查项至少填写一个界限。")
        return data

    @property
    def place(self) -> tuple[str, int]:
        """Where the row is shown: its subject, and its place there as posted or saved."""
        section, position = self["section"].value(), str(self["position"].value() or 0)
        return str(section or ""), int(position) if position.isdecimal() else 0


class ItemFormSet(RowFormSet):
    """`stamp` is the content as it was when the page was opened: what another person saved since is not overwritten."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.before = content_of(self.instance) if self.instance.pk else []
        self.sections = {str(section.pk): section for section in self.instance.sections.all()}
        self.stamp = self.data.get("stamp", "") if self.is_bound else fingerprint(self.before)
        # Given by the admin, which checks the subjects first.
        self.section_formset: SectionFormSet | None = None

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        return super().get_form_kwargs(index) | {"sections": self.sections}

    def prefix_of(self, form: forms.ModelForm) -> str:
        return form.cleaned_data["section"].code

    @property
    def groups(self) -> list[tuple[Section, list[Any]]]:
        """For the page: each subject with the forms of its items, in order."""
        forms_of: dict[str, list[Any]] = {pk: [] for pk in self.sections}
        first = next(iter(forms_of), "")
        shown: list[Any] = self.forms
        for form in sorted(shown, key=lambda form: form.place[1]):
            forms_of.get(form.place[0], forms_of.get(first, [])).append(form)
        return [(self.sections[pk], rows) for pk, rows in forms_of.items()]

    def clean(self) -> None:
        super().clean()
        if self.stamp != fingerprint(self.before):
            raise ValidationError("这份草稿在您打开之后被别人改过，为免覆盖没有保存。请在新窗口打开草稿，核对后再改。")
        self.give_codes()
        gone = {form.instance.pk for form in self.section_formset.deleted_forms} if self.section_formset else set()
        for form in self.kept:
            section = form.cleaned_data.get("section")
            if section and section.pk in gone:
                form.add_error("section", f"主题“{section.name}”要删除，请把这一项移到别的主题或一并删除。")

    def write(self) -> None:
        self.save(commit=False)
        Item.objects.filter(pk__in=[row.pk for row in self.deleted_objects]).delete()
        Item.objects.bulk_update([row for row, _ in self.changed_objects], ["section", "position", *ITEM_FIELDS])
        Item.objects.bulk_create(self.new_objects)


class ItemInline(StackedInline):
    model = Item
    form = ItemForm
    formset = ItemFormSet
    extra = 0
    max_num = 1000
    ordering = ["section__position", "section_id", "position", "id"]
    template = "admin/inspections/items.html"
