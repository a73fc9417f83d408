"""A checklist from an .xlsx: upload, look at the differences or the faults, confirm. Nothing is saved before that."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estates.access import StaffRequest
from estates.admin.scoped import CompanyAdmin
from foundation.records.downloads import xlsx_response
from foundation.records.refusals import Refused
from inspections import checklist_xlsx
from inspections.admin.exchange import ImportForm, pack, unpack
from inspections.content import SectionContent, content_of, fingerprint
from inspections.differences import differences
from inspections.models import Checklist
from inspections.services.checklists import import_items


class ChecklistImport(CompanyAdmin):
    """What the admin of checklists adds to."""

    def get_urls(self) -> list[Any]:
        wrap, upload = self.admin_site.admin_view, require_http_methods(["GET", "HEAD", "POST"])(self.upload)
        return [
            path("template.xlsx", wrap(require_safe(self.template)), name="inspections_checklist_template"),
            path("<int:pk>/import/", wrap(upload), name="inspections_checklist_import"),
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
        return xlsx_response(checklist_xlsx.export([]), "检查表导入模板.xlsx")

    def upload(self, request: StaffRequest, pk: int) -> HttpResponse:
        """The form; after a POST what the file would change, or everything that is wrong with it. Saves nothing."""
        checklist = self._checklist(request, pk)
        form = ImportForm(request.POST, request.FILES) if request.method == "POST" else ImportForm()
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
        messages.success(request, f"已导入到第 {draft.number} 版的草稿，共 {sum(len(s.items) for s in sections)} 项。")
        return redirect("admin:inspections_checklistversion_change", draft.pk)

    def _import_page(self, request: StaffRequest, checklist: Checklist, **context: Any) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts, "original": checklist}
        frame |= {"checklist": checklist, "title": f"导入检查项 · {checklist}", "media": self.media}
        return render(request, "admin/inspections/import.html", frame | context)
