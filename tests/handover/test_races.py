"""Two at the same step, bill, payment, pass or key: a hundred times at once, and exactly one wins each time (HND-1, HND-7)."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest

from estates.models import Owner
from handover import readiness
from handover.choices import KeyKind, Method, StepKind
from handover.models import Bill, BillLine, Handover, HandoverStep, HouseKey, KeyMove, Pass, Payment
from handover.services.billing import make_bill
from handover.services.keys import hand_key
from handover.services.passes import use_pass
from handover.services.payments import receive, reverse
from handover.services.steps import finish_step, take_step
from tests.handover.factories import HOUR, MONDAY
from tests.handover.money import AT, fee_items
from tests.handover.passes import TODAY
from tests.handover.rounds import HOW_OFTEN, contest, journalled_once, make_hall, make_houses, one_won

pytestmark = pytest.mark.django_db(transaction=True)
LAST = list(StepKind)[-1]
HUNDRED = Decimal("100.00")


@pytest.fixture
def ready(monkeypatch):
    """Every step has what it needs."""
    monkeypatch.setattr(readiness, "missing", lambda handover, kind: "")


def bills(cast) -> list[Bill]:
    """Of 100 yuan each, unpaid."""
    item = fee_items(cast.estate_a1)[0]
    made = Bill.objects.bulk_create(
        Bill(
            number=f"ZD-{house.pk}", estate=cast.estate_a1, house=house, payer="owner", payer_name="王芳",
            starts_on=TODAY, ends_on=TODAY, total=HUNDRED, made_at=AT, made_by=cast.service,
        )
        for house in make_houses(cast)
    )  # fmt: skip
    BillLine.objects.bulk_create(
        BillLine(bill=bill, item=item, name=item.name, basis=item.basis, quantity=1, rate=100, amount=100)
        for bill in made
    )
    return made


# --- steps --------------------------------------------------------------------------------------------------------------


def test_two_counters_take_a_step(cast):
    hall = make_hall(cast)
    people = [cast.service, cast.archivist]
    said = contest(
        hall, *[lambda one, by=by: take_step(handover=one, kind=StepKind.IDENTITY, by=by, at=AT) for by in people]
    )
    won = one_won(said, "正在办理“核对身份”")
    taken = HandoverStep.objects.filter(kind=StepKind.IDENTITY, state="taken").order_by("handover_id")
    assert [step.taken_by_id for step in taken] == [people[side].pk for side in won]
    journalled_once(hall, "handover.take_step")


def test_two_counters_finish_a_step(cast, ready):
    hall = make_hall(cast, done=[StepKind.IDENTITY])
    people = [cast.service, cast.archivist]
    said = contest(
        hall, *[lambda one, by=by: finish_step(handover=one, kind=StepKind.DOCUMENTS, by=by, at=AT) for by in people]
    )
    won = one_won(said, "已经由")
    done = HandoverStep.objects.filter(kind=StepKind.DOCUMENTS, state="done").order_by("handover_id")
    assert [step.done_by_id for step in done] == [people[side].pk for side in won]
    journalled_once(hall, "handover.finish_step")


def test_two_clerks_complete_the_last_step(cast, ready):
    """The house is handed over once, and has one new owner."""
    hall = make_hall(cast, done=[kind for kind in StepKind if kind != LAST])
    people = [cast.service, cast.service_lead]
    said = contest(hall, *[lambda one, by=by: finish_step(handover=one, kind=LAST, by=by, at=AT) for by in people])
    for words in said:
        assert words.count("") == 1, words
        assert any("已经由" in one or "已经接房" in one for one in words), words
    assert Handover.objects.filter(state="done", done_at=AT).count() == HOW_OFTEN
    assert Owner.objects.filter(until=None).count() == Owner.objects.count() == HOW_OFTEN
    journalled_once(hall, "handover.finish_step")
    journalled_once(hall, "handover.done")
    journalled_once([one.house for one in hall], "house.owner")


# --- money --------------------------------------------------------------------------------------------------------------


def test_two_make_the_first_bill(cast):
    fee_items(cast.estate_a1)
    hall = make_hall(cast)
    people = [cast.service, cast.archivist]
    said = contest(hall, *[lambda one, by=by: make_bill(handover=one, by=by, at=AT) for by in people])
    won = one_won(said, "这户已经有账单")
    made = Bill.objects.order_by("handover_id")
    assert [bill.made_by_id for bill in made] == [people[side].pk for side in won]
    assert sorted(bill.number for bill in made) == [f"ZD-A1-202603-{number:04d}" for number in range(1, HOW_OFTEN + 1)]
    journalled_once(made, "bill.make")


def test_two_pay_the_whole_of_a_bill(cast):
    made = bills(cast)

    def pay(side):
        return lambda bill: receive(
            bill=bill, amount=HUNDRED, method=Method.CASH, receipt=f"{side}-{bill.pk}", client_key=uuid4(),
            by=cast.cashier, at=AT,
        )  # fmt: skip

    won = one_won(contest(made, pay(0), pay(1)), "已经缴清")
    paid = Payment.objects.order_by("bill_id")
    assert [one.receipt for one in paid] == [f"{side}-{bill.pk}" for side, bill in zip(won, made, strict=True)]
    journalled_once(made, "payment.receive")


def test_two_reverse_a_payment(cast):
    paid = Payment.objects.bulk_create(
        Payment(
            bill=bill, estate=bill.estate, amount=HUNDRED, method=Method.CASH, receipt=f"R{bill.pk}", cashier=cast.cashier,
            at=AT, client_key=uuid4(),
        )
        for bill in bills(cast)
    )  # fmt: skip

    def take_back(payment):
        reverse(payment=payment, reason="收错", by=cast.cashier, at=AT + HOUR)

    one_won(contest(paid, take_back, take_back), "已经冲销过")
    assert Payment.objects.filter(amount=-100).count() == HOW_OFTEN
    assert all(bill.owed == 100 for bill in Bill.objects.with_paid())
    journalled_once([one.bill for one in paid], "payment.reverse")


# --- at the gate and the key cabinet --------------------------------------------------------------------------------------


def test_two_gates_use_a_pass(cast):
    made = Pass.objects.bulk_create(
        Pass(
            number=f"FX-{house.pk}", estate=house.estate, house=house, carrier_kind="owner", carrier="王芳",
            reason="temporary", valid_on=TODAY, made_at=MONDAY, made_by=cast.service,
        )
        for house in make_houses(cast)
    )  # fmt: skip
    guards = [cast.security, cast.control_room]
    said = contest(made, *[lambda one, by=by: use_pass(release=one, by=by, at=AT) for by in guards])
    won = one_won(said, "已经用过")
    used = Pass.objects.filter(state="used", used_at=AT).order_by("pk")
    assert [one.used_by_id for one in used] == [guards[side].pk for side in won]
    journalled_once(made, "pass.use")


def test_two_hand_out_a_key(cast):
    keys = HouseKey.objects.bulk_create(
        HouseKey(estate=house.estate, house=house, kind=KeyKind.ENTRY, label=f"{house.number}-1")
        for house in make_houses(cast)
    )
    holders = ["王芳", "李强"]
    said = contest(
        keys, *[lambda key, who=who: hand_key(key=key, holder=who, by=cast.service, at=AT) for who in holders]
    )
    won = one_won(said, "已经交给业主")
    moves = KeyMove.objects.order_by("key_id")
    assert [move.holder for move in moves] == [holders[side] for side in won]
    assert HouseKey.objects.filter(place=HouseKey.Place.OWNER).count() == HOW_OFTEN
    journalled_once(keys, "key.move")
