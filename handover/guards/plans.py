"""Who may keep the plans of an estate's flats now, and why not (HND-3). A guard changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.rights import Right
from estates.models import Node
from foundation.records.refusals import Refused
from handover.models import HousePlan

if TYPE_CHECKING:
    from accounts.models import User


def may_keep_plans(estate: Node, user: User) -> None:
    if not user.may(Right.KEEP_PLANS, estate):
        raise Refused("您的岗位不能维护户型图。")


def may_change(plan: HousePlan, user: User) -> None:
    may_keep_plans(plan.estate, user)


def may_replace(plan: HousePlan, user: User) -> None:
    """换图: a pin would lie elsewhere on another picture."""
    may_change(plan, user)
    _bears_no_pin(plan, "不能换图；请另外上传一张，再把房屋分配过去。")


def may_remove(plan: HousePlan, user: User) -> None:
    may_change(plan, user)
    _bears_no_pin(plan, "不能删除。")


def _bears_no_pin(plan: HousePlan, refused: str) -> None:
    if count := plan.defects.count():
        raise Refused(f"已有 {count} 个遗留问题标在这张图上，{refused}")
