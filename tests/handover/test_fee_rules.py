"""预收规则 (HND-2): a warning bounds the months that are collected in advance, and some estates cap them."""

from __future__ import annotations

from datetime import date

import pytest
from django.urls import reverse as url

from foundation.journal.models import Entry
from handover.choices import StepKind
from handover.models import Batch, FeeRule
from handover.services.billing import draft, make_bill
from tests.complaints.pages import at
from tests.handover.factories import MONDAY, at_step, make_batch, refused
from tests.handover.money import AT, fee_items

TODAY = date(2026, 3, 2)


def cap(cast, **given):
    return FeeRule.objects.create(estate=cast.estate_a1, **{"period_months": 3, **given})


def test_six_months_are_usual_and_seven_are_warned_of():
    rule = FeeRule()
    assert (rule.warning(6), rule.capped(24)) == ("", 24)
    assert rule.warning(7) == "一次预收 7 个月，超过 6 个月，请确认符合当地规定和合同约定。"


def test_a_batch_above_the_cap_is_refused_and_one_at_it_is_made(cast):
    cap(cast, most_months=3)
    with refused("这个项目最多预收 3 个月"):
        make_batch(cast, advance_months=4)
    assert make_batch(cast, advance_months=3).advance_months == 3


def test_a_cap_that_came_after_the_batch_holds_for_its_bills(cast):
    fee_items(cast.estate_a1)
    handover = at_step(cast, StepKind.FEES)
    cap(cast, most_months=3)
    made = draft(handover, TODAY)
    assert (made.months, made.ends_on) == (3, date(2026, 6, 1))
    assert made.warning == "批次预收 6 个月，超过本项目最多 3 个月的规定，按 3 个月计算。"
    bill = make_bill(handover=handover, by=cast.service, at=AT)
    # 89.50 × 2.8 × 3 + 15 × 3 + 300
    assert str(bill.total) == "1096.80"


def given(cast, **over):
    return {
        "estate": cast.estate_a1.pk, "name": "二批", "starts_on": "2026-05-01", "ends_on": "2026-05-07",
        "developer": "锦城置业", "hall": "", "advance_months": 12, **over,
    }  # fmt: skip


def create(cast, **over):
    client = cast.client(cast.estate_manager)
    with at(MONDAY):
        form = client.get(url("handover:create_batch")).context["form"]
        key = {"client_key": form["client_key"].value()} if "client_key" in form.fields else {}
        return client.post(url("handover:create_batch"), {**given(cast, **over), **key}, follow=True)


def test_more_than_usual_is_made_with_a_warning_on_the_batch(cast):
    response = create(cast, fees_from="2026-04-20")
    batch = Batch.objects.get()
    assert (batch.advance_months, batch.developer_from) == (12, date(2026, 4, 20))
    assert any("一次预收 12 个月，超过 6 个月" in str(one) for one in response.context["messages"])
    with at(MONDAY):
        text = cast.client(cast.estate_manager).get(url("handover:batch", args=[batch.pk])).content.decode()
    assert "一次预收 12 个月，超过 6 个月" in text
    assert "2026-04-20" in text


def test_above_the_cap_the_form_says_why(cast):
    cap(cast, most_months=6)
    response = create(cast)
    assert (response.status_code, Batch.objects.count()) == (422, 0)
    assert "这个项目最多预收 6 个月" in response.content.decode()
    assert create(cast, advance_months=6).status_code == 200
    assert not any("一次预收" in str(one) for one in Batch.objects.values_list("name", flat=True))


def test_the_draft_of_a_bill_shows_the_warning(cast):
    fee_items(cast.estate_a1)
    handover = at_step(cast, StepKind.FEES, advance_months=12)
    with at(AT):
        text = cast.client(cast.service).get(url("handover:house_bill", args=[handover.pk])).content.decode()
    assert "一次预收 12 个月，超过 6 个月" in text


def test_the_page_of_the_rates_says_the_rule(cast):
    fee_items(cast.estate_a1)
    cap(cast, most_months=12)
    for who, seen in ((cast.cashier, True), (cast.foreign_manager, False)):
        text = cast.client(who).get(url("handover:fee_items")).content.decode()
        assert ("每期 3 个月 · 一次预收超过 6 个月提醒 · 最多 12 个月" in text) is seen


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"period_months": 6, "most_months": 3}, "每期月数不能超过最多预收的月数"),
        ({"period_months": 0}, "大于或等于"),
        ({"warn_above": 0}, "大于或等于"),
    ],
)
def test_an_administrator_sets_it_and_what_is_wrong_is_said(cast, values, sentence):
    client = cast.client(cast.administrator)
    good = {"estate": cast.estate_a1.pk, "period_months": 3, "warn_above": 6, "most_months": 12}
    wrong = client.post(url("admin:handover_feerule_add"), {**good, **values})
    assert (wrong.status_code, FeeRule.objects.count()) == (200, 0)
    assert sentence in wrong.content.decode()
    assert client.post(url("admin:handover_feerule_add"), good).status_code == 302
    rule = FeeRule.objects.get()
    client.post(url("admin:handover_feerule_change", args=[rule.pk]), {**good, "warn_above": 3})
    rule.refresh_from_db()
    assert rule.warn_above == 3
    assert list(Entry.objects.about(rule).order_by("pk").values_list("verb", flat=True)) == ["fee_rule.change"] * 2
