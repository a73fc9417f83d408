"""What is signed in this chapter: the papers as they are delivered, filled in from a house's records (HND-1, HND-3, HND-6).

A text follows from the records alone, not from the day on which it is read: it is signed as long as it stays the same.
Phone numbers are masked (ORG-4): the whole ones are on the record that the text names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import yaml
from django.utils import timezone

from estates import masking
from foundation.signatures.services import is_signed
from foundation.signatures.texts import cell, row
from handover.choices import SIGNED, StepKind
from handover.models import Handover, HouseKey, KeyMove, MoveIn, OwnerFile

FOLDER = Path(__file__).resolve().parent / "standards" / "papers"

TENANT_FILE, UNDERTAKING, SAFETY = "tenant_file", "undertaking", "safety"
# HND-6: what a tenant signs, and the owner for a tenant. An owner has signed at the handover.
OF_TENANT = (TENANT_FILE, SAFETY, UNDERTAKING)


@dataclass(frozen=True)
class Paper:
    """One paper; `text` has {names} where the records go."""

    code: str
    title: str
    text: str

    @property
    def fields(self) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(self.text) if name}

    def text_with(self, values: dict[str, str]) -> str:
        """The text that is signed; LookupError where a value is missing."""
        return self.text.format_map(values)


@cache
def papers() -> dict[str, Paper]:
    found = [Paper(**yaml.safe_load(path.read_text(encoding="utf-8"))) for path in sorted(FOLDER.glob("*.yaml"))]
    return {paper.code: paper for paper in found}


def paper(code: str) -> Paper:
    return papers()[code]


# --- the steps of a handover ------------------------------------------------------------------------------------------


def text_of(handover: Handover, kind: str) -> str:
    """What is signed at this step as things stand now. Only the steps of `SIGNED` have a paper."""
    return paper(kind).text_with(_common(handover) | VALUES[StepKind(kind)](handover))


def unsigned(handover: Handover, kind: str) -> str:
    """HND-5, fixed: the sentence for a step whose paper is not signed as it stands now, or ""."""
    if kind not in SIGNED or is_signed(handover, kind, text_of(handover, kind)):
        return ""
    return f"{paper(kind).title}还没有签字，或签字后内容有变化。"


def _common(handover: Handover) -> dict[str, str]:
    house = handover.house
    return {
        "estate": cell(handover.estate.name),
        "house": cell(house.code),
        "area": cell(house.area),
        "owner": cell(handover.buyer_name),
        "phone": cell(masking.phone(handover.buyer_phone)),
        "developer": cell(handover.batch.developer),
    }


def _owner_file(handover: Handover) -> dict[str, str]:
    file = OwnerFile.objects.filter(handover=handover).first() or OwnerFile()
    facts = (
        ("生日", file.birthday),
        ("工作单位", file.work_place),
        ("紧急联系人", file.emergency_name),
        ("紧急联系手机", masking.phone(file.emergency_mobile)),
        ("车牌", file.vehicles),
        ("宠物", file.pets),
        ("需要特别关照", file.needs_help),
    )
    return {
        "file": "\n".join([row("项目", "内容"), *(row(*fact) for fact in facts)]),
        "members": "\n".join(f"- {cell(one)}" for one in map(_member, file.members)) or "没有登记其他家庭成员。",
    }


def _member(one: Any) -> str:
    if not isinstance(one, dict):
        return str(one)
    told = (one.get("name"), one.get("relation"), masking.phone(one.get("phone") or ""))
    return " ".join(part for part in told if part)


def _safety(handover: Handover) -> dict[str, str]:
    return {"party": "业主", "name": cell(handover.buyer_name)}


def _inspection(handover: Handover) -> dict[str, str]:
    found = list(handover.defects.order_by("pk"))
    if not found:
        return {"defects": "经查验，没有发现需要整改的问题。"}
    rows = [
        row(
            number,
            one.room,
            one.trade,
            f"{one.fault}（{one.note}）" if one.note else one.fault,
            # The day that ends with it: a limit is 24:00 of its day.
            f"{timezone.localtime(one.due_at - timedelta.resolution):%Y-%m-%d}",
        )
        for number, one in enumerate(found, start=1)
    ]
    return {"defects": "\n".join([row("序号", "部位", "工种", "问题", "整改期限"), *rows])}


def _keys(handover: Handover) -> dict[str, str]:
    keys = list(HouseKey.objects.filter(house=handover.house_id).prefetch_related("moves").order_by("kind", "label"))
    if not keys:
        return {"keys": "没有登记钥匙。"}
    rows = [row(one.get_kind_display(), one.label, one.count, whereabouts(one)) for one in keys]
    return {"keys": "\n".join([row("种类", "编号", "数量", "去向"), *rows])}


def whereabouts(key: HouseKey) -> str:
    """As the owner signs it: a kept key stays kept, whoever has it for the repair."""
    if key.place == HouseKey.Place.OWNER:
        return "已交业主"
    if any(move.kind == KeyMove.Kind.KEPT for move in key.moves.all()):
        return "业主同意留存"
    return "尚未交付"


VALUES: dict[StepKind, Callable[[Handover], dict[str, str]]] = {
    StepKind.OWNER_FILE: _owner_file,
    StepKind.SAFETY: _safety,
    StepKind.INSPECTION: _inspection,
    StepKind.KEYS: _keys,
}


# --- moving in --------------------------------------------------------------------------------------------------------


def papers_of(move_in: MoveIn) -> tuple[str, ...]:
    """The codes of what has to be signed before this move-in (HND-6)."""
    return OF_TENANT if move_in.is_tenant else ()


def text_of_move_in(move_in: MoveIn, code: str) -> str:
    lease = f"{move_in.lease_from} 至 {move_in.lease_until}" if move_in.lease_from else "无"
    values: dict[str, Any] = {
        "estate": move_in.estate.name,
        "house": move_in.house.code,
        "party": "租户",
        "name": move_in.name,
        "phone": masking.phone(move_in.phone),
        "people": move_in.people,
        "lease": lease,
        "planned": move_in.planned_on,
    }
    return paper(code).text_with({name: cell(value) for name, value in values.items()})


def unsigned_move_in(move_in: MoveIn, code: str) -> str:
    """The sentence for a paper of a move-in that is not signed as it stands now, or ""."""
    if is_signed(move_in, code, text_of_move_in(move_in, code)):
        return ""
    return f"{paper(code).title}还没有签字，或签字后内容有变化。"
