"""What tests of plans and pins start from.

plan = make_plan(house, by=cast.service_lead)      # A户型, which this house has
spot = spot_on(plan, 0.25, 0.4)                    # a place on its picture
"""

from __future__ import annotations

import io
from datetime import datetime

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw

from accounts.models import User
from estates.models import House
from handover.models import HousePlan, PlannedHouse
from handover.pins import pictures_of
from handover.services.plans import Spot, add_plan
from tests.handover.factories import MONDAY


def drawing(name: str = "A.png", size: tuple[int, int] = (400, 300)) -> SimpleUploadedFile:
    """A flat of three rooms."""
    image = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(image)
    width, height = size
    pen.rectangle((10, 10, width - 10, height - 10), outline="black", width=6)
    pen.line((width // 2, 10, width // 2, height - 10), fill="black", width=4)
    pen.line((width // 2, height // 2, width - 10, height // 2), fill="black", width=4)
    out = io.BytesIO()
    image.save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def make_plan(house: House, *, by: User, at: datetime = MONDAY, name: str = "A户型") -> HousePlan:
    plan = add_plan(estate=house.estate, name=name, picture=drawing(), by=by, at=at)
    PlannedHouse.objects.create(plan=plan, house=house)
    return plan


def spot_on(plan: HousePlan, x: float, y: float) -> Spot:
    return Spot(pictures_of([plan.pk])[plan.pk].uuid, x, y)
