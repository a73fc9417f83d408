"""What the fields of a check item and their values are called, in an xlsx and in a difference. Pure."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from accounts.roles import Role
from inspections.choices import Evidence, Method, Risk

ITEM_FIELDS = {
    "code": "代码",
    "what": "检查内容",
    "criterion": "判定标准",
    "method": "方法",
    "risk": "风险等级",
    "evidence": "取证要求",
    "unit": "单位",
    "low": "下限",
    "high": "上限",
    "role": "责任岗位",
    "days": "整改天数",
    "weight": "权重",
    "standard": "依据标准",
}
CHOICES = {"method": Method, "risk": Risk, "evidence": Evidence, "role": Role}
# Those who hold no post at an estate can't be made to rectify there (INS-10).
ELSEWHERE = {
    Role.GROUP_SUPERVISOR,
    Role.BRANCH_SUPERVISOR,
    Role.GENERAL_MANAGER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
}
NOTHING = "（空）"


def offered(field: str) -> list[tuple[str, str]]:
    """Values and labels that may be chosen for a field of an item."""
    return [(value, str(label)) for value, label in CHOICES[field].choices if value not in ELSEWHERE]


def in_words(field: str, value: Any) -> str:
    """A field's value as a person reads it."""
    if value in (None, ""):
        return NOTHING
    if field in CHOICES:
        return str(CHOICES[field](value).label)
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def next_code(prefix: str, taken: Collection[str]) -> str:
    """The first free code of the form `prefix-01`; at most 40 characters, as the models keep it."""
    number = 1
    while (code := f"{prefix[:36]}-{number:02d}") in taken:
        number += 1
    return code
