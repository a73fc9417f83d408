"""收款 and 冲销 (GEN-5): entries are written and never changed; a wrong one is reversed by another.

    receive(bill=bill, amount=Decimal("300.00"), method=Method.CASH, receipt="0001", client_key=uuid4(), by=user, at=now)

The bill's row is locked while its payments are counted: of two at once that are too much together, one is refused.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from foundation.journal.services import record
from foundation.records.refusals import Refused
from handover.choices import Method
from handover.fees import round_fen
from handover.guards import billing as guards
from handover.models import Bill, Payment

if TYPE_CHECKING:
    from accounts.models import User

RECEIPT_CHARS = 40
REVERSED = "-冲销"


def receive(
    *, bill: Bill, amount: Decimal, method: str, receipt: str, client_key: UUID, by: User, at: datetime
) -> Payment:
    """Never more than is owed. The same form sent twice (`client_key`) is one payment."""
    with transaction.atomic():
        bill = Bill.objects.locked(bill.pk)
        if sent := Payment.objects.filter(client_key=client_key).first():
            return _same(sent, bill, amount, receipt)
        guards.may_receive(bill, by)
        if amount <= 0 or amount != round_fen(amount):
            raise Refused("金额必须大于 0，精确到分。")
        owed = bill.total - guards.paid_on(bill)
        if amount > owed:
            raise Refused(f"这张账单还应缴 {owed} 元，不能多收。")
        if method not in Method.values:
            raise Refused("请选择收款方式。")
        payment = _write(bill, amount=amount, method=method, receipt=receipt, client_key=client_key, cashier=by, at=at)
        said = {"amount": f"{amount:.2f}", "method": payment.get_method_display(), "receipt": payment.receipt}
        record(bill, "payment.receive", by=by, at=at, node=bill.estate_id, **said)
    return payment


def _same(sent: Payment, bill: Bill, amount: Decimal, receipt: str) -> Payment:
    if (sent.bill_id, sent.amount, sent.receipt) != (bill.pk, amount, receipt.strip()):
        raise Refused("这张收款单已经提交过，请刷新页面后再收。")
    return sent


def reverse(*, payment: Payment, reason: str, by: User, at: datetime, receipt: str = "") -> Payment:
    """冲销 a wrong payment, whole: the same amount, negative, by the same method, with a receipt of its own."""
    with transaction.atomic():
        bill = Bill.objects.locked(payment.bill_id)
        payment = Payment.objects.select_related("estate__parent").get(pk=payment.pk)
        guards.may_reverse(payment, by)
        if not reason.strip():
            raise Refused("请写明冲销原因。")
        own = receipt.strip() or f"{payment.receipt[: RECEIPT_CHARS - len(REVERSED)]}{REVERSED}"
        reversal = _write(
            bill, amount=-payment.amount, method=payment.method, receipt=own, client_key=uuid4(), cashier=by, at=at,
            reverses=payment, reason=reason.strip(),
        )  # fmt: skip
        said = {"amount": f"{payment.amount:.2f}", "method": payment.get_method_display(), "receipt": payment.receipt}
        record(bill, "payment.reverse", by=by, at=at, node=bill.estate_id, reason=reversal.reason, **said)
    return reversal


def _write(bill: Bill, *, receipt: str, **entry: Any) -> Payment:
    """The constraint on receipts decides between two at once."""
    receipt = receipt.strip()
    if not receipt or len(receipt) > RECEIPT_CHARS:
        raise Refused(f"请写收据号，不超过 {RECEIPT_CHARS} 个字。")
    try:
        with transaction.atomic():
            return Payment.objects.create(bill=bill, estate_id=bill.estate_id, receipt=receipt, **entry)
    except IntegrityError:
        raise Refused(f"收据号 {receipt} 已经用过，请核对。") from None
