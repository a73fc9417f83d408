"""Who may move which key now, and why not (HND-3). A guard changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from estates.models import Node
from foundation.records.refusals import Refused
from handover.keyledger import is_kept
from handover.models import Handover, HouseKey, KeyMove

if TYPE_CHECKING:
    from accounts.models import User

Place = HouseKey.Place


def may_register(estate: Node, user: User) -> None:
    if not user.may(Right.MOVE_KEYS, estate):
        raise Refused("您的岗位不能登记钥匙。")


def _may_move(key: HouseKey, user: User) -> None:
    if not user.may(Right.MOVE_KEYS, key.estate):
        raise Refused("您的岗位不能收发钥匙。")


def may_hand(key: HouseKey, user: User) -> None:
    """交给业主: what lies in the office."""
    _may_move(key, user)
    _is_here(key)


def may_keep(key: HouseKey, user: User) -> None:
    """业主同意留存: one of each kind for the repair, from the office or brought back by the owner."""
    _may_move(key, user)
    if key.place == Place.LENT:
        raise Refused(f"钥匙 {key.label} 已经借出，归还以后再登记留存。")
    if key.place == Place.OFFICE and is_kept(key.pk):
        raise Refused(f"钥匙 {key.label} 已经登记业主同意留存。")
    others = HouseKey.objects.filter(house=key.house_id, kind=key.kind).exclude(pk=key.pk)
    if any(is_kept(other.pk) for other in others):
        raise Refused(f"这户的{key.get_kind_display()}钥匙已经留存一把，整改只留一把。")


def may_lend(key: HouseKey, user: User) -> None:
    """借出: once the house is the owner's, only a key that may stay for the repair."""
    _may_move(key, user)
    _is_here(key)
    taken = Handover.objects.filter(house=key.house_id, state=Handover.State.DONE).exists()
    if taken and not is_kept(key.pk):
        raise Refused("这户已经接房，没有业主同意留存的登记，不能借出钥匙。")


def may_return(key: HouseKey, user: User) -> None:
    _may_move(key, user)
    if key.place != Place.LENT:
        raise Refused(f"钥匙 {key.label} 没有借出。")


def _is_here(key: HouseKey) -> None:
    """Keys that are out already are not handed out."""
    if key.place == Place.OFFICE:
        return
    last = KeyMove.objects.filter(key=key.pk).order_by("-at", "-pk").first()
    holder = last.holder if last else ""
    if key.place == Place.OWNER:
        raise Refused(f"钥匙 {key.label} 已经交给业主{holder}，不在钥匙柜。")
    raise Refused(f"钥匙 {key.label} 已经借给{holder}，还没有归还。")
