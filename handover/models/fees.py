"""Fees, bills and payments (HND-2, GEN-5). Money entries are never changed: a wrong payment is reversed by another."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from estates.models import Estate, House
from foundation.records.constraints import append_only
from handover.choices import FeeBasis, Method, Payer
from handover.fees import rate_in_words
from handover.models.batches import Batch, Handover
from handover.querysets import AtEstateQuerySet, BillQuerySet, OfBillQuerySet, PaymentQuerySet

Staff = settings.AUTH_USER_MODEL


class FeeItem(models.Model):
    """One item and its rate at an estate, from a day on. Bills that were made keep their rate."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="fee_items", verbose_name="项目", db_index=False)
    code = models.SlugField("代码", max_length=30)
    name = models.CharField("费用项目", max_length=40)
    basis = models.CharField("计费方式", max_length=8, choices=FeeBasis.choices)
    rate = models.DecimalField("单价（元）", max_digits=10, decimal_places=4, validators=[MinValueValidator(0)])
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


class FeeRule(models.Model):
    """How many months an estate collects at a time (HND-2); an estate without a row has the defaults."""

    estate = models.OneToOneField(Estate, models.CASCADE, related_name="fee_rule", verbose_name="项目")
    period_months = models.PositiveSmallIntegerField(
        "每期月数",
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(36)],
        help_text="没有经交付批次接房的房屋按此出账；经交付批次的按批次的预收月数。",
    )
    warn_above = models.PositiveSmallIntegerField(
        "超过几个月提醒", default=6, validators=[MinValueValidator(1)], help_text="一次预收超过这个月数时提醒，不拦截。"
    )
    most_months = models.PositiveSmallIntegerField(
        "最多预收几个月",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="当地规定了预收上限的填写；超过的批次不能建立，账单最多按此计算。空着不限。",
    )

    objects = AtEstateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预收规则"
        ordering = ["estate_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(most_months=None) | Q(period_months__lte=F("most_months")),
                name="period_within_the_cap",
                violation_error_message="每期月数不能超过最多预收的月数。",
            ),
            models.CheckConstraint(condition=Q(period_months__gte=1), name="period_has_months"),
        ]

    def __str__(self) -> str:
        return f"{self.estate}预收规则"

    def capped(self, months: int) -> int:
        """No bill asks for more than the cap, whatever was agreed before there was one."""
        return min(months, self.most_months or months)

    def warning(self, months: int) -> str:
        """The sentence for more months than is usual, or ""."""
        if months <= self.warn_above:
            return ""
        return f"一次预收 {months} 个月，超过 {self.warn_above} 个月，请确认符合当地规定和合同约定。"


class Bill(models.Model):
    """What one payer owes for a period: of a house, or the developer for the houses of a batch in one month (HND-2).

    `total` is the sum of its lines (GEN-5).
    """

    number = models.CharField("编号", max_length=40, unique=True)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="bills", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name="房屋")
    batch = models.ForeignKey(
        Batch, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name="交付批次", db_index=False
    )
    handover = models.ForeignKey(
        Handover, models.PROTECT, null=True, blank=True, related_name="bills", verbose_name="房屋交接"
    )
    payer = models.CharField("付款方", max_length=10, choices=Payer.choices)
    payer_name = models.CharField("付款人", max_length=80)
    starts_on = models.DateField("费用开始")
    ends_on = models.DateField("费用结束")
    total = models.DecimalField("合计（元）", max_digits=12, decimal_places=2)
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
            models.CheckConstraint(
                condition=Q(house__isnull=False, batch=None)
                | Q(house=None, handover=None, batch__isnull=False, payer=Payer.DEVELOPER),
                name="bill_of_a_house_or_a_batch",
            ),
            models.UniqueConstraint(
                fields=["house", "payer", "starts_on"], condition=Q(cancelled_at=None), name="bill_once_per_period"
            ),
            models.UniqueConstraint(
                fields=["batch", "ends_on"], condition=Q(cancelled_at=None), name="batch_billed_once_per_month"
            ),
        ]
        indexes = [
            models.Index(fields=["estate", "-made_at"], name="bill_by_estate"),
            models.Index(
                fields=["estate", "ends_on"], name="bill_ending", condition=Q(cancelled_at=None, payer=Payer.OWNER)
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_removed", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="figures_never_changed",
                fields=[
                    "number",
                    "estate",
                    "house",
                    "batch",
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

    @property
    def where(self) -> str:
        """The house, or the batch for whose houses the developer pays."""
        return self.house.code if self.house else str(self.batch)


class BillLine(models.Model):
    """One item as it was billed: quantity × rate × months, rounded half-up once (GEN-5).

    A developer's line names its house and its days within the month: quantity × rate × days / days of the month.
    """

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="lines", verbose_name="账单")
    item = models.ForeignKey(FeeItem, models.PROTECT, related_name="+", verbose_name="费用项目", db_index=False)
    name = models.CharField("费用项目", max_length=40)
    basis = models.CharField("计费方式", max_length=8, choices=FeeBasis.choices)
    quantity = models.DecimalField("数量", max_digits=10, decimal_places=2)
    rate = models.DecimalField("单价（元）", max_digits=10, decimal_places=4)
    months = models.PositiveSmallIntegerField("月数", default=1)
    amount = models.DecimalField("金额（元）", max_digits=12, decimal_places=2)
    house = models.ForeignKey(House, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="房屋")
    starts_on = models.DateField("自", null=True, blank=True)
    ends_on = models.DateField("至", null=True, blank=True)

    objects = OfBillQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账单明细"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(house=None, starts_on=None, ends_on=None)
                | Q(house__isnull=False, starts_on__isnull=False, ends_on__gte=F("starts_on")),
                name="line_of_a_house_has_days",
            ),
            models.UniqueConstraint(
                fields=["bill", "house", "item"], condition=Q(house__isnull=False), name="line_once_per_house"
            ),
        ]
        triggers = append_only("账单明细")

    def __str__(self) -> str:
        return f"{self.name} {self.amount}"

    @property
    def shown_rate(self) -> str:
        return rate_in_words(self.rate)


class Payment(models.Model):
    """One receipt, or the reversal of one (a negative amount that names it). Never changed (GEN-5)."""

    bill = models.ForeignKey(Bill, models.PROTECT, related_name="payments", verbose_name="账单")
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+", verbose_name="项目", db_index=False)
    amount = models.DecimalField("金额（元）", max_digits=12, decimal_places=2)
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
        triggers = append_only("收款")

    def __str__(self) -> str:
        return f"{self.receipt} {self.amount}"
