"""The content of a checklist as plain values: what YAML files, xlsx files and versions have in common (INS-1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError

from inspections.choices import Risk

if TYPE_CHECKING:
    from inspections.models import ChecklistVersion

WEIGHTS = {Risk.REDLINE: 5, Risk.MAJOR: 3, Risk.MINOR: 1}


class ContentError(Exception):
    """A content that can't be a checklist: `place` says where (row and column, or item), the message why."""

    def __init__(self, place: str, sentence: str) -> None:
        super().__init__(f"{place}：{sentence}")
        self.place, self.sentence = place, sentence


@dataclass
class ItemContent:
    """One item, with the codes of `choices.py`; weight by risk where none is given."""

    code: str
    what: str
    criterion: str
    role: str
    method: str = "site"
    risk: str = "minor"
    evidence: str = "none"
    unit: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    days: int = 3
    standard: str = ""
    weight: int | None = None

    def fields(self) -> dict[str, Any]:
        """Keyword arguments of an `Item`."""
        return {**asdict(self), "weight": self.weight or WEIGHTS[Risk(self.risk)]}


@dataclass
class SectionContent:
    code: str
    name: str
    items: list[ItemContent] = field(default_factory=list)


def content_of(version: ChecklistVersion) -> list[SectionContent]:
    """The content of a version, in order, in two queries."""
    names = ItemContent.__dataclass_fields__
    sections = {section.pk: SectionContent(code=section.code, name=section.name) for section in version.sections.all()}
    for item in version.items.order_by("position", "id"):
        sections[item.section_id].items.append(ItemContent(**{name: getattr(item, name) for name in names}))
    return list(sections.values())


def fingerprint(sections: Iterable[SectionContent]) -> str:
    """The same for the same content, however numbers are written (0.1 and 0.100)."""

    def plain(value: Any) -> Any:
        return format(value.normalize(), "f") if isinstance(value, Decimal) else value

    rows = [
        [
            section.code,
            section.name,
            [{key: plain(value) for key, value in item.fields().items()} for item in section.items],
        ]
        for section in sections
    ]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def bound(value: Any) -> Decimal | None:
    """A bound of a reading's range as it stands in a file."""
    if value in (None, ""):
        return None
    try:
        return Decimal(str(value).strip())
    except InvalidOperation:
        raise ValueError(f"“{value}”不是数字") from None


def check(sections: list[SectionContent]) -> None:
    """Refuse what the model would refuse, with the item's place; codes must be unique (ContentError)."""
    from inspections.models import Item

    seen: set[str] = set()
    if not sections:
        raise ContentError("检查表", "没有任何检查主题。")
    for section in sections:
        if not section.items:
            raise ContentError(section.name, "这个主题下没有检查项。")
        for item in section.items:
            place = f"{section.name} · {item.code}"
            if item.code in seen:
                raise ContentError(place, "检查项代码重复。")
            seen.add(item.code)
            try:
                Item(position=1, **item.fields()).clean_fields(exclude=["version", "section", "id"])
            except (ValidationError, KeyError, ValueError) as error:
                raise ContentError(place, _first_sentence(error)) from None
            if item.low is not None and item.high is not None and item.low > item.high:
                raise ContentError(place, "读数范围上下限颠倒：下限不能大于上限。")
            if item.evidence == "reading" and (not item.unit or (item.low is None and item.high is None)):
                raise ContentError(place, "要求读数的检查项必须填写单位和至少一个界限。")


def _first_sentence(error: Exception) -> str:
    if isinstance(error, ValidationError):
        from inspections.models import Item

        name, messages = next(iter(error.message_dict.items()))
        return f"{Item._meta.get_field(name).verbose_name}：{messages[0]}"  # type: ignore[union-attr]
    return str(error)
