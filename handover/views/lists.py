"""The developer's owner list of a batch: uploaded, how far the worker is, what is wrong with it (HND-1)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from accounts.decorators import needs
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records import progress
from foundation.records.downloads import xlsx_response
from foundation.records.refusals import Refused, refusal
from handover import ownerlists
from handover.forms.batches import OwnerListForm
from handover.guards import batches as guards
from handover.models import Batch, OwnerList
from handover.services import lists
from handover.views.batches import managed

# A worker takes up a message within a second, and tells of itself every few.
SILENCE = timedelta(seconds=15)


@needs(Right.MANAGE_BATCH)
@require_safe
def lists_page(request: StaffRequest, pk: int) -> HttpResponse:
    return _lists(request, managed(request, pk), OwnerListForm())


def _lists(request: StaffRequest, batch: Batch, form: OwnerListForm) -> HttpResponse:
    context = {
        "batch": batch,
        "form": None if refusal(guards.may_manage, batch, request.user) else form,
        "lists": batch.lists.light(),
        "notes": ownerlists.NOTES,
    }
    return render(request, "handover/lists.html", context)


@needs(Right.MANAGE_BATCH)
@require_safe
def list_template(request: StaffRequest) -> HttpResponse:
    return xlsx_response(ownerlists.template(), "交付名单模板.xlsx")


@needs(Right.MANAGE_BATCH)
@require_POST
def upload_list(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = managed(request, pk), OwnerListForm(request.POST, request.FILES)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            kept = lists.upload_list(
                batch=batch, filename=file.name, content=file.read(), by=request.user, at=timezone.now()
            )
        except Refused as refused:
            form.add_error("file", refused.sentence)
        else:
            return redirect("handover:list", kept.pk)
    response = _lists(request, batch, form)
    response.status_code = 422
    return response


def _list(request: StaffRequest, pk: int) -> OwnerList:
    return get_object_or_404(OwnerList.objects.visible_to(request.user, Right.MANAGE_BATCH).light(), pk=pk)


@needs(Right.MANAGE_BATCH)
@require_safe
def list_record(request: StaffRequest, pk: int) -> HttpResponse:
    """What is wrong with the file, how far the worker is, or that it is saved."""
    kept = _list(request, pk)
    return render(request, "handover/list.html", {"list": kept, **_progress(kept, timezone.now())})


@needs(Right.MANAGE_BATCH)
@never_cache
@require_safe
def list_progress(request: StaffRequest, pk: int) -> HttpResponse:
    """The line that the page asks for every second; at the end of the work the whole page is read again."""
    kept = _list(request, pk)
    if not kept.is_under_way:
        return HttpResponseClientRefresh()
    return render(request, "handover/_list_progress.html", {"list": kept, **_progress(kept, timezone.now())})


@needs(Right.MANAGE_BATCH)
@require_POST
def retry_list(request: StaffRequest, pk: int) -> HttpResponse:
    kept = _list(request, pk)
    try:
        lists.retry_list(owner_list=kept, by=request.user, at=timezone.now())
    except Refused as refused:
        messages.error(request, refused.sentence)
    return redirect("handover:list", pk)


def _progress(kept: OwnerList, at: datetime) -> dict[str, Any]:
    """How far the worker is, and since when nothing was heard of it where that is longer than it should be."""
    told = progress.told(kept.progress_key) if kept.is_under_way else None
    silence = at - told.at if told else kept.waits(at)
    return {"told": told, "silent_seconds": int(silence.total_seconds()) if silence > SILENCE else None}
