"""Fees, bills and payments (HND-2, GEN-5). Money entries are never changed: a wrong payment is reversed by another."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from estates.models import Estate, House
from handover.choices import FeeBasis, Method, Payer
from handover.fees import rate_in_words
from handover.models.batches import Handover
from handover.querysets import AtEstateQuerySet, BillQuerySet, OfBillQuerySet, PaymentQuerySet

Staff = settings.AUTH_USER_MODEL


def never_changed() -> pgtrigger.Protect:
    return pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete)


class FeeItem(models.Model):
    """One item and its rate at an estate, from a day on. Bills that were made keep their rate."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="fee_items", verbose_name="项目", db_index=False)
    code = models.SlugField("代码", max_length=30)
    name = models.CharField("费用项目", max_length=40)
    basis = models.CharField("计费方式", max_length=8, choices=FeeBasis.choices)
    rate = models.DecimalField("单价(元)", max_digits=10, decimal_places=4, validators=[MinValueValidator(0)])
    is_monthly = models.BooleanField("按月", default=True, help_text="不选则收一次。")
    is_advance = models.BooleanField("交房时预收", default=True)
    is_active = models.BooleanField("启用", default=True)

    objects = AtEstateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "费用项目"
        ordering = ["estate_id", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["estate", "code"], name="fee_item_once_per_estate", violation_error_message="费用代码已经有了。"
            ),
            models.CheckConstraint(condition=Q(rate__gte=0), name="fee_rate_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_rate(self) -> str:
        return rate_in_words(self.rate)


class Bill(models.Model):
    """What one payer owes for a house and a period; `total` is the sum of its lines (GEN-5)."""

    number = models.CharField("编号", max_length=40, unique=True)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="bills", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, related_name="bills", verbose_name="房屋")
    handover = models.ForeignKey(
        Handover, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name="房屋交接"
    )
    payer = models.CharField("付款方", max_length=10, choices=Payer.choices)
    payer_name = models.CharField("付款人", max_length=80)
    starts_on = models.DateField("费用开始")
    ends_on = models.DateField("费用结束")
    total = models.DecimalField("合计(元)", max_digits=12, decimal_places=2)
    made_at = models.DateTimeField("生成时间")
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="生成人", db_index=False)
    # A bill that was made by mistake is cancelled while nothing has been paid on it.
    cancelled_at = models.DateTimeField("作废时间", null=True, blank=True)
    cancel_reason = models.CharField("作废原因", max_length=200, blank=True)

    objects = BillQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账单"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(starts_on__lte=F("ends_on")), name="bill_days_in_order"),
            models.CheckConstraint(condition=Q(total__gte=0), name="bill_not_negative"),
            models.UniqueConstraint(fields=["handover"], condition=Q(cancelled_at=None), name="one_bill_per_handover"),
        ]
        indexes = [models.Index(fields=["estate", "-made_at"], name="bill_by_estate")]
        triggers = [
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="figures_never_changed",
                fields=[
                    "number",
                    "estate",
                    "house",
                    "handover",
                    "payer",
                    "payer_name",
                    "starts_on",
                    "ends_on",
                    "total",
                ],
            ),
        ]

    def __str__(self) -> str:
        return self.number


class BillLine(models.Model):
    """One item as it was billed: quantity × rate × months, rounded half-up once (GEN-5)."""

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="lines", verbose_name="账单")
    item = models.ForeignKey(FeeItem, models.PROTECT, related_name="+", verbose_name="费用项目", db_index=False)
    name = models.CharField("费用项目", max_length=40)
    basis = models.CharField("计费方式", max_length=8, choices=FeeBasis.choices)
    quantity = models.DecimalField("数量", max_digits=10, decimal_places=2)
    rate = models.DecimalField("单价(元)", max_digits=10, decimal_places=4)
    months = models.PositiveSmallIntegerField("月数", default=1)
    amount = models.DecimalField("金额(元)", max_digits=12, decimal_places=2)

    objects = OfBillQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账单明细"
        ordering = ["pk"]
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"{self.name} {self.amount}"

    @property
    def shown_rate(self) -> str:
        return rate_in_words(self.rate)


class Payment(models.Model):
    """One receipt, or the reversal of one (a negative amount that names it). Never changed (GEN-5)."""

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="payments", verbose_name="账单")
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+", verbose_name="项目", db_index=False)
    amount = models.DecimalField("金额(元)", max_digits=12, decimal_places=2)
    method = models.CharField("方式", max_length=10, choices=Method.choices)
    receipt = models.CharField("收据号", max_length=40)
    cashier = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="收银员", db_index=False)
    at = models.DateTimeField("时间")
    reverses = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reversal", verbose_name="冲销"
    )
    reason = models.CharField("冲销原因", max_length=200, blank=True)
    # The form that was sent twice is one payment.
    client_key = models.UUIDField("提交标识", unique=True, editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收款"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["estate", "receipt"], name="receipt_once_per_estate"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, reverses=None) | Q(amount__lt=0, reverses__isnull=False) & ~Q(reason=""),
                name="payment_or_its_reversal",
            ),
        ]
        indexes = [models.Index(fields=["estate", "at", "cashier"], name="payment_of_day")]
        triggers = [never_changed()]

    def __str__(self) -> str:
        return f"{self.receipt} {self.amount}"
