"""The library of 验房: rooms × trades × standard faults, each with the days it is to be mended in (HND-3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SOURCE = Path(__file__).resolve().parent / "standards" / "inspection.yaml"


@dataclass(frozen=True)
class Trade:
    """One trade: its faults with their days (natural days), and the rooms that it can be found in."""

    name: str
    days: int
    rooms: tuple[str, ...]
    faults: dict[str, int]


@dataclass(frozen=True)
class Library:
    rooms: tuple[str, ...]
    trades: dict[str, Trade]

    def days(self, trade: str, fault: str) -> int:
        """How long a fault of this trade may take; a fault in one's own words takes what its trade takes."""
        found = self.trades[trade]
        return found.faults.get(fault, found.days)

    def fits(self, room: str, trade: str) -> bool:
        return room in self.trades[trade].rooms


@cache
def library() -> Library:
    """ValueError where a trade names a room that there is not."""
    data = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    rooms = tuple(data["rooms"])
    trades = [_trade(one, rooms) for one in data["trades"]]
    return Library(rooms, {trade.name: trade for trade in trades})


def _trade(data: dict[str, Any], rooms: tuple[str, ...]) -> Trade:
    own = tuple(data.get("rooms") or rooms)
    if unknown := set(own) - set(rooms):
        raise ValueError(f"验房标准库的“{data['name']}”写了没有的部位：{'、'.join(sorted(unknown))}")
    faults = {}
    for fault in data["faults"]:
        given = fault if isinstance(fault, dict) else {"name": fault}
        faults[given["name"]] = given.get("days", data["days"])
    return Trade(data["name"], data["days"], own, faults)
