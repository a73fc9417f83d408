"""收款 and 冲销 (GEN-5): never more than is owed, no receipt twice, nothing ever changed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import Error

from foundation.records.refusals import Refused
from handover.choices import Method
from handover.models import Bill, Payment
from handover.services.billing import cancel_bill
from handover.services.payments import receive, reverse
from tests.handover.factories import DAY, HOUR, entry, fresh, journal, refused
from tests.handover.money import AT, TOTAL, billed, paid


@pytest.fixture
def bill(cast):
    return billed(cast)


def owed(bill: Bill) -> Decimal:
    return Bill.objects.with_paid().get(pk=bill.pk).owed


def test_a_payment_has_method_receipt_and_cashier(cast, bill):
    payment = paid(bill, cast, "500.50", receipt=" A0001 ", method=Method.WECHAT)
    assert (payment.amount, payment.method, payment.receipt) == (Decimal("500.50"), "wechat", "A0001")
    assert (payment.cashier, payment.at, payment.estate) == (cast.cashier, AT, cast.estate_a1)
    assert owed(bill) == Decimal("1393.10")
    assert journal(bill, prefix="")[-1] == "payment.receive"
    assert entry(bill, "payment.receive").data == {"amount": "500.50", "method": "微信", "receipt": "A0001"}


def test_to_the_last_fen_and_not_one_more(cast, bill):
    with refused("还应缴 1893.60 元，不能多收"):
        paid(bill, cast, "1893.61")
    paid(bill, cast, TOTAL)
    assert owed(bill) == 0
    assert entry(bill, "payment.receive").data["amount"] == "1893.60"
    with refused("已经缴清"):
        paid(bill, cast, "0.01")
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("amount", ["0", "-5", "10.005"])
def test_an_amount_is_positive_and_to_the_fen(cast, bill, amount):
    with refused("金额必须大于 0，精确到分"):
        paid(bill, cast, amount)


@pytest.mark.parametrize(
    ("receipt", "method", "sentence"), [(" ", "cash", "请写收据号"), ("1", "gold", "请选择收款方式")]
)
def test_receipt_and_method_are_asked_for(cast, bill, receipt, method, sentence):
    with refused(sentence):
        paid(bill, cast, "1", receipt=receipt, method=method)
    assert not Payment.objects.exists()


@pytest.mark.parametrize("who", ["service", "estate_manager", "auditor", "administrator", "foreign_manager"])
def test_only_a_cashier_takes_money_or_gives_it_back(cast, bill, who):
    given = {"amount": Decimal(1), "method": "cash", "receipt": "1", "client_key": uuid4()}
    with refused("由收银员收款"):
        receive(bill=bill, by=getattr(cast, who), at=AT, **given)
    payment = paid(bill, cast, "1")
    with refused("由收银员冲销"):
        reverse(payment=payment, reason="收错", by=getattr(cast, who), at=AT)
    assert Payment.objects.get() == payment


def test_a_receipt_is_used_once_at_an_estate(cast, bill):
    paid(bill, cast, "100", receipt="A0001")
    other = billed(cast, "1601")
    with refused("收据号 A0001 已经用过"):
        paid(other, cast, "100", receipt="A0001")
    assert owed(other) == TOTAL
    assert journal(other, prefix="") == ["bill.make"]


def test_the_same_form_sent_twice_is_one_payment(cast, bill):
    given = {"amount": TOTAL, "method": "cash", "receipt": "A0001", "client_key": uuid4()}
    first = receive(bill=bill, by=cast.cashier, at=AT, **given)
    assert receive(bill=bill, by=cast.cashier, at=AT + HOUR, **given) == first
    assert Payment.objects.get().at == AT
    assert journal(bill, prefix="") == ["bill.make", "payment.receive"]
    with refused("已经提交过"):
        receive(bill=bill, by=cast.cashier, at=AT, **(given | {"amount": Decimal(1)}))


def test_on_a_cancelled_bill_nothing_is_paid(cast, bill):
    cancel_bill(bill=bill, reason="有误", by=cast.service, at=AT)
    with refused("账单已经作废"):
        paid(bill, cast, "1")


# --- 冲销 ---------------------------------------------------------------------------------------------------------------


def test_a_reversal_is_an_entry_of_its_own(cast, bill):
    payment = paid(bill, cast, "500", receipt="A0001", method=Method.CARD)
    reversal = reverse(payment=payment, reason=" 刷错金额 ", by=cast.cashier, at=AT + DAY)
    assert (reversal.amount, reversal.method, reversal.receipt) == (-500, "card", "A0001-冲销")
    assert (reversal.reverses, reversal.reason, reversal.at) == (payment, "刷错金额", AT + DAY)
    assert (fresh(payment).amount, fresh(payment).receipt) == (500, "A0001")
    assert owed(bill) == TOTAL
    said = entry(bill, "payment.reverse").data
    assert said == {"amount": "500.00", "method": "刷卡", "receipt": "A0001", "reason": "刷错金额"}
    paid(bill, cast, TOTAL)


def test_it_is_reversed_once_and_a_reversal_stands(cast, bill):
    payment = paid(bill, cast, "500")
    reversal = reverse(payment=payment, reason="收错", by=cast.cashier, at=AT)
    with refused("已经冲销过"):
        reverse(payment=payment, reason="收错", by=cast.cashier, at=AT)
    with refused("冲销记录不能再冲销"):
        reverse(payment=reversal, reason="收错", by=cast.cashier, at=AT)
    assert Payment.objects.count() == 2


def test_a_reversal_has_a_reason_and_a_free_receipt(cast, bill):
    payment = paid(bill, cast, "500", receipt="A" * 40)
    with refused("请写明冲销原因"):
        reverse(payment=payment, reason=" ", by=cast.cashier, at=AT)
    with refused(f"收据号 {'A' * 40} 已经用过"):
        reverse(payment=payment, reason="收错", receipt="A" * 40, by=cast.cashier, at=AT)
    assert len(reverse(payment=payment, reason="收错", by=cast.cashier, at=AT).receipt) == 40


def test_no_road_changes_an_entry(cast, bill):
    payment = paid(bill, cast, "500")
    for statement in (
        lambda: Payment.objects.filter(pk=payment.pk).update(amount=400),
        lambda: Payment.objects.filter(pk=payment.pk).update(receipt="x"),
        lambda: Payment.objects.filter(pk=payment.pk).delete(),
    ):
        with pytest.raises(Error), transaction.atomic():
            statement()
    assert fresh(payment).amount == 500


# --- at once ------------------------------------------------------------------------------------------------------------


def at_once(*tries):
    """What each of the tries gave; None for the refused."""

    def go(one):
        try:
            return one()
        except Refused:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(len(tries)) as pool:
        return [won for won in pool.map(go, tries) if won]


@pytest.mark.django_db(transaction=True)
def test_of_payments_that_are_too_much_together_one_wins(cast, bill):
    for number in range(10):
        won = at_once(*[lambda n=n, r=number: paid(bill, cast, "1000", receipt=f"{r}-{n}") for n in range(3)])
        assert len(won) == 1
        assert owed(bill) == Decimal("893.60")
        reverse(payment=won[0], reason="再来", by=cast.cashier, at=AT)


@pytest.mark.django_db(transaction=True)
def test_of_the_same_receipt_at_once_one_wins(cast, bill):
    others = [bill, billed(cast, "1601"), billed(cast, "1602")]
    for number in range(10):
        won = at_once(*[lambda b=b, r=number: paid(b, cast, "1", receipt=f"R{r}") for b in others])
        assert len(won) == 1
        assert Payment.objects.filter(receipt=f"R{number}").count() == 1


@pytest.mark.parametrize("table", ["handover_payment", "handover_billline", "handover_keymove"])
def test_nobody_empties_what_is_written_once(cast, bill, table):
    paid(bill, cast, "100.00")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET LOCAL dudao.allow_truncate = 'off'")
        with pytest.raises(Error, match="不能清空"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table} CASCADE")
    assert Payment.objects.count() == 1
