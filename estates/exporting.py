"""The houses list as .xlsx (RPT-5); personal data stays masked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from estates.models import House
from foundation.records.workbooks import workbook

HEAD = ("项目", "房屋", "楼栋", "单元", "房号", "建筑面积（㎡）", "业主", "手机", "共有人", "租户")


def houses_xlsx(houses: Iterable[House]) -> bytes:
    """`houses` as `with_occupants()` gives them."""
    return workbook("房屋", HEAD, (_cells(house) for house in houses))


def _cells(house: House) -> Sequence[Any]:
    owner, tenant = house.owner, house.tenant
    return (
        house.estate.name,
        house.code,
        house.building.name,
        house.unit.name if house.unit else "",
        house.number,
        house.area,
        owner.name if owner else "",
        owner.masked_phone if owner else "",
        "、".join(owner.co_owners) if owner else "",
        tenant.name if tenant else "",
    )
