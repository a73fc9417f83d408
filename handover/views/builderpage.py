"""The page of a builder behind a signed link (HND-3). Nobody logs in here.

What is shown are the faults that this builder is to mend, by room and with their photos; no owner, no phone, nothing of
other builders.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from limits import parse

from foundation.attachments.models import Attachment
from foundation.attachments.querysets import kind_of
from foundation.records import throttle
from foundation.records.downloads import xlsx_response
from foundation.records.refusals import Refused, refusal
from handover.defectlists import builder_xlsx
from handover.forms.defects import BuilderFixForm
from handover.guards.defects import builder_may_fix
from handover.marks import paths
from handover.models import Builder, Defect, HousePlan
from handover.pins import numbers_of, pictures_of, pin_of
from handover.services import defectphotos
from handover.services.builders import builder_of
from handover.services.defects import fix_by_builder

LOOKS_OF_ADDRESS = parse("120/minute")
# A foreman on his round reports some dozens.
FIXES_OF_BUILDER = parse("300/hour")
State = Defect.State
# What was mended lately stays on the page, so that nobody wonders where it went.
RECENT = 30


@login_not_required
@never_cache
@require_safe
def page(request: HttpRequest, signed: str) -> HttpResponse:
    if throttle.is_too_often(LOOKS_OF_ADDRESS, "builder", throttle.client_address(request)):
        return render(request, "429.html", status=429)
    builder = builder_of(signed)
    if builder is None:
        return render(request, "handover/public/ended.html", status=404)
    return _page(request, builder, signed)


def _page(
    request: HttpRequest,
    builder: Builder,
    signed: str,
    refused: tuple[int, BuilderFixForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    left = list(builder.defects.filter(state=State.OPEN).select_related("house").order_by("due_at", "pk"))
    done = builder.defects.exclude(state=State.OPEN).select_related("house").order_by("-fixed_at", "-pk")[:RECENT]
    photos = Attachment.objects.for_owners(Defect, [row.pk for row in left], defectphotos.BEFORE).by_owner()
    after = Attachment.objects.for_owners(Defect, [row.pk for row in left], defectphotos.AFTER).by_owner()
    at, numbers = timezone.now(), numbers_of({row.house_id for row in left if row.plan_id})
    plans = pictures_of({row.plan_id for row in left if row.plan_id})
    rows = [
        {
            "defect": row,
            "plan": plans.get(row.plan_id) if row.plan_id else None,
            "pins": [pin for pin in [pin_of(row, numbers.get(row.pk, 0), at)] if pin],
            "photos": photos[row.pk],
            "lines": paths(row.mark),
            "kept": len(after[row.pk]),
            "form": refused[1] if refused and refused[0] == row.pk else BuilderFixForm(auto_id=f"fix-{row.pk}-%s"),
        }
        for row in left
    ]
    context = {
        "builder": builder,
        "signed": signed,
        "rows": rows,
        "done": list(done),
        "at": at,
        "late": sum(row.is_overdue(at) for row in left),
        # Of a defect that was mended meanwhile there is no form any more.
        "sentence": refused[1].non_field_errors() if refused and refused[0] not in photos_of(rows) else "",
    }
    return render(request, "handover/public/builder.html", context, status=status)


def photos_of(rows: list[dict]) -> set[int]:
    return {row["defect"].pk for row in rows}


@login_not_required
@never_cache
@require_POST
def fix(request: HttpRequest, signed: str, pk: int) -> HttpResponse:
    """整改完成, with a photo, which is kept before anything else."""
    builder = _builder(signed)
    if throttle.is_too_often(FIXES_OF_BUILDER, "fix", builder.key):
        return render(request, "429.html", status=429)
    defect = get_object_or_404(builder.defects.select_related("estate", "house"), pk=pk)
    form = BuilderFixForm(request.POST, auto_id=f"fix-{pk}-%s")
    at = timezone.now()
    valid = form.is_valid()
    try:
        if sentence := refusal(builder_may_fix, defect, builder):
            raise Refused(sentence)
        files = request.FILES.getlist("photos")
        defectphotos.keep(owner=defect, slot=defectphotos.AFTER, photos=files, by=None, at=at)
        if valid:
            fix_by_builder(defect=defect, builder=builder, at=at, remark=form.cleaned_data["remark"])
            return redirect("handover:builder_page", signed)
    except Refused as refused:
        form.add_error(None, refused.sentence)
    return _page(request, builder, signed, (pk, form), status=422)


@login_not_required
@require_safe
def photo(request: HttpRequest, signed: str, uuid: UUID) -> HttpResponseBase:
    """A photo of a fault that this builder is to mend, at reading size."""
    builder = _builder(signed)
    found = get_object_or_404(Attachment, uuid=uuid, owner_kind=kind_of(Defect), slot=defectphotos.BEFORE)
    return _picture(found, builder.defects.filter(pk=found.owner_id).exists())


@login_not_required
@require_safe
def plan(request: HttpRequest, signed: str, uuid: UUID) -> HttpResponseBase:
    """The plan on which a fault that this builder is to mend is pinned."""
    builder = _builder(signed)
    found = get_object_or_404(Attachment, uuid=uuid, owner_kind=kind_of(HousePlan), slot=HousePlan.PICTURE)
    return _picture(found, builder.defects.filter(plan=found.owner_id).exists())


def _picture(found: Attachment, may: bool) -> HttpResponseBase:
    if not may or not found.is_image:
        raise Http404
    try:
        response = FileResponse(default_storage.open(str(found.shown)), content_type="image/jpeg")
    except FileNotFoundError as missing:
        raise Http404 from missing
    response["Cache-Control"] = "private, max-age=3600"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@login_not_required
@never_cache
@require_safe
def xlsx(request: HttpRequest, signed: str) -> HttpResponse:
    builder = _builder(signed)
    if throttle.is_too_often(LOOKS_OF_ADDRESS, "builder", throttle.client_address(request)):
        return render(request, "429.html", status=429)
    return xlsx_response(builder_xlsx(builder, timezone.now()), f"整改清单_{builder.name}.xlsx")


def _builder(signed: str) -> Builder:
    builder = builder_of(signed)
    if builder is None:
        raise Http404
    return builder
