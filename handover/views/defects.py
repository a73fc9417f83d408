"""验房 of a house, the list of 遗留问题 with its export, and one defect with its verbs (HND-3, RPT-5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.places import current_place
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.attachments.models import Attachment
from foundation.records.downloads import EXPORT_ROWS, xlsx_response
from foundation.records.paging import page_of
from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import act
from handover import defectlists
from handover.defectpage import DefectPage
from handover.faultlibrary import library
from handover.forms import defects as forms
from handover.guards import defects as guards
from handover.models import Builder, Defect, Handover
from handover.pins import numbers_of, pinned, plan_of
from handover.querysets import DefectQuerySet
from handover.services import defectphotos, defects

State = Defect.State
TABS = (
    ("open", "待整改", Q(state=State.OPEN)),
    ("overdue", "已超期", None),
    ("fixed", "待复验", Q(state=State.FIXED)),
    ("rechecked", "待业主确认", Q(state=State.RECHECKED)),
    ("over", "已了结", Q(state__in=[State.CONFIRMED, State.WAIVED])),
    ("all", "全部", Q()),
)


# --- 验房 of a house --------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def house_defects(request: StaffRequest, pk: int) -> HttpResponse:
    handover = _handover(request, pk)
    # The next fault is found in the room where the last one was.
    initial = {"room": request.GET.get("room", "")}
    return _house_page(request, handover, forms.DefectForm(handover=handover, initial=initial))


def _handover(request: StaffRequest, pk: int, right: Right = Right.VIEW_HANDOVER) -> Handover:
    visible = Handover.objects.visible_to(request.user, right).select_related("batch", "estate__parent", "house")
    return get_object_or_404(visible, pk=pk)


def _house_page(request: StaffRequest, handover: Handover, form: forms.DefectForm) -> HttpResponse:
    """The form first, for it is filled in room by room; with one that was refused, everything typed is still there."""
    found = list(Defect.objects.filter(house=handover.house_id).select_related("builder").order_by("-pk"))
    photos = Attachment.objects.for_owners(Defect, [row.pk for row in found], defectphotos.BEFORE).by_owner()
    at, numbers, plan = timezone.now(), numbers_of([handover.house_id]), plan_of(handover.house_id)
    key = form["client_key"].value()
    valid_key = form.cleaned_data.get("client_key") if form.is_bound else None
    context = {
        "handover": handover,
        "form": form,
        "key": key,
        "kept": list(defectphotos.waiting(handover=handover, key=valid_key)) if valid_key else [],
        "rows": [(row, numbers[row.pk], photos[row.pk]) for row in found],
        "left": sum(not row.is_over for row in found),
        "at": at,
        "plan": plan,
        # What was pinned on a picture that was replaced meanwhile is pinned again.
        "pin": form["pin"].value() if plan and form["picture"].value() == str(plan.picture.uuid) else "",
        "plans": pinned(found, numbers, at, now=plan, linked=True),
        "may_keep_plans": request.user.may(Right.KEEP_PLANS, handover.estate),
        "why_not": refusal(guards.may_register, handover.estate, request.user),
        "rooms_of": json.dumps({trade.name: trade.rooms for trade in library().trades.values()}, ensure_ascii=False),
    }
    return render(request, "handover/house_defects.html", context)


@needs(Right.INSPECT_HOUSE)
@require_POST
def register_defect(request: StaffRequest, pk: int) -> HttpResponse:
    """The photos are kept first, whatever else is wrong: a browser can't be given them back."""
    handover = _handover(request, pk, Right.INSPECT_HOUSE)
    form = forms.DefectForm(request.POST, handover=handover)
    form.is_valid()
    if key := form.cleaned_data.get("client_key"):
        _keep(request, form, handover, defectphotos.slot_of(key))
    return act(
        request,
        form,
        lambda at: defects.register_defect(handover=handover, by=request.user, at=at, **form.values()),
        done="问题已登记，可以接着登记下一个。",
        back=f"{reverse('handover:house_defects', args=[handover.pk])}?{urlencode({'room': form.data.get('room', '')})}",
        again=lambda refused: _house_page(request, handover, refused),
    )


def _keep(request: StaffRequest, form: forms.DefectForm | forms.VerbForm, owner: Handover | Defect, slot: str) -> None:
    files = request.FILES.getlist("photos")
    try:
        defectphotos.keep(owner=owner, slot=slot, photos=files, by=request.user, at=timezone.now())
    except Refused as refused:
        form.add_error(None, refused.sentence)


# --- the list -------------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def listing(request: StaffRequest) -> HttpResponse:
    at = timezone.now()
    found, form = _filtered(request)
    status = _status(request)
    tabs = {value: _in_tab(value, at) for value, _, _ in TABS}
    counts = found.order_by().aggregate(**{value: Count("estate", filter=rows) for value, rows in tabs.items()})
    page = page_of(
        found.filter(tabs[status]).order_by("due_at", "pk"),
        count=counts[status],
        number=request.GET.get("page"),
        related=("estate", "house", "builder"),
    )
    context = {
        "page": page,
        "form": form,
        "tabs": [{"value": value, "label": label, "count": counts[value]} for value, label, _ in TABS],
        "status": status,
        "at": at,
        "export_url": reverse("handover:defects_export"),
        "may_keep_builders": request.user.may(Right.INSPECT_HOUSE),
    }
    return render(request, "handover/defects.html", context)


@needs(Right.VIEW_HANDOVER)
@require_safe
def export(request: StaffRequest) -> HttpResponse:
    """The same rows as the list shows, as .xlsx."""
    at = timezone.now()
    found, _ = _filtered(request)
    rows = found.filter(_in_tab(_status(request), at)).order_by("due_at", "pk")
    if rows.count() > EXPORT_ROWS:
        messages.error(request, f"一次最多导出 {EXPORT_ROWS} 条，请先筛选。")
        return redirect("handover:defects")
    content = defectlists.defects_xlsx(rows.select_related(*defectlists.RELATED), at)
    return xlsx_response(content, "遗留问题.xlsx")


def _filtered(request: StaffRequest) -> tuple[DefectQuerySet, forms.DefectFilter]:
    place = current_place(request)
    builders = Builder.objects.visible_to(request.user).below(place)
    form = forms.DefectFilter(request.GET, builders=builders)
    return form.apply(Defect.objects.visible_to(request.user).below(place)), form


def _status(request: StaffRequest) -> str:
    status = request.GET.get("status", "open")
    return status if status in {value for value, _, _ in TABS} else "open"


def _in_tab(value: str, at: datetime) -> Q:
    """The tab's rows; overdue as `DefectQuerySet.overdue` says (GEN-1)."""
    rows = {value: rows for value, _, rows in TABS}[value]
    return Q(state=State.OPEN, due_at__lt=at) if rows is None else rows


# --- one defect -----------------------------------------------------------------------------------------------------


@needs(Right.VIEW_HANDOVER)
@require_safe
def record(request: StaffRequest, pk: int) -> HttpResponse:
    return _page(request, _defect(request, pk))


def _defect(request: StaffRequest, pk: int) -> Defect:
    visible = Defect.objects.visible_to(request.user).select_related(
        "estate__parent", "house", "handover", "builder", "plan", "found_by", "fixed_by", "rechecked_by"
    )
    return get_object_or_404(visible, pk=pk)


def _page(
    request: StaffRequest, defect: Defect, *refused: forms.VerbForm, pin: forms.SpotForm | None = None
) -> HttpResponse:
    """The record; with a form that was refused, everything typed is still there."""
    page = DefectPage(defect, request.user, timezone.now(), {form.verb: form for form in refused}, pin)
    return render(request, "handover/defect.html", page.context())


def _act(
    request: StaffRequest, pk: int, form: type[forms.VerbForm], service: Callable[..., object], done: str
) -> HttpResponse:
    defect = _defect(request, pk)
    filled = form(request.POST, defect=defect, at=timezone.now())
    if filled.photos and not refusal(guards.may_fix, defect, request.user):
        filled.is_valid()
        _keep(request, filled, defect, defectphotos.AFTER)
    return act(
        request,
        filled,
        lambda at: service(defect=defect, by=request.user, at=at, **filled.cleaned_data),
        done=done,
        back=reverse("handover:defect", args=[pk]),
        again=lambda refused: _page(request, _defect(request, pk), refused),
    )


@needs(Right.INSPECT_HOUSE)
@require_POST
def assign(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, forms.AssignForm, defects.assign_builder, "责任单位已指定。")


@needs(Right.INSPECT_HOUSE)
@require_POST
def pin(request: StaffRequest, pk: int) -> HttpResponse:
    """On the plan of the house, moved there, or taken off."""
    defect, form = _defect(request, pk), forms.SpotForm(request.POST)
    return act(
        request,
        form,
        lambda at: defects.pin_defect(defect=defect, spot=form.spot, by=request.user, at=at),
        done="平面图上的位置已保存。",
        back=reverse("handover:defect", args=[pk]),
        again=lambda refused: _page(request, _defect(request, pk), pin=refused),
    )


@needs(Right.INSPECT_HOUSE)
@require_POST
def fix(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, forms.FixForm, defects.fix_defect, "整改已登记，请由别人复验。")


@needs(Right.INSPECT_HOUSE)
@require_POST
def recheck(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, forms.RecheckForm, defects.recheck_defect, "复验通过，请业主确认。")


@needs(Right.INSPECT_HOUSE)
@require_POST
def reject(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, forms.RejectForm, defects.reject_defect, "已退回重新整改。")


@needs(Right.INSPECT_HOUSE)
@require_POST
def confirm(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, forms.ConfirmForm, defects.confirm_defect, "业主已确认。")


@needs(Right.INSPECT_HOUSE)
@require_POST
def waive(request: StaffRequest, pk: int) -> HttpResponse:
    return _act(request, pk, forms.WaiveForm, defects.waive_defect, "已登记业主放弃。")
