"""检查表版本: a draft is edited, looked at, published or thrown away; a published version is only read (INS-6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.enums import ActionVariant

from estates.access import StaffRequest
from foundation.journal.services import record
from foundation.worktime.local import local_date
from inspections import checklist_xlsx
from inspections.admin.downloads import download
from inspections.admin.items import ItemInline, SectionInline
from inspections.content import content_of, fingerprint
from inspections.differences import differences
from inspections.errors import Refused
from inspections.models import ChecklistVersion, Inspection, Section
from inspections.services.checklists import discard_draft, publish_version

JOURNALLED_LINES = 200


def numbered(number: int, section: Section) -> list[dict[str, Any]]:
    """A subject's items as the parts of 检查执行 want them."""
    return [
        {"number": f"{number}.{place}", "name": f"answer-{item.pk}", "item": item}
        for place, item in enumerate(section.items.all(), 1)
    ]


@admin.register(ChecklistVersion)
class VersionAdmin(ModelAdmin):
    inlines = [SectionInline, ItemInline]
    fields = ["note"]
    actions_detail = ["preview", "compare", "export", "discard", "publish"]
    warn_unsaved_form = True

    class Media:
        css = {"all": ["css/admin.css"]}
        js = ["js/admin-items.js"]

    # --- who may --------------------------------------------------------------------------------------------------

    def get_queryset(self, request: StaffRequest) -> QuerySet[ChecklistVersion]:
        visible = ChecklistVersion.objects.visible_to(request.user)
        return visible.select_related("checklist", "created_by", "published_by")

    def has_module_permission(self, request: StaffRequest) -> bool:
        """Versions are reached from their checklist."""
        return False

    def has_add_permission(self, request: StaffRequest) -> bool:
        return False

    def has_delete_permission(self, request: StaffRequest, obj: ChecklistVersion | None = None) -> bool:
        return False

    def has_change_permission(self, request: StaffRequest, obj: ChecklistVersion | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.is_draft)

    def has_draft_permission(self, request: StaffRequest, object_id: str | None = None) -> bool:
        """Whether the buttons for drafts are offered."""
        return self.has_change_permission(request, self._version(request, object_id))

    def _version(self, request: StaffRequest, object_id: str | None) -> ChecklistVersion:
        version = self.get_object(request, str(object_id))
        if version is None or not self.has_view_permission(request, version):
            raise PermissionDenied
        return version

    # --- edit -----------------------------------------------------------------------------------------------------

    def changelist_view(self, request: StaffRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("admin:inspections_checklist_changelist")

    def changeform_view(self, request: StaffRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """The row is locked while it is saved: a draft that was published meanwhile is not written to."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, *args, **kwargs)
        with transaction.atomic():
            rows = ChecklistVersion.objects.select_for_update().filter(pk=object_id)
            if any(not version.is_draft for version in rows):
                messages.error(request, "这个版本已经发布,不能再修改;请新建草稿。")
                return redirect(request.path)
            return super().changeform_view(request, object_id, *args, **kwargs)

    def get_inlines(self, request: StaffRequest, obj: ChecklistVersion | None) -> list[Any]:
        """A published version is read by its items, which stand under their subjects."""
        return self.inlines if obj and obj.is_draft else [ItemInline]

    def _create_formsets(self, request: StaffRequest, obj: Any, change: bool) -> Any:
        formsets, inlines = super()._create_formsets(request, obj, change)
        if len(formsets) == len(self.inlines):
            formsets[1].section_formset = formsets[0]
        return formsets, inlines

    def save_related(self, request: StaffRequest, form: Any, formsets: list[Any], change: bool) -> None:
        sections, items = formsets
        sections.write()
        items.write()
        sections.remove()
        changes = [str(line) for line in differences(items.before, content_of(form.instance))]
        if changes or form.changed_data:
            shown = changes[:JOURNALLED_LINES]
            record(form.instance, "checklist.edit", by=request.user, at=timezone.now(), fields=shown)

    def response_post_save_change(self, request: StaffRequest, obj: ChecklistVersion) -> HttpResponse:
        return redirect("admin:inspections_checklist_change", obj.checklist_id)

    # --- look -----------------------------------------------------------------------------------------------------

    @action(description="手机预览", icon="smartphone", permissions=["view"])
    def preview(self, request: StaffRequest, object_id: str) -> HttpResponse:
        return self._page(request, "preview", self._version(request, object_id), title="手机预览")

    def get_urls(self) -> list[Any]:
        screen = self.admin_site.admin_view(xframe_options_sameorigin(self.screen))
        return [
            path("<int:object_id>/screen/", screen, name="inspections_checklistversion_screen"),
            *super().get_urls(),
        ]

    def screen(self, request: StaffRequest, object_id: int) -> HttpResponse:
        """What stands in the frame of the phone: the page of 检查执行, without its scripts."""
        version = self._version(request, str(object_id))
        sections = [
            {"number": number, "section": section, "items": numbered(number, section)}
            for number, section in enumerate(ChecklistVersion.objects.with_content().get(pk=version.pk).sections.all(), 1)
        ]
        return render(request, "inspections/preview.html", {"version": version, "sections": sections})

    @action(description="与上一版差异", url_path="differences", icon="difference", permissions=["view"])
    def compare(self, request: StaffRequest, object_id: str) -> HttpResponse:
        version = self._version(request, object_id)
        return self._page(request, "differences", version, title="与上一版差异", **self._against_previous(version))

    def _against_previous(self, version: ChecklistVersion) -> dict[str, Any]:
        previous = version.checklist.versions.filter(number__lt=version.number).order_by("-number").first()
        before, after = content_of(previous) if previous else [], content_of(version)
        return {"previous": previous, "differences": differences(before, after), "stamp": fingerprint(after)}

    @action(description="导出 xlsx", url_path="export.xlsx", icon="download", permissions=["view"])
    def export(self, request: StaffRequest, object_id: str) -> HttpResponse:
        version = self._version(request, object_id)
        return download(checklist_xlsx.export(content_of(version)), f"{version}.xlsx")

    # --- verbs ----------------------------------------------------------------------------------------------------

    @action(description="发布", icon="publish", variant=ActionVariant.PRIMARY, permissions=["draft"])
    def publish(self, request: StaffRequest, object_id: str) -> HttpResponse:
        """GET shows what changes and from when, POST does it: exactly what was shown, or not at all."""
        version = self._version(request, object_id)
        context = self._against_previous(version)
        if request.method == "POST":
            if request.POST.get("stamp") == context["stamp"]:
                return self._do(request, version, publish_version, "第 {} 版已发布。")
            messages.error(request, "草稿在您打开确认页之后又被改过,请重新核对。")
        is_first = not version.checklist.versions.published().exists()
        running = Inspection.objects.unfinished().filter(version__checklist=version.checklist).count()
        starts_on = None if is_first else local_date(timezone.now()) + timedelta(days=1)
        return self._page(
            request, "publish", version, title="发布", starts_on=starts_on, running=running, **context
        )

    @action(description="放弃草稿", icon="delete", permissions=["draft"])
    def discard(self, request: StaffRequest, object_id: str) -> HttpResponse:
        version = self._version(request, object_id)
        if request.method == "POST":
            return self._do(request, version, discard_draft, "第 {} 版的草稿已放弃。")
        return self._page(request, "discard", version, title="放弃草稿", **self._against_previous(version))

    def _do(self, request: StaffRequest, version: ChecklistVersion, service: Any, done: str) -> HttpResponse:
        try:
            service(version=version, by=request.user, at=timezone.now())
        except Refused as refused:
            messages.error(request, refused.sentence)
            return redirect(reverse("admin:inspections_checklistversion_change", args=[version.pk]))
        messages.success(request, done.format(version.number))
        return redirect("admin:inspections_checklist_change", version.checklist_id)

    def _page(self, request: StaffRequest, name: str, version: ChecklistVersion, **context: Any) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": version, "version": version}
        return render(request, f"admin/inspections/{name}.html", frame | context)
