"""房屋与业主: the list with its export, and 一户一档 (ORG-7) with its verbs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from estates import exporting, housefile, services
from estates.access import CHANGE_HOUSES, REVEAL_PERSONAL, VIEW_HOUSES, StaffRequest, needs
from estates.forms import HouseFilter, OccupantForm, OwnerForm, TenancyEndForm
from estates.models import Estate, House, Kind, Occupant, Owner, Tenant
from estates.places import current_place
from estates.querysets import HouseQuerySet
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.refusals import Refused
from foundation.records.verbs import act

PAGE = 50
TIMELINE = 200


@needs(VIEW_HOUSES)
@require_safe
def houses(request: StaffRequest) -> HttpResponse:
    found, form = _filtered(request)
    page = Paginator(found.with_occupants(), PAGE).get_page(request.GET.get("page"))
    return render(
        request, "estates/houses.html", {"page": page, "form": form, "export_url": reverse("estates:export_houses")}
    )


@needs(VIEW_HOUSES)
@require_safe
def export_houses(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx (RPT-5)."""
    found, _ = _filtered(request)
    if found.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 户，请先筛选。")
        return redirect("estates:houses")
    return xlsx_response(exporting.houses_xlsx(found.with_occupants()), "房屋与业主.xlsx")


@needs(VIEW_HOUSES)
@require_safe
def house(request: StaffRequest, pk: int) -> HttpResponse:
    found = _house(request, pk)
    context = {
        "house": found,
        "facts": [
            ("项目", found.estate.name),
            ("楼栋", found.building.name),
            ("单元", found.unit.name if found.unit else ""),
            ("房号", found.number),
            ("建筑面积", f"{found.area} ㎡"),
            ("服务中心电话", found.estate.service_phone),
        ],
        "panels": housefile.panels(found, request.user),
        "entries": housefile.entries(found, request.user)[:TIMELINE],
        "may_change": request.user.may(CHANGE_HOUSES, found.estate),
        "may_reveal": request.user.may(REVEAL_PERSONAL, found.estate),
    }
    return render(request, "estates/house.html", context)


@needs(CHANGE_HOUSES)
@require_http_methods(["GET", "POST"])
def change_owner(request: StaffRequest, pk: int) -> HttpResponse:
    return _change(request, pk, OwnerForm, services.change_owner, "业主变更")


@needs(CHANGE_HOUSES)
@require_http_methods(["GET", "POST"])
def change_tenant(request: StaffRequest, pk: int) -> HttpResponse:
    return _change(request, pk, OccupantForm, services.change_tenant, "租户变更")


@needs(CHANGE_HOUSES)
@require_http_methods(["GET", "POST"])
def end_tenancy(request: StaffRequest, pk: int) -> HttpResponse:
    tenant = get_object_or_404(
        Tenant.objects.visible_to(request.user, VIEW_HOUSES).select_related("house__estate__parent"), pk=pk
    )

    form = TenancyEndForm(request.POST or None, initial={"until": timezone.localdate()})

    def do(at: datetime) -> None:
        services.end_tenancy(tenant=tenant, by=request.user, at=at, **form.cleaned_data)

    return _submit(request, tenant.house, form, do, f"{tenant.name}退租")


@needs(REVEAL_PERSONAL)
@never_cache
@require_POST
def reveal_owner(request: StaffRequest, pk: int) -> HttpResponse:
    return _reveal(request, Owner, pk)


@needs(REVEAL_PERSONAL)
@never_cache
@require_POST
def reveal_tenant(request: StaffRequest, pk: int) -> HttpResponse:
    return _reveal(request, Tenant, pk)


def _filtered(request: StaffRequest) -> tuple[HouseQuerySet, HouseFilter]:
    """The houses the user sees, at the chosen place, that pass the filter; the same for the page and the export."""
    found = House.objects.visible_to(request.user, VIEW_HOUSES)
    place = current_place(request)
    if place:
        found = found.filter(estate__in=place.estates())
    estate = Estate.objects.get(pk=place.pk) if place and place.kind == Kind.ESTATE else None
    form = HouseFilter(request.GET, estate=estate)
    found = form.apply(found)
    return (found.in_order() if estate else found), form


def _house(request: StaffRequest, pk: int) -> House:
    visible = House.objects.visible_to(request.user, VIEW_HOUSES).select_related("estate__parent", "building", "unit")
    return get_object_or_404(visible, pk=pk)


def _change(
    request: StaffRequest, pk: int, form_class: type[OccupantForm], service: Callable[..., Occupant], title: str
) -> HttpResponse:
    found = _house(request, pk)

    form = form_class(request.POST or None, initial={"since": timezone.localdate()})

    def do(at: datetime) -> None:
        service(house=found, by=request.user, at=at, **form.cleaned_data)

    return _submit(request, found, form, do, title)


def _submit(
    request: StaffRequest, found: House, form: forms.Form, do: Callable[[datetime], object], title: str
) -> HttpResponse:
    """Show the form, or do what it asks; a refusal is shown on it with everything that was typed."""

    def page(form: forms.Form) -> HttpResponse:
        return render(request, "estates/occupant_form.html", {"house": found, "form": form, "title": title})

    if request.method != "POST":
        return page(form)
    back = reverse("estates:house", args=[found.pk])
    return act(request, form, do, done=f"{found} 已保存：{title}。", back=back, again=page)


def _reveal(request: StaffRequest, model: type[Owner] | type[Tenant], pk: int) -> HttpResponse:
    person = get_object_or_404(
        model.objects.visible_to(request.user, VIEW_HOUSES).select_related("house__estate__parent"), pk=pk
    )
    try:
        personal = services.reveal_owner(owner=person, by=request.user, at=timezone.now())  # type: ignore[arg-type]
    except Refused as refused:
        return render(request, "estates/_revealed.html", {"person": person, "refused": str(refused)}, status=403)
    return render(request, "estates/_revealed.html", {"person": person, "personal": personal})
