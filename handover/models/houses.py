"""验房 and keys: what was found wrong in a house, and where its keys are (HND-3)."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from estates.models import Estate, House
from foundation.records.constraints import append_only, transitions_only
from handover.choices import KeyKind
from handover.models.batches import Handover
from handover.models.plans import HousePlan
from handover.querysets import AtEstateQuerySet, DefectQuerySet, KeyQuerySet, OfKeyQuerySet

Staff = settings.AUTH_USER_MODEL


def new_key() -> str:
    return secrets.token_urlsafe(12)


class Builder(models.Model):
    """A responsible builder; `key` is in the signed link to their page."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="builders", verbose_name="项目")
    name = models.CharField("责任单位", max_length=80)
    trades = models.CharField("负责工种", max_length=200, blank=True)
    contact = models.CharField("联系人", max_length=60, blank=True)
    phone = models.CharField("电话", max_length=20, blank=True)
    key = models.CharField("链接代码", max_length=32, unique=True, default=new_key, editable=False)
    is_active = models.BooleanField("启用", default=True)

    objects = AtEstateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "责任单位"
        ordering = ["estate_id", "name"]
        constraints = [models.UniqueConstraint(fields=["estate", "name"], name="builder_once_per_estate")]

    def __str__(self) -> str:
        return self.name


class Defect(models.Model):
    """遗留问题: one fault in one room (HND-3). Its clock is of the kind `CLOCK`; photos: slots "before", "after".

    `mark` is where on the photo it is, the pin where on the plan of then, as shares of width and height.
    """

    CLOCK = "handover.defect"

    class State(models.TextChoices):
        OPEN = "open", "待整改"
        FIXED = "fixed", "待复验"
        RECHECKED = "rechecked", "待业主确认"
        CONFIRMED = "confirmed", "已确认"
        WAIVED = "waived", "业主放弃"

    number = models.CharField("编号", max_length=40, unique=True)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="defects", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, related_name="defects", verbose_name="房屋")
    handover = models.ForeignKey(
        Handover, models.PROTECT, null=True, blank=True, related_name="defects", verbose_name="房屋交接"
    )
    room = models.CharField("部位", max_length=30)
    trade = models.CharField("工种", max_length=30)
    fault = models.CharField("问题", max_length=100)
    note = models.CharField("说明", max_length=300, blank=True)
    mark = models.JSONField("照片标记", null=True, blank=True)
    plan = models.ForeignKey(
        HousePlan, models.PROTECT, null=True, blank=True, related_name="defects", verbose_name="户型图"
    )
    pin_x = models.FloatField("平面图横向位置", null=True, blank=True)
    pin_y = models.FloatField("平面图纵向位置", null=True, blank=True)
    builder = models.ForeignKey(
        Builder, models.PROTECT, null=True, blank=True, related_name="defects", verbose_name="责任单位"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    found_at = models.DateTimeField("发现时间")
    found_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False)
    due_at = models.DateTimeField("整改期限")
    fixed_at = models.DateTimeField("整改时间", null=True, blank=True)
    # Empty where the builder says so on their own page.
    fixed_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="整改登记人", db_index=False
    )
    fixed_note = models.CharField("整改说明", max_length=300, blank=True)
    rechecked_at = models.DateTimeField("复验时间", null=True, blank=True)
    rechecked_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复验人", db_index=False
    )
    confirmed_at = models.DateTimeField("业主确认时间", null=True, blank=True)
    rejections = models.PositiveSmallIntegerField("复验不通过次数", default=0)
    # Made by the form: the same one sent twice is one defect.
    client_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = DefectQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "遗留问题"
        ordering = ["house_id", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(confirmed_at__isnull=False), name="confirmed_defect_has_its_time"
            ),
            models.CheckConstraint(
                condition=Q(plan=None, pin_x=None, pin_y=None)
                | Q(
                    plan__isnull=False,
                    pin_x__isnull=False,
                    pin_x__range=(0, 1),
                    pin_y__isnull=False,
                    pin_y__range=(0, 1),
                ),
                name="defect_pin_lies_on_a_plan",
            ),
        ]
        indexes = [
            models.Index(fields=["estate", "state", "due_at"], name="defect_by_estate"),
            models.Index(fields=["builder", "state"], name="defect_by_builder"),
        ]
        triggers = [
            transitions_only(
                (
                    ("open", "fixed"),
                    ("open", "waived"),
                    ("fixed", "open"),
                    ("fixed", "rechecked"),
                    ("rechecked", "confirmed"),
                    ("rechecked", "open"),
                )
            )
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.room}{self.fault}"

    @property
    def what(self) -> str:
        return f"{self.room}{self.trade}：{self.fault}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.CONFIRMED, self.State.WAIVED)

    def is_overdue(self, at: datetime) -> bool:
        """Not mended by the due moment; at the very moment it is in time (GEN-1)."""
        return self.state == self.State.OPEN and self.due_at < at


class HouseKey(models.Model):
    """One key (or bunch) of a house; where it is follows from its last move (HND-3).

    While it is lent, a clock of the kind `CLOCK` runs to the moment when it is due back.
    """

    CLOCK = "handover.key"

    class Place(models.TextChoices):
        OFFICE = "office", "在钥匙柜"
        OWNER = "owner", "已交业主"
        LENT = "lent", "借出"

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, related_name="keys", verbose_name="房屋")
    kind = models.CharField("种类", max_length=8, choices=KeyKind.choices)
    label = models.CharField("编号", max_length=40)
    count = models.PositiveSmallIntegerField("数量", default=1)
    place = models.CharField("现在", max_length=8, choices=Place.choices, default=Place.OFFICE)

    objects = KeyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "钥匙"
        ordering = ["house_id", "kind", "label"]
        constraints = [models.UniqueConstraint(fields=["estate", "label"], name="key_label_once_per_estate")]

    def __str__(self) -> str:
        return self.label


class KeyMove(models.Model):
    """钥匙台账: every movement, never changed (HND-3)."""

    class Kind(models.TextChoices):
        HANDED = "handed", "交给业主"
        KEPT = "kept", "业主同意留存"
        LENT = "lent", "借出"
        RETURNED = "returned", "归还"

    key = models.ForeignKey(HouseKey, models.PROTECT, related_name="moves", verbose_name="钥匙")
    kind = models.CharField("动作", max_length=8, choices=Kind.choices)
    holder = models.CharField("持有人", max_length=60)
    holder_phone = models.CharField("电话", max_length=20, blank=True)
    reason = models.CharField("用途", max_length=200, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="经办人", db_index=False)
    due_at = models.DateTimeField("应还时间", null=True, blank=True)
    # Made by the form: the same one sent twice is one move.
    client_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = OfKeyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "钥匙台账"
        ordering = ["at", "pk"]
        triggers = append_only("钥匙台账")

    def __str__(self) -> str:
        return f"{self.key} {self.get_kind_display()}"
