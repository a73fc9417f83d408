"""检查 and 整改单 as read-only looks: what happens to them happens in the pages, through their services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from unfold.admin import ModelAdmin

from estates.access import StaffRequest
from inspections.models import Inspection, Rectification


class RecordAdmin(ModelAdmin):
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: StaffRequest) -> QuerySet:
        return self.model._default_manager.visible_to(request.user).order_by(*self.ordering)

    def has_add_permission(self, request: StaffRequest) -> bool:
        return False

    def has_change_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: StaffRequest, obj: Any = None) -> bool:
        return False


@admin.register(Inspection)
class InspectionAdmin(RecordAdmin):
    list_display = ["number", "estate", "checklist", "tier", "state", "closes_at", "score", "grade"]
    list_filter = ["state", "tier", "frequency", "grade", "is_made_up", "version__checklist__way"]
    list_select_related = ["estate", "version__checklist"]
    search_fields = ["=number", "estate__name", "version__checklist__name"]
    search_help_text = "按编号、项目、检查表查找"
    ordering = ["-opens_at", "-id"]
    fieldsets = [
        (None, {"fields": [("number", "state"), ("estate", "tier"), ("version", "schedule"), "reason"]}),
        ("时间", {"fields": [("period_start", "period_end"), ("opens_at", "closes_at"), ("is_made_up", "frequency")]}),
        (
            "结果",
            {
                "fields": [
                    ("submitted_at", "submitted_by"),
                    ("score", "grade"),
                    ("item_total", "passed", "failed"),
                    ("not_applicable", "redline_failed"),
                ]
            },
        ),
    ]

    @admin.display(description="检查表", ordering="version__checklist__name")
    def checklist(self, inspection: Inspection) -> str:
        return str(inspection.version)


@admin.register(Rectification)
class RectificationAdmin(RecordAdmin):
    list_display = ["number", "estate", "item", "risk", "role", "assignee", "state", "due_at"]
    list_filter = ["state", "risk", "tier", "role"]
    list_select_related = ["estate", "item", "assignee"]
    search_fields = ["=number", "estate__name", "item__what"]
    search_help_text = "按编号、项目、检查项查找"
    ordering = ["-opened_at", "-id"]
    fieldsets = [
        (None, {"fields": [("number", "state"), ("estate", "inspection"), "item", ("risk", "tier"), "problem"]}),
        ("责任", {"fields": [("role", "assignee"), ("opened_at", "due_at"), ("extensions_granted", "rejections")]}),
        ("整改", {"fields": ["measures", "cause", "prevention", ("rectified_at", "rectified_by")]}),
        ("关闭", {"fields": [("closed_at", "closed_by"), "repeat_of"]}),
    ]
