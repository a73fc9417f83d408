"""What verbs and values are called. Each app registers its own in `AppConfig.ready()`:

    verbs.register({"inspection.submit": "提交检查"}, names={"due_on": "整改期限"})

A value without a name is kept in the journal and not shown: it would be a code, not a word.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_date, parse_datetime

from foundation.worktime.local import format_deadline

if TYPE_CHECKING:
    from foundation.journal.models import Entry

NOTHING = "（空）"

_labels: dict[str, str] = {}
_names: dict[str, str] = {"note": "说明", "reason": "原因"}
_describers: dict[str, Callable[["Entry"], str]] = {}


@dataclass(frozen=True, slots=True)
class Line:
    """One line under an entry: a change (before and after), a value (`after` only) or a plain sentence (`text`).

    A value that there was none of before is no change: it reads as itself, without an arrow.
    """

    name: str = ""
    before: str = ""
    after: str = ""
    text: str = ""
    is_change: bool = False

    def __str__(self) -> str:
        said = f"{self.before} → {self.after}" if self.is_change else self.text or self.after
        return f"{self.name}：{said}" if self.name else said


def register(labels: Mapping[str, str], names: Mapping[str, str] | None = None) -> None:
    """Give verbs their labels, and the values in their data their names. A verb has one label."""
    for verb, text in labels.items():
        if _labels.setdefault(verb, text) != text:
            raise ValueError(f"Verb {verb!r} is already called {_labels[verb]!r}")
    _names.update(names or {})


def describer(verb: str) -> Callable[[Callable[["Entry"], str]], Callable[["Entry"], str]]:
    """Decorate a function that says in one sentence what an entry of this verb means."""

    def keep(function: Callable[["Entry"], str]) -> Callable[["Entry"], str]:
        _describers[verb] = function
        return function

    return keep


def is_known(verb: str) -> bool:
    return verb in _labels


def label(verb: str) -> str:
    """The verb in words; one that a later version no longer registers shows as it was written."""
    return _labels.get(verb, verb)


def labels() -> dict[str, str]:
    return dict(_labels)


def describe(entry: "Entry") -> list[Line]:
    if entry.verb in _describers:
        return [Line(text=_describers[entry.verb](entry))]
    return [_line(_names[key], value) for key, value in entry.data.items() if key in _names and value not in ("", None)]


def _line(name: str, value: Any) -> Line:
    if isinstance(value, dict) and value.keys() == {"before", "after"}:
        if value["before"] in (None, "", []):
            return Line(name, after=in_words(value["after"]))
        return Line(name, in_words(value["before"]), in_words(value["after"]), is_change=True)
    return Line(name, after=in_words(value))


def in_words(value: Any) -> str:
    """A value from the JSON as a person reads it: times in local time, yes and no, lists joined."""
    match value:
        case None | "" | []:
            return NOTHING
        case bool():
            return "是" if value else "否"
        case list():
            return "、".join(in_words(part) for part in value)
        case str():
            return _time_in_words(value) or value
        case _:
            return str(value)


def _time_in_words(text: str) -> str:
    try:
        moment: date | None = parse_datetime(text) if "T" in text else parse_date(text)
    except ValueError:
        return ""
    if isinstance(moment, datetime):
        return format_deadline(moment) if timezone.is_aware(moment) else formats.date_format(moment, "Y-m-d H:i")
    return formats.date_format(moment, "Y-m-d") if moment else ""
