"""The timeline of a case as a conversation: what the customer said, what we answered, and what happened between.

Pure: the entries of the journal in, messages out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from complaints.models import Case
from foundation.journal.verbs import Line

if TYPE_CHECKING:
    from foundation.journal.models import Entry

# Whose words an entry holds, and where in its data they stand.
THEIRS = {"case.register": "text", "case.callback": "note", "case.unsolved": "note", "case.sign": "opinion"}
# What a customer said who said nothing more.
SHORT = {"case.callback": "已解决", "case.unsolved": "未解决"}
OURS = {"case.reply": "answer", "case.answer": "answer", "case.explain": "answer", "case.promise": "promised_at"}


@dataclass(frozen=True)
class Message:
    """`side` is theirs, ours or inner; `words` is what was said, `lines` what else the entry holds."""

    entry: Entry
    side: str
    name: str = ""
    words: str = ""
    lines: tuple[Line, ...] = ()


def conversation(case: Case, entries: Iterable[Entry]) -> list[Message]:
    """One message per entry, in their order."""
    return [_message(case, entry) for entry in entries]


def _message(case: Case, entry: Entry) -> Message:
    us = entry.by.name if entry.by else "系统"
    if entry.verb in THEIRS:
        said = entry.data.get(THEIRS[entry.verb], "")
        words = "。".join(filter(None, [SHORT.get(entry.verb, ""), said]))
        return Message(entry, "theirs", case.caller_name or "客户", words, _without(entry, said))
    if entry.verb in OURS:
        said = entry.data.get(OURS[entry.verb], "")
        if isinstance(said, str):
            return Message(entry, "ours", us, said, _without(entry, said))
        return Message(entry, "ours", us, lines=_without(entry, ""))
    return Message(entry, "inner", us, lines=_without(entry, ""))


def _without(entry: Entry, said: str) -> tuple[Line, ...]:
    """What else it holds."""
    return tuple(line for line in entry.lines if not said or line.after != said)
