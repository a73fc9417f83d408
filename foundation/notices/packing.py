"""Making parcels of what waits: each notice by itself, or a recipient's burst as one; quiet hours put it off."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Q

from foundation.notices.bursts import COLLECTING, WINDOW, Packed, decide
from foundation.notices.models import Delivery, NoticePolicy, Parcel, Preference

Recipient = tuple[int | None, int | None]  # (user, robot), one of them


def pack(*, at: datetime) -> int:
    """Make up everything that is due at `at`; how many parcels."""
    due = Delivery.objects.filter(parcel=None, next_at__lte=at).order_by()
    policy = NoticePolicy.current()
    return sum(_pack_for(who, policy, at) for who in due.values_list("user", "robot").distinct())


@transaction.atomic
def _pack_for(who: Recipient, policy: NoticePolicy, at: datetime) -> int:
    """One recipient's. Workers take turns at a recipient, so that a burst is counted as a whole."""
    _wait_turn(who)
    user_id, robot_id = who
    mine = Q(user=user_id, robot=robot_id)
    waiting = list(Delivery.objects.filter(mine, Q(next_at__lte=at) | Q(held=True), parcel=None).order_by("pk"))
    if ends := quiet_until(who, policy, at):
        asleep = [row.pk for row in waiting if not row.is_urgent]
        Delivery.objects.filter(pk__in=asleep).update(next_at=ends)
        waiting = [row for row in waiting if row.is_urgent]
    if not waiting:
        return 0
    decision = decide(
        waiting=len(waiting),
        urgent=any(row.is_urgent for row in waiting),
        held=any(row.held for row in waiting),
        packed=_packed(mine, at),
        at=at,
    )
    rows = Delivery.objects.filter(pk__in=[row.pk for row in waiting])
    if decision.hold_until:
        rows.update(next_at=decision.hold_until, held=True)
        return 0
    lots = [waiting] if decision.together else [[row] for row in waiting]
    parcels = [
        Parcel(
            user_id=user_id,
            robot_id=robot_id,
            is_urgent=any(row.is_urgent for row in lot),
            is_digest=decision.together,
            made_at=at,
            next_at=at,
        )
        for lot in lots
    ]
    Parcel.objects.bulk_create(parcels)
    for parcel, lot in zip(parcels, lots, strict=True):
        Delivery.objects.filter(pk__in=[row.pk for row in lot]).update(parcel=parcel)
    return len(parcels)


def quiet_until(who: Recipient, policy: NoticePolicy, at: datetime) -> datetime | None:
    """When the recipient's quiet hours end, if `at` lies in them. A robot keeps the company's."""
    user_id, _ = who
    wish = Preference.objects.filter(user=user_id).first() if user_id else None
    hours = wish.quiet_hours(policy) if wish else policy.quiet
    return hours.until(at) if hours else None


def _packed(mine: Q, at: datetime) -> list[Packed]:
    recent = Parcel.objects.filter(mine, made_at__gt=at - max(WINDOW, COLLECTING)).annotate(size=Count("deliveries"))
    return [Packed(one.made_at, one.size, one.is_digest, one.is_urgent) for one in recent]


def _wait_turn(who: Recipient) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"notices:{who}"])
