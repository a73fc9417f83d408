"""Who may do what now, and why not: one guard per verb, asked by the service before it acts and by the page before it
offers it.

A guard returns nothing or raises `Refused` with the sentence for the user. It reads; it changes nothing.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.rights import Right
from accounts.roles import Role
from accounts.staff import department_lead, holds
from foundation.records.refusals import Refused
from inspections.choices import Tier
from inspections.models import Extension, Inspection, Rectification
from inspections.teams import TEAM, tier_node_id, tiers_of

if TYPE_CHECKING:
    from accounts.models import User


# --- inspections ----------------------------------------------------------------------------------------------------


def on_team(inspection: Inspection, user: User) -> bool:
    return user.is_active and inspection.tier in tiers_of(user, inspection.estate)


def may_fill(inspection: Inspection, user: User, at: datetime) -> None:
    """INS-8: the tier's team, from the opening to the close."""
    if not on_team(inspection, user):
        raise Refused(f"只有{inspection.get_tier_display()}的督导小组成员可以填写这次检查。")
    if inspection.state == Inspection.State.SUBMITTED:
        raise Refused("这次检查已经提交，不能再改。")
    if inspection.state == Inspection.State.MISSED or at > inspection.closes_at:
        raise Refused("这次检查已过截止时间，记为漏检。")
    if at < inspection.opens_at:
        raise Refused("这次检查还没有到开放时间。")


def may_start_adhoc(estate, tier: str, user: User) -> None:
    """INS-13: any tier for an estate below it."""
    if not user.may(Right.START_ADHOC, estate):
        raise Refused("您的岗位不能对这个项目发起临时检查。")
    if tier not in tiers_of(user, estate):
        raise Refused(f"您不在这个项目的{Tier(tier).label}督导小组里。")


# --- rectifications -------------------------------------------------------------------------------------------------


def may_rectify(rectification: Rectification, user: User) -> None:
    """INS-10: the person, the responsible role at the estate, its 主管 or the 项目经理."""
    roles = {Role(rectification.role), department_lead(rectification.role), Role.ESTATE_MANAGER}
    if not user.may(Right.RECTIFY, rectification.estate) or not (
        rectification.assignee_id == user.pk or holds(user, roles, rectification.estate_id)
    ):
        raise Refused(f"这张整改单由{rectification.get_role_display()}负责，您不能提交整改。")
    if rectification.state == Rectification.State.RECHECK:
        raise Refused("整改已经提交，正在等待复查。")
    if rectification.state == Rectification.State.CLOSED:
        raise Refused("这张整改单已经关闭。")


def may_recheck(rectification: Rectification, user: User) -> None:
    """INS-10, fixed: someone other than the person who rectified; any supervisor, lead or manager over the estate."""
    if rectification.state == Rectification.State.RECHECK and rectification.rectified_by_id == user.pk:
        raise Refused("不能复查自己提交的整改，请由另一人复查。")
    if not user.may(Right.RECHECK, rectification.estate):
        raise Refused("您的岗位不能复查这张整改单。")
    if rectification.state == Rectification.State.CLOSED:
        raise Refused("这张整改单已经关闭。")
    if rectification.state == Rectification.State.OPEN:
        raise Refused("还没有提交整改，不能复查。")


def may_assign(rectification: Rectification, user: User) -> None:
    lead = {department_lead(rectification.role), Role.ESTATE_MANAGER}
    if not holds(user, lead, rectification.estate_id):
        raise Refused("只有部门主管或项目经理可以指定责任人。")
    if rectification.state == Rectification.State.CLOSED:
        raise Refused("这张整改单已经关闭。")


def may_ask_extension(rectification: Rectification, user: User) -> None:
    """INS-11: by those who have to rectify, while they have to."""
    if not user.may(Right.ASK_EXTENSION, rectification.estate):
        raise Refused("您的岗位不能申请延期。")
    may_rectify(rectification, user)
    if rectification.extensions.filter(state=Extension.State.ASKED).exists():
        raise Refused("已经有一份延期申请在等待批准。")


def deciders(rectification: Rectification, next_audience: str) -> tuple[frozenset[Role], int]:
    """The roles and the node of an escalation audience on this rectification (INS-11)."""
    estate = rectification.estate
    if next_audience == "department_lead":
        return frozenset({department_lead(rectification.role)}), estate.pk
    if next_audience == "estate_manager":
        return frozenset({Role.ESTATE_MANAGER}), estate.pk
    tier = Tier.BRANCH if next_audience == "branch_supervisor" else Tier.GROUP
    return TEAM[tier], tier_node_id(estate, tier)


def extension_is_open(extension: Extension) -> None:
    if extension.state != Extension.State.ASKED:
        raise Refused("这份延期申请已经处理过了。")
    if extension.rectification.state == Rectification.State.CLOSED:
        raise Refused("这张整改单已经关闭。")


def may_decide_extension(extension: Extension, audience: str, user: User) -> None:
    """INS-11: the role of the next step (`audience`) consents; nobody consents to their own request."""
    extension_is_open(extension)
    if extension.asked_by_id == user.pk:
        raise Refused("不能批准自己的延期申请，请由上一级批准。")
    roles, node_id = deciders(extension.rectification, audience)
    if not holds(user, roles, node_id):
        names = "、".join(sorted(role.label for role in roles))
        raise Refused(f"这份延期申请要由{names}批准。")
