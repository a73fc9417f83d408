"""Whose rows an administrator reads and changes (ORG-2): the bases of the admin pages of every app."""

from __future__ import annotations

from typing import Any

from django.db.models import ForeignKey, QuerySet
from unfold.admin import ModelAdmin

from estates.access import ADMINISTER, StaffRequest


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


class CompanyAdmin(ModelAdmin):
    """What holds for all places: a branch's administrator reads it, the group's changes it."""

    def has_add_permission(self, request: StaffRequest) -> bool:
        return request.user.is_over_all and super().has_add_permission(request)

    def has_change_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return request.user.is_over_all and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return request.user.is_over_all and super().has_delete_permission(request, obj)
