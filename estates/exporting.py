"""The houses list as .xlsx (RPT-5): every cell is text or a number, never a formula; personal data stays masked."""

from __future__ import annotations

import io
from collections.abc import Iterable

import xlsxwriter

from estates.models import House

HEAD = ("项目", "房屋", "楼栋", "单元", "房号", "建筑面积(㎡)", "业主", "手机", "共有人", "租户")
AREA = HEAD.index("建筑面积(㎡)")


def houses_xlsx(houses: Iterable[House]) -> bytes:
    """`houses` as `with_occupants()` gives them."""
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"constant_memory": True, "strings_to_formulas": False})
    sheet = workbook.add_worksheet("房屋")
    bold = workbook.add_format({"bold": True, "bg_color": "#E7F3EC", "border": 1})
    square = workbook.add_format({"num_format": "0.00"})
    sheet.set_column(0, len(HEAD) - 1, 14)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(HEAD):
        sheet.write_string(0, column, name, bold)
    for line, house in enumerate(houses, start=1):
        for column, value in enumerate(_cells(house)):
            sheet.write_string(line, column, value)
        sheet.write_number(line, AREA, float(house.area), square)
    workbook.close()
    return buffer.getvalue()


def _cells(house: House) -> tuple[str, ...]:
    owner, tenant = house.owner, house.tenant
    return (
        house.estate.name,
        house.code,
        house.building.name,
        house.unit.name if house.unit else "",
        house.number,
        "",
        owner.name if owner else "",
        owner.masked_phone if owner else "",
        "、".join(owner.co_owners) if owner else "",
        tenant.name if tenant else "",
    )
