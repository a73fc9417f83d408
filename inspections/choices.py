"""The fixed vocabularies of the inspections chapter (INS-1…5)."""

from django.db import models


class Tier(models.TextChoices):
    """Who supervises (INS-2)."""

    GROUP = "group", "集团"
    BRANCH = "branch", "分子公司"
    ESTATE = "estate", "项目"


class Way(models.TextChoices):
    """督导方式 (INS-3), with the fire equipment's own checklists (INS-5)."""

    SAFETY = "safety", "要点督导"
    NODE = "node", "节点督导"
    TOUCHPOINT = "touchpoint", "触点督导"
    OWNER = "owner", "业主监督员督导"
    STAFF = "staff", "项目公司（员工）督导"
    MYSTERY = "mystery", "神秘顾客访问"
    FIRE = "fire", "消防设施检查"


class Frequency(models.TextChoices):
    """Periods of a schedule (INS-7), in Asia/Shanghai."""

    DAY = "day", "每日"
    WEEK = "week", "每周"
    HALF_MONTH = "half_month", "每半月"
    MONTH = "month", "每月"
    QUARTER = "quarter", "每季度"
    HALF_YEAR = "half_year", "每半年"
    YEAR = "year", "每年"


class Method(models.TextChoices):
    DOCUMENT = "document", "查"
    INTERVIEW = "interview", "听"
    SITE = "site", "看"


class Risk(models.TextChoices):
    REDLINE = "redline", "红线"
    MAJOR = "major", "重要"
    MINOR = "minor", "一般"


class Evidence(models.TextChoices):
    NONE = "none", "无"
    PHOTO = "photo", "照片"
    READING = "reading", "读数"


class Result(models.TextChoices):
    """INS-9. One letter each: there are ten million of them."""

    PASS = "p", "合格"
    FAIL = "f", "不合格"
    NOT_APPLICABLE = "n", "不适用"


class Grade(models.TextChoices):
    EXCELLENT = "excellent", "优秀"
    GOOD = "good", "良好"
    FAIR = "fair", "合格"
    POOR = "poor", "不合格"


class EstateScope(models.TextChoices):
    """Which estates of a schedule's places it is for (INS-4: key estates)."""

    ALL = "all", "全部项目"
    KEY = "key", "仅重点项目"
    OTHER = "other", "仅非重点项目"
