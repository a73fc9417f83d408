"""What a parcel says: one notice, or the list of a digest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib.auth import get_user_model
from django.urls import reverse

from foundation.notices.models import Delivery, Notice, Parcel


@dataclass(frozen=True)
class Line:
    title: str
    body: str
    link: str
    at: datetime


@dataclass(frozen=True)
class Letter:
    """`key` is the idempotency key; `mobiles` are the phones of those whom a robot's message mentions."""

    key: str
    lines: Sequence[Line]
    is_urgent: bool
    mobiles: Sequence[str] = ()

    @property
    def is_digest(self) -> bool:
        return len(self.lines) > 1

    @property
    def subject(self) -> str:
        urgent = "紧急：" if self.is_urgent else ""
        if self.is_digest:
            return f"【督导台】{urgent}{len(self.lines)} 条通知"
        return f"【督导台】{urgent}{self.lines[0].title}"

    @property
    def link(self) -> str:
        """Where one reads on: the notice's page, or all notices."""
        return absolute(reverse("notices:index")) if self.is_digest else self.lines[0].link


def absolute(path: str) -> str:
    return f"{settings.SITE_URL}{path}"


def letter_of(parcel: Parcel) -> Letter:
    deliveries = list(parcel.deliveries.select_related("notice").order_by("notice__at", "pk"))
    return Letter(
        key=str(parcel.key),
        lines=[_line(one, to_robot=parcel.robot_id is not None) for one in deliveries],
        is_urgent=parcel.is_urgent,
        mobiles=_mobiles(deliveries),
    )


def _line(delivery: Delivery, *, to_robot: bool) -> Line:
    notice = delivery.notice
    # A notice's own page is its user's alone; a group is led to the record.
    path = (notice.url or reverse("notices:index")) if to_robot else reverse("notices:open", args=[notice.pk])
    return Line(title=_one_line(notice), body=notice.body.strip(), link=absolute(path), at=notice.at)


def _one_line(notice: Notice) -> str:
    return " ".join(notice.title.split())


def _mobiles(deliveries: Iterable[Delivery]) -> list[str]:
    people = {pk for one in deliveries for pk in one.mentions}
    found = get_user_model().objects.filter(pk__in=people, is_active=True).order_by("pk")
    return [phone for phone in found.values_list("phone", flat=True) if phone]
