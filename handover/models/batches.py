"""交付批次: the houses of an estate that are handed over on given days, and the steps each walks (HND-1, HND-4)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from encrypted_fields import EncryptedCharField

from estates import masking
from estates.models import Estate, House, IdType
from foundation.records.constraints import transitions_only
from handover.choices import BuyerKind, NotTaken, StepKind
from handover.querysets import AtEstateQuerySet, BatchQuerySet, HandoverQuerySet, OfBatchQuerySet, OfHandoverQuerySet

Staff = settings.AUTH_USER_MODEL

HANDOVER_TRANSITIONS = (
    ("not_begun", "under_way"),
    ("not_begun", "not_taken"),
    ("under_way", "not_taken"),
    ("under_way", "done"),
    # the owner comes after all
    ("not_taken", "under_way"),
    ("not_taken", "not_begun"),
)


class Batch(models.Model):
    class State(models.TextChoices):
        PREPARING = "preparing", "准备中"
        OPEN = "open", "办理中"
        CLOSED = "closed", "已结束"

    number = models.CharField("编号", max_length=40, unique=True)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="batches", verbose_name="项目", db_index=False)
    name = models.CharField("名称", max_length=60)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PREPARING)
    starts_on = models.DateField("开始日期")
    ends_on = models.DateField("结束日期")
    hall = models.CharField("办理地点", max_length=100, blank=True)
    developer = models.CharField("开发商", max_length=80)
    # HND-2: collected in advance; some places cap it.
    advance_months = models.PositiveSmallIntegerField("预收月数", default=6, validators=[MinValueValidator(1)])
    # HND-2: the developer pays for what is not taken over from this day on; without it, from the first day of the batch.
    fees_from = models.DateField("开发商费用自", null=True, blank=True)
    # The order of the steps as it was when the batch was made (HND-1: the order is data of the estate).
    steps = models.JSONField("步骤", default=list)
    opened_at = models.DateTimeField("建立时间")
    opened_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", verbose_name="建立人", db_index=False)
    # Made by the form: the same one sent twice is one batch.
    client_key = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    objects = BatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "交付批次"
        ordering = ["-starts_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(starts_on__lte=F("ends_on")),
                name="batch_days_in_order",
                violation_error_message="结束日期不能早于开始日期。",
            ),
        ]
        indexes = [models.Index(fields=["estate", "state"], name="batch_by_estate")]

    def __str__(self) -> str:
        return self.name

    @property
    def developer_from(self) -> date:
        """The first day for which the developer pays (HND-2): the delivery of the batch's houses."""
        return self.fees_from or self.starts_on


class Slot(models.Model):
    """An hour of the hall with room for so many houses, so that it isn't overrun."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="slots", verbose_name="批次")
    starts_at = models.DateTimeField("开始")
    ends_at = models.DateTimeField("结束")
    capacity = models.PositiveSmallIntegerField("可办户数", validators=[MinValueValidator(1)])

    objects = OfBatchQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预约时段"
        ordering = ["starts_at"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "starts_at"], name="slot_once"),
            models.CheckConstraint(condition=Q(starts_at__lt=F("ends_at")), name="slot_times_in_order"),
            models.CheckConstraint(condition=Q(capacity__gt=0), name="slot_has_room"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%m-%d %H:%M}"


class Handover(models.Model):
    """One house in one batch. `notice_on` is the day the notice names for an owner who was duly called (HND-2)."""

    class State(models.TextChoices):
        NOT_BEGUN = "not_begun", "未办理"
        UNDER_WAY = "under_way", "办理中"
        DONE = "done", "已接房"
        NOT_TAKEN = "not_taken", "未接房"

    batch = models.ForeignKey(Batch, models.PROTECT, related_name="handovers", verbose_name="批次", db_index=False)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, related_name="handovers", verbose_name="房屋")
    slot = models.ForeignKey(
        Slot, models.PROTECT, null=True, blank=True, related_name="handovers", verbose_name="预约时段"
    )
    # As the developer's list has it: identity is checked against it.
    buyer_name = models.CharField("购房人", max_length=60)
    buyer_phone = models.CharField("手机", max_length=20, blank=True)
    buyer_id_type = models.CharField("证件类型", max_length=10, choices=IdType.choices, blank=True)
    buyer_id_number = EncryptedCharField("证件号", max_length=400, null=True, blank=True)
    buyer_kind = models.CharField("购房人类别", max_length=8, choices=BuyerKind.choices, default=BuyerKind.PERSON)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.NOT_BEGUN)
    notice_on = models.DateField("通知的交付日", null=True, blank=True)
    arrived_at = models.DateTimeField("到场时间", null=True, blank=True)
    done_at = models.DateTimeField("接房时间", null=True, blank=True)
    reason = models.CharField("未接房原因", max_length=10, choices=NotTaken.choices, blank=True)
    remark = models.CharField("说明", max_length=200, blank=True)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "房屋交接"
        ordering = ["batch_id", "house__code"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "house"], name="house_once_per_batch"),
            models.UniqueConstraint(fields=["house"], condition=Q(state="done"), name="house_handed_over_once"),
            models.CheckConstraint(condition=~Q(state="not_taken") | ~Q(reason=""), name="not_taken_has_a_reason"),
            models.CheckConstraint(condition=~Q(state="done") | Q(done_at__isnull=False), name="done_has_its_time"),
        ]
        indexes = [models.Index(fields=["batch", "state"], name="handover_by_state")]
        triggers = [transitions_only(HANDOVER_TRANSITIONS)]

    def __str__(self) -> str:
        return f"{self.house} 交接"

    @property
    def masked_phone(self) -> str:
        return masking.phone(self.buyer_phone)

    @property
    def masked_id_number(self) -> str:
        return masking.id_number(self.buyer_id_number or "")

    @property
    def has_ended(self) -> bool:
        return self.state == self.State.DONE


class HandoverStep(models.Model):
    """One step of one house. `taken_by` is the counter that works on it now: two don't tread on each other."""

    class State(models.TextChoices):
        WAITING = "waiting", "未办"
        TAKEN = "taken", "办理中"
        DONE = "done", "已完成"

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="steps", verbose_name="房屋交接")
    kind = models.CharField("步骤", max_length=12, choices=StepKind.choices)
    position = models.PositiveSmallIntegerField("顺序")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.WAITING)
    taken_at = models.DateTimeField("开始办理", null=True, blank=True)
    taken_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    done_at = models.DateTimeField("完成时间", null=True, blank=True)
    done_by = models.ForeignKey(
        Staff, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="办理人", db_index=False
    )
    note = models.CharField("说明", max_length=200, blank=True)

    objects = OfHandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "交接步骤"
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["handover", "kind"], name="step_once_per_house"),
            models.UniqueConstraint(fields=["handover", "position"], name="step_position_once"),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False, done_by__isnull=False),
                name="done_step_has_a_hand",
            ),
        ]
        triggers = [
            transitions_only((("waiting", "taken"), ("taken", "waiting"), ("taken", "done"), ("waiting", "done")))
        ]

    def __str__(self) -> str:
        return self.get_kind_display()


class StepOrder(models.Model):
    """The order of the steps at an estate (HND-1); an estate without rows has the default order."""

    estate = models.ForeignKey(Estate, models.CASCADE, related_name="step_orders", verbose_name="项目")
    kind = models.CharField("步骤", max_length=12, choices=StepKind.choices)
    position = models.PositiveSmallIntegerField("顺序")

    objects = AtEstateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "交接步骤顺序"
        ordering = ["estate_id", "position"]
        constraints = [
            models.UniqueConstraint(fields=["estate", "kind"], name="step_kind_once_per_estate"),
            models.UniqueConstraint(fields=["estate", "position"], name="step_position_once_per_estate"),
        ]

    def __str__(self) -> str:
        return f"{self.position}. {self.get_kind_display()}"


class Document(models.Model):
    """One paper that was asked for, and whether it has come; its scans are attachments of the slot "scan"."""

    handover = models.ForeignKey(Handover, models.CASCADE, related_name="documents", verbose_name="房屋交接")
    code = models.CharField("资料代码", max_length=30)
    name = models.CharField("资料", max_length=80)
    is_required = models.BooleanField("必需", default=True)
    received_at = models.DateTimeField("收到时间", null=True, blank=True)
    received_by = models.ForeignKey(Staff, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)

    objects = OfHandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收取资料"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["handover", "code"], name="document_once_per_house")]

    def __str__(self) -> str:
        return self.name


class OwnerFile(models.Model):
    """《业主档案》: what the owner tells about the household, with emergency mobile and birthday (HND-1)."""

    handover = models.OneToOneField(Handover, models.CASCADE, related_name="owner_file", verbose_name="房屋交接")
    birthday = models.DateField("生日", null=True, blank=True)
    work_place = models.CharField("工作单位", max_length=80, blank=True)
    emergency_name = models.CharField("紧急联系人", max_length=60)
    emergency_mobile = models.CharField("紧急联系手机", max_length=20)
    members = models.JSONField("家庭成员", default=list)
    vehicles = models.CharField("车牌", max_length=100, blank=True)
    pets = models.CharField("宠物", max_length=100, blank=True)
    needs_help = models.CharField("需要特别关照", max_length=200, blank=True)
    filled_at = models.DateTimeField("填写时间")
    filled_by = models.ForeignKey(Staff, models.PROTECT, related_name="+", db_index=False)

    objects = OfHandoverQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "业主档案"

    def __str__(self) -> str:
        return f"{self.handover.house} 业主档案"

    @property
    def masked_emergency_mobile(self) -> str:
        return masking.phone(self.emergency_mobile)
