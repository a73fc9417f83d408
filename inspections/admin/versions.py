"""检查表版本: a draft is edited, subjects and items on one page; a published version is only read (INS-6)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone

from estates.access import StaffRequest
from foundation.journal.services import record
from inspections.admin.items import ItemInline
from inspections.admin.subjects import SectionInline
from inspections.admin.version_pages import VersionPages
from inspections.content import content_of
from inspections.differences import differences
from inspections.models import ChecklistVersion

JOURNALLED_LINES = 200


@admin.register(ChecklistVersion)
class VersionAdmin(VersionPages):
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

    # --- edit -----------------------------------------------------------------------------------------------------

    def changelist_view(self, request: StaffRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return redirect("admin:inspections_checklist_changelist")

    def changeform_view(self, request: StaffRequest, object_id: str | None = None, *args: Any, **kwargs: Any) -> Any:
        """The row is locked while it is saved: a draft that was published meanwhile is not written to."""
        if request.method != "POST":
            return super().changeform_view(request, object_id, *args, **kwargs)
        with transaction.atomic():
            rows = ChecklistVersion.objects.select_for_update().filter(pk=object_id or 0)
            if any(not version.is_draft for version in rows):
                messages.error(request, "这个版本已经发布，不能再修改；请新建草稿。")
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
