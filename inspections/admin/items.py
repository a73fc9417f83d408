"""The forms of a draft: its subjects and its items, all on one page, checked without a query per row.

What the models' constraints refuse is said here at its field; the constraints stay the last guard.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.admin import StackedInline, TabularInline
from unfold.forms import PaginationInlineFormSet

from inspections.choices import Evidence
from inspections.content import WEIGHTS, content_of, fingerprint
from inspections.models import Item, Section
from inspections.wording import CHOICES, ITEM_FIELDS, next_code

TWICE = "代码与“{}”重复。"


class _RowId(forms.Field):
    """The hidden key of a row: what the formset has loaded, without asking for each row again."""

    widget = forms.HiddenInput

    def __init__(self, row: Any) -> None:
        super().__init__(required=False, initial=row.pk if row else None)
        self.row = row

    def clean(self, value: Any) -> Any:
        if (value or None) != (str(self.row.pk) if self.row else None):
            raise ValidationError("这一行已被删除,请重新打开页面。")
        return self.row

    def has_changed(self, initial: Any, data: Any) -> bool:
        return False


class _RowForm(forms.ModelForm):
    """A row whose code is given once: it is what a row is known by through the versions (INS-12)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].required = False
        self.fields["code"].disabled = bool(self.instance.pk)

    def _post_clean(self) -> None:
        # Five questions to Postgres for each item; `clean` and the formsets answer them.
        self.instance.validate_constraints = lambda exclude=None: None
        super()._post_clean()


class _RowFormSet(BaseInlineFormSet):
    code_prefix = "row"

    def add_fields(self, form: forms.ModelForm, index: int | None) -> None:
        super().add_fields(form, index)
        form.fields[self._pk_field.name] = _RowId(form.instance if form.instance.pk else None)

    @property
    def kept(self) -> list[forms.ModelForm]:
        """The forms that will stay, without what is deleted and without empty new rows."""
        return [
            form
            for form in self.forms
            if not self._should_delete_form(form) and (form.instance.pk or form.has_changed())
        ]

    def prefix_of(self, form: forms.ModelForm) -> str:
        return self.code_prefix

    def give_codes(self) -> None:
        """Refuse a code that stands twice; write those that were left empty."""
        taken: dict[str, str] = {}
        for form in sorted(self.kept, key=lambda form: not form.instance.pk):
            code = form.cleaned_data.get("code") or ""
            if code in taken:
                form.add_error("code", TWICE.format(taken[code]))
            elif code:
                taken[code] = str(form.instance)
        for form in self.kept:
            if not form.errors and not form.cleaned_data.get("code"):
                form.instance.code = form.cleaned_data["code"] = next_code(self.prefix_of(form), taken)
                taken[form.instance.code] = ""


class SectionFormSet(PaginationInlineFormSet, _RowFormSet):
    code_prefix = "subject"

    def clean(self) -> None:
        super().clean()
        self.give_codes()

    def write(self) -> None:
        """New subjects come last; a removed one goes by `remove`, after its items."""
        self.save(commit=False)
        places = count(max([form.instance.position for form in self.initial_forms], default=0) + 1)
        for section in self.new_objects:
            section.position = next(places)
        Section.objects.bulk_update([row for row, _ in self.changed_objects], ["name", "position"])
        Section.objects.bulk_create(self.new_objects)

    def remove(self) -> None:
        Section.objects.filter(pk__in=[row.pk for row in self.deleted_objects]).delete()


class SectionForm(_RowForm):
    class Meta:
        model = Section
        fields = ["name", "code", "position"]


class SectionInline(TabularInline):
    model = Section
    form = SectionForm
    formset = SectionFormSet
    extra = 0
    ordering_field = "position"
    hide_ordering_field = True
    ordering = ["position", "id"]
    verbose_name_plural = "检查主题(点开后改名、拖动排序、添加)"
    classes = ["collapse"]
    hide_title = True


class LeanSelect(forms.Select):
    """A select without a template for each option: a page of 100 items has 4,000 of them."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        options = (
            (key, mark_safe(" selected") if str(key) == str(value or "") else "", label) for key, label in self.choices
        )
        inner = format_html_join("", '<option value="{}"{}>{}</option>', options)
        return format_html('<select name="{}" id="{}">{}</select>', name, (attrs or {}).get("id", ""), inner)


class ItemForm(_RowForm):
    # Chosen from the subjects that the formset has loaded once.
    section = forms.TypedChoiceField(label="检查主题", widget=LeanSelect)
    position = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    class Meta:
        model = Item
        fields = ["section", "position", *ITEM_FIELDS]
        # Plain ones: the theme's carry 600 characters of classes each.
        widgets = {name: LeanSelect for name in CHOICES} | {
            "code": forms.TextInput,
            "what": forms.TextInput,
            "criterion": forms.Textarea({"rows": 2}),
            "unit": forms.TextInput,
            "low": forms.NumberInput({"step": "any"}),
            "high": forms.NumberInput({"step": "any"}),
            "days": forms.NumberInput({"min": 0}),
            "weight": forms.NumberInput({"min": 1}),
            "standard": forms.TextInput,
        }

    def __init__(self, *args: Any, sections: dict[str, Section], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sections = sections
        self.fields["section"].choices = [(pk, section.name) for pk, section in sections.items()]
        self.fields["section"].coerce = sections.__getitem__
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
        return weight or WEIGHTS.get(self.cleaned_data.get("risk"), 1)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("evidence") != Evidence.READING:
            # The page hides these three with any other evidence.
            return data | {"unit": "", "low": None, "high": None}
        low, high = data.get("low"), data.get("high")
        if low is not None and high is not None and low > high:
            self.add_error("high", "读数范围上下限颠倒:下限不能大于上限。")
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


class ItemFormSet(_RowFormSet):
    """`stamp` is the content as it was when the page was opened: another person's save in between is not overwritten."""

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
    def groups(self) -> Iterable[tuple[Section, list[forms.ModelForm]]]:
        """For the page: each subject with the forms of its items, in order."""
        forms_of: dict[str, list[forms.ModelForm]] = {pk: [] for pk in self.sections}
        first = next(iter(forms_of), "")
        for form in sorted(self.forms, key=lambda form: form.place[1]):
            forms_of.get(form.place[0], forms_of.get(first, [])).append(form)
        return [(self.sections[pk], rows) for pk, rows in forms_of.items()]

    def clean(self) -> None:
        super().clean()
        if self.stamp != fingerprint(self.before):
            raise ValidationError("这份草稿在您打开之后被别人改过,为免覆盖没有保存。请在新窗口打开草稿,核对后再改。")
        self.give_codes()
        gone = {form.instance.pk for form in self.section_formset.deleted_forms} if self.section_formset else set()
        for form in self.kept:
            section = form.cleaned_data.get("section")
            if section and section.pk in gone:
                form.add_error("section", f"主题“{section.name}”要删除,请把这一项移到别的主题或一并删除。")

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
