"""A version's pages beside its form: how the phone shows it, what differs, the file, publishing, throwing away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from unfold.decorators import action
from unfold.enums import ActionVariant

from estates.access import StaffRequest
from estates.admin.scoped import CompanyAdmin
from foundation.records.downloads import xlsx_response
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from inspections import checklist_xlsx
from inspections.content import content_of, fingerprint
from inspections.differences import differences
from inspections.models import ChecklistVersion, Inspection, Section
from inspections.services.checklists import discard_draft, publish_version


def numbered(number: int, section: Section) -> list[dict[str, Any]]:
    """A subject's items as the parts of 检查执行 want them."""
    return [{"number": f"{number}.{place}", "item": item} for place, item in enumerate(section.items.all(), 1)]


class VersionPages(CompanyAdmin):
    """What the admin of versions adds to."""

    def _version(self, request: StaffRequest, object_id: str | None) -> ChecklistVersion:
        version = self.get_object(request, str(object_id))
        if version is None or not self.has_view_permission(request, version):
            raise PermissionDenied
        return version

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
        subjects = ChecklistVersion.objects.with_content().get(pk=version.pk).sections.all()
        sections = [
            {"number": number, "section": section, "items": numbered(number, section)}
            for number, section in enumerate(subjects, 1)
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
        return xlsx_response(checklist_xlsx.export(content_of(version)), f"{version}.xlsx")

    # --- verbs ----------------------------------------------------------------------------------------------------

    @action(description="发布", icon="publish", variant=ActionVariant.PRIMARY, permissions=["draft"])
    def publish(self, request: StaffRequest, object_id: str) -> HttpResponse:
        """GET shows what changes and from when, POST does it: exactly what was shown, or not at all."""
        version = self._version(request, object_id)
        context = self._against_previous(version)
        if request.method == "POST":
            if request.POST.get("stamp") == context["stamp"]:
                return self._do(request, version, publish_version, "第 {} 版已发布。")
            messages.error(request, "草稿在您打开确认页之后又被改过，请重新核对。")
        is_first = not version.checklist.versions.published().exists()
        running = Inspection.objects.unfinished().filter(version__checklist=version.checklist).count()
        starts_on = None if is_first else local_date(timezone.now()) + timedelta(days=1)
        return self._page(request, "publish", version, title="发布", starts_on=starts_on, running=running, **context)

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
            return redirect("admin:inspections_checklistversion_change", version.pk)
        messages.success(request, done.format(version.number))
        return redirect("admin:inspections_checklist_change", version.checklist_id)

    def _page(self, request: StaffRequest, name: str, version: ChecklistVersion, **context: Any) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": version, "version": version}
        return render(request, f"admin/inspections/{name}.html", frame | context)
