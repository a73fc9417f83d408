"""What belongs to the company as a whole: every administrator reads it, the group's changes it (ORG-2)."""

from __future__ import annotations

from typing import Any

from unfold.admin import ModelAdmin

from estates.access import StaffRequest


class CompanyAdmin(ModelAdmin):
    """Checklists, the ladder and the numbers of the chapter hold for all places: a branch has no say over another's."""

    def has_add_permission(self, request: StaffRequest) -> bool:
        return request.user.is_over_all and super().has_add_permission(request)

    def has_change_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return request.user.is_over_all and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return request.user.is_over_all and super().has_delete_permission(request, obj)
