"""收银日报: the day's entries by method, reversals included; page, PDF and xlsx say the same."""

from __future__ import annotations

import io
import random
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pypdf
import pytest
from django.db import transaction
from django.urls import reverse as url
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from accounts.models import User
from accounts.roles import Role
from foundation.records.refusals import Refused
from handover import cashsheet
from handover.choices import Method
from handover.models import Payment
from handover.services.payments import receive, reverse
from tests.complaints.pages import at
from tests.handover.factories import DAY, HOUR, MONDAY
from tests.handover.money import AT, billed, paid

amounts = st.decimals("0.01", "9999999.99", places=2)
entries = st.lists(st.tuples(st.sampled_from(Method.values), amounts, st.booleans()), max_size=60)


@given(entries)
def test_the_sheet_adds_up_to_the_entries_reversals_included(found):
    """An entry that is reversed stands on the sheet twice: once each way."""
    signed = [(method, amount) for method, amount, _ in found]
    signed += [(method, -amount) for method, amount, is_reversed in found if is_reversed]
    lines = cashsheet.lines(signed)
    total = cashsheet.total(lines)
    assert total.net == sum(amount for _, amount in signed)
    assert total.net == sum(amount for _, amount, is_reversed in found if not is_reversed)
    assert total.received - total.reversed == total.net == sum(line.net for line in lines)
    assert total.receipts + total.reversals == len(signed)
    for line in lines:
        of_method = [amount for method, amount in signed if Method(method).label == line.label]
        assert line.net == sum(of_method)
    assert [line.label for line in lines] == [m.label for m in Method if m in {method for method, _ in signed}]


def test_a_day_without_entries_comes_to_nothing():
    assert cashsheet.lines([]) == []
    assert cashsheet.total([]) == cashsheet.Line("合计", 0, Decimal(0), 0, Decimal(0))


@pytest.mark.parametrize("seed", range(6))
def test_any_day_of_receipts_and_reversals_adds_up(cast, seed):
    """By method and by cashier, against what is in the database; a refused entry leaves no trace on the sheet."""
    chance = random.Random(seed)
    cashiers = [cast.cashier, cast.hire(Role.CASHIER, cast.estate_a1, "收银员乙")]
    bills = [billed(cast, number) for number in ("1501", "1502", "1601")]
    kept: list[tuple[User, str, Decimal, bool]] = []
    open_ones: list[Payment] = []
    for number in range(40):
        who, now = chance.choice(cashiers), AT + chance.choice([HOUR, 3 * HOUR, DAY])
        if open_ones and chance.random() < 0.4:
            back = open_ones.pop(chance.randrange(len(open_ones)))
            reverse(payment=back, reason="重开", by=who, at=now)
            kept.append((who, back.method, -back.amount, now < AT + DAY))
            continue
        amount, method = Decimal(chance.randint(1, 90_000)) / 100, chance.choice(Method.values)
        try:
            with transaction.atomic():
                open_ones.append(
                    receive(
                        bill=chance.choice(bills), amount=amount, method=method, receipt=f"S{seed}-{number}",
                        client_key=uuid4(), by=who, at=now,
                    )
                )  # fmt: skip
        except Refused:
            continue
        kept.append((who, method, amount, now < AT + DAY))
    for day, is_first in ((date(2026, 3, 2), True), (date(2026, 3, 3), False)):
        found = Payment.objects.filter(estate=cast.estate_a1).of_day(day)
        assert_adds_up(found, [one[1:3] for one in kept if one[3] == is_first])
        for who in cashiers:
            own = [one[1:3] for one in kept if one[3] == is_first and one[0] == who]
            assert_adds_up(found.filter(cashier=who), own)
    for bill in bills:
        paid_so_far = sum(bill.payments.values_list("amount", flat=True))
        assert 0 <= paid_so_far <= bill.total


def assert_adds_up(entries, kept):
    lines = cashsheet.lines(entries.order_by().values_list("method", "amount"))
    assert cashsheet.total(lines).net == sum(amount for _, amount in kept)
    for line in lines:
        of_method = [amount for method, amount in kept if Method(method).label == line.label]
        assert (line.receipts, line.received) == (
            sum(amount > 0 for amount in of_method), sum(amount for amount in of_method if amount > 0),
        )  # fmt: skip
        assert (line.reversals, line.net) == (sum(amount < 0 for amount in of_method), sum(of_method))
    assert {line.label for line in lines} == {Method(method).label for method, _ in kept}


# --- the pages ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def day(cast):
    """Monday: 1000 cash, 500 by card, both receipts on one bill; the card's is reversed; 393.60 the day after."""
    bill = billed(cast)
    paid(bill, cast, "1000", receipt="A1")
    card = paid(bill, cast, "500", receipt="A2", method=Method.CARD)
    reverse(payment=card, reason="刷错卡", by=cast.cashier, at=AT + HOUR)
    paid(bill, cast, "393.60", receipt="A3", at=MONDAY.replace(hour=0) + DAY)
    return date(2026, 3, 2)


def get(cast, name="cash_sheet", who="cashier", **query):
    with at(AT + 2 * HOUR):
        return cast.client(getattr(cast, who)).get(url(f"handover:{name}"), query)


def test_the_page_shows_the_day_by_method(cast, day):
    page = get(cast)
    sheet = page.context["sheet"]
    assert sheet.day == day
    assert [(line.label, line.received, line.reversed, line.net) for line in sheet.lines] == [
        ("现金", 1000, 0, 1000),
        ("刷卡", 500, 500, 0),
    ]
    assert (sheet.total.net, sheet.count) == (1000, 3)
    assert [one.receipt for one in page.context["page"]] == ["A1", "A2", "A2-冲销"]
    assert "刷错卡" in page.content.decode()


def test_the_first_second_of_a_day_is_its_own(cast, day):
    sheet = get(cast, day="2026-03-03").context["sheet"]
    assert (sheet.total.net, sheet.count) == (Decimal("393.60"), 1)
    assert get(cast, day="2026-03-04").context["sheet"].count == 0


def test_one_sees_ones_own_on_request(cast, day):
    other = cast.hire(Role.CASHIER, cast.estate_a1, "收银员乙")
    page = cast.client(other).get(url("handover:cash_sheet"), {"day": "2026-03-02", "mine": "on"})
    assert page.context["sheet"].count == 0


def test_another_estates_entries_are_not_on_it(cast, day):
    assert get(cast, who="foreign_manager").context["sheet"].count == 0
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(get(cast, "cash_sheet_xlsx", "foreign_manager").content))
    assert len(workbook.get_sheet_by_name("明细").to_python()) == 1


def test_the_xlsx_holds_the_same(cast, day):
    response = get(cast, "cash_sheet_xlsx")
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(response.content))
    sums = workbook.get_sheet_by_name("按方式汇总").to_python()
    assert sums[1:] == [["现金", 1, 1000, 0, 0, 1000], ["刷卡", 1, 500, 1, 500, 0], ["合计", 2, 1500, 1, 500, 1000]]
    rows = workbook.get_sheet_by_name("明细").to_python()[1:]
    assert [(row[5], row[7]) for row in rows] == [("A1", 1000), ("A2", 500), ("A2-冲销", -500)]
    assert rows[2][9:] == ["A2", "刷错卡"]


def test_the_pdf_holds_the_same(cast, day):
    text = pypdf.PdfReader(io.BytesIO(get(cast, "cash_sheet_pdf").content)).pages[0].extract_text()
    for words in ("2026-03-02", "1500.00", "500.00", "人民币壹仟元整", "A2-冲销", "刷错卡"):
        assert words in text
    assert "A3" not in text


def test_who_has_no_business_with_handovers_is_kept_out(cast, day):
    for name in ("cash_sheet", "cash_sheet_pdf", "cash_sheet_xlsx"):
        assert get(cast, name, "environment").status_code == 403


def test_a_day_that_cannot_be_read_is_today(cast, day):
    page = get(cast, day="昨天")
    assert (page.status_code, page.context["sheet"].day) == (200, day)
