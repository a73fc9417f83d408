"""The subjects of a draft: named, ordered, added and removed on the version's page."""

from __future__ import annotations

from itertools import count

from unfold.admin import TabularInline
from unfold.forms import PaginationInlineFormSet

from inspections.admin.rows import RowForm, RowFormSet
from inspections.models import Section


class SectionFormSet(PaginationInlineFormSet, RowFormSet):
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


class SectionForm(RowForm):
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
    verbose_name_plural = "检查主题（点开后改名、拖动排序、添加）"
    classes = ["collapse"]
    hide_title = True
