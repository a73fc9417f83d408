"""What lies between two contents of a checklist (INS-6): values in, sentences out; no database."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from inspections.content import ItemContent, SectionContent
from inspections.wording import ITEM_FIELDS, in_words


class Kind(StrEnum):
    ADDED = "新增"
    REMOVED = "删除"
    CHANGED = "修改"
    MOVED = "移动"


@dataclass(frozen=True)
class Change:
    """One field of an item, or the name of a subject, before ("" = nothing) and after, in words."""

    label: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.label}：{self.before} → {self.after}" if self.before else f"{self.label}：{self.after}"


@dataclass(frozen=True)
class Difference:
    """One item or subject (`is_section`). A changed one may have moved as well: `moved_to` says where it is now."""

    kind: Kind
    code: str
    name: str
    section: str
    changes: tuple[Change, ...] = ()
    moved_to: str = ""
    is_section: bool = False

    def __str__(self) -> str:
        said = [f"{self.kind}{'主题' if self.is_section else ''} {self.code} {self.name}", *map(str, self.changes)]
        if self.moved_to:
            said.append(self.moved_to)
        return "；".join(said)


@dataclass
class Differences:
    sections: list[Difference] = field(default_factory=list)
    items: list[Difference] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.sections or self.items)

    def __iter__(self):
        yield from self.sections
        yield from self.items

    def of(self, kind: Kind) -> list[Difference]:
        return [found for found in self.items if found.kind == kind]

    @property
    def figures(self) -> dict[str, int]:
        """Number of items by kind, e.g. {"新增": 2, …}."""
        return {kind.value: len(self.of(kind)) for kind in Kind}


def differences(before: Sequence[SectionContent], after: Sequence[SectionContent]) -> Differences:
    """Items and subjects are known by their code; the fewest of them count as moved."""
    found = Differences()
    _sections(before, after, found)
    old = {item.code: (section, item) for section in before for item in section.items}
    new = {item.code: (section, item) for section in after for item in section.items}
    restless = _moved_within(before, after)
    for code, (section, item) in new.items():
        if code not in old:
            found.items.append(Difference(Kind.ADDED, code, item.what, section.name))
            continue
        old_section, old_item = old[code]
        moved_to = ""
        if old_section.code != section.code:
            moved_to = f"从“{old_section.name}”移到“{section.name}”"
        elif code in restless:
            moved_to = f"移到第 {section.items.index(item) + 1} 项"
        changes = _changes(old_item, item)
        if changes or moved_to:
            kind = Kind.CHANGED if changes else Kind.MOVED
            found.items.append(Difference(kind, code, item.what, section.name, changes, moved_to))
    for code, (section, item) in old.items():
        if code not in new:
            found.items.append(Difference(Kind.REMOVED, code, item.what, section.name))
    return found


def _changes(before: ItemContent, after: ItemContent) -> tuple[Change, ...]:
    """Weights as they count: one that is not given is that of the risk grade."""
    old, new = before.fields(), after.fields()
    return tuple(
        Change(label, "" if old[name] in (None, "") else in_words(name, old[name]), in_words(name, new[name]))
        for name, label in ITEM_FIELDS.items()
        if old[name] != new[name]
    )


def _sections(before: Sequence[SectionContent], after: Sequence[SectionContent], found: Differences) -> None:
    old = {section.code: section for section in before}
    new = {section.code: section for section in after}
    restless = _restless([code for code in new if code in old], list(old))
    for place, (code, section) in enumerate(new.items(), start=1):
        if code not in old:
            found.sections.append(Difference(Kind.ADDED, code, section.name, section.name, is_section=True))
            continue
        renamed = old[code].name != section.name
        changes = (Change("名称", old[code].name, section.name),) if renamed else ()
        moved_to = f"移到第 {place} 个主题" if code in restless else ""
        if changes or moved_to:
            kind = Kind.CHANGED if changes else Kind.MOVED
            found.sections.append(
                Difference(kind, code, section.name, section.name, changes, moved_to, is_section=True)
            )
    for code, section in old.items():
        if code not in new:
            found.sections.append(Difference(Kind.REMOVED, code, section.name, section.name, is_section=True))


def _moved_within(before: Sequence[SectionContent], after: Sequence[SectionContent]) -> set[str]:
    """Items that stayed in their subject and changed places with others there."""
    old = {section.code: [item.code for item in section.items] for section in before}
    moved: set[str] = set()
    for section in after:
        known = old.get(section.code, [])
        moved |= _restless([item.code for item in section.items if item.code in known], known)
    return moved


def _restless(order: Sequence[str], old_order: Iterable[str]) -> set[str]:
    """The fewest that must have moved: all but a longest run that is still in its old order."""
    place = {code: number for number, code in enumerate(old_order)}
    ends: list[int] = []  # ends[n]: the smallest last place of a rising run of n + 1
    length: dict[str, int] = {}
    for code in order:
        length[code] = bisect_left(ends, place[code])
        ends[length[code] : length[code] + 1] = [place[code]]
    kept: set[str] = set()
    wanted, below = len(ends) - 1, len(place)
    for code in reversed(order):
        if length[code] == wanted and place[code] < below:
            kept.add(code)
            wanted, below = wanted - 1, place[code]
    return set(order) - kept
