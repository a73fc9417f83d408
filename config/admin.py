"""The one admin site: reached by administrators only (`User.is_staff`), logged in through the same door as everyone."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.http import HttpRequest
from django.urls import reverse
from unfold.sites import UnfoldAdminSite


class DudaoAdminSite(UnfoldAdminSite):
    """Unfold's site behind allauth's throttled login and second factor."""

    index_title = "管理后台"

    login = secure_admin_login(UnfoldAdminSite.login)


# By chapter, in the order of the product's own navigation: title, Material icon, model. A later chapter adds its lines.
SIDEBAR = {
    "督导检查": (
        ("检查表", "checklist", "inspections_checklist"),
        ("督导计划", "calendar_month", "inspections_schedule"),
        ("超期升级阶梯", "stairs", "inspections_escalationstep"),
        ("检查参数", "tune", "inspections_inspectionpolicy"),
        ("检查", "fact_check", "inspections_inspection"),
        ("整改单", "build", "inspections_rectification"),
    ),
    "诉求回访": (("时限方案", "hourglass_top", "complaints_policy"),),
    "交房入住": (
        ("费用项目", "payments", "handover_feeitem"),
        ("预收规则", "date_range", "handover_feerule"),
        ("交接步骤顺序", "format_list_numbered", "handover_steporder"),
        ("收房资料", "description", "handover_documentrule"),
        ("放行规则", "output", "handover_passrule"),
    ),
    "基础资料": (
        ("组织节点", "account_tree", "estates_node"),
        ("项目", "apartment", "estates_estate"),
        ("楼栋", "domain", "estates_building"),
        ("网格", "grid_on", "estates_grid"),
        ("房屋", "home", "estates_house"),
        ("业主", "group", "estates_owner"),
    ),
    "人员与系统": (
        ("人员与岗位", "badge", "accounts_user"),
        ("工作日历", "event", "worktime_calendarday"),
        ("群机器人", "smart_toy", "notices_robot"),
        ("通知参数", "notifications_paused", "notices_noticepolicy"),
        ("阶梯通知方式", "campaign", "notices_stepchannels"),
        ("外发消息", "outgoing_mail", "notices_parcel"),
        ("计时", "timer", "timers_clock"),
        ("操作记录", "history", "journal_entry"),
    ),
}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The navigation of the admin (settings.UNFOLD)."""
    return [
        {
            "title": chapter,
            "separator": True,
            "items": [
                {"title": title, "icon": icon, "link": reverse(f"admin:{model}_changelist")}
                for title, icon, model in entries
            ],
        }
        for chapter, entries in SIDEBAR.items()
    ]
