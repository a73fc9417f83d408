"""Clocks: what has to happen until when, and what happens if it does not."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from foundation.timers import registry
from foundation.timers.querysets import ClockQuerySet
from foundation.timers.values import Calendar, Limit, Step, Unit, hours_from_json


class ClockState(models.TextChoices):
    RUNNING = "running", "计时中"
    PAUSED = "paused", "已暂停"
    HELD = "held", "已搁置"
    STOPPED = "stopped", "已结束"


class Clock(models.Model):
    """One running limit of one record, with the ladder it climbs when it is late.

    Time used is kept as a number: `used` is what had been used of this round up to `counted_from`, the moment since
    which time counts (none while paused or stopped). So it does not change when the calendar does (GEN-2). `plan` holds
    the planned moment of each step of `ladder`, in the same order; the sweep only compares them with the time and needs
    no arithmetic. `next_at` is when the sweep looks next: the next step's moment, or a new try after an error.
    """

    kind = models.CharField("种类", max_length=60)
    subject_kind = models.CharField("对象类型", max_length=60)
    subject_id = models.BigIntegerField("对象")
    node_id = models.BigIntegerField("组织", null=True)

    calendar = models.CharField("日历", max_length=8, choices=Calendar, default=Calendar.NATURAL)
    hours = models.JSONField("服务时段", null=True)
    amount = models.PositiveIntegerField("期限", null=True)
    unit = models.CharField("单位", max_length=8, choices=Unit, blank=True)
    ladder = models.JSONField("升级阶梯", default=list)

    state = models.CharField("状态", max_length=8, choices=ClockState, default=ClockState.RUNNING)
    round = models.PositiveSmallIntegerField("轮次", default=1)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0)
    started_at = models.DateTimeField("开始时间")
    round_started_at = models.DateTimeField("本轮开始时间")
    due_at = models.DateTimeField("到期时间", null=True)
    missing_year = models.PositiveSmallIntegerField("缺少数据的年份", null=True)
    whole = models.DurationField("总时限", null=True)
    used = models.DurationField("已用时间", default=timedelta)
    counted_from = models.DateTimeField("计时起点", null=True)
    paused_at = models.DateTimeField("暂停时间", null=True)
    stopped_at = models.DateTimeField("结束时间", null=True)

    plan = ArrayField(models.DateTimeField(null=True), verbose_name="各步时间", default=list)
    next_step = models.PositiveSmallIntegerField("下一步", default=0)
    next_at = models.DateTimeField("下一次处理", null=True)
    steps_from = models.DateTimeField("变更时间", null=True)
    failures = models.PositiveSmallIntegerField("失败次数", default=0)
    error = models.TextField("错误", blank=True)

    objects = ClockQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "计时"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_kind", "subject_id"],
                condition=~Q(state=ClockState.STOPPED),
                name="one_unstopped_clock",
            ),
        ]
        indexes = [
            # All that an empty sweep reads.
            models.Index(
                fields=["next_at"],
                condition=Q(state=ClockState.RUNNING, next_at__isnull=False),
                name="clock_next_at",
            ),
            models.Index(fields=["subject_kind", "subject_id"], name="clock_subject"),
            models.Index(fields=["node_id", "due_at"], condition=~Q(state=ClockState.STOPPED), name="clock_node_due"),
            models.Index(fields=["missing_year"], condition=Q(missing_year__isnull=False), name="clock_missing_year"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.subject_id}"

    @property
    def name(self) -> str:
        """What the limit is called, as its kind was registered."""
        return registry.name_of(self.kind)

    @property
    def steps(self) -> list[Step]:
        """The ladder, in the order of time."""
        return [Step(**step) for step in self.ladder]

    @property
    def limit(self) -> Limit | None:
        """The limit as the policy says it; None where only a due moment was given."""
        if self.amount is None:
            return None
        return Limit(self.amount, Unit(self.unit), Calendar(self.calendar), hours_from_json(self.hours))

    @property
    def is_stopped(self) -> bool:
        return self.state == ClockState.STOPPED

    @property
    def is_computable(self) -> bool:
        return self.due_at is not None

    def is_overdue(self, at: datetime) -> bool:
        """Past the due moment, at which it still was in time (GEN-1). A stopped clock is judged by when it stopped."""
        return self.due_at is not None and (self.paused_at or self.stopped_at or at) > self.due_at

    def steps_to_come(self, at: datetime) -> list[tuple[Step, datetime | None]]:
        """What the round still has before it, whether or not the sweep has run; at its very moment a step is to come."""
        ahead = list(zip(self.steps, self.plan, strict=True))[self.next_step :]
        return [(step, moment) for step, moment in ahead if moment is None or moment >= at]

    def rule(self) -> str:
        """The limit in words: 时限 3 天(工作日), or as its kind says it: 当日 24:00 前."""
        if self.amount is None:
            return registry.rule_of(self.kind, self.round_started_at, self.due_at)
        extended = f"，已延期 {self.extensions} 次" if self.extensions else ""
        return f"时限 {self.amount} {Unit(self.unit).label}（{Calendar(self.calendar).label}）{extended}"


class ClockStep(models.Model):
    """A step that has happened: the unique constraint is what makes it happen once per clock and round (GEN-6)."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="taken", verbose_name="计时")
    round = models.PositiveSmallIntegerField("轮次")
    code = models.CharField("步骤", max_length=40)
    due_at = models.DateTimeField("应发生时间")
    taken_at = models.DateTimeField("发生时间")
    late = models.BooleanField("补记", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "计时步骤"
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["clock", "round", "code"], name="step_once_per_round")]

    def __str__(self) -> str:
        return f"{self.code}（第{self.round}轮）"


class ClockPause(models.Model):
    """Time that does not count, with who stopped the count and why (CMP-10)."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="pauses", verbose_name="计时")
    started_at = models.DateTimeField("开始")
    ended_at = models.DateTimeField("结束", null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="操作人")
    reason = models.CharField("原因", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "暂停记录"
        ordering = ["started_at", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(ended_at__isnull=True), name="one_open_pause"),
        ]

    def __str__(self) -> str:
        return self.reason


class ClockRound(models.Model):
    """A round that an extension or a reopening closed, as it stood: its time stays on the record (CMP-12)."""

    clock = models.ForeignKey(Clock, models.CASCADE, related_name="rounds", verbose_name="计时")
    round = models.PositiveSmallIntegerField("轮次")
    started_at = models.DateTimeField("开始时间")
    due_at = models.DateTimeField("到期时间", null=True)
    ended_at = models.DateTimeField("结束时间")
    used = models.DurationField("已用时间")
    stopped = models.BooleanField("办结后重新打开")

    class Meta:
        verbose_name = verbose_name_plural = "历史轮次"
        ordering = ["round"]
        constraints = [models.UniqueConstraint(fields=["clock", "round"], name="one_row_per_round")]

    def __str__(self) -> str:
        return f"第{self.round}轮"
