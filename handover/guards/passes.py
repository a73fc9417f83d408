"""Who may do what with an 出门条, and why not (HND-7). A guard changes nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.utils import timezone

from accounts.rights import Right
from estates.models import House
from foundation.records.refusals import Refused
from handover.models import Pass

if TYPE_CHECKING:
    from accounts.models import User

State = Pass.State


def may_make(house: House, user: User) -> None:
    if not user.may(Right.MAKE_PASS, house.estate):
        raise Refused("由客服或项目经理开具出门条。")


def may_decide(release: Pass, user: User, on: date) -> None:
    """A move-out with fees unpaid: the 项目经理's word, while its day is not over."""
    if not user.may(Right.DECIDE_PASS, release.estate):
        raise Refused("欠费迁出由项目经理决定。")
    if release.state != State.WAITING:
        raise Refused("这张出门条不需要决定，或已经决定过了。")
    if release.valid_on < on:
        raise Refused(f"有效日期 {release.valid_on:%Y-%m-%d} 已过，请重新开具。")


def may_cancel(release: Pass, user: User) -> None:
    if not user.may(Right.MAKE_PASS, release.estate):
        raise Refused("由客服或项目经理作废出门条。")
    if release.state not in (State.WAITING, State.READY):
        raise Refused(f"这张出门条{release.get_state_display()}，不能作废。")


def may_use(release: Pass, user: User, on: date) -> None:
    """Once, on its own day, at the gate. *once: fixed*"""
    if not user.may(Right.CHECK_PASS, release.estate):
        raise Refused("由秩序维护岗核验出门条。")
    match release.state:
        case State.USED:
            raise Refused(f"这张出门条已经用过：{_used(release)}，不能再次放行。")
        case State.WAITING:
            raise Refused("这张出门条还在等项目经理决定，不能放行。")
        case State.REFUSED:
            raise Refused("项目经理决定不予放行。")
        case State.CANCELLED:
            raise Refused("这张出门条已经作废，不能放行。")
    if release.state == State.EXPIRED or release.valid_on < on:
        raise Refused(f"这张出门条已过有效日期 {release.valid_on:%Y-%m-%d}，请到客服中心重新开具。")
    if release.valid_on > on:
        raise Refused(f"这张出门条 {release.valid_on:%Y-%m-%d} 才有效，今天不能放行。")


def _used(release: Pass) -> str:
    at = timezone.localtime(release.used_at) if release.used_at else None
    when = f"{at:%Y-%m-%d %H:%M} " if at else ""
    return f"{when}由{release.used_by.name}放行" if release.used_by else when
