"""责任单位: who mends what at an estate, their list as .xlsx, and the address of their page (HND-3)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from estates.models import Estate
from foundation.journal.models import Entry
from foundation.records.downloads import xlsx_response
from foundation.records.verbs import Verb, act
from foundation.worktime.local import local_date
from handover.defectlists import builder_xlsx
from handover.forms.defects import AddBuilderForm, ChangeBuilderForm
from handover.models import Builder, Defect
from handover.services import builders as services

# What happened last to the builders of the page.
TOLD = 20


@needs(Right.INSPECT_HOUSE)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    return _page(request)


def _page(
    request: StaffRequest, add: AddBuilderForm | None = None, changed: ChangeBuilderForm | None = None, pk: int = 0
) -> HttpResponse:
    """The builders; with a form that was refused (`changed` of builder `pk`), everything typed is still there."""
    at = timezone.now()
    found = _visible(request).below(current_place(request)).select_related("estate")
    counted = found.annotate(
        left=Count("defects", filter=Q(defects__state=Defect.State.OPEN)),
        late=Count("defects", filter=Q(defects__state=Defect.State.OPEN, defects__due_at__lt=at)),
    )
    rows = [
        _row(builder, changed if builder.pk == pk else None)
        for builder in counted.order_by("-is_active", "estate__code", "name")
    ]
    context = {
        "rows": rows,
        "entries": list(Entry.objects.about(*(row["builder"] for row in rows)).reverse()[:TOLD]),
        "form": add or AddBuilderForm(estates=_estates(request)),
    }
    return render(request, "handover/builders.html", context)


def _row(builder: Builder, changed: ChangeBuilderForm | None) -> dict[str, Any]:
    return {
        "builder": builder,
        "address": services.address_of(builder) if builder.is_active else "",
        "list_url": reverse("handover:builder_list", args=[builder.pk]),
        "form": changed or ChangeBuilderForm(initial=_facts(builder), auto_id=f"builder-{builder.pk}-%s"),
        "verbs": [
            Verb("修改", "pencil", "", dialog=f"builder-{builder.pk}"),
            Verb("更换链接", "refresh-cw", "", dialog=f"renew-{builder.pk}"),
        ],
    }


def _facts(builder: Builder) -> dict[str, Any]:
    names = ("name", "contact", "phone", "is_active")
    trades = [one for one in builder.trades.split("、") if one]
    return {name: getattr(builder, name) for name in names} | {"trades": trades}


def _visible(request: StaffRequest) -> Any:
    return Builder.objects.visible_to(request.user, Right.INSPECT_HOUSE)


def _estates(request: StaffRequest) -> Any:
    return Estate.objects.visible_to(request.user, Right.INSPECT_HOUSE).active().order_by("code")


def _builder(request: StaffRequest, pk: int) -> Builder:
    return get_object_or_404(_visible(request).select_related("estate"), pk=pk)


@needs(Right.INSPECT_HOUSE)
@require_POST
def add(request: StaffRequest) -> HttpResponse:
    form = AddBuilderForm(request.POST, estates=_estates(request))
    return act(
        request,
        form,
        lambda at: services.add_builder(by=request.user, at=at, **form.cleaned_data),
        done="责任单位已登记，可以把链接发给他们。",
        back=reverse("handover:builders"),
        again=lambda refused: _page(request, add=refused),
    )


@needs(Right.INSPECT_HOUSE)
@require_POST
def change(request: StaffRequest, pk: int) -> HttpResponse:
    builder = _builder(request, pk)
    form = ChangeBuilderForm(request.POST, auto_id=f"builder-{pk}-%s")
    return act(
        request,
        form,
        lambda at: services.change_builder(builder=builder, by=request.user, at=at, **form.cleaned_data),
        done="责任单位已修改。",
        back=reverse("handover:builders"),
        again=lambda refused: _page(request, changed=refused, pk=pk),
    )


@needs(Right.INSPECT_HOUSE)
@require_POST
def renew(request: StaffRequest, pk: int) -> HttpResponse:
    builder = _builder(request, pk)
    form = Form(request.POST)
    return act(
        request,
        form,
        lambda at: services.renew_link(builder=builder, by=request.user, at=at),
        done="链接已更换，原来的链接打不开了。",
        back=reverse("handover:builders"),
        again=lambda refused: _page(request),
    )


@needs(Right.INSPECT_HOUSE)
@require_safe
def xlsx(request: StaffRequest, pk: int) -> HttpResponse:
    """整改清单 of one builder."""
    builder, at = _builder(request, pk), timezone.now()
    return xlsx_response(builder_xlsx(builder, at), f"整改清单_{builder.name}_{local_date(at):%Y%m%d}.xlsx")
