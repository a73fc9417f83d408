"""Sentences of a case's timeline, where a list of values would be hard to read (CMP-7…9)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foundation.journal.verbs import describer, in_words

if TYPE_CHECKING:
    from foundation.journal.models import Entry


@describer("case.escalate")
def escalated(entry: Entry) -> str:
    """处理时限已用 100%,告知项目经理(应于 2026-11-16 06:00,补记)."""
    data = entry.data
    late = "，补记" if data.get("late") else ""
    moment = in_words(data.get("due_at"))
    return f"{data.get('clock')}时限已用 {data.get('share')}，告知{data.get('to')}（应于 {moment}{late}）"


@describer("case.grow_major")
def grown(entry: Entry) -> str:
    grade, late = entry.data.get("grade", {}), "，补记" if entry.data.get("late") else ""
    return (
        f"{grade.get('before') or '待定级'} → {grade.get('after')}（自 {in_words(entry.data.get('due_at'))} 起{late}）"
    )


@describer("case.grant_extension")
def granted(entry: Entry) -> str:
    moved, note = entry.data.get("due_at", {}), entry.data.get("note", "")
    since = f"由 {in_words(moved['before'])} " if moved.get("before") else ""
    words = f"处理期限{since}延至 {in_words(moved.get('after'))}"
    return f"{words}；{note}" if note else words
