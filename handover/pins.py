"""Plans of flats with the pins of defects on them, as pages and papers show them (HND-3). Reads only."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.urls import reverse

from foundation.attachments.models import Attachment
from handover.models import Defect, HousePlan


@dataclass(frozen=True)
class Pin:
    """One defect on its plan; `x` and `y` are percentages, "25.5%". `tone` says how it stands, `url` leads to it."""

    number: int
    x: str
    y: str
    label: str
    tone: str
    url: str = ""


@dataclass
class PinnedPlan:
    plan: HousePlan
    picture: Attachment
    pins: list[Pin] = field(default_factory=list)


def numbers_of(houses: Collection[int]) -> dict[int, int]:
    """Defect → its number in its house, in the order in which they were found."""
    numbers: dict[int, int] = {}
    last: dict[int, int] = {}
    rows = Defect.objects.filter(house__in=houses).order_by("house_id", "pk").values_list("pk", "house_id")
    for pk, house in rows:
        last[house] = numbers[pk] = last.get(house, 0) + 1
    return numbers


def pin_of(defect: Defect, number: int, at: datetime, *, linked: bool = False) -> Pin | None:
    """None for one that nobody pinned."""
    if defect.plan_id is None or defect.pin_x is None or defect.pin_y is None:
        return None
    tone = "done" if defect.is_over else "late" if defect.is_overdue(at) else "open"
    url = reverse("handover:defect", args=[defect.pk]) if linked else ""
    x, y = (f"{share * 100:.2f}%" for share in (defect.pin_x, defect.pin_y))
    return Pin(number, x, y, f"{number} {defect.what} {defect.get_state_display()}", tone, url)


def pictures_of(plans: Iterable[int]) -> dict[int, Attachment]:
    """The picture of each plan."""
    found = Attachment.objects.for_owners(HousePlan, plans, HousePlan.PICTURE)
    return {picture.owner_id: picture for picture in found}


def plan_of(house: int) -> PinnedPlan | None:
    """The plan that a house has now, without pins."""
    plan = HousePlan.objects.filter(houses__house=house).first()
    picture = pictures_of([plan.pk]).get(plan.pk) if plan else None
    return PinnedPlan(plan, picture) if plan and picture else None


def pinned(
    defects: Iterable[Defect],
    numbers: dict[int, int],
    at: datetime,
    *,
    now: PinnedPlan | None = None,
    linked: bool = False,
) -> list[PinnedPlan]:
    """The plans that these defects are pinned on, each with its pins; `now`, the house's own, first and also without any."""
    pins: dict[int, list[Pin]] = {now.plan.pk: []} if now else {}
    rows = [(defect, pin) for defect in defects if (pin := pin_of(defect, numbers[defect.pk], at, linked=linked))]
    for defect, pin in rows:
        pins.setdefault(defect.plan_id, []).append(pin)  # type: ignore[arg-type]
    plans, pictures = HousePlan.objects.in_bulk(pins), pictures_of(pins)
    return [
        PinnedPlan(plans[pk], pictures[pk], sorted(found, key=lambda pin: pin.number))
        for pk, found in pins.items()
        if pk in pictures
    ]
