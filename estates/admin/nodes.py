"""The organisation in the admin: branches, estates and their windows (ORG-2, INS-4)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils import timezone
from unfold.admin import TabularInline

from estates.access import StaffRequest
from estates.admin.scoped import ScopedAdmin
from estates.models import Estate, Kind, Node, Stage
from foundation.journal import services as journal
from foundation.journal.changes import changed_fields, changed_rows


class StageInline(TabularInline):
    model = Stage
    extra = 0


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
                    "service_phone",
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
