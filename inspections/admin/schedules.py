"""督导计划: checklist × tier × frequency × phase × which estates (INS-2…5, INS-7)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from estates.access import StaffRequest
from estates.models import Estate, Node
from estates.querysets import at_or_below
from foundation.journal.services import record
from foundation.worktime.local import local_date
from inspections.admin.wording import changed_fields
from inspections.choices import EstateScope
from inspections.models import Schedule
from inspections.periods import Period, period_of
from inspections.services.generation import estates_of
from inspections.wording import next_code

# What inspections carry of their schedule: another value is another schedule.
FIXED = ("checklist", "tier", "frequency")


class ScheduleForm(forms.ModelForm):
    class Meta:
        model = Schedule
        fields = ["name", "code", *FIXED, "phase", "estate_scope", "nodes", "starts_on", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].required = False
            self.fields["code"].help_text = "空着由系统编写。"

    def clean_starts_on(self) -> Any:
        """A day of the past would have its periods made up at once (INS-7)."""
        day, today = self.cleaned_data["starts_on"], local_date(timezone.now())
        if "starts_on" in self.changed_data and day < today:
            raise forms.ValidationError(f"开始日期不能早于今天({today:%Y-%m-%d}),否则以前的周期会被补生成。")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if self.instance.pk and self.instance.inspections.exists():
            for name in set(FIXED).intersection(self.changed_data):
                label = self.fields[name].label
                self.add_error(name, f"这个计划已经生成过检查,不能再改{label};请停用它,另建一个计划。")
        if data.get("is_active") and "nodes" in data:
            self._clean_nodes(data)
        if not data.get("code") and not self.instance.pk and not self.errors:
            prefix = f"{data['checklist'].code}-{data['tier']}-{data['frequency']}".replace("_", "-")
            taken = set(Schedule.objects.filter(code__startswith=prefix[:36]).values_list("code", flat=True))
            self.instance.code = data["code"] = prefix if prefix not in taken else next_code(prefix, taken)
        return data

    def _clean_nodes(self, data: dict[str, Any]) -> None:
        if not data["nodes"]:
            self.add_error("nodes", "启用的计划至少要选一个组织:没有项目,就没有检查。")
            return
        estates = Estate.objects.filter(at_or_below([node.pk for node in data["nodes"]]), is_active=True)
        scope = data.get("estate_scope")
        if scope in (EstateScope.KEY, EstateScope.OTHER):
            estates = estates.filter(is_key_estate=scope == EstateScope.KEY)
        if not estates.exists():
            self.add_error(
                "nodes", f"所选组织下没有符合“{EstateScope(scope or EstateScope.ALL).label}”的项目,生成不了检查。"
            )


@admin.register(Schedule)
class ScheduleAdmin(ModelAdmin):
    form = ScheduleForm
    list_display = ["name", *FIXED, "phase", "estate_scope", "places", "next_period", "is_active"]
    list_filter = ["is_active", "tier", "frequency", "phase", "checklist__way"]
    list_select_related = ["checklist"]
    search_fields = ["name", "code", "checklist__name"]
    search_help_text = "按计划或检查表的名称查找"
    autocomplete_fields = ["nodes"]
    fieldsets = [
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
        return f"{estates_of(schedule, period_of(schedule.frequency, today), today).count()} 个(按本周期的阶段和范围)"

    @admin.display(description="下一个周期")
    def next_period(self, schedule: Schedule) -> str:
        if not schedule.is_active:
            return "已停用"
        period = next_to_make(schedule)
        return f"{period.label}(自 {period.start:%Y-%m-%d})"

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
