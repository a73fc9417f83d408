"""开发商费用 on its pages: the month of a batch, its bill, papers and lists (HND-2)."""

from __future__ import annotations

import io
from decimal import Decimal

import pypdf
import pytest
from django.urls import reverse as url
from python_calamine import CalamineWorkbook

from handover.models import Bill
from handover.services.developer import make_month
from tests.complaints.pages import at
from tests.handover.money import billed, paid
from tests.handover.months import APRIL_1 as AT
from tests.handover.months import MARCH, half_taken


@pytest.fixture
def batch(cast):
    return half_taken(cast)


@pytest.fixture
def bill(cast, batch):
    return make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT)


def page(cast, name, pk, who="cashier", **query):
    with at(AT):
        return cast.client(getattr(cast, who)).get(url(f"handover:{name}", args=[pk]), query)


def send(cast, pk, who="cashier", **data):
    with at(AT):
        return cast.client(getattr(cast, who)).post(url("handover:make_developer_bill", args=[pk]), data)


def test_the_page_shows_the_month_and_makes_its_bill(cast, batch):
    assert url("handover:developer", args=[batch.pk]) in page(cast, "batch", batch.pk).content.decode()
    shown = page(cast, "developer", batch.pk)
    text = shown.content.decode()
    assert shown.context["month"] == MARCH
    for words in ("436.96", "13 / 31", "生成2026年3月账单", "412.28", "24.68"):
        assert words in text
    response = send(cast, batch.pk, month="2026-03", shown="436.96")
    bill = Bill.objects.get(batch=batch)
    assert response.headers["Location"] == url("handover:bill", args=[bill.pk])
    after = page(cast, "developer", batch.pk).content.decode()
    assert f"{bill.number}</a> 已生成" in after
    again = send(cast, batch.pk, month="2026-03", shown="436.96")
    assert (again.status_code, "已经生成" in again.content.decode()) == (422, True)


def test_a_month_that_cannot_be_read_or_billed_is_said(cast, batch):
    assert page(cast, "developer", batch.pk, month="昨天").context["month"] == MARCH
    assert "还没有结束" in page(cast, "developer", batch.pk, month="2026-04").content.decode()
    wrong = send(cast, batch.pk, month="2026-13")
    assert (wrong.status_code, "看不懂的月份" in wrong.content.decode()) == (422, True)


def test_a_reader_is_offered_nothing_and_another_estate_sees_nothing(cast, batch):
    assert "生成2026年3月账单" not in page(cast, "developer", batch.pk, who="auditor").content.decode()
    assert page(cast, "developer", batch.pk, who="foreign_manager").status_code == 404
    assert send(cast, batch.pk, who="engineering", month="2026-03").status_code == 403
    assert Bill.objects.count() == 0


def test_its_bill_has_a_page_papers_and_a_place_in_the_list(cast, bill):
    text = page(cast, "bill", bill.pk).content.decode()
    for words in ("开发商账单 2026年3月", "锦城置业有限公司", "3幢2单元1503", "30 / 31", "257.04", "412.28"):
        assert words in text
    with at(AT):
        listed = cast.client(cast.cashier).get(url("handover:bills"), {"q": "3-2-1503"})
        export = cast.client(cast.cashier).get(url("handover:bills_export"))
    assert [row.number for row, _ in listed.context["rows"]] == [bill.number]
    assert CalamineWorkbook.from_filelike(io.BytesIO(export.content)).get_sheet_by_name("账单").to_python()[1][2] == (
        bill.batch.name
    )
    printed = pypdf.PdfReader(io.BytesIO(page(cast, "print_bill", bill.pk).content)).pages[0].extract_text()
    for words in ("开发商费用账单", "436.96", "3幢2单元1502", "8 / 31", "肆佰叁拾陆元玖角陆分"):
        assert words in printed
    rows = CalamineWorkbook.from_filelike(io.BytesIO(page(cast, "bill_houses", bill.pk).content))
    lines = rows.get_sheet_by_name("房屋明细").to_python()[1:]
    assert lines[0] == [
        "3幢2单元1501",
        "物业服务费",
        "按建筑面积",
        89.5,
        "2.80",
        "2026-03-02",
        "2026-03-14",
        13,
        31,
        105.09,
    ]
    assert sum(Decimal(str(line[9])) for line in lines) == bill.total


def test_its_payment_stands_on_the_sheet_and_has_a_receipt(cast, bill):
    payment = paid(bill, cast, "436.96", at=AT, receipt="K1")
    receipt = pypdf.PdfReader(io.BytesIO(page(cast, "receipt", payment.pk).content)).pages[0].extract_text()
    for words in ("锦城置业有限公司", bill.batch.name, "账单已缴清"):
        assert words in receipt
    with at(AT):
        sheet = cast.client(cast.cashier).get(url("handover:cash_sheet"))
        xlsx = cast.client(cast.cashier).get(url("handover:cash_sheet_xlsx"))
    assert bill.batch.name in sheet.content.decode()
    rows = CalamineWorkbook.from_filelike(io.BytesIO(xlsx.content)).get_sheet_by_name("明细").to_python()
    assert rows[1][2] == bill.batch.name


def test_the_appendix_of_a_houses_bill_is_not_found(cast):
    assert page(cast, "bill_houses", billed(cast).pk).status_code == 404
