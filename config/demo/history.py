"""What is being written while the demo makes up its months."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from random import Random

from accounts.models import User
from config.demo.world import World
from foundation.journal.models import Entry
from foundation.journal.services import entry
from inspections.models import Inspection, Item


@dataclass
class Failure:
    """A failed answer that becomes a rectification."""

    inspection: Inspection
    item: Item
    note: str
    reading: Decimal | None


@dataclass
class History:
    """What is being written: the world, the dice, and where today is."""

    world: World
    rng: Random
    at: datetime
    limits: object
    quality: dict[int, float]
    absent: dict[int, set[str]]
    items: dict[int, list[Item]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    done: list[Inspection] = field(default_factory=list)

    def say(self, subject, verb: str, by: User | None, at: datetime, node: int, **data: object) -> None:
        """A journal entry that was written when it happened."""
        row = entry(subject, verb, by=by, at=at, node=node, **data)
        row.recorded_at = at
        self.entries.append(row)
