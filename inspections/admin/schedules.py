"""督导计划: checklist × tier × frequency × phase × which estates (INS-2…5, INS-7)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from estates.access import StaffRequest
from estates.models import Node
from foundation.journal.changes import changed_fields
from foundation.journal.services import record
from foundation.worktime.local import local_date
from inspections.admin.schedule_form import FIXED, ScheduleForm
from inspections.models import Schedule
from inspections.periods import Period, period_of
from inspections.services.generation import estates_of


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    form = ScheduleForm
    list_display = ["name", *FIXED, "phase", "estate_scope", "places", "next_period", "is_active"]
    list_filter = ["is_active", "tier", "frequency", "phase", "checklist__way"]
    list_select_related = ["checklist"]
    search_fields = ["name", "code", "checklist__name"]
    search_help_text = "按计划或检查表的名称查找"
    autocomplete_fields = ["nodes"]
    fieldsets: Any = [
        (None, {"fields": ["name", "code", "checklist", ("tier", "frequency")]}),
        ("哪些项目", {"fields": [("phase", "estate_scope"), "nodes", "covered"]}),
        ("何时", {"fields": ["starts_on", "is_active", "next_period"]}),
    ]

    def get_queryset(self, request: StaffRequest) -> QuerySet[Schedule]:
        """Also those that are for no place yet: nobody would find them otherwise."""
        visible = Schedule.objects.visible_to(request.user).values("pk")
        return super().get_queryset(request).filter(Q(pk__in=visible) | Q(nodes=None)).prefetch_related("nodes")

    def get_readonly_fields(self, request: StaffRequest, obj: Schedule | None = None) -> list[str]:
        return ["covered", "next_period", *(["code"] if obj else [])]

    def get_fieldsets(self, request: HttpRequest, obj: Schedule | None = None) -> Any:
        """A new one has nothing to count yet."""
        if obj:
            return self.fieldsets
        unknown = {"covered", "next_period"}
        return [
            (title, {"fields": [name for name in row["fields"] if name not in unknown]})
            for title, row in self.fieldsets
        ]

    def has_delete_permission(self, request: StaffRequest, obj: Schedule | None = None) -> bool:
        """Schedules are switched off, not deleted: inspections name them."""
        return False

    def has_change_permission(self, request: StaffRequest, obj: Schedule | None = None) -> bool:
        """A schedule that reaches beyond the administrator's own places is theirs to read only (ORG-2)."""
        if not super().has_change_permission(request, obj):
            return False
        return obj is None or not obj.nodes.exclude(pk__in=Node.objects.visible_to(request.user).values("pk")).exists()

    def formfield_for_manytomany(self, db_field: Any, request: StaffRequest, **kwargs: Any) -> Any:
        return super().formfield_for_manytomany(
            db_field, request, queryset=Node.objects.visible_to(request.user).active(), **kwargs
        )

    @admin.display(description="适用组织")
    def places(self, schedule: Schedule) -> str:
        names = [str(node) for node in schedule.nodes.all()]
        return "、".join(names[:3]) + (f" 等 {len(names)} 个" if len(names) > 3 else "") if names else "未选"

    @admin.display(description="今天覆盖的项目")
    def covered(self, schedule: Schedule) -> str:
        today = local_date(timezone.now())
        return f"{estates_of(schedule, period_of(schedule.frequency, today), today).count()} 个（按本周期的阶段和范围）"

    @admin.display(description="下一个周期")
    def next_period(self, schedule: Schedule) -> str:
        if not schedule.is_active:
            return "已停用"
        period = next_to_make(schedule)
        return f"{period.label}（自 {period.start:%Y-%m-%d}）"

    def save_model(self, request: StaffRequest, obj: Schedule, form: ScheduleForm, change: bool) -> None:
        """What was switched off starts again with the present period: the pause was meant, nothing of it is made up."""
        if change and "is_active" in form.changed_data and obj.is_active:
            present = period_of(obj.frequency, local_date(timezone.now())).start
            obj.generated_through = max(filter(None, (obj.generated_through, present)))
        super().save_model(request, obj, form, change)

    def save_related(self, request: StaffRequest, form: ScheduleForm, formsets: list[Any], change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if form.changed_data or not change:
            verb = "schedule.change" if change else "schedule.create"
            record(form.instance, verb, by=request.user, at=timezone.now(), fields=changed_fields(form))


def next_to_make(schedule: Schedule) -> Period:
    """The first period that the generator has not made yet."""
    first = period_of(schedule.frequency, schedule.starts_on)
    if schedule.generated_through is None:
        return first
    return max(first, period_of(schedule.frequency, schedule.generated_through).next())
