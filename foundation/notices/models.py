"""One message to one user under the bell, and what of it leaves the house by e-mail and chat robot."""

from __future__ import annotations

from datetime import time
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from encrypted_fields import EncryptedCharField

from foundation.notices import registry, webhooks
from foundation.notices.querysets import NoticeQuerySet, ParcelQuerySet
from foundation.notices.quiet import QuietHours
from foundation.records.constraints import transitions_only


class Level(models.TextChoices):
    INFO = "info", "一般"
    URGENT = "urgent", "紧急"


class Channel(models.TextChoices):
    """How a notice leaves the house; under the bell it is always."""

    EMAIL = "email", "邮件"
    ROBOT = "robot", "群机器人"


class Notice(models.Model):
    """A message that a user finds under the bell. `key` says what it tells of: nobody is told the same thing twice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name="收件人", db_index=False
    )
    key = models.CharField("去重键", max_length=200)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    url = models.CharField("链接", max_length=500, blank=True)
    level = models.CharField("级别", max_length=10, choices=Level, default=Level.INFO)
    subject_kind = models.CharField("对象类型", max_length=80, blank=True)
    subject_id = models.BigIntegerField("对象编号", null=True)
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("阅读时间", null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notices_once")]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notices_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notices_unread"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_unread(self) -> bool:
        return self.read_at is None

    @property
    def is_urgent(self) -> bool:
        return self.level == Level.URGENT


# --- what people and places have set --------------------------------------------------------------------------------


class NoticePolicy(models.Model):
    """One row: the company's quiet hours, in which only what is urgent leaves the house."""

    quiet_from = models.TimeField("免打扰开始", default=time(22), help_text="开始和结束相同，就是不设免打扰。")
    quiet_until = models.TimeField(
        "免打扰结束",
        default=time(7),
        help_text="这段时间里，一般通知等到结束时再发邮件和群消息；红线和重大立即发。",
    )

    class Meta:
        verbose_name = verbose_name_plural = "通知参数"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_notice_policy")]

    def __str__(self) -> str:
        return "通知参数"

    @classmethod
    def current(cls) -> NoticePolicy:
        """The row, or the defaults while it has not been written."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def quiet(self) -> QuietHours:
        return QuietHours(self.quiet_from, self.quiet_until)


class Preference(models.Model):
    """What a user wants by e-mail and when; who has no row has the defaults."""

    class Email(models.TextChoices):
        ALL = "all", "全部通知"
        URGENT = "urgent", "只要紧急通知"
        NONE = "none", "不发邮件"

    class Quiet(models.TextChoices):
        COMPANY = "company", "按公司规定"
        OWN = "own", "自己设定"
        NONE = "none", "不设免打扰"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="notice_preference",
        verbose_name="人员",
        primary_key=True,
    )
    email = models.CharField("邮件", max_length=10, choices=Email, default=Email.ALL)
    quiet = models.CharField("免打扰", max_length=10, choices=Quiet, default=Quiet.COMPANY)
    quiet_from = models.TimeField("从", default=time(22))
    quiet_until = models.TimeField("到", default=time(7))

    class Meta:
        verbose_name = verbose_name_plural = "通知设置"

    def __str__(self) -> str:
        return f"{self.user}的通知设置"

    @property
    def own_quiet(self) -> QuietHours:
        return QuietHours(self.quiet_from, self.quiet_until)

    def takes(self, *, urgent: bool) -> bool:
        """Whether the user wants it by e-mail."""
        return self.email == self.Email.ALL or (self.email == self.Email.URGENT and urgent)

    def quiet_hours(self, policy: NoticePolicy) -> QuietHours | None:
        match self.quiet:
            case self.Quiet.OWN:
                return self.own_quiet
            case self.Quiet.NONE:
                return None
        return policy.quiet


class StepChannels(models.Model):
    """By which channels a step of the ladders is told; under the bell it always is. Without a row, by all."""

    step = models.CharField("阶梯", max_length=40, unique=True, editable=False)
    by_email = models.BooleanField("发邮件", default=True)
    by_robot = models.BooleanField("发群机器人", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "升级阶梯的通知方式"
        ordering = ["pk"]

    def __str__(self) -> str:
        return registry.step_name(self.step)


class Robot(models.Model):
    """A robot in a chat group of a place; it posts what is told to those who hold their posts at exactly that place.

    `node_id` is a plain number, since places stand above this app. The address holds the robot's key, so it is kept
    like a password.
    """

    class Kind(models.TextChoices):
        WECOM = "wecom", "企业微信"
        DINGTALK = "dingtalk", "钉钉"

    node_id = models.BigIntegerField("组织")
    kind = models.CharField("平台", max_length=10, choices=Kind)
    name = models.CharField("名称", max_length=40, help_text="例如：桂语江南管理群。")
    url = EncryptedCharField("Webhook 地址", max_length=2000)
    secret = EncryptedCharField("加签密钥", max_length=800, null=True, blank=True)
    min_level = models.CharField(
        "发送", max_length=10, choices=[(Level.INFO, "全部通知"), (Level.URGENT, "只发紧急通知")], default=Level.INFO
    )
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "群机器人"
        ordering = ["node_id", "name"]
        indexes = [models.Index(fields=["node_id"], name="notices_robot_of_node")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.url and (fault := webhooks.fault(self.url)):
            raise ValidationError({"url": fault})


# --- what is on its way ---------------------------------------------------------------------------------------------


PARCEL_TRANSITIONS = (("waiting", "sent"), ("waiting", "failed"), ("waiting", "dropped"), ("failed", "waiting"))


class Parcel(models.Model):
    """One message towards the outside: one notice, or many as a digest.

    Its `key` is the idempotency key: every try carries the same. `next_at` is when it is tried next; a try moves it on
    before it begins, so that one that is killed is repeated and two workers never try at once.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "待发送"
        SENT = "sent", "已发送"
        FAILED = "failed", "未送达"
        DROPPED = "dropped", "不再需要"

    key = models.UUIDField("幂等键", default=uuid4, unique=True, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="parcels",
        verbose_name="收件人",
        null=True,
        db_index=False,
    )
    robot = models.ForeignKey(
        Robot, models.CASCADE, related_name="parcels", verbose_name="群机器人", null=True, db_index=False
    )
    is_urgent = models.BooleanField("紧急", default=False)
    is_digest = models.BooleanField("合并", default=False)
    state = models.CharField("状态", max_length=10, choices=State, default=State.WAITING)
    made_at = models.DateTimeField("形成时间")
    next_at = models.DateTimeField("下一次发送")
    attempts = models.PositiveSmallIntegerField("发送次数", default=0)
    error = models.CharField("原因", max_length=300, blank=True)
    sent_at = models.DateTimeField("送出时间", null=True)

    objects = ParcelQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "外发消息"
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, robot__isnull=False) | Q(user__isnull=False, robot=None),
                name="notices_parcel_one_recipient",
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | (~Q(state="sent") & Q(sent_at=None)),
                name="notices_parcel_sent_at",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="waiting"), name="notices_parcel_due"),
            models.Index(fields=["user", "made_at"], name="notices_parcel_user"),
            models.Index(fields=["robot", "made_at"], name="notices_parcel_robot"),
            models.Index(fields=["made_at"], condition=Q(state="failed"), name="notices_parcel_failed"),
        ]
        triggers = [transitions_only(PARCEL_TRANSITIONS)]

    def __str__(self) -> str:
        return f"{self.channel.label} → {self.robot or self.user}"

    @property
    def channel(self) -> Channel:
        return Channel.ROBOT if self.robot_id else Channel.EMAIL

    @property
    def address(self) -> str:
        """Where a letter goes; "" for a robot, or for who has no mailbox."""
        return self.user.email if self.user else ""


class Delivery(models.Model):
    """A notice that shall leave the house by one channel; written with it, in the same statement.

    By e-mail each user has their own. A robot gets one per key, whose notice is that of the first of those it mentions.
    Without a parcel it waits: until `next_at`, and `held` where a digest is being collected.
    """

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries", verbose_name="通知")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name="收件人", null=True, db_index=False
    )
    robot = models.ForeignKey(
        Robot, models.CASCADE, related_name="+", verbose_name="群机器人", null=True, db_index=False
    )
    key = models.CharField("去重键", max_length=200)
    mentions = ArrayField(models.BigIntegerField(), verbose_name="提到的人", default=list)
    is_urgent = models.BooleanField("紧急", default=False)
    next_at = models.DateTimeField("最早发送")
    held = models.BooleanField("等待合并", default=False)
    parcel = models.ForeignKey(Parcel, models.CASCADE, related_name="deliveries", verbose_name="外发消息", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知外发"
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="notices_mailed_once"),
            models.UniqueConstraint(fields=["robot", "key"], name="notices_posted_once"),
            models.CheckConstraint(
                condition=Q(user=None, robot__isnull=False) | Q(user__isnull=False, robot=None),
                name="notices_delivery_one_recipient",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(parcel=None), name="notices_unpacked"),
            models.Index(fields=["user", "robot"], condition=Q(parcel=None), name="notices_unpacked_of"),
        ]

    def __str__(self) -> str:
        return self.key
