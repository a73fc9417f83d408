"""检查表: its head, its versions, its draft."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from estates.access import StaffRequest
from foundation.journal.changes import changed_fields
from foundation.journal.services import record
from inspections.admin.imports import ChecklistImport
from inspections.models import Checklist, ChecklistVersion
from inspections.services.checklists import create_draft


@admin.register(Checklist)
class ChecklistAdmin(ChecklistImport):
    list_display = ["name", "way", "current_version", "has_draft", "schedule_count", "is_active"]
    list_filter = ["way", "is_active"]
    search_fields = ["name", "code", "basis"]
    search_help_text = "按名称、代码、用途查找"
    fields = ["name", "code", "way", "basis", "is_active"]
    change_form_outer_after_template = "admin/inspections/versions.html"

    class Media:
        css = {"all": ["css/admin.css"]}

    def get_queryset(self, request: StaffRequest) -> QuerySet[Checklist]:
        drafts = ChecklistVersion.objects.filter(checklist=OuterRef("pk"), state=ChecklistVersion.State.DRAFT)
        return (
            Checklist.objects.visible_to(request.user)
            .annotate(
                newest=Max("versions__number", filter=Q(versions__state=ChecklistVersion.State.PUBLISHED)),
                drafted=Exists(drafts),
                scheduled=Count("schedules", filter=Q(schedules__is_active=True), distinct=True),
            )
            .order_by("way", "code")
        )

    @admin.display(description="当前版本", ordering="newest")
    def current_version(self, checklist: Any) -> str:
        return f"第 {checklist.newest} 版" if checklist.newest else "未发布"

    @admin.display(description="草稿", ordering="drafted")
    def has_draft(self, checklist: Any) -> str:
        return "编辑中" if checklist.drafted else ""

    @admin.display(description="启用的计划", ordering="scheduled")
    def schedule_count(self, checklist: Any) -> int:
        return checklist.scheduled

    def has_delete_permission(self, request: StaffRequest, obj: Checklist | None = None) -> bool:
        """Checklists are switched off, not deleted: inspections keep them."""
        return False

    def get_readonly_fields(self, request: StaffRequest, obj: Checklist | None = None) -> list[str]:
        """Its code is what items are known by through the years (INS-12)."""
        return ["code"] if obj else []

    def save_model(self, request: StaffRequest, obj: Checklist, form: forms.ModelForm, change: bool) -> None:
        at = timezone.now()
        super().save_model(request, obj, form, change)
        if change and form.changed_data:
            record(obj, "checklist.change", by=request.user, at=at, fields=changed_fields(form))
        elif not change:
            record(obj, "checklist.create", by=request.user, at=at)
            create_draft(checklist=obj, by=request.user, at=at)

    def response_post_save_add(self, request: StaffRequest, obj: Checklist) -> HttpResponse:
        return redirect("admin:inspections_checklist_change", obj.pk)

    def render_change_form(self, request: StaffRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        checklist = kwargs.get("obj")
        if checklist:
            versions = (
                checklist.versions.annotate(item_count=Count("items"))
                .select_related("published_by")
                .order_by("-number")
            )
            context |= {"versions": versions, "draft": next((row for row in versions if row.is_draft), None)}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[Any]:
        draft = self.admin_site.admin_view(require_POST(self.draft))
        return [path("<int:pk>/draft/", draft, name="inspections_checklist_draft"), *super().get_urls()]

    def draft(self, request: StaffRequest, pk: int) -> HttpResponse:
        draft = create_draft(checklist=self._checklist(request, pk), by=request.user, at=timezone.now())
        return redirect("admin:inspections_checklistversion_change", draft.pk)
