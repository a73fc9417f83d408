"""业主清册导入 (ORG-6): template, upload, preview, confirm, and the worker in between; each its own address."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from estates import importing, services
from estates.access import IMPORT_HOUSES, StaffRequest, needs
from estates.forms import ImportForm
from estates.models import ImportBatch
from foundation.records import progress
from foundation.records.downloads import xlsx_response
from foundation.records.refusals import Refused

RECENT = 20
# A worker takes up a message within a second, and tells of itself every few.
SILENCE = timedelta(seconds=15)


@needs(IMPORT_HOUSES)
@require_safe
def imports(request: StaffRequest) -> HttpResponse:
    return _page(request, ImportForm(user=request.user))


@needs(IMPORT_HOUSES)
@require_safe
def import_template(request: StaffRequest) -> HttpResponse:
    return xlsx_response(importing.template(), "业主清册模板.xlsx")


@needs(IMPORT_HOUSES)
@require_POST
def upload_import(request: StaffRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = services.upload_import(
                estate=form.cleaned_data["estate"],
                filename=file.name,
                content=file.read(),
                by=request.user,
                at=timezone.now(),
            )
        except Refused as refused:
            form.add_error("file", str(refused))
        else:
            return redirect("estates:import_batch", batch.pk)
    return _page(request, form)


@needs(IMPORT_HOUSES)
@require_safe
def import_batch(request: StaffRequest, pk: int) -> HttpResponse:
    """What the file would change, what is wrong with it, or how far the worker is."""
    batch = _batch(request, pk)
    return render(request, "estates/import_batch.html", {"batch": batch, **_progress(batch, timezone.now())})


@needs(IMPORT_HOUSES)
@never_cache
@require_safe
def import_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The line that the page asks for every second; at the end of the work the whole page is read again."""
    batch = _batch(request, pk)
    if not batch.is_under_way:
        return HttpResponseClientRefresh()
    return render(request, "estates/_import_progress.html", {"batch": batch, **_progress(batch, timezone.now())})


@needs(IMPORT_HOUSES)
@require_POST
def confirm_import(request: StaffRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    try:
        services.confirm_import(batch=batch, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("estates:import_batch", batch.pk)


@needs(IMPORT_HOUSES)
@require_POST
def retry_import(request: StaffRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    try:
        services.retry_import(batch=batch, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("estates:import_batch", batch.pk)


def _progress(batch: ImportBatch, at: datetime) -> dict[str, Any]:
    """How far the worker is, and since when nothing was heard of it where that is longer than it should be."""
    told = progress.told(batch.progress_key) if batch.is_under_way else None
    silence = at - told.at if told else batch.waits(at)
    imported = services.imported(batch) if batch.state == batch.State.CONFIRMED else ""
    return {
        "imported": imported,
        "told": told,
        "silent_seconds": int(silence.total_seconds()) if silence > SILENCE else None,
    }


def _batch(request: StaffRequest, pk: int) -> ImportBatch:
    return get_object_or_404(ImportBatch.objects.visible_to(request.user, IMPORT_HOUSES).light(), pk=pk)


def _page(request: StaffRequest, form: ImportForm) -> HttpResponse:
    recent = ImportBatch.objects.visible_to(request.user, IMPORT_HOUSES).light().defer("content", "rows", "errors")
    return render(request, "estates/imports.html", {"form": form, "batches": recent[:RECENT]})
