import io
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import xlsxwriter

from estates.importing import COLUMNS
from estates.models import Building, House, Owner, Unit

ID_CARD = "11010519491231002X"
USCC = "91110000600037341L"
# 楼栋 单元 房号 建筑面积 业主姓名 证件类型 证件号 手机 共有人
LINE = ("3幢", "2单元", "1502", 89.5, "王小明", "身份证", ID_CARD, "13800001234", "李梅、王一")


@pytest.fixture
def now() -> datetime:
    return datetime.now(tz=UTC)


@pytest.fixture
def xlsx() -> Callable[..., bytes]:
    """An .xlsx of these lines under the columns of ORG-6, or under others."""

    def make(*lines: Sequence[Any], columns: Sequence[str] = COLUMNS) -> bytes:
        buffer = io.BytesIO()
        workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
        sheet = workbook.add_worksheet()
        for row, cells in enumerate([columns, *lines]):
            for column, cell in enumerate(cells):
                if isinstance(cell, str):
                    sheet.write_string(row, column, cell)
                else:
                    sheet.write(row, column, cell)
        workbook.close()
        return buffer.getvalue()

    return make


def make_house(estate, building: str = "3幢", unit: str = "2单元", number: str = "1502", **owner: Any) -> House:
    block, _ = Building.objects.get_or_create(estate=estate, name=building)
    stairs = Unit.objects.get_or_create(building=block, name=unit)[0] if unit else None
    house = House.objects.create(
        estate=estate,
        building=block,
        unit=stairs,
        number=number,
        code=f"{building}{unit}{number}",
        area=Decimal("89.50"),
    )
    facts = {
        "name": "王小明",
        "id_type": "id_card",
        "id_number": ID_CARD,
        "phone": "13800001234",
        "since": date(2022, 7, 1),
    }
    Owner.objects.create(house=house, **{**facts, **owner})
    return house


@pytest.fixture
def house(cast) -> House:
    return make_house(cast.estate_a1)


@pytest.fixture
def foreign_house(cast) -> House:
    return make_house(cast.estate_b1, name="赵外人", phone="13811119999")
