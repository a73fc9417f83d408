"""The roles of ORG-1."""

from django.db import models


class Role(models.TextChoices):
    GROUP_SUPERVISOR = "group_supervisor", "集团督导"
    BRANCH_SUPERVISOR = "branch_supervisor", "分公司督导"
    GENERAL_MANAGER = "general_manager", "总经理"
    ESTATE_MANAGER = "estate_manager", "项目经理"
    SERVICE_LEAD = "service_lead", "客服主管"
    SERVICE = "service", "客户助理"
    ENGINEERING_LEAD = "engineering_lead", "工程主管"
    ENGINEERING = "engineering", "工程"
    SECURITY_LEAD = "security_lead", "秩序主管"
    SECURITY = "security", "秩序"
    ENVIRONMENT_LEAD = "environment_lead", "环境主管"
    ENVIRONMENT = "environment", "环境"
    CONTROL_ROOM = "control_room", "中控"
    CASHIER = "cashier", "收银"
    ARCHIVIST = "archivist", "档案"
    ADMINISTRATOR = "administrator", "系统管理员"
    AUDITOR = "auditor", "只读审计"
