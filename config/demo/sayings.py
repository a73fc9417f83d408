"""What customers of the demo say, and what is done about it: sayings.yaml."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import yaml

from complaints.choices import Cause, Department, Kind

FILE = Path(__file__).with_name("sayings.yaml")
URGENT, BEFORE_DELIVERY = "urgent", "before_delivery"

DEPARTMENT = {
    Cause.NOISE: Department.SECURITY,
    Cause.PARKING: Department.SECURITY,
    Cause.SAFETY: Department.SECURITY,
    Cause.FIRE: Department.SECURITY,
    Cause.PETS: Department.SECURITY,
    Cause.RENOVATION: Department.SECURITY,
    Cause.CLEANING: Department.ENVIRONMENT,
    Cause.GREENING: Department.ENVIRONMENT,
    Cause.FEES: Department.SERVICE,
    Cause.ATTITUDE: Department.SERVICE,
    Cause.OTHER: Department.SERVICE,
}
# Words of someone at home; who calls from elsewhere doesn't use them.
AT_HOME = ("家", "楼上", "隔壁", "房", "厨", "卫生间", "阳台", "窗", "天花板", "总闸", "马桶", "户口", "我")


@dataclass(frozen=True)
class Saying:
    kind: str
    cause: str
    said: str
    done: str
    urgent: bool = False

    @property
    def department(self) -> str:
        """Who sees to it; a repair is the engineers' whatever it is about."""
        return (
            Department.ENGINEERING if self.kind == Kind.REPAIR else DEPARTMENT.get(self.cause, Department.ENGINEERING)
        )

    @property
    def is_from_home(self) -> bool:
        return any(word in self.said for word in AT_HOME)


def sayings() -> list[Saying]:
    """All but those of an estate that is not yet delivered."""
    return [saying for cause, kinds in _read().items() if cause != BEFORE_DELIVERY for saying in _of(cause, kinds)]


def before_delivery() -> list[Saying]:
    return list(_of(Cause.OTHER, _read()[BEFORE_DELIVERY]))


def _read() -> dict[str, dict[str, dict[str, str]]]:
    return yaml.safe_load(FILE.read_text("utf-8"))


def _of(cause: str, kinds: dict[str, dict[str, str]]) -> list[Saying]:
    return [
        Saying(Kind.REPAIR if kind == URGENT else Kind(kind), Cause(cause), said, done, kind == URGENT)
        for kind, words in kinds.items()
        for said, done in words.items()
    ]


@dataclass
class Deck:
    """Sayings drawn by kind without repeating one before all of its kind were drawn."""

    rng: Random
    cards: list[Saying]
    _left: dict[tuple[str, bool], list[Saying]] = field(default_factory=dict)

    def draw(self, kind: str, *, urgent: bool = False) -> Saying:
        left = self._left.setdefault((kind, urgent), [])
        if not left:
            left += [card for card in self.cards if (card.kind, card.urgent) == (kind, urgent)]
            self.rng.shuffle(left)
        return left.pop()
