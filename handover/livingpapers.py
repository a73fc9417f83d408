"""《入住知会单》 on paper (HND-6): who lives where from when, which departments were told, and when; phones are masked (ORG-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts.staff import staff
from foundation import pdf
from foundation.notices.models import Notice
from foundation.worktime.local import local_date
from handover.models import MoveIn
from handover.services.living import DEPARTMENTS, notice_key


@dataclass(frozen=True)
class Told:
    """One department's row: the notices of its people, none where it has nobody."""

    department: str
    notices: list[Notice]


def told(move_in: MoveIn) -> list[Told]:
    """By department, with the people who stood for it on the day; everybody else who was told comes last."""
    on = local_date(move_in.done_at or move_in.registered_at)
    people = staff([move_in.estate_id], on)
    sent = {one.user_id: one for one in Notice.objects.filter(key=notice_key(move_in)).select_related("user")}
    rows = []
    for department, roles in DEPARTMENTS.items():
        own = [sent.pop(user.pk) for user in people.holding(roles, move_in.estate_id) if user.pk in sent]
        rows.append(Told(department, own))
    return [*rows, Told("其他", list(sent.values()))] if sent else rows


def move_in_notice_pdf(move_in: MoveIn, printed_at: datetime) -> bytes:
    """With its estate, house and people at hand."""
    context = {
        "move_in": move_in,
        "rows": told(move_in),
        "title": "入住知会单",
        "number": move_in.number,
        "issuer": move_in.estate.name,
        "printed_at": printed_at,
    }
    return pdf.render("handover/pdf/move_in_notice.html", context)
