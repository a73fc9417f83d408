"""The words of the chapter (CMP-1…12)."""

from __future__ import annotations

from django.db import models

from accounts.roles import Role


class Channel(models.TextChoices):
    """CMP-1: how a contact reached us."""

    PHONE = "phone", "来电"
    VISIT_US = "visit_us", "来访"
    WECHAT = "wechat", "微信"
    SCAN = "scan", "扫码"
    BOX = "box", "意见箱"
    VISIT_THEM = "visit_them", "走访"
    PATROL = "patrol", "巡查"
    REFERRED = "referred", "转办"


class Kind(models.TextChoices):
    """CMP-2."""

    COMPLAINT = "complaint", "投诉"
    REPAIR = "repair", "报修"
    NEED = "need", "需求"
    SUGGESTION = "suggestion", "建议"
    QUESTION = "question", "咨询"
    PRAISE = "praise", "表扬"


# CMP-12: 100 % of these are called back; a complaint only where it was not judged invalid.
CALLED_BACK = frozenset({Kind.REPAIR, Kind.NEED, Kind.SUGGESTION, Kind.COMPLAINT})


class Grade(models.TextChoices):
    """CMP-6, the heaviest first."""

    MAJOR = "major", "重大"
    SERIOUS = "serious", "重要"
    MINOR = "minor", "轻微"


class Validity(models.TextChoices):
    """CMP-5: 界定."""

    VALID = "valid", "有效"
    INVALID = "invalid", "无效"


class Variant(models.TextChoices):
    """What a policy tells apart within a kind: the grade of a complaint, the urgency of a repair."""

    PLAIN = "", "不分级"
    MAJOR = "major", "重大"
    SERIOUS = "serious", "重要"
    MINOR = "minor", "轻微"
    URGENT = "urgent", "紧急"
    NORMAL = "normal", "一般"


VARIANTS: dict[str, tuple[Variant, ...]] = {
    Kind.COMPLAINT: (Variant.MAJOR, Variant.SERIOUS, Variant.MINOR),
    Kind.REPAIR: (Variant.URGENT, Variant.NORMAL),
}


class ClockKind(models.TextChoices):
    """The limits of a case; the value is the last part of the timer's kind."""

    TRANSFER = "transfer", "转派"
    JUDGE = "judge", "界定"
    ANSWER = "answer", "答复"
    ARRIVE = "arrive", "到场"
    HANDLE = "handle", "处理"
    SAME_DAY = "same_day", "当日回复"
    CALLBACK = "callback", "回访"

    @property
    def timer(self) -> str:
        """The kind of clock in `timers`."""
        return f"complaints.{self.value}"


class Audience(models.TextChoices):
    """Who is told at a step of the ladder (CMP-9)."""

    HANDLER = "handler", "经办人"
    ESTATE_MANAGER = "estate_manager", "项目经理"
    BRANCH_SUPERVISOR = "branch_supervisor", "分公司督导"
    GROUP_SUPERVISOR = "group_supervisor", "集团督导"


class Department(models.TextChoices):
    """Whom a case is passed to (CMP-3)."""

    SERVICE = "service", "客户服务部"
    ENGINEERING = "engineering", "工程部"
    SECURITY = "security", "秩序维护部"
    ENVIRONMENT = "environment", "环境部"


LEAD_ROLE: dict[str, Role] = {
    Department.SERVICE: Role.SERVICE_LEAD,
    Department.ENGINEERING: Role.ENGINEERING_LEAD,
    Department.SECURITY: Role.SECURITY_LEAD,
    Department.ENVIRONMENT: Role.ENVIRONMENT_LEAD,
}
ROLES: dict[str, frozenset[Role]] = {
    Department.SERVICE: frozenset({Role.SERVICE, Role.SERVICE_LEAD}),
    Department.ENGINEERING: frozenset({Role.ENGINEERING, Role.ENGINEERING_LEAD}),
    Department.SECURITY: frozenset({Role.SECURITY, Role.SECURITY_LEAD, Role.CONTROL_ROOM}),
    Department.ENVIRONMENT: frozenset({Role.ENVIRONMENT, Role.ENVIRONMENT_LEAD}),
}


class Cause(models.TextChoices):
    """What a case is about, so that one event behind several of them is seen (CMP-16)."""

    WATER = "water", "供水排水"
    POWER = "power", "供电照明"
    LIFT = "lift", "电梯"
    GAS = "gas", "燃气"
    FIRE = "fire", "消防"
    LEAK = "leak", "渗水漏水"
    FACILITY = "facility", "公共设施"
    NOISE = "noise", "噪音扰民"
    RENOVATION = "renovation", "装修扰民"
    CLEANING = "cleaning", "清洁卫生"
    GREENING = "greening", "绿化"
    PARKING = "parking", "停车"
    SAFETY = "safety", "门禁治安"
    PETS = "pets", "宠物"
    FEES = "fees", "收费"
    ATTITUDE = "attitude", "服务态度"
    OTHER = "other", "其他"


class CallerKind(models.TextChoices):
    OWNER = "owner", "业主"
    TENANT = "tenant", "租户"
    FAMILY = "family", "家属"
    OTHER = "other", "其他"


class GradeReason(models.TextChoices):
    """CMP-6: why a complaint has its grade; the first word is the grade it belongs to."""

    MAJOR_BROKEN_PROMISE = "major.promise", "承诺或约定的服务未提供、明显不足，多次反映仍未解决"
    MAJOR_HARM = "major.harm", "因我方原因造成财产损失、人身伤害或严重的心理影响"
    MAJOR_WEEK = "major.week", "有效投诉一周内未得到合理解决"
    MAJOR_OUTAGE = "major.outage", "突发大面积停水停电或设备停运"
    MAJOR_MANY = "major.many", "五户以上客户就同一事件投诉"
    MAJOR_COMPANY = "major.company", "公司认定为重大"
    SERIOUS_NEED = "serious.need", "合理需求未及时解决，严重影响房屋使用"
    SERIOUS_FAULT = "serious.fault", "服务差错或态度恶劣，引起客户强烈不满"
    SERIOUS_COMPANY = "serious.company", "公司认定为重要"
    MINOR_EASY = "minor.easy", "轻微不便，容易改正"

    @property
    def grade(self) -> str:
        return str(self.value).split(".")[0]


class Satisfaction(models.IntegerChoices):
    """CMP-12: five steps."""

    VERY_BAD = 1, "很不满意"
    BAD = 2, "不满意"
    FAIR = 3, "一般"
    GOOD = 4, "满意"
    VERY_GOOD = 5, "很满意"


# CMP-12: solved but this or less closes and is shown to the service lead.
DISSATISFIED = Satisfaction.BAD
