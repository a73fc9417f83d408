"""成套资料: everything that a house's handover left on paper, in one PDF (HND-1, HND-5). Phones are masked (ORG-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from foundation import pdf
from foundation.signatures.models import Signature
from foundation.signatures.printing import paper_part
from foundation.signatures.services import signatures
from handover.billpapers import bill_part, receipt_part
from handover.choices import SIGNED, Payer, StepKind
from handover.models import Bill, Handover, HandoverStep
from handover.planpapers import plan_parts
from handover.signedpapers import paper, unsigned, whereabouts

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class SignedPaper:
    """One of the papers that a house signs; `said` is what is wrong with its signature, or ""."""

    title: str
    signature: Signature | None
    said: str


def set_pdf(handover: Handover, printed_at: datetime) -> bytes:
    """《交房办理单》, the signed papers in the order of the steps, the owner's bill and its receipts.

    Of a house that is not through: what there is. With its batch, estate and house at hand.
    """
    steps = list(handover.steps.select_related("done_by", "taken_by"))
    papers = _papers(handover, steps)
    bill = _bill(handover)
    parts = [pdf.Part("handover/pdf/set.html", _sheet(handover, steps, papers, bill, printed_at))]
    about: dict[str, Any] = {
        "number": handover.batch.number, "issuer": handover.estate.name, "printed_at": printed_at,
    }  # fmt: skip
    for one in papers:
        if one.signature:
            parts.append(paper_part(one.signature, **about))
            if one.signature.slot == StepKind.INSPECTION:
                parts += plan_parts(handover, one.signature.at, printed_at)
    if bill is not None:
        parts.append(bill_part(bill, printed_at))
        left = bill.total - _paid(bill)
        parts += [receipt_part(payment, left, printed_at) for payment in _payments(bill)]
    return pdf.render_set(parts)


def _papers(handover: Handover, steps: list[HandoverStep]) -> list[SignedPaper]:
    last = {one.slot: one for one in signatures(handover)}
    over = handover.has_ended
    return [
        # What changes after the handover is no matter of what was signed there.
        SignedPaper(paper(step.kind).title, last.get(step.kind), "" if over else unsigned(handover, step.kind))
        for step in steps
        if step.kind in SIGNED
    ]


def _bill(handover: Handover) -> Bill | None:
    bills = handover.bills.valid().filter(payer=Payer.OWNER)
    related = ("estate__parent", "house", "made_by")
    return bills.select_related(*related).prefetch_related("payments__cashier", "payments__reverses").first()


def _payments(bill: Bill) -> list[Any]:
    found = list(bill.payments.all())
    for payment in found:
        payment.bill, payment.estate = bill, bill.estate
    return found


def _paid(bill: Bill) -> Decimal:
    return sum((payment.amount for payment in bill.payments.all()), ZERO)


def _sheet(
    handover: Handover, steps: list[HandoverStep], papers: list[SignedPaper], bill: Bill | None, printed_at: datetime
) -> dict[str, Any]:
    paid = _paid(bill) if bill else ZERO
    keys = handover.house.keys.prefetch_related("moves").order_by("kind", "label")
    return {
        "title": "交房办理单",
        "number": handover.batch.number,
        "issuer": handover.estate.name,
        "printed_at": printed_at,
        "handover": handover,
        "steps": steps,
        "documents": list(handover.documents.all()),
        "papers": papers,
        "bill": bill,
        "payments": list(bill.payments.all()) if bill else [],
        "paid": paid,
        "owed": bill.total - paid if bill else ZERO,
        "defects": list(handover.defects.order_by("pk")),
        "keys": [(key, whereabouts(key)) for key in keys],
    }
