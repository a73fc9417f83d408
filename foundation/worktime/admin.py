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

    def get_readonly_fields(self, request: HttpRequest, obj: CalendarDay | None = None) -> list[str]:
        return ["date"] if obj else []

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: Any, change: bool) -> None:
        services.edit_day(day=obj, at=timezone.now())

    def delete_model(self, request: HttpRequest, obj: CalendarDay) -> None:
        services.delete_days(days=[obj.date], at=timezone.now())

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CalendarDay]) -> None:
        services.delete_days(days=list(queryset.values_list("date", flat=True)), at=timezone.now())
