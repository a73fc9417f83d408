"""What lies in an estate, in the admin: grids are configured, houses and owners only looked at (ORG-6, ORG-7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.utils import timezone

from estates.access import StaffRequest
from estates.admin.scoped import ReadOnlyAdmin, ScopedAdmin
from estates.models import Building, Grid, House, Owner
from foundation.journal import services as journal
from foundation.journal.changes import changed_fields


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
