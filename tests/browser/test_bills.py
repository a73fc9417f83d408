"""The cashier at the hall, on a phone: too much is refused with what was typed, the right amount settles the bill."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from handover.models import Payment
from tests.handover.money import billed

pytestmark = pytest.mark.browser


def test_a_bill_is_paid_and_a_wrong_payment_taken_back(cast, browse) -> None:
    bill = billed(cast)
    page = browse(cast.cashier)
    page.goto(browse.url(reverse("handover:bill", args=[bill.pk])))
    dialog = page.get_by_role("dialog")
    page.get_by_role("button", name="收款", exact=True).click()
    dialog.get_by_label("金额（元）").fill("2000")
    dialog.get_by_label("微信").check()
    dialog.get_by_label("收据号").fill("0001009")
    dialog.get_by_role("button", name="收款", exact=True).click()
    expect(dialog.get_by_text("还应缴 1893.60 元，不能多收")).to_be_visible()
    expect(dialog.get_by_label("收据号")).to_have_value("0001009")
    dialog.get_by_label("金额（元）").fill("1893.60")
    dialog.get_by_role("button", name="收款", exact=True).click()
    expect(page.get_by_text("已缴清", exact=True)).to_be_visible()

    page.get_by_role("button", name="冲销 0001009").click()
    dialog.get_by_label("冲销原因").fill("收错方式")
    dialog.get_by_role("button", name="冲销", exact=True).click()
    expect(page.get_by_text("待收款", exact=True)).to_be_visible()
    assert list(Payment.objects.values_list("amount", "method")) == [
        (Decimal("1893.60"), "wechat"),
        (Decimal("-1893.60"), "wechat"),
    ]
