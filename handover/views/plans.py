"""户型图: the list and its upload, and one plan with its houses (HND-3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.forms import BaseForm, Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from estates.models import Estate, House
from foundation.records.paging import page_of
from foundation.records.verbs import act
from handover.forms import plans as forms
from handover.models import HousePlan
from handover.pins import pictures_of
from handover.planpage import PlanPage
from handover.services import plans as services


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    return _listing(request)


def _listing(request: StaffRequest, add: forms.AddPlanForm | None = None) -> HttpResponse:
    """The plans with their pictures; with a form that was refused, what was typed is still there."""
    place = current_place(request)
    found = HousePlan.objects.visible_to(request.user).below(place)
    page = page_of(
        found.order_by("estate__code", "name"), count=found.count(), number=request.GET.get("page"), related=()
    )
    keys = [plan.pk for plan in page.object_list]
    plans = HousePlan.objects.filter(pk__in=keys).with_counts().select_related("estate").in_bulk()
    pictures = pictures_of(keys)
    estates = _estates(request)
    context = {
        "page": page,
        "rows": [(plans[pk], pictures.get(pk)) for pk in keys],
        "left": _without(request, place),
        "form": (add or forms.AddPlanForm(estates=estates, place=place)) if estates else None,
    }
    return render(request, "handover/plans.html", context)


def _without(request: StaffRequest, place: Any) -> int:
    """How many houses that are being handed over have no plan, at estates that have any."""
    estates = HousePlan.objects.visible_to(request.user).below(place).values("estate")
    return House.objects.filter(estate__in=estates, handovers__isnull=False, planned=None).distinct().count()


def _estates(request: StaffRequest) -> Any:
    return Estate.objects.visible_to(request.user, Right.KEEP_PLANS).active().order_by("code")


@needs(Right.KEEP_PLANS)
@require_POST
def add(request: StaffRequest) -> HttpResponse:
    form = forms.AddPlanForm(request.POST, request.FILES, estates=_estates(request))
    return act(
        request,
        form,
        lambda at: services.add_plan(by=request.user, at=at, **form.cleaned_data),
        done="户型图已上传，请打开它，分配房屋。",
        back=reverse("handover:plans"),
        again=lambda refused: _listing(request, refused),
    )


# --- one plan -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _plan(request, pk))


def _plan(request: StaffRequest, pk: int) -> HousePlan:
    return get_object_or_404(HousePlan.objects.visible_to(request.user).select_related("estate__parent"), pk=pk)


def _page(request: StaffRequest, plan: HousePlan, **bound: BaseForm) -> HttpResponse:
    return render(request, "handover/plan.html", PlanPage(plan, request.user, bound).context())


def _act(
    request: StaffRequest, plan: HousePlan, form: Any, do: Callable[[datetime], object], done: str
) -> HttpResponse:
    return act(
        request,
        form,
        do,
        done=done,
        back=reverse("handover:plan", args=[plan.pk]),
        again=lambda refused: _page(request, _plan(request, plan.pk), **{refused.verb: refused}),
    )


@needs(Right.KEEP_PLANS)
@require_POST
def rename(request: StaffRequest, pk: int) -> HttpResponse:
    plan = _plan(request, pk)
    form = forms.RenamePlanForm(request.POST, auto_id="rename-%s")

    def do(at: datetime) -> None:
        services.rename_plan(plan=plan, by=request.user, at=at, **form.cleaned_data)

    return _act(request, plan, form, do, "户型已改名。")


@needs(Right.KEEP_PLANS)
@require_POST
def replace(request: StaffRequest, pk: int) -> HttpResponse:
    plan = _plan(request, pk)
    form = forms.ReplacePictureForm(request.POST, request.FILES, auto_id="replace-%s")

    def do(at: datetime) -> None:
        services.replace_picture(plan=plan, by=request.user, at=at, **form.cleaned_data)

    return _act(request, plan, form, do, "户型图已更换。")


@needs(Right.KEEP_PLANS)
@require_POST
def remove(request: StaffRequest, pk: int) -> HttpResponse:
    plan = _plan(request, pk)
    return act(
        request,
        Form(request.POST),
        lambda at: services.remove_plan(plan=plan, by=request.user, at=at),
        done="户型图已删除。",
        back=reverse("handover:plans"),
        again=lambda refused: _page(request, plan, remove=refused),
    )


@needs(Right.KEEP_PLANS)
@require_POST
def assign(request: StaffRequest, pk: int) -> HttpResponse:
    return _houses(request, pk, services.assign_houses, "房屋已分配到这张图。")


@needs(Right.KEEP_PLANS)
@require_POST
def unassign(request: StaffRequest, pk: int) -> HttpResponse:
    return _houses(request, pk, services.unassign_houses, "已取消分配。")


def _houses(request: StaffRequest, pk: int, service: Callable[..., int], done: str) -> HttpResponse:
    plan = _plan(request, pk)
    form = forms.HousesForm(request.POST, plan=plan)
    return act(
        request,
        form,
        lambda at: service(plan=plan, by=request.user, at=at, **form.values()),
        done=done,
        back=reverse("handover:plan", args=[pk]),
        again=lambda refused: _page(request, plan, houses=refused),
    )
