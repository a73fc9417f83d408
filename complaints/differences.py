"""What lies between two versions of the policy, limit by limit: values in, sentences out; no database."""

from __future__ import annotations

from dataclasses import dataclass

from complaints.content import Row, calendar, group_of, key_of, ladder, length, name_of, pausing, place

NOTHING = "空"
# What can differ, in words.
ASPECTS = {"时长": length, "日历": calendar, "等待客户": pausing, "阶梯": ladder}


@dataclass(frozen=True)
class Change:
    label: str
    before: str
    after: str

    def __str__(self) -> str:
        if not self.before:
            return f"{self.label}：{self.after}"
        return f"{self.label}：{self.before} → {self.after or NOTHING}"


@dataclass(frozen=True)
class Difference:
    """One limit that is new, gone, or reads differently; `kind` is the word for it."""

    kind: str
    group: str
    name: str
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        said = "；".join(map(str, self.changes))
        return f"{self.name} {said}" if self.kind == "修改" else f"{self.kind} {self.name}({said})"


def differences(before: list[Row], after: list[Row]) -> list[Difference]:
    """In the order of the table; what reads the same is the same."""
    old, new = ({key_of(row): row for row in content} for content in (before, after))
    found = []
    for key in sorted(old.keys() | new.keys(), key=place):
        kind = "修改" if key in old and key in new else "新增" if key in new else "删除"
        changes = _changes(old.get(key), new.get(key))
        if changes:
            found.append(Difference(kind, group_of(key), name_of(key), changes))
    return found


def _changes(before: Row | None, after: Row | None) -> tuple[Change, ...]:
    pairs = [
        (label, words(before) if before else "", words(after) if after else "") for label, words in ASPECTS.items()
    ]
    return tuple(Change(label, old, new) for label, old, new in pairs if old != new)
