"""开发商账单 (HND-2): one a batch and month, for the houses that no owner pays for, to the day before the owner's fees."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import Error

from foundation.records.refusals import Refused
from foundation.worktime.local import start_of_day
from foundation.worktime.months import Month
from handover.choices import NotTaken
from handover.models import Bill, BillLine, FeeItem, Handover
from handover.services import developer
from handover.services.billing import cancel_bill, make_bill
from handover.services.developer import make_month, month_draft, months_of
from handover.services.outcomes import not_taken
from handover.services.payments import reverse
from tests.handover.factories import HOUR, fresh, journal, make_batch, refused
from tests.handover.money import paid
from tests.handover.months import APRIL, MARCH, half_taken, taken
from tests.handover.months import APRIL_1 as AT


@pytest.fixture
def batch(cast):
    return half_taken(cast)


@pytest.fixture
def bill(cast, batch):
    return make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT)


def test_each_house_is_billed_to_the_day_before_its_owner(cast, bill, batch):
    assert (bill.payer, bill.payer_name, bill.batch, bill.house) == ("developer", "锦城置业有限公司", batch, None)
    assert (bill.starts_on, bill.ends_on) == (date(2026, 3, 2), date(2026, 3, 31))
    assert [
        (one.house.number, one.name, one.starts_on.day, one.ends_on.day, str(one.amount)) for one in bill.lines.all()
    ] == [
        # 250.60 a month and 15.00: 13, 8 and 30 of 31 days; what is charged once is the owner's.
        ("1501", "物业服务费", 2, 14, "105.09"),
        ("1501", "垃圾清运费", 2, 14, "6.29"),
        ("1502", "物业服务费", 2, 9, "64.67"),
        ("1502", "垃圾清运费", 2, 9, "3.87"),
        ("1503", "物业服务费", 2, 31, "242.52"),
        ("1503", "垃圾清运费", 2, 31, "14.52"),
    ]
    assert bill.total == Decimal("436.96") == sum(one.amount for one in bill.lines.all())
    assert journal(bill, prefix="bill.") == ["make"]


def test_a_whole_month_comes_to_the_monthly_rate(cast, batch):
    april = month_draft(batch, APRIL)
    assert [(part.house.number, str(part.total)) for part in april.parts] == [("1503", "265.60")]


def test_the_batch_may_name_another_first_day(cast, batch):
    batch.fees_from = date(2026, 2, 15)
    batch.save()
    february = month_draft(batch, Month(date(2026, 2, 1)))
    assert [(part.starts_on, part.summed.days) for part in february.parts] == [(date(2026, 2, 15), 14)] * 3
    assert months_of(batch, date(2026, 4, 1)) == [MARCH, Month(date(2026, 2, 1))]


def test_it_is_made_once(cast, bill, batch):
    with refused(f"2026年3月的开发商账单已经生成：{bill}"):
        make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT)
    with pytest.raises(IntegrityError, match="batch_billed_once_per_month"), transaction.atomic():
        Bill.objects.create(
            number="X", estate=bill.estate, batch=batch, payer="developer", payer_name="甲", starts_on=date(2026, 3, 20),
            ends_on=bill.ends_on, total=1, made_at=AT, made_by=cast.service,
        )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_made(cast, batch):
    def go(_):
        try:
            return make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT).number
        except Refused as refusal:
            return refusal.sentence
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = sorted(pool.map(go, range(2)))
    assert found[0].startswith("2026年3月的开发商账单已经生成") or found[1].startswith("2026年3月的开发商账单已经生成")
    assert Bill.objects.filter(batch=batch).count() == 1


def test_a_month_is_billed_when_it_is_over(cast, batch):
    with refused("2026年3月还没有结束，2026-04-01 起可以生成"):
        make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT - 9 * HOUR - timedelta(seconds=1))
    assert make_month(batch=batch, month=MARCH, by=cast.service, at=AT - 9 * HOUR)


@pytest.mark.parametrize(
    ("month", "sentence"),
    [(date(2026, 2, 1), "开发商费用从 2026-03-02 开始"), (date(2026, 4, 1), "还没有结束")],
)
def test_other_months_are_refused(cast, batch, month, sentence):
    with refused(sentence):
        make_month(batch=batch, month=Month(month), by=cast.cashier, at=AT)


def test_without_houses_or_items_it_is_said(cast, batch):
    taken(batch.handovers.get(house__number="1503"), date(2026, 3, 2))
    Handover.objects.filter(house__number="1501").update(done_at=start_of_day(date(2026, 3, 2)))
    batch.handovers.filter(house__number="1502").update(notice_on=date(2026, 3, 1))
    with refused("2026年3月没有由开发商承担费用的房屋"):
        make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT)
    FeeItem.objects.update(is_active=False)
    with refused("还没有设置按月预收的费用项目"):
        make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT)


def test_a_rate_that_changed_after_the_page_was_read_is_said(cast, batch):
    FeeItem.objects.filter(code="waste").update(rate=20)
    with refused("费用标准刚刚改过"):
        make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT, shown=Decimal("436.96"))


def test_a_bill_that_was_made_keeps_its_rates(cast, bill):
    FeeItem.objects.filter(code="property").update(rate=Decimal("3.2"))
    assert fresh(bill).total == Decimal("436.96")
    assert {one.rate for one in bill.lines.filter(item__code="property")} == {Decimal("2.8")}


def test_who_may_not_is_refused(cast, batch):
    for who in (cast.engineering, cast.auditor, cast.foreign_manager):
        with refused("由收银员或客服生成开发商账单"):
            make_month(batch=batch, month=MARCH, by=who, at=AT)


def test_it_is_cancelled_and_made_again_only_while_nothing_is_paid(cast, bill, batch):
    payment = paid(bill, cast, "100.00", at=AT)
    with refused("账单上有收款"):
        cancel_bill(bill=bill, reason="重算", by=cast.service, at=AT)
    reverse(payment=payment, reason="重算", by=cast.cashier, at=AT)
    cancel_bill(bill=bill, reason="重算", by=cast.service, at=AT)
    assert make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT).total == bill.total


def test_more_than_is_owed_is_refused_here_too(cast, bill):
    with refused("还应缴 436.96 元，不能多收"):
        paid(bill, cast, "436.97", at=AT)
    paid(bill, cast, "436.96", at=AT)


def test_a_house_of_two_batches_is_billed_by_one(cast, bill, batch):
    """The owner didn't come; the house is in the next batch of the same month."""
    row = batch.handovers.get(house__number="1503")
    not_taken(handover=row, by=cast.service, at=AT, reason=NotTaken.AWAY)
    second = make_batch(cast, houses=[row.house], name="二批")
    with refused("没有由开发商承担费用的房屋"):
        make_month(batch=second, month=MARCH, by=cast.cashier, at=AT)


def test_the_owner_is_not_billed_for_days_that_the_developer_was(cast, bill, batch):
    """The notice of the 20th was entered after March had been billed."""
    row = batch.handovers.get(house__number="1503")
    Handover.objects.filter(pk=row.pk).update(notice_on=date(2026, 3, 20))
    with refused(f"开发商账单 {bill} 已计到 2026-03-31，业主费用从 2026-03-20 开始"):
        make_bill(handover=fresh(row), by=cast.service, at=AT)
    cancel_bill(bill=bill, reason="重算", by=cast.service, at=AT)
    make_bill(handover=fresh(row), by=cast.service, at=AT)
    again = make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT)
    assert again.lines.filter(house=row.house).first().ends_on == date(2026, 3, 19)


def test_what_was_billed_to_an_owner_is_not_the_developers(cast, batch):
    row = batch.handovers.get(house__number="1503")
    Handover.objects.filter(pk=row.pk).update(state="under_way", arrived_at=AT)
    owner = make_bill(handover=fresh(row), by=cast.service, at=start_of_day(date(2026, 3, 21)) + 9 * HOUR)
    assert owner.starts_on == date(2026, 3, 21)
    part = next(one for one in month_draft(batch, MARCH).parts if one.house == row.house)
    assert part.ends_on == date(2026, 3, 20)


def test_an_area_of_zero_names_its_house(cast, batch, monkeypatch):
    """The database holds no such house; one that came about otherwise is said, not billed."""
    found = developer._houses(batch, MARCH)
    found[1][0].area = Decimal(0)
    monkeypatch.setattr(developer, "_houses", lambda *_: found)
    with refused("3幢2单元1502：建筑面积必须大于 0"):
        make_month(batch=batch, month=MARCH, by=cast.cashier, at=AT)


def test_neither_bill_nor_lines_can_be_changed(cast, bill):
    with pytest.raises(Error), transaction.atomic():
        Bill.objects.filter(pk=bill.pk).update(batch=None)
    with pytest.raises(Error), transaction.atomic():
        BillLine.objects.filter(bill=bill).update(ends_on=date(2026, 3, 30))
