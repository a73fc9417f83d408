from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from foundation.worktime import services
from foundation.worktime.models import CalendarDay


@admin.register(CalendarDay)
class CalendarDayAdmin(ModelAdmin):
    """The working calendar: what is edited here is never overwritten by `load_workdays`."""

    list_display = ["date", "is_workday", "note", "edited"]
    list_filter = ["is_workday", "edited"]
    date_hierarchy = "date"
    search_fields = ["note"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """One calendar for the whole company: an administrator of a branch reads it (ORG-2)."""
        user: Any = request.user
        return user.is_over_all

    def has_change_permission(self, request: HttpRequest, obj: CalendarDay | None = None) -> bool:
        return self.has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: CalendarDay | None = None) -> bool:
        return self.has_add_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarDay | None = None) -> list[str]:
        return ["date"] if obj else []

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
        user: Any = request.user
        services.edit_day(day=obj, by=user, at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: CalendarDay) -> None:
        user: Any = request.user
        services.delete_days(days=[obj.date], by=user, at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CalendarDay]) -> None:
        user: Any = request.user
        services.delete_days(days=list(queryset.values_list("date", flat=True)), by=user, at=timezone.now())
