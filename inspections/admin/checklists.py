"""检查表: head, versions, and the way in and out as .xlsx."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from unfold.admin import ModelAdmin

from estates.access import StaffRequest
from foundation.journal.services import record
from inspections import checklist_xlsx
from inspections.admin.downloads import download
from inspections.admin.exchange import ImportForm, pack, unpack
from inspections.admin.wording import changed_fields
from inspections.content import SectionContent, content_of, fingerprint
from inspections.differences import differences
from inspections.errors import Refused
from inspections.models import Checklist, ChecklistVersion
from inspections.services.checklists import create_draft, import_items


@admin.register(Checklist)
class ChecklistAdmin(ModelAdmin):
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
    def current_version(self, checklist: Checklist) -> str:
        return f"第 {checklist.newest} 版" if checklist.newest else "未发布"

    @admin.display(description="草稿", ordering="drafted")
    def has_draft(self, checklist: Checklist) -> str:
        return "编辑中" if checklist.drafted else ""

    @admin.display(description="启用的计划", ordering="scheduled")
    def schedule_count(self, checklist: Checklist) -> int:
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
                checklist.versions.annotate(item_count=Count("items")).select_related("published_by").order_by("-number")
            )
            context |= {"versions": versions, "draft": next((row for row in versions if row.is_draft), None)}
        return super().render_change_form(request, context, *args, **kwargs)

    # --- draft, import --------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Any]:
        wrap = self.admin_site.admin_view
        return [
            path("template.xlsx", wrap(require_safe(self.template)), name="inspections_checklist_template"),
            path("<int:pk>/draft/", wrap(require_POST(self.draft)), name="inspections_checklist_draft"),
            path(
                "<int:pk>/import/",
                wrap(require_http_methods(["GET", "HEAD", "POST"])(self.upload)),
                name="inspections_checklist_import",
            ),
            path("<int:pk>/import/confirm/", wrap(require_POST(self.confirm)), name="inspections_checklist_confirm"),
            *super().get_urls(),
        ]

    def _checklist(self, request: StaffRequest, pk: int) -> Checklist:
        checklist = self.get_object(request, str(pk))
        if checklist is None or not self.has_change_permission(request, checklist):
            raise Http404
        return checklist

    def _present(self, checklist: Checklist) -> list[SectionContent]:
        """What an import is compared with: the draft, or what a new draft would begin with."""
        newest = checklist.versions.order_by("-number").first()
        return content_of(newest) if newest else []

    def template(self, request: StaffRequest) -> HttpResponse:
        return download(checklist_xlsx.export([]), "检查表导入模板.xlsx")

    def draft(self, request: StaffRequest, pk: int) -> HttpResponse:
        draft = create_draft(checklist=self._checklist(request, pk), by=request.user, at=timezone.now())
        return redirect("admin:inspections_checklistversion_change", draft.pk)

    def upload(self, request: StaffRequest, pk: int) -> HttpResponse:
        """The form; after a POST what the file would change, or everything that is wrong with it. Saves nothing."""
        checklist = self._checklist(request, pk)
        form = ImportForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {"form": form}
        if request.method == "POST" and form.is_valid():
            try:
                context |= self._read(checklist, form.cleaned_data["file"])
            except Refused as refused:
                form.add_error("file", refused.sentence)
        return self._import_page(request, checklist, **context)

    def _read(self, checklist: Checklist, file: Any) -> dict[str, Any]:
        # One byte more than allowed is enough to refuse it.
        sheet = checklist_xlsx.read(file.read(checklist_xlsx.MAX_BYTES + 1))
        if sheet.faults:
            return {"sheet": sheet, "filename": file.name}
        present = self._present(checklist)
        packed = pack(checklist.pk, fingerprint(present), sheet.sections)
        found = differences(present, sheet.sections)
        return {"sheet": sheet, "filename": file.name, "differences": found, "packed": packed}

    def confirm(self, request: StaffRequest, pk: int) -> HttpResponse:
        checklist = self._checklist(request, pk)
        try:
            sections = unpack(request.POST.get("packed", ""), pk, fingerprint(self._present(checklist)))
            draft = import_items(checklist=checklist, sections=sections, by=request.user, at=timezone.now())
        except Refused as refused:
            messages.error(request, refused.sentence)
            return redirect("admin:inspections_checklist_import", pk)
        messages.success(request, f"已导入到第 {draft.number} 版的草稿,共 {sum(len(s.items) for s in sections)} 项。")
        return redirect("admin:inspections_checklistversion_change", draft.pk)

    def _import_page(self, request: StaffRequest, checklist: Checklist, **context: Any) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": checklist}
        frame |= {"checklist": checklist, "title": f"导入检查项 · {checklist}", "media": self.media}
        return render(request, "admin/inspections/import.html", frame | context)
