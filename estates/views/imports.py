"""业主清册导入 (ORG-6): template, upload, preview, confirm; each its own address."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from estates import importing, services
from estates.access import IMPORT_HOUSES, StaffRequest, needs
from estates.errors import Refused
from estates.forms import ImportForm
from estates.models import ImportBatch
from estates.views.houses import download

RECENT = 20


@needs(IMPORT_HOUSES)
@require_safe
def imports(request: StaffRequest) -> HttpResponse:
    return _page(request, ImportForm(user=request.user))


@needs(IMPORT_HOUSES)
@require_safe
def import_template(request: StaffRequest) -> HttpResponse:
    return download(importing.template(), "业主清册模板.xlsx")


@needs(IMPORT_HOUSES)
@require_POST
def upload_import(request: StaffRequest) -> HttpResponse:
    form = ImportForm(request.POST, request.FILES, user=request.user)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            batch = services.preview_import(
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
    """What the file would change, or what is wrong with it."""
    return render(request, "estates/import_batch.html", {"batch": _batch(request, pk)})


@needs(IMPORT_HOUSES)
@require_POST
def confirm_import(request: StaffRequest, pk: int) -> HttpResponse:
    batch = _batch(request, pk)
    try:
        batch = services.confirm_import(batch=batch, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, str(refused))
    else:
        figures = batch.summary
        messages.success(request, f"已导入:新增 {figures['new']} 户,更新 {figures['changed']} 户。")
    return redirect("estates:import_batch", batch.pk)


def _batch(request: StaffRequest, pk: int) -> ImportBatch:
    visible = (
        ImportBatch.objects.visible_to(request.user, IMPORT_HOUSES)
        .select_related("estate", "uploaded_by")
        .defer("rows")
    )
    return get_object_or_404(visible, pk=pk)


def _page(request: StaffRequest, form: ImportForm) -> HttpResponse:
    recent = (
        ImportBatch.objects.visible_to(request.user, IMPORT_HOUSES)
        .select_related("estate", "uploaded_by")
        .defer("rows", "errors")
    )
    return render(request, "estates/imports.html", {"form": form, "batches": recent[:RECENT]})
