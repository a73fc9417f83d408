"""预约时段 of a batch (HND-1)."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.decorators import needs
from accounts.rights import Right
from estates.access import StaffRequest
from foundation.records.refusals import refusal
from foundation.records.verbs import act
from handover.forms.batches import CapacityForm, SlotsForm
from handover.guards import batches as guards
from handover.models import Batch, Slot
from handover.services import slots
from handover.views.batches import managed


@needs(Right.MANAGE_BATCH)
@require_safe
def slots_page(request: StaffRequest, pk: int) -> HttpResponse:
    return _slots(request, managed(request, pk))


def _slots(
    request: StaffRequest, batch: Batch, form: SlotsForm | None = None, changed: tuple[int, CapacityForm] | None = None
) -> HttpResponse:
    may_manage = not refusal(guards.may_manage, batch, request.user)
    found = list(batch.slots.annotate(taken=Count("handovers")).order_by("starts_at"))
    days: dict[Any, list[tuple[Slot, CapacityForm | None]]] = {}
    for slot in found:
        known = changed[1] if changed and changed[0] == slot.pk else None
        own = known or CapacityForm(initial={"capacity": slot.capacity}, auto_id=f"slot-{slot.pk}-%s")
        days.setdefault(timezone.localtime(slot.starts_at).date(), []).append((slot, own if may_manage else None))
    context = {
        "batch": batch,
        "days": list(days.items()),
        "form": (form or SlotsForm(initial={"first": batch.starts_on, "last": batch.ends_on})) if may_manage else None,
        "room": sum(slot.capacity for slot in found),
        "taken": sum(slot.taken for slot in found),  # type: ignore[attr-defined]
        "houses": batch.handovers.count(),
    }
    return render(request, "handover/slots.html", context)


@needs(Right.MANAGE_BATCH)
@require_POST
def add_slots(request: StaffRequest, pk: int) -> HttpResponse:
    batch, form = managed(request, pk), SlotsForm(request.POST)
    return act(
        request,
        form,
        lambda at: slots.add_slots(batch=batch, by=request.user, at=at, **form.cleaned_data),
        done="时段已设置。",
        back=reverse("handover:slots", args=[pk]),
        again=lambda refused: _slots(request, batch, refused),
    )


@needs(Right.MANAGE_BATCH)
@require_POST
def change_slot(request: StaffRequest, pk: int) -> HttpResponse:
    visible = Slot.objects.visible_to(request.user, Right.MANAGE_BATCH)
    slot = get_object_or_404(visible.select_related("batch__estate__parent"), pk=pk)
    form = CapacityForm(request.POST, auto_id=f"slot-{slot.pk}-%s")
    return act(
        request,
        form,
        lambda at: slots.change_capacity(slot=slot, by=request.user, at=at, **form.cleaned_data),
        done="时段已调整。",
        back=reverse("handover:slots", args=[slot.batch_id]),
        again=lambda refused: _slots(request, slot.batch, changed=(slot.pk, refused)),
    )
