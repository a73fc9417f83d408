"""基础资料 in the admin: the organisation is configured here, houses and owners are only looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey, QuerySet
from django.utils import timezone
from unfold.admin import ModelAdmin, TabularInline

from estates.access import ADMINISTER, StaffRequest
from estates.models import Building, Estate, Grid, House, Kind, Node, Owner, Stage
from foundation.journal import services as journal


class ScopedAdmin(ModelAdmin):
    """Starts from what the user sees (ORG-2); choices of a place or a person are narrowed the same way."""

    def get_queryset(self, request: StaffRequest) -> QuerySet:
        visible = self.model._default_manager.visible_to(request.user, ADMINISTER)
        return super().get_queryset(request).filter(pk__in=visible.values("pk"))

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: StaffRequest, **kwargs: Any) -> Any:
        related = db_field.related_model._default_manager
        if hasattr(related, "visible_to"):
            kwargs["queryset"] = related.visible_to(request.user)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class ReadOnlyAdmin(ScopedAdmin):
    def has_add_permission(self, request: StaffRequest) -> bool:
        return False

    def has_change_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return False


class StageInline(TabularInline):
    model = Stage
    extra = 0


def changed_fields(form: Any) -> list[str]:
    """What a form changed, in words: 服务时间:空 → 08:30-12:00 (ORG-5)."""
    labels = {name: form.fields[name].label for name in form.changed_data}
    return [
        f"{label}:{form.initial.get(name) or '空'} → {form.cleaned_data.get(name) or '空'}"
        for name, label in labels.items()
    ]


def changed_rows(formset: Any) -> list[str]:
    """What a form of several rows changed, in words."""
    new = [f"新增{row._meta.verbose_name}:{row}" for row in formset.new_objects]
    gone = [f"删除{row._meta.verbose_name}:{row}" for row in formset.deleted_objects]
    forms = {form.instance.pk: form for form in formset.initial_forms}
    kept = [f"{row}:{line}" for row, _ in formset.changed_objects for line in changed_fields(forms[row.pk])]
    return [*new, *kept, *gone]


@admin.register(Node)
class NodeAdmin(ScopedAdmin):
    list_display = ["name", "code", "kind", "parent", "delivery_on", "exit_on", "is_active"]
    list_filter = ["kind", "is_active", "is_key_estate"]
    list_select_related = ["parent"]
    search_fields = ["name", "short_name", "code"]
    fieldsets = [
        (None, {"fields": ["kind", "parent", "code", "name", "short_name", "is_active"]}),
        (
            "项目",
            {
                "fields": [
                    "address",
                    "is_key_estate",
                    ("early_start_on", "delivery_on", "exit_on"),
                    "service_hours",
                ]
            },
        ),
    ]

    def get_readonly_fields(self, request: StaffRequest, obj: Node | None = None) -> list[str]:
        """A place keeps its level, its parent and its code: posts, records and their numbers count on them."""
        return ["kind", "parent", "code"] if obj else []

    def formfield_for_choice_field(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        """The group is there from the start; what is added lies below it."""
        if db_field.name == "kind":
            kwargs["choices"] = [choice for choice in Kind.choices if choice[0] != Kind.GROUP]
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def has_delete_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        """Places are switched off, not deleted."""
        return False

    def save_related(self, request: StaffRequest, form: Any, formsets: list[Any], change: bool) -> None:
        """With its windows, in one entry."""
        super().save_related(request, form, formsets, change)
        node, lines = form.instance, changed_fields(form) if change else []
        lines += [line for formset in formsets for line in changed_rows(formset)]
        if lines or not change:
            verb, fields = "node.change" if change else "node.create", {"fields": lines} if lines else {}
            journal.record(node, verb, by=request.user, at=timezone.now(), node=node, **fields)


@admin.register(Estate)
class EstateAdmin(NodeAdmin):
    """The same place with its windows of INS-4."""

    inlines = [StageInline]
    fieldsets = [(None, {"fields": ["parent", "code", "name", "short_name", "is_active"]}), NodeAdmin.fieldsets[1]]
    list_filter = ["is_active", "is_key_estate"]

    def get_readonly_fields(self, request: StaffRequest, obj: Node | None = None) -> list[str]:
        return ["parent", "code"] if obj else []


@admin.register(Building)
class BuildingAdmin(ReadOnlyAdmin):
    """Made by the import (ORG-6); its name stands in the names of its houses."""

    list_display = ["name", "estate"]
    list_select_related = ["estate"]
    search_fields = ["name", "estate__name"]


@admin.register(Grid)
class GridAdmin(ScopedAdmin):
    list_display = ["name", "estate", "responsible", "covers"]
    list_select_related = ["estate", "responsible"]
    search_fields = ["name", "estate__name", "responsible__name"]

    def get_readonly_fields(self, request: StaffRequest, obj: Grid | None = None) -> list[str]:
        return ["estate"] if obj else []

    def save_model(self, request: StaffRequest, obj: Grid, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data or not change:
            verb, fields = (
                "grid.change" if change else "grid.create",
                {"fields": changed_fields(form)} if change else {},
            )
            journal.record(obj, verb, by=request.user, at=timezone.now(), node=obj.estate_id, **fields)

    def delete_model(self, request: StaffRequest, obj: Grid) -> None:
        journal.record(obj, "grid.remove", by=request.user, at=timezone.now(), node=obj.estate_id, fields=[str(obj)])
        super().delete_model(request, obj)

    def delete_queryset(self, request: StaffRequest, queryset: QuerySet[Grid]) -> None:
        for grid in queryset:
            self.delete_model(request, grid)


@admin.register(House)
class HouseAdmin(ReadOnlyAdmin):
    list_display = ["code", "estate", "area"]
    list_select_related = ["estate"]
    search_fields = ["code"]


@admin.register(Owner)
class OwnerAdmin(ReadOnlyAdmin):
    list_display = ["name", "house", "masked_phone", "since", "until"]
    list_select_related = ["house"]
    search_fields = ["name", "house__code"]
    fields = ["house", "name", "id_type", "masked_id_number", "masked_phone", "co_owners", "since", "until"]

    @admin.display(description="手机")
    def masked_phone(self, owner: Owner) -> str:
        return owner.masked_phone

    @admin.display(description="证件号")
    def masked_id_number(self, owner: Owner) -> str:
        return owner.masked_id_number
