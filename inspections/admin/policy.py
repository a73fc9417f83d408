"""升级阶梯 (INS-11) 和检查参数 (INS-9, INS-12, INS-16): the chapter's numbers, each change journalled."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from estates.access import StaffRequest
from estates.admin.scoped import CompanyAdmin
from foundation.journal.changes import changed_fields
from foundation.journal.services import record
from inspections.models import EscalationStep, InspectionPolicy

LADDER_HINT = "只用于之后开出的整改单；已在计时的整改单按开单时的阶梯升级。"


class StepForm(forms.ModelForm):
    class Meta:
        model = EscalationStep
        fields = ["audience", "days_after"]
        help_texts = {"days_after": f"0 表示到期的那一刻。{LADDER_HINT}"}

    def clean(self) -> dict[str, Any]:
        """INS-11: one level a step, each later than the one below it."""
        data = super().clean() or self.cleaned_data
        audience, days = data.get("audience"), data.get("days_after")
        if not audience or days is None:
            return data
        order = [value for value, _ in EscalationStep.Audience.choices]
        place = order.index(audience)
        for step in EscalationStep.objects.exclude(pk=self.instance.pk).exclude(audience=audience):
            below = order.index(step.audience) < place
            if (below and step.days_after >= days) or (not below and step.days_after <= days):
                word = "晚于" if below else "早于"
                name, when = step.get_audience_display(), step.days_after
                self.add_error("days_after", f"升级必须逐级向上：应{word}{name}的“到期后 {when} 天”。")
                break
        return data


@admin.register(EscalationStep)
class EscalationStepAdmin(CompanyAdmin):
    form = StepForm
    list_display = ["audience", "days_after"]
    ordering = ["days_after"]

    def has_add_permission(self, request: StaffRequest) -> bool:
        everyone_is_there = EscalationStep.objects.count() >= len(EscalationStep.Audience.choices)
        return super().has_add_permission(request) and not everyone_is_there

    def has_delete_permission(self, request: StaffRequest, obj: EscalationStep | None = None) -> bool:
        """The last step stays: an overdue rectification must reach someone."""
        if not super().has_delete_permission(request, obj):
            return False
        return obj is not None and EscalationStep.objects.exclude(pk=obj.pk).exists()

    def save_model(self, request: StaffRequest, obj: EscalationStep, form: StepForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            verb = "ladder.change" if change else "ladder.create"
            record(obj, verb, by=request.user, at=timezone.now(), fields=changed_fields(form))

    def delete_model(self, request: StaffRequest, obj: EscalationStep) -> None:
        record(obj, "ladder.remove", by=request.user, at=timezone.now(), fields=[str(obj)])
        super().delete_model(request, obj)


@admin.register(InspectionPolicy)
class InspectionPolicyAdmin(CompanyAdmin):
    """One row. Scores that are written keep the grade they were given."""

    fieldsets = [
        ("等级分数线", {"fields": [("excellent_from", "good_from", "fair_from")]}),
        ("窗口", {"fields": [("repeat_days", "credibility_days")]}),
        ("简报", {"fields": ["rank_from"]}),
    ]

    def has_add_permission(self, request: StaffRequest) -> bool:
        return False

    def has_delete_permission(self, request: StaffRequest, obj: InspectionPolicy | None = None) -> bool:
        return False

    def changelist_view(self, request: StaffRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        policy, _ = InspectionPolicy.objects.get_or_create(pk=1)
        return redirect("admin:inspections_inspectionpolicy_change", policy.pk)

    def save_model(self, request: StaffRequest, obj: InspectionPolicy, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.changed_data:
            record(obj, "policy.change", by=request.user, at=timezone.now(), fields=changed_fields(form))

    def response_post_save_change(self, request: StaffRequest, obj: InspectionPolicy) -> HttpResponse:
        return redirect("admin:inspections_inspectionpolicy_change", obj.pk)
