"""待出账单: the list, the bills of a house, and what the cashier has to do (HND-2, HND-6)."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse as url
from python_calamine import CalamineWorkbook

from accounts.roles import Role
from estates.models import Owner
from foundation.worktime.local import start_of_day
from handover.models import Bill, MoveIn
from handover.services.billing import cancel_bill
from handover.services.periods import make_next
from reports.todo import todo
from tests.complaints.pages import at
from tests.handover.factories import handed_over, make_house
from tests.handover.money import ENDS, NEXT, SOON, billed, fee_items, first_billed


@pytest.fixture
def first(cast):
    return first_billed(cast)


def page(cast, name, *args, who="cashier", now=SOON, **query):
    with at(now):
        return cast.client(getattr(cast, who)).get(url(f"handover:{name}", args=args), query)


def send(cast, name, *args, who="cashier", now=SOON, **data):
    with at(now):
        return cast.client(getattr(cast, who)).post(url(f"handover:{name}", args=args), data)


def watched(house, cast):
    return MoveIn.objects.create(
        number="RZ-1", estate=house.estate, house=house, name="甲", phone="13800000000", state="done",
        planned_on=date(2026, 4, 1), done_at=SOON, registered_at=SOON, registered_by=cast.service,
        fees_watched_at=SOON, fees_watched_by=cast.cashier,
    )  # fmt: skip


def test_the_list_holds_what_ends_within_thirty_days(cast, first):
    handed_over(cast, "1601")
    assert [row.bill for row in page(cast, "bills_due", now=SOON - timedelta(days=1)).context["rows"]] == []
    (row,) = page(cast, "bills_due").context["rows"]
    assert (row.bill, row.days, row.ended, row.is_watched) == (first, 30, 0, False)
    watched(first.house, cast)
    (row,) = page(cast, "bills_due", now=start_of_day(ENDS + timedelta(3))).context["rows"]
    assert (row.ended, row.is_watched) == (3, True)
    assert [one.house.number for one in page(cast, "bills_due", status="first").context["page"]] == ["1601"]
    make_next(house=first.house, by=cast.cashier, at=SOON)
    assert page(cast, "bills_due").context["rows"] == []


def test_the_list_is_narrowed_and_exported(cast, first):
    other = billed(cast, "1601")
    handed_over(cast, "1701")
    watched(first.house, cast)

    def found(**query):
        return [row.bill for row in page(cast, "bills_due", **query).context["rows"]]

    assert found() == [first, other]
    assert found(watched="on") == [first]
    assert found(q="3-2-1601") == [other]
    assert found(q="没有这个房号") == []
    book = CalamineWorkbook.from_filelike(io.BytesIO(page(cast, "bills_due_export", watched="on").content))
    assert book.get_sheet_by_name("下期待出账").to_python()[1:] == [
        ["3幢2单元1502", "桂语江南", "购房人1502", "2026-03-02", "2026-09-01", 30, "是", first.number]
    ]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(page(cast, "bills_due_export", status="first").content))
    assert [row[0] for row in rows.get_sheet_by_name("首期未出账").to_python()[1:]] == ["3幢2单元1701"]


def test_a_house_is_found_that_no_batch_knows(cast):
    house = make_house(cast.estate_a1, "1701")
    Owner.objects.create(house=house, name="老业主", phone="13800001701", since=date(2020, 1, 1))
    assert url("handover:house_bills", args=[house.pk]) in page(cast, "choose_bill_house", q="老业主").content.decode()


def test_another_estates_houses_are_not_on_it(cast, first):
    assert page(cast, "bills_due", who="foreign_manager").context["rows"] == []
    send(cast, "make_bills_due", who="foreign_manager", house=[first.house_id])
    assert Bill.objects.count() == 1


def test_a_page_of_bills_is_made_at_once_and_what_is_refused_holds_up_nobody(cast, first):
    second = billed(cast, "1601")
    cancel_bill(bill=second, reason="重算", by=cast.service, at=SOON)
    client = cast.client(cast.cashier)
    with at(SOON):
        ids = [first.house_id, second.house_id, "x"]
        shown = client.post(url("handover:make_bills_due"), {"house": ids}, follow=True)
    assert [str(one) for one in shown.context["messages"]] == [
        "已生成 1 户的账单。",
        f"{second.house}：这户还没有首期账单。",
    ]
    assert Bill.objects.valid().filter(house=first.house).count() == 2
    assert Bill.objects.valid().filter(house=second.house).count() == 0
    with at(SOON):
        again = client.post(url("handover:make_bills_due"), {"house": [first.house_id]}, follow=True)
    assert ["本期到 2027-03-01 为止" in str(one) for one in again.context["messages"]] == [True]


def test_the_page_of_a_house_offers_the_next_bill_and_makes_it(cast, first):
    shown = page(cast, "house_bills", first.house_id)
    assert "生成下期账单" in shown.content.decode()
    assert (shown.context["draft"].total, shown.context["arrears"].billed) == (NEXT, Decimal("1893.60"))
    response = send(cast, "make_next_bill", first.house_id, shown="1593.60")
    assert response.status_code == 302
    after = page(cast, "house_bills", first.house_id)
    assert "本期到 2027-03-01 为止" in after.content.decode()
    again = send(cast, "make_next_bill", first.house_id, shown="1593.60")
    assert (again.status_code, Bill.objects.count()) == (422, 2)
    assert "从 2027-01-30 起可以生成下期账单" in again.content.decode()


def test_a_reader_is_offered_nothing(cast, first):
    shown = page(cast, "house_bills", first.house_id, who="auditor")
    assert shown.status_code == 200
    assert '<button class="btn btn-primary" type="submit">' not in shown.content.decode()
    assert page(cast, "house_bills", first.house_id, who="foreign_manager").status_code == 404


def test_a_house_without_a_batch_is_begun_on_its_page(cast):
    fee_items(cast.estate_a1)
    house = make_house(cast.estate_a1, "1701")
    Owner.objects.create(house=house, name="老业主", phone="13800001701", since=date(2020, 1, 1))
    assert "开始出账" in page(cast, "house_bills", house.pk).content.decode()
    wrong = send(cast, "begin_bills", house.pk, starts_on="")
    assert (wrong.status_code, "请填写费用开始日" in wrong.content.decode()) == (422, True)
    assert send(cast, "begin_bills", house.pk, starts_on="2026-08-01").status_code == 302
    assert Bill.objects.get().payer_name == "老业主"


def test_the_cashier_has_it_to_do(cast, first):
    assert "bills_due" not in {one.key for one in todo(cast.cashier, SOON - timedelta(days=1))}
    watched(first.house, cast)
    (due,) = [one for one in todo(cast.cashier, SOON) if one.key == "bills_due"]
    assert (due.total, [task.note for task in due.tasks]) == (1, ["2026-09-01 到期，剩 30 天 · 已标注收费"])
    (due,) = [one for one in todo(cast.cashier, SOON + timedelta(days=33)) if one.key == "bills_due"]
    assert due.tasks[0].note == "2026-09-01 到期，已过 3 天 · 已标注收费"
    for other in (cast.service, cast.everyone[Role.AUDITOR]):
        assert "bills_due" not in {one.key for one in todo(other, SOON)}


def test_the_list_takes_as_many_queries_for_one_house_as_for_five(cast, first):
    page(cast, "bills_due")
    with CaptureQueriesContext(connection) as one:
        page(cast, "bills_due")
    for number in ("1601", "1602", "1701", "1702"):
        billed(cast, number)
    with CaptureQueriesContext(connection) as five:
        assert len(page(cast, "bills_due").context["rows"]) == 5
    assert len(five) == len(one)
