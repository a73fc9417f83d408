"""Bulletins of the demo: last month's are drafts that wait for their supervisors, those before are issued."""

from __future__ import annotations

from datetime import datetime, timedelta

from accounts.roles import Role
from config.demo.world import World
from estates.models import Node
from foundation.worktime.local import start_of_day
from foundation.worktime.months import Month
from reports.models import Bulletin
from reports.services import draft_bulletin, draft_bulletins, edit_bulletin, issue_bulletin

TEXTS = {
    "comments": (
        "本月各项目检查按计划完成，红线问题当日处置。高频问题集中在消防通道堆物和设备房管理，"
        "复查中发现个别项目整改照片角度不一致，请各项目经理逐条复核。"
    ),
    "good_practices": "云栖风荷苑在每个单元门厅公示网格责任人和消防通道照片，堆物投诉比上月减少。",
    "focus": "一、入冬前完成消防水系统防冻检查；二、对三个月内重复发生的问题逐项做原因分析；三、夜间岗位抽查每周不少于一次。",
}


def build_bulletins(world: World, *, at: datetime) -> int:
    """Drafts of last month for every node; of the month before, the group's, one branch's and one estate's are issued."""
    before = Month.before(at).shift(-1)
    issued_on = start_of_day(before.next_first + timedelta(days=3)) + timedelta(hours=10)
    branch = world.branches["HZ"]
    places: list[tuple[Node, str]] = [(world.group, Role.GROUP_SUPERVISOR), (branch, Role.BRANCH_SUPERVISOR)]
    supervisor = {node.pk: world.at(node, role)[0] for node, role in places}
    supervisor[world.estates[0].pk] = supervisor[branch.pk]
    for node in (world.group, branch, world.estates[0]):
        drafted = start_of_day(before.next_first) + timedelta(hours=1, minutes=20)
        bulletin = draft_bulletin(node=node, month=before, by=None, at=drafted)
        by = supervisor[node.pk]
        bulletin = edit_bulletin(bulletin=bulletin, by=by, at=issued_on, texts=TEXTS)
        issue_bulletin(bulletin=bulletin, by=by, at=issued_on)
    draft_bulletins(at=at)
    return Bulletin.objects.count()
