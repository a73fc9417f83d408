"""Keys of a house and their ledger: registered, kept with the owner's consent, lent, returned, handed over (HND-3).

    hand_key(key=key, holder="王芳", by=user, at=now)

Each move is a conditional update of where the key is: of two at once exactly one wins, the other reads who has it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import IntegrityError, transaction

from estates.models import House
from foundation.journal.services import record
from foundation.records.once import same
from foundation.records.refusals import Refused
from handover.guards import keys as guards
from handover.keyledger import is_kept
from handover.models import HouseKey, KeyMove
from handover.services import keyclocks

if TYPE_CHECKING:
    from accounts.models import User

Place, Kind = HouseKey.Place, KeyMove.Kind


def register_keys(
    *, house: House, kind: str, labels: Sequence[str], by: User, at: datetime, count: int = 1
) -> list[HouseKey]:
    """登记 keys that came from the developer, one for each label; a label that is taken is refused, and none is kept."""
    guards.may_register(house.estate, by)
    labels = [label.strip() for label in labels if label.strip()]
    if not labels:
        raise Refused("请填写钥匙编号。")
    if count < 1:
        raise Refused("数量至少为 1。")
    if len(set(labels)) != len(labels):
        raise Refused("钥匙编号有重复。")
    taken = HouseKey.objects.filter(estate=house.estate_id, label__in=labels).values_list("label", flat=True)
    if found := sorted(taken):
        raise Refused(f"本项目已有编号为 {'、'.join(found)} 的钥匙。")
    try:
        with transaction.atomic():
            keys = [
                HouseKey.objects.create(estate_id=house.estate_id, house=house, kind=kind, label=label, count=count)
                for label in labels
            ]
            for key in keys:
                record(key, "key.register", by=by, at=at, node=house.estate_id, count=count)
    except IntegrityError:
        raise Refused("这个钥匙编号刚刚被登记，请换一个。") from None
    return keys


def hand_key(
    *, key: HouseKey, holder: str, by: User, at: datetime, phone: str = "", client_key: UUID | None = None
) -> KeyMove:
    """交给业主. The same form sent twice (`client_key`) is one move."""
    return _move(
        key, Kind.HANDED, Place.OWNER, guards.may_hand, by, at, holder=holder, phone=phone, client_key=client_key
    )


def hand_rest(*, house: House, holder: str, by: User, at: datetime) -> list[KeyMove]:
    """交给业主 all of a house's keys that lie in the office, but for what the owner lets stay there. All or none."""
    with transaction.atomic():
        here = HouseKey.objects.filter(house=house, place=Place.OFFICE).order_by("kind", "label")
        keys = [key for key in here.select_related("estate__parent") if not is_kept(key.pk)]
        if not keys:
            raise Refused("钥匙柜里没有这户要交给业主的钥匙。")
        return [hand_key(key=key, holder=holder, by=by, at=at) for key in keys]


def keep_key(
    *,
    key: HouseKey,
    holder: str,
    by: User,
    at: datetime,
    phone: str = "",
    reason: str = "",
    client_key: UUID | None = None,
) -> KeyMove:
    """业主同意留存: `holder` is the owner who agreed. The same form sent twice (`client_key`) is one move."""
    return _move(
        key, Kind.KEPT, Place.OFFICE, guards.may_keep, by, at,
        holder=holder, phone=phone, reason=reason, client_key=client_key,
    )  # fmt: skip


def lend_key(
    *, key: HouseKey, holder: str, reason: str, by: User, at: datetime, due_at: datetime | None = None, phone: str = ""
) -> KeyMove:
    """借出 for a purpose, to be back by a moment, or else when the office closes; late it goes up the ladder."""
    due_at = due_at or keyclocks.usual_return(at)
    if due_at <= at:
        raise Refused("应还时间必须晚于现在。")
    if not reason.strip():
        raise Refused("请写明借钥匙做什么。")
    with transaction.atomic():
        move = _move(
            key, Kind.LENT, Place.LENT, guards.may_lend, by, at,
            holder=holder, phone=phone, reason=reason, due_at=due_at,
        )  # fmt: skip
        keyclocks.begin(key, due_at, at)
    return move


def return_key(*, key: HouseKey, by: User, at: datetime, holder: str = "") -> KeyMove:
    """归还, by whoever had it where nobody else is named."""
    last = key.moves.order_by("-at", "-pk").first()
    holder = holder.strip() or (last.holder if last else "")
    with transaction.atomic():
        move = _move(key, Kind.RETURNED, Place.OFFICE, guards.may_return, by, at, holder=holder)
        keyclocks.end(key, at)
    return move


def _move(
    key: HouseKey,
    kind: str,
    place: str,
    guard: Callable[[HouseKey, User], None],
    by: User,
    at: datetime,
    *,
    holder: str,
    phone: str = "",
    reason: str = "",
    due_at: datetime | None = None,
    client_key: UUID | None = None,
) -> KeyMove:
    with transaction.atomic():
        key = HouseKey.objects.locked(key.pk)
        if client_key and (sent := KeyMove.objects.filter(client_key=client_key).first()):
            return _same(sent, key, kind, holder)
        guard(key, by)
        if not holder.strip():
            raise Refused("请填写是谁。")
        if not HouseKey.objects.filter(pk=key.pk, place=key.place).update(place=place):
            raise Refused(f"钥匙 {key.label} 刚刚被别人登记，请刷新后再看。")
        move = KeyMove.objects.create(
            key=key, kind=kind, holder=holder.strip(), holder_phone=phone, reason=reason.strip(), at=at, by=by,
            due_at=due_at, client_key=client_key,
        )  # fmt: skip
        told = {
            "move": str(Kind(kind).label),
            "holder": holder.strip(),
            "back_by": due_at.isoformat() if due_at else "",
        }
        record(key, "key.move", by=by, at=at, node=key.estate_id, **told)
    return move


def _same(sent: KeyMove, key: HouseKey, kind: str, holder: str) -> KeyMove:
    """The move of the first time. One of another key was found by a key that was made up: it is not named (ORG-2)."""
    if (sent.key_id, sent.kind) != (key.pk, kind):
        raise Refused("页面已过期，请刷新后再提交。")
    return same(sent, sent.holder == holder.strip(), f"钥匙 {key.label} 的{sent.get_kind_display()}登记")
