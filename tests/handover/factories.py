"""What tests of the handover start from, made by the services themselves, in moments of Asia/Shanghai.

    batch = make_batch(cast, ["1501", "1502"])          # open since MONDAY 09:00, two houses of 3幢2单元
    given = make_handover(cast, "1502")                 # 未办理, in a batch of its own
    given = arrived(given, cast)                        # → 办理中, by 客户助理 at 10:00, with its steps and documents
    given = at_step(cast, StepKind.FEES)                # the steps before it are done
    given = handed_over(cast)                           # → 已接房

Every helper takes `at`. `at_step` and `handed_over` write the steps straight into their rows: what each step needs is
not what these tests are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import models

from estates.models import Estate, House
from foundation.journal.models import Entry
from handover.choices import BuyerKind
from handover.models import Batch, Handover, HandoverStep
from handover.services.batches import add_houses, create_batch, open_batch
from handover.services.steps import arrive
from tests.cast import Cast
from tests.complaints.factories import DAY, HOUR, MINUTE, MONDAY, SECOND, make_house, moment, photo, refused

__all__ = [
    "DAY", "HOUR", "MINUTE", "MONDAY", "SECOND", "arrived", "at_step", "entry", "fresh", "handed_over", "journal",
    "make_batch", "make_handover", "make_house", "moment", "photo", "refused",
]  # fmt: skip

FIRST_DAY, LAST_DAY = date(2026, 3, 2), date(2026, 3, 8)


def make_batch(
    cast: Cast,
    numbers: Sequence[str] = ("1501", "1502"),
    *,
    houses: Sequence[House] = (),
    estate: Estate | None = None,
    at: datetime = MONDAY,
    opened: bool = True,
    buyer_kind: str = BuyerKind.PERSON,
    **options: Any,
) -> Batch:
    """Made, and opened where it has houses, by the estate manager; `houses` in place of `numbers` of 3幢2单元."""
    estate = houses[0].estate if houses else estate or cast.estate_a1
    by = cast.estate_manager if estate == cast.estate_a1 else cast.foreign_manager
    given = {
        "name": f"{estate.name}首批", "starts_on": FIRST_DAY, "ends_on": LAST_DAY, "developer": "锦城置业有限公司",
        "hall": "交付大厅", **options,
    }  # fmt: skip
    batch = create_batch(estate=estate, by=by, at=at, **given)
    houses = houses or [make_house(estate, number) for number in numbers]
    add_houses(
        batch=batch,
        handovers=[
            Handover(
                house=house,
                buyer_name=f"购房人{house.number}",
                buyer_phone=f"1380000{int(house.number):04d}",
                buyer_kind=buyer_kind,
            )
            for house in houses
        ],
        by=by,
        at=at,
    )
    return open_batch(batch=batch, by=by, at=at) if opened and houses else batch


def make_handover(cast: Cast, number: str = "1502", **options: Any) -> Handover:
    """In an open batch of its own; `options` are those of `make_batch`."""
    return make_batch(cast, [number], **options).handovers.get()


def arrived(handover: Handover, cast: Cast, *, at: datetime = MONDAY + HOUR) -> Handover:
    return arrive(handover=handover, by=cast.service, at=at)


def at_step(cast: Cast, kind: str, *, number: str = "1502", at: datetime = MONDAY + HOUR, **options: Any) -> Handover:
    """The owner is there, and all that comes before this step is done."""
    handover = arrived(make_handover(cast, number, **options), cast, at=at)
    position = handover.steps.get(kind=kind).position
    _finish(handover.steps.filter(position__lt=position), cast, at)
    return handover


def handed_over(cast: Cast, number: str = "1502", *, at: datetime = MONDAY + 2 * HOUR, **options: Any) -> Handover:
    handover = arrived(make_handover(cast, number, **options), cast, at=at - HOUR)
    _finish(handover.steps.all(), cast, at)
    Handover.objects.filter(pk=handover.pk).update(state=Handover.State.DONE, done_at=at)
    return fresh(handover)


def _finish(steps: models.QuerySet, cast: Cast, at: datetime) -> None:
    done = HandoverStep.State.DONE
    steps.update(state=done, taken_at=at, taken_by=cast.service, done_at=at, done_by=cast.service)


def fresh(row: Any) -> Any:
    """The row as it is in the database now."""
    return type(row).objects.get(pk=row.pk)


def journal(row: models.Model, *, prefix: str = "handover.") -> list[str]:
    """The verbs of its timeline, in order, without the prefix."""
    rows = Entry.objects.about(row).order_by("pk")
    return [verb.removeprefix(prefix) for verb in rows.values_list("verb", flat=True)]


def entry(row: models.Model, verb: str) -> Entry:
    """The newest line of its timeline with this verb: entry(handover, "handover.arrive")."""
    found = Entry.objects.about(row).filter(verb=verb).order_by("pk").last()
    assert found is not None, f"no {verb}"
    return found
