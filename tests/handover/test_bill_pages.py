"""The pages of bills and payments: what they offer to whom, their verbs, and what is printed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pypdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse as url
from python_calamine import CalamineWorkbook

from foundation.journal.models import Entry
from handover.choices import StepKind
from handover.models import Bill, FeeItem, Payment
from handover.services.billing import cancel_bill
from tests.cast import Cast
from tests.complaints.pages import at
from tests.handover.factories import HOUR, at_step, journal, make_handover
from tests.handover.money import AT, billed, fee_items, paid

NOW = AT + HOUR


@pytest.fixture(autouse=True)
def now():
    with at(NOW):
        yield


def get(cast, name, pk=None, who="cashier", **query):
    return cast.client(getattr(cast, who)).get(url(f"handover:{name}", args=[pk] if pk else []), query)


def post(cast, name, pk, who, data=None):
    return cast.client(getattr(cast, who)).post(url(f"handover:{name}", args=[pk]), data or {})


# --- verbs --------------------------------------------------------------------------------------------------------------


def at_fees(cast: Cast) -> Any:
    fee_items(cast.estate_a1)
    return at_step(cast, StepKind.FEES)


def with_payment(cast: Cast) -> Payment:
    return paid(billed(cast), cast, "500", receipt="A1")


def money(**given: Any) -> dict[str, Any]:
    return {"amount": "500.00", "method": "cash", "receipt": "A1", "client_key": str(uuid4())} | given


@dataclass(frozen=True)
class View:
    """`made`: what the verb is about; `by` may, `other` may not; `does`: what the bill's journal then ends with;
    `wrong`: what is refused, and `typed` that comes back."""

    made: Callable[[Cast], Any]
    by: str
    other: str
    data: dict[str, Any]
    does: str
    wrong: dict[str, Any]
    typed: str


VERBS = {
    "make_bill": View(
        at_fees, "service", "cashier", {"shown": "1893.60"}, "bill.make", {"shown": "1.00"}, "1893.60 元"
    ),
    "cancel_bill": View(billed, "service", "cashier", {"reason": "有误"}, "bill.cancel", {}, "请写明作废原因"),
    "receive_payment": View(
        billed, "cashier", "service", money(), "payment.receive", money(amount="1893.61", receipt="B777"), "B777"
    ),
    "reverse_payment": View(
        with_payment, "cashier", "service", {"reason": "收错"}, "payment.reverse", {"receipt": "C888"}, "C888"
    ),
}


@pytest.mark.parametrize("verb", VERBS)
class TestEveryVerb:
    def test_it_works_and_is_journalled(self, cast, verb):
        view = VERBS[verb]
        response = post(cast, verb, view.made(cast).pk, view.by, view.data)
        assert response.status_code == 302
        bill = Bill.objects.get()
        assert journal(bill, prefix="")[-1] == view.does
        assert Entry.objects.about(bill).last().by == getattr(cast, view.by)

    def test_get_is_refused(self, cast, verb):
        view = VERBS[verb]
        assert get(cast, verb, view.made(cast).pk, view.by).status_code == 405

    def test_elsewhere_it_does_not_exist(self, cast, verb):
        view = VERBS[verb]
        elsewhere = Cast.hire(view.by, cast.estate_b1, "外人")
        made = view.made(cast)
        before = Entry.objects.count()
        assert cast.client(elsewhere).post(url(f"handover:{verb}", args=[made.pk]), view.data).status_code == 404
        assert Entry.objects.count() == before

    def test_a_role_without_the_right_is_kept_out(self, cast, verb):
        view = VERBS[verb]
        made = view.made(cast)
        before = Entry.objects.count()
        assert post(cast, verb, made.pk, view.other, view.data).status_code == 403
        assert Entry.objects.count() == before

    def test_twice_changes_nothing(self, cast, verb):
        view = VERBS[verb]
        made = view.made(cast)
        post(cast, verb, made.pk, view.by, view.data)
        before = (Entry.objects.count(), Payment.objects.count(), Bill.objects.count())
        post(cast, verb, made.pk, view.by, view.data)
        assert (Entry.objects.count(), Payment.objects.count(), Bill.objects.count()) == before

    def test_what_was_refused_comes_back_with_what_was_typed(self, cast, verb):
        view = VERBS[verb]
        made = view.made(cast)
        before = Entry.objects.count()
        response = post(cast, verb, made.pk, view.by, view.wrong)
        assert response.status_code == 422
        assert view.typed in response.content.decode()
        assert Entry.objects.count() == before


def test_a_payment_on_a_bill_that_was_cancelled_meanwhile_says_so_with_what_was_typed(cast):
    bill = cancel_bill(bill=billed(cast), reason="有误", by=cast.service, at=AT)
    response = post(cast, "receive_payment", bill.pk, "cashier", money(receipt="B777"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "账单已经作废，不能收款" in page
    assert "B777" in page


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"amount": "0"}, "金额必须大于 0"),
        ({"amount": "1.005"}, "小数"),
        ({"method": "gold"}, "gold"),
        ({"receipt": " "}, "请填写收据号"),
    ],
)
def test_bad_input_of_a_payment_is_a_sentence(cast, given, sentence):
    response = post(cast, "receive_payment", billed(cast).pk, "cashier", money(**given))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not Payment.objects.exists()


# --- pages --------------------------------------------------------------------------------------------------------------


def test_before_the_bill_the_page_shows_what_it_comes_to(cast):
    handover = at_fees(cast)
    page = get(cast, "house_bill", handover.pk, "service").content.decode()
    assert "1893.60" in page
    assert url("handover:make_bill", args=[handover.pk]) in page
    seen = get(cast, "house_bill", handover.pk, "cashier").content.decode()
    assert "1893.60" in seen
    assert url("handover:make_bill", args=[handover.pk]) not in seen


def test_a_house_that_cannot_be_billed_yet_says_why(cast):
    fee_items(cast.estate_a1)
    page = get(cast, "house_bill", make_handover(cast).pk, "service").content.decode()
    assert "业主还没有到场" in page


def test_the_house_leads_to_its_bill(cast):
    bill = billed(cast)
    page = get(cast, "house_bill", bill.handover_id)
    assert page.context["bill"] == bill
    assert url("handover:receive_payment", args=[bill.pk]) in page.content.decode()


def test_the_desk_is_not_offered_the_cashiers_verbs(cast):
    payment = with_payment(cast)
    page = get(cast, "bill", payment.bill_id, "service").content.decode()
    assert url("handover:reverse_payment", args=[payment.pk]) not in page
    assert url("handover:receive_payment", args=[payment.bill_id]) not in page
    assert "账单上有收款，请先由收银冲销" in page


def test_the_list_counts_what_is_owed_paid_and_cancelled(cast):
    owed, settled = billed(cast), billed(cast, "1601")
    paid(owed, cast, "500")
    paid(settled, cast)
    cancel_bill(bill=billed(cast, "1602"), reason="有误", by=cast.service, at=AT)
    page = get(cast, "bills")
    assert {tab["value"]: tab["count"] for tab in page.context["tabs"]} == {
        "open": 1, "settled": 1, "cancelled": 1, "all": 3,
    }  # fmt: skip
    assert page.context["rows"] == [(owed, Decimal("1393.60"))]
    assert [bill for bill, _ in get(cast, "bills", status="settled").context["rows"]] == [settled]
    assert get(cast, "bills", who="foreign_manager", status="all").context["rows"] == []


@pytest.mark.parametrize("text", ["3-2-1601", "1601", "购房人1601", "ZD-A1-202603-0002", "B777"])
def test_a_bill_is_found_by_house_payer_number_or_receipt(cast, text):
    billed(cast)
    wanted = billed(cast, "1601")
    paid(wanted, cast, "1", receipt="B777")
    assert [bill for bill, _ in get(cast, "bills", q=text).context["rows"]] == [wanted]


def test_the_export_holds_the_rows_of_the_list(cast):
    paid(billed(cast), cast, "500")
    paid(billed(cast, "1601"), cast)
    content = get(cast, "bills_export").content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
    assert [(row[2], row[7], row[8], row[9]) for row in rows[1:]] == [("3幢2单元1502", 1893.6, 500, 1393.6)]


def test_the_lists_queries_do_not_grow_with_the_bills(cast):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            get(cast, "bills", status="all")
        return len(found)

    paid(billed(cast), cast, "1")
    few = queries()
    for number in range(1601, 1605):
        paid(billed(cast, str(number)), cast, "1")
    assert queries() == few


def test_the_rates_are_shown_to_their_estate(cast):
    fee_items(cast.estate_a1)
    assert "物业服务费" in get(cast, "fee_items", who="service").content.decode()
    assert "还没有费用项目" in get(cast, "fee_items", who="foreign_manager").content.decode()


# --- printed ------------------------------------------------------------------------------------------------------------


def text_of(response) -> str:
    assert response["Content-Type"] == "application/pdf"
    return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(response.content)).pages)


def test_the_receipt_holds_the_amount_in_words_and_what_is_left(cast):
    payment = with_payment(cast)
    text = text_of(get(cast, "receipt", payment.pk))
    for words in ("收款收据", "A1", "3幢2单元1502", "500.00", "人民币伍佰元整", "1393.60", "收银甲"):
        assert words in text


def test_the_bill_prints_its_lines_and_total(cast):
    text = text_of(get(cast, "print_bill", billed(cast).pk))
    for words in ("物业服务费", "1503.60", "1893.60", "人民币壹仟捌佰玖拾叁元陆角整", "2026-09-01"):
        assert words in text


# --- 费用项目 in the admin ------------------------------------------------------------------------------------------------


def change(cast, item: FeeItem, by, **given: Any):
    data = {"name": item.name, "basis": item.basis, "rate": item.rate, "is_monthly": "on", "is_advance": "on"}
    data |= {"is_active": "on"} | given
    return cast.client(by).post(url("admin:handover_feeitem_change", args=[item.pk]), data)


def test_a_changed_rate_is_journalled_and_leaves_bills_alone(cast):
    bill, item = billed(cast), FeeItem.objects.get(code="property")
    assert change(cast, item, cast.administrator, rate="3.2").status_code == 302
    assert FeeItem.objects.get(pk=item.pk).rate == Decimal("3.2")
    entry = Entry.objects.about(item).get()
    assert (entry.verb, entry.by) == ("fee_item.change", cast.administrator)
    assert entry.data["fields"] == ["单价（元）：2.8000 → 3.2"]
    assert Bill.objects.get(pk=bill.pk).lines.get(item=item).amount == Decimal("1503.60")


def test_a_rate_is_not_negative(cast):
    item = fee_items(cast.estate_a1)[0]
    response = change(cast, item, cast.administrator, rate="-1")
    assert response.status_code == 200
    assert FeeItem.objects.get(pk=item.pk).rate == Decimal("2.8")


def test_another_branchs_administrator_does_not_find_it(cast):
    item = fee_items(cast.estate_a1)[0]
    elsewhere = Cast.hire("administrator", cast.branch_b, "分公司管理员")
    assert change(cast, item, elsewhere, rate="9").status_code == 302
    assert FeeItem.objects.get(pk=item.pk).rate == Decimal("2.8")
    page = cast.client(elsewhere).get(url("admin:handover_feeitem_changelist"))
    assert "物业服务费" not in page.content.decode()


def test_what_was_billed_is_not_deleted(cast):
    billed(cast)
    item = FeeItem.objects.get(code="property")
    response = cast.client(cast.administrator).post(
        url("admin:handover_feeitem_delete", args=[item.pk]), {"post": "yes"}
    )
    assert response.status_code == 403
    assert FeeItem.objects.filter(pk=item.pk).exists()
