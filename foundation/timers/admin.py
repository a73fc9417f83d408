from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from foundation.timers.models import Clock, ClockPause, ClockRound, ClockStep


class ReadOnly:
    """A look at records that only services change."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StepInline(ReadOnly, TabularInline):
    model = ClockStep
    fields = ["round", "code", "due_at", "taken_at", "late"]


class PauseInline(ReadOnly, TabularInline):
    model = ClockPause
    fields = ["started_at", "ended_at", "by", "reason"]


class RoundInline(ReadOnly, TabularInline):
    model = ClockRound
    fields = ["round", "started_at", "due_at", "ended_at", "used", "stopped"]


@admin.register(Clock)
class ClockAdmin(ReadOnly, ModelAdmin):
    list_display = ["name", "subject_kind", "subject_id", "state", "due_at", "next_at", "failures"]
    list_display_links = ["name", "subject_id"]
    list_filter = ["state", "kind"]
    search_fields = ["subject_id"]
    show_full_result_count = False
    inlines = [StepInline, PauseInline, RoundInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clock]:
        """Of the administrator's own places (ORG-2)."""
        user: Any = request.user
        rows = super().get_queryset(request)
        return rows if user.is_over_all else rows.filter(node_id__in=user.administered_ids)

    @admin.display(description="名称", ordering="kind")
    def name(self, clock: Clock) -> str:
        return clock.name
