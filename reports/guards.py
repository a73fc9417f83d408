"""Who may do what with a bulletin, and why not: asked by the service before it acts, by the page before it offers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from accounts.rights import Right
from estates.models import Node
from foundation.records.refusals import Refused
from foundation.worktime.months import EARLIEST, Month
from reports.models import Bulletin

if TYPE_CHECKING:
    from accounts.models import User


def may_draft(node: Node, month: Month, user: User | None, at: datetime) -> None:
    """A month that has begun, at a node of one's own or below it; `user` None is the system."""
    if user is not None and not user.may(Right.EDIT_BULLETIN, node):
        raise Refused(f"您的岗位不能起草{node}的简报。")
    if month.start > at:
        raise Refused(f"{month.label}还没有开始，不能起草简报。")
    if month.first < EARLIEST:
        raise Refused("月份太早，没有可统计的数据。")


def may_edit(bulletin: Bulletin, user: User) -> None:
    if not user.may(Right.EDIT_BULLETIN, bulletin.node):
        raise Refused("您的岗位不能编辑这份简报。")
    if not bulletin.is_draft:
        raise Refused("简报已经签发，不能再改；需要更正请发布新版。")


def may_issue(bulletin: Bulletin, user: User, at: datetime) -> None:
    """RPT-2: the group's by the 集团督导, others by the 分公司督导 or above; once the month is over."""
    if not user.may(Right.ISSUE_BULLETIN, bulletin.node):
        raise Refused(f"{bulletin.node}的简报要由上级督导签发。")
    if not bulletin.period.is_over(at):
        raise Refused(f"{bulletin.period.label}还没有结束，{bulletin.period.shift(1).first:%Y-%m-%d} 起可以签发。")
    if bulletin.edition > 1 and not bulletin.changes.strip():
        raise Refused("更正版必须先写明更正说明。")


def may_revise(bulletin: Bulletin, user: User) -> None:
    if not user.may(Right.EDIT_BULLETIN, bulletin.node):
        raise Refused("您的岗位不能更正这份简报。")
    if bulletin.is_draft:
        raise Refused("简报还没有签发，直接编辑即可。")
