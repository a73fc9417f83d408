"""入住 and 物品放行: who moves in, and what is carried out (HND-6, HND-7)."""

from __future__ import annotations

import secrets
from datetime import date

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from estates import masking
from estates.models import Estate, House
from foundation.records.constraints import transitions_only
from handover.choices import CarrierKind, Goods, ReleaseReason
from handover.querysets import AtEstateQuerySet, MoveInQuerySet, OfPassQuerySet, PassQuerySet

Staff = settings.AUTH_USER_MODEL


class MoveIn(models.Model):
    """入住: of the owner, or of a tenant with the owner's confirmation, undertaking and the lease (HND-6)."""

    class State(models.TextChoices):
        PREPARING = "preparing", "办理中"
        DONE = "done", "已入住"
        ENDED = "ended", "已迁出"

    number = models.CharField("编号", max_length=40, unique=True)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="move_ins", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, related_name="move_ins", verbose_name="房屋")
    is_tenant = models.BooleanField("租户入住", default=False)
    name = models.CharField("入住人", max_length=60)
    phone = models.CharField("手机", max_length=20)
    people = models.PositiveSmallIntegerField("入住人数", default=1)
    lease_from = models.DateField("租期自", null=True, blank=True)
    lease_until = models.DateField("租期至", null=True, blank=True)
    # HND-7: only such a lease lets an estate hold back a tenant's goods.
    lease_holds_goods = models.BooleanField("租约约定欠费不放行", default=False)
    # By phone: when, which number, what was said.
    owner_confirmed_at = models.DateTimeField("业主确认时间", null=True, blank=True)
    owner_confirmation = models.CharField("业主确认方式", max_length=200, blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PREPARING)
    planned_on = models.DateField("计划入住日")
    done_at = models.DateTimeField("入住时间", null=True, blank=True)
    ended_on = models.DateField("迁出日", null=True, blank=True)
    registered_at = models.DateTimeField("登记时间")
    registered_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="登记人", db_index=False)
    # The cashier watches the periods of a house that is lived in.
    fees_watched_at = models.DateTimeField("收银标注时间", null=True, blank=True)
    fees_watched_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    # Made by the form: the same one sent twice is one move-in.
    client_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = MoveInQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "入住"
        ordering = ["-registered_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(is_tenant=False) | Q(lease_from__isnull=False, lease_until__gte=models.F("lease_from")),
                name="tenant_has_a_lease",
            ),
            models.UniqueConstraint(
                fields=["house", "is_tenant"], condition=~Q(state="ended"), name="one_move_in_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["estate", "state"], name="move_in_by_estate")]
        triggers = [transitions_only((("preparing", "done"), ("preparing", "ended"), ("done", "ended")))]

    def __str__(self) -> str:
        return f"{self.house} {self.name} 入住"

    @property
    def masked_phone(self) -> str:
        return masking.phone(self.phone)


class PassRule(models.Model):
    """How an estate releases goods (HND-7); an estate without a row has the defaults."""

    estate = models.OneToOneField(Estate, models.CASCADE, related_name="pass_rule", verbose_name="项目")
    frequent_passes = models.PositiveSmallIntegerField(
        "频繁：张数",
        default=3,
        validators=[MinValueValidator(2)],
        help_text="同一房屋在下面的天数内开到这个张数，即标为频繁。",
    )
    frequent_days = models.PositiveSmallIntegerField("频繁：天数", default=7, validators=[MinValueValidator(1)])
    holds_tenants = models.BooleanField(
        "租户欠费不放行",
        default=False,
        help_text="只对租约写明欠费不放行的租户有效；其他人欠费只提醒，由项目经理决定。",
    )

    objects = AtEstateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "放行规则"
        ordering = ["estate_id"]

    def __str__(self) -> str:
        return f"{self.estate}放行规则"


def new_code() -> str:
    """Eight signs that are read aloud without mistake: no 0/O, 1/I/L."""
    return "".join(secrets.choice("23456789ABCDEFGHJKMNPQRSTUVWXYZ") for _ in range(8))


class Pass(models.Model):
    """出门条: what may be carried out by whom on which day; used once, at the gate (HND-7, once: fixed)."""

    class State(models.TextChoices):
        WAITING = "waiting", "待项目经理决定"
        READY = "ready", "可放行"
        USED = "used", "已放行"
        REFUSED = "refused", "不予放行"
        EXPIRED = "expired", "已过期"
        CANCELLED = "cancelled", "已作废"

    number = models.CharField("编号", max_length=40, unique=True)
    code = models.CharField("放行码", max_length=12, unique=True, default=new_code, editable=False)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="passes", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, related_name="passes", verbose_name="房屋")
    carrier_kind = models.CharField("携带人身份", max_length=8, choices=CarrierKind.choices)
    carrier = models.CharField("携带人", max_length=60)
    carrier_phone = models.CharField("电话", max_length=20, blank=True)
    vehicle = models.CharField("车牌", max_length=20, blank=True)
    reason = models.CharField("出门原因", max_length=10, choices=ReleaseReason.choices)
    valid_on = models.DateField("有效日期")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.READY)
    # HND-7: the owner's (or company head's) consent by phone.
    consent_by = models.CharField("同意人", max_length=60, blank=True)
    consent_phone = models.CharField("去电号码", max_length=20, blank=True)
    consent_at = models.DateTimeField("去电时间", null=True, blank=True)
    consent = models.CharField("核实意见", max_length=200, blank=True)
    arrears = models.DecimalField("截至当日欠费（元）", max_digits=12, decimal_places=2, default=0)
    unbilled = models.DecimalField("其中未出账（元）", max_digits=12, decimal_places=2, default=0)
    is_frequent = models.BooleanField("频繁放行", default=False)
    decided_at = models.DateTimeField("决定时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="决定人", db_index=False
    )
    decision = models.CharField("决定说明", max_length=200, blank=True)
    made_at = models.DateTimeField("开具时间")
    made_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="开具人", db_index=False)
    used_at = models.DateTimeField("放行时间", null=True, blank=True)
    used_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="放行人", db_index=False
    )
    # Made by the form: the same one sent twice is one pass.
    client_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = PassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "出门条"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="used") | Q(used_at__isnull=False, used_by__isnull=False),
                name="used_pass_has_a_guard",
            ),
            # HND-7: no contact, no pass.
            models.CheckConstraint(
                condition=Q(carrier_kind="owner") | Q(consent_at__isnull=False) & ~Q(consent=""),
                name="others_need_consent",
            ),
        ]
        indexes = [models.Index(fields=["estate", "state", "valid_on"], name="pass_by_estate")]
        triggers = [
            transitions_only(
                (
                    ("waiting", "ready"),
                    ("waiting", "refused"),
                    ("waiting", "cancelled"),
                    ("ready", "used"),
                    ("ready", "expired"),
                    ("ready", "cancelled"),
                )
            )
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def shown_code(self) -> str:
        """As it is read aloud: two groups of four."""
        return f"{self.code[:4]} {self.code[4:]}"

    @property
    def masked_phone(self) -> str:
        return masking.phone(self.carrier_phone)

    @property
    def masked_consent_phone(self) -> str:
        return masking.phone(self.consent_phone)

    def is_late(self, on: date) -> bool:
        """Its day is over and it was not used: the nightly sweep writes that down, nobody waits for it."""
        return self.state in (self.State.WAITING, self.State.READY) and self.valid_on < on


class PassItem(models.Model):
    """One kind of goods on a pass."""

    release = models.ForeignKey(Pass, models.CASCADE, related_name="items", verbose_name="出门条")
    goods = models.CharField("种类", max_length=10, choices=Goods.choices)
    name = models.CharField("名称", max_length=60)
    count = models.PositiveSmallIntegerField("数量", default=1)

    objects = OfPassQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "放行物品"
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(count__gt=0), name="pass_item_counts")]

    def __str__(self) -> str:
        return f"{self.name}×{self.count}"
