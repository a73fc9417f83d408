"""A checklist's content as a file: what the form asks, and what is carried from the preview to its confirmation."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django import forms
from django.core import signing
from unfold.widgets import UnfoldAdminFileFieldWidget

from foundation.records.refusals import Refused
from inspections.content import ItemContent, SectionContent

SALT = "inspections.checklist-import"
MAX_AGE = 60 * 60


class ImportForm(forms.Form):
    file = forms.FileField(
        label="检查项文件（.xlsx）",
        widget=UnfoldAdminFileFieldWidget,
        error_messages={"required": "请选择要导入的文件。", "empty": "这个文件是空的。"},
    )


def pack(checklist: int, stamp: str, sections: list[SectionContent]) -> str:
    """The content that was shown, signed; `stamp` is the content it was compared with."""
    rows: list[Any] = [[section.code, section.name, [_plain(item) for item in section.items]] for section in sections]
    return signing.dumps({"checklist": checklist, "stamp": stamp, "rows": rows}, salt=SALT, compress=True)


def unpack(packed: str, checklist: int, stamp: str) -> list[SectionContent]:
    """Raises `Refused` where it is not what was shown for this checklist, or where the draft has changed since."""
    try:
        data = signing.loads(packed, salt=SALT, max_age=MAX_AGE)
    except signing.BadSignature:
        raise Refused("预览已过期，请重新上传文件。") from None
    if data["checklist"] != checklist:
        raise Refused("这份预览不属于这张检查表，请重新上传文件。")
    if data["stamp"] != stamp:
        raise Refused("检查表在预览之后又被改过，请重新上传文件核对差异。")
    return [SectionContent(code, name, [_item(item) for item in items]) for code, name, items in data["rows"]]


def _plain(item: ItemContent) -> dict[str, Any]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in asdict(item).items()}


def _item(values: dict[str, Any]) -> ItemContent:
    bounds = {name: Decimal(values[name]) for name in ("low", "high") if values[name] is not None}
    return ItemContent(**values | bounds)
