"""What tests of defects and keys start from.

defect = found(cast)                     # a hollow wall in the main bedroom of 1502, by 工程 on MONDAY, 15 days
key = make_key(cast)                     # an entry key of 1502 that lies in the office
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from foundation.timers.models import Clock
from handover.choices import KeyKind
from handover.models import Builder, Defect, Handover, HouseKey
from handover.services.builders import add_builder
from handover.services.defectclocks import clock_of
from handover.services.defects import fix_defect, recheck_defect, register_defect
from handover.services.keys import register_keys
from tests.cast import Cast
from tests.handover.factories import DAY, MONDAY, make_handover


def found(cast: Cast, *, handover: Handover | None = None, at: datetime = MONDAY, **options: Any) -> Defect:
    given = {"room": "主卧", "trade": "墙面", "fault": "空鼓", "by": cast.engineering, **options}
    return register_defect(handover=handover or make_handover(cast), at=at, **given)


def fixed(defect: Defect, cast: Cast, *, at: datetime = MONDAY + DAY) -> Defect:
    return fix_defect(defect=defect, by=cast.engineering, at=at, remark="已重新粉刷")


def rechecked(defect: Defect, cast: Cast, *, at: datetime = MONDAY + 2 * DAY) -> Defect:
    return recheck_defect(defect=fixed(defect, cast), by=cast.engineering_lead, at=at)


def make_builder(cast: Cast, name: str = "锦建装饰", trades: tuple[str, ...] = ("墙面",)) -> Builder:
    return add_builder(
        estate=cast.estate_a1, name=name, trades=trades, contact="周工", phone="13800008888", by=cast.service, at=MONDAY
    )


def make_key(
    cast: Cast, label: str = "1502-1", *, handover: Handover | None = None, kind: str = KeyKind.ENTRY
) -> HouseKey:
    house = (handover or make_handover(cast)).house
    return register_keys(house=house, kind=kind, labels=[label], by=cast.service, at=MONDAY)[0]


def limit_of(defect: Defect) -> Clock:
    clock = clock_of(defect)
    assert clock is not None
    return clock
