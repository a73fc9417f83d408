"""Who is told of an 出门条: of one that waits for a decision, and of what is carried out often (HND-7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.urls import reverse

from accounts.rights import Right
from accounts.roles import Role
from accounts.staff import staff
from foundation.notices.services import send
from foundation.worktime.local import local_date
from handover.models import Pass

if TYPE_CHECKING:
    from accounts.models import User


def tell_of_new(release: Pass, at: datetime) -> None:
    people = staff([release.estate_id], local_date(at), [Role.ESTATE_MANAGER, Role.SECURITY_LEAD])
    if release.state == Pass.State.WAITING:
        managers = people.holding([Role.ESTATE_MANAGER], release.estate_id)
        tell(release, managers, f"欠费迁出待决定：{release.house} 欠 {release.arrears} 元", "decide", at)
    if release.is_frequent:
        watching = people.holding([Role.ESTATE_MANAGER, Role.SECURITY_LEAD], release.estate_id)
        tell(release, watching, f"频繁放行：{release.house}", "frequent", at)


def tell(release: Pass, to: Sequence[User], title: str, what: str, at: datetime) -> None:
    send(
        to=[person for person in to if person.may(Right.VIEW_HANDOVER, release.estate)],
        title=title,
        body=f"{release.estate.label} · {release.number} · {release.carrier} · {release.valid_on:%Y-%m-%d}",
        url=reverse("handover:pass", args=[release.pk]),
        at=at,
        key=f"pass:{release.pk}:{what}",
        subject=release,
    )
