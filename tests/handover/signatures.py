"""Papers that are signed, for tests: the strokes of a name, and what each step needs before its paper."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from accounts.models import User
from estates.models import House
from foundation.signatures.models import Signature
from handover.choices import KeyKind, StepKind
from handover.models import Handover, HouseKey, MoveIn
from handover.services.papers import fill_owner_file
from handover.services.signing import sign_move_in, sign_step
from tests.cast import Cast
from tests.complaints.factories import HOUR, MONDAY, make_house
from tests.signatures.drawings import NAME

AT = MONDAY + 2 * HOUR

__all__ = ["AT", "NAME", "make_tenancy", "prepare", "sign_paper", "sign_tenancy"]


def prepare(handover: Handover, cast: Cast, *, at: datetime = AT) -> None:
    """The content of every paper: the owner's file filled in, a key handed out."""
    values = {"emergency_name": "王强", "emergency_mobile": "13812345678", "birthday": date(1990, 5, 1)}
    fill_owner_file(handover=handover, values=values, by=cast.service, at=at)
    HouseKey.objects.get_or_create(
        estate=handover.estate, house=handover.house, kind=KeyKind.ENTRY, label=f"{handover.house.number}-1",
        defaults={"count": 3, "place": HouseKey.Place.OWNER},
    )  # fmt: skip


def sign_paper(handover: Handover, kind: str, *, by: User, at: datetime = AT, **given: Any) -> Signature:
    return sign_step(
        handover=handover, kind=StepKind(kind), by=by, at=at, **({"signer": "王芳", "strokes": NAME} | given)
    )


def make_tenancy(cast: Cast, *, house: House | None = None, is_tenant: bool = True, **fields: Any) -> MoveIn:
    house = house or make_house(cast.estate_a1, "1502")
    lease = {"lease_from": date(2026, 3, 1), "lease_until": date(2027, 2, 28)} if is_tenant else {}
    return MoveIn.objects.create(
        number=f"RZ-{house.estate.code}-0001", estate=house.estate, house=house, is_tenant=is_tenant,
        name="李四", phone="13987654321", planned_on=date(2026, 3, 5), registered_at=MONDAY, registered_by=cast.service,
        **(lease | fields),
    )  # fmt: skip


def sign_tenancy(move_in: MoveIn, code: str, *, by: User, at: datetime = AT, **given: Any) -> Signature:
    return sign_move_in(move_in=move_in, code=code, by=by, at=at, **({"signer": "李四", "strokes": NAME} | given))
