"""Inspections, their answers and what a submitted one comes to (INS-7…9, INS-16)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from estates.models import Estate
from foundation.records.constraints import part_of_number, transitions_only
from inspections.choices import Frequency, Grade, Result, Tier
from inspections.models.checklists import ChecklistVersion, Item, Section
from inspections.models.schedules import Schedule
from inspections.periods import label
from inspections.querysets import DiscrepancyQuerySet, InspectionQuerySet, SectionResultQuerySet

# What is submitted or missed stays so (INS-8, INS-9).
INSPECTION_TRANSITIONS = (
    ("open", "doing"),
    ("open", "submitted"),
    ("open", "missed"),
    ("doing", "submitted"),
    ("doing", "missed"),
)


class Inspection(models.Model):
    """One checklist to be answered at one estate by one tier, once in a period (INS-7) or ad hoc (INS-13).

    Times are UTC; `period_start`/`period_end` are local days, the end excluded. Scores are points of 100.
    """

    class State(models.TextChoices):
        OPEN = "open", "待检查"
        DOING = "doing", "检查中"
        SUBMITTED = "submitted", "已提交"
        MISSED = "missed", "漏检"

    UNFINISHED = (State.OPEN, State.DOING)
    number = models.CharField("编号", max_length=60, unique=True)
    # Schedule and estate are not indexed by themselves: others below begin with them.
    schedule = models.ForeignKey(
        Schedule,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="inspections",
        verbose_name="督导计划",
        db_index=False,
    )
    version = models.ForeignKey(ChecklistVersion, models.PROTECT, related_name="inspections", verbose_name="检查表版本")
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="inspections", verbose_name="项目", db_index=False)
    tier = models.CharField("督导层级", max_length=8, choices=Tier.choices)
    frequency = models.CharField("频次", max_length=12, choices=Frequency.choices, blank=True)
    period_start = models.DateField("周期开始")
    period_end = models.DateField("周期结束（不含）")
    opens_at = models.DateTimeField("开放时间")
    closes_at = models.DateTimeField("截止时间")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.OPEN)
    is_made_up = models.BooleanField("补生成", default=False)
    # INS-13: a free subset of the checklist; null = all of it.
    item_ids = ArrayField(models.IntegerField(), verbose_name="检查项子集", null=True, blank=True)
    reason = models.CharField("临时检查事由", max_length=200, blank=True)
    # Of an ad-hoc inspection: names the form that was sent, so that sending it again starts nothing new.
    key = models.UUIDField("提交标识", null=True, blank=True, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="发起人"
    )
    started_at = models.DateTimeField("开始检查", null=True, blank=True)
    submitted_at = models.DateTimeField("提交时间", null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="提交人"
    )
    item_total = models.PositiveSmallIntegerField("检查项数", default=0)
    passed = models.PositiveSmallIntegerField("合格项", default=0)
    failed = models.PositiveSmallIntegerField("不合格项", default=0)
    not_applicable = models.PositiveSmallIntegerField("不适用项", default=0)
    redline_failed = models.PositiveSmallIntegerField("红线不合格项", default=0)
    score = models.DecimalField("得分", max_digits=5, decimal_places=2, null=True, blank=True)
    grade = models.CharField("等级", max_length=10, choices=Grade.choices, blank=True)
    # INS-16, for the upper tiers' inspections: items that the estate had passed shortly before, and how many failed.
    compared = models.PositiveSmallIntegerField("可比对项", default=0)
    contradicted = models.PositiveSmallIntegerField("与自查不符项", default=0)

    objects = InspectionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查"
        ordering = ["-opens_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["schedule", "period_start", "estate"], name="one_inspection_per_period"),
            models.CheckConstraint(
                condition=~Q(state="submitted") | Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="submitted_inspection_is_signed",
            ),
        ]
        indexes = [
            models.Index(fields=["closes_at"], condition=Q(state__in=["open", "doing"]), name="inspection_unfinished"),
            models.Index(fields=["estate", "-opens_at"], name="inspection_by_estate"),
            models.Index(fields=["-opens_at", "-id"], name="inspection_newest"),
            models.Index(fields=["period_start", "tier"], name="inspection_by_period"),
            models.Index(fields=["estate", "tier", "submitted_at"], name="inspection_self_checks"),
            models.Index(fields=["period_end"], name="inspection_due"),
            # The counts above a list, from the index alone.
            models.Index(fields=["estate", "state"], name="inspection_counts"),
            models.Index(fields=["submitted_at"], condition=Q(state="submitted"), name="inspection_submitted"),
            models.Index(
                fields=["submitted_at"],
                include=["estate", "compared", "contradicted"],
                condition=Q(compared__gt=0),
                name="inspection_compared",
            ),
            part_of_number("inspection_number_part"),
        ]
        triggers = [transitions_only(INSPECTION_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    @property
    def is_adhoc(self) -> bool:
        return self.schedule_id is None

    @property
    def period_label(self) -> str:
        return label(self.frequency, self.period_start) if self.frequency else f"临时 {self.period_start:%Y-%m-%d}"

    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    def is_open(self, at: datetime) -> bool:
        """INS-8, GEN-1: until its close, the last moment included."""
        return self.is_unfinished() and self.opens_at <= at <= self.closes_at

    @property
    def answered(self) -> int:
        return self.passed + self.failed + self.not_applicable


class Answer(models.Model):
    """The answer to one item of one inspection (INS-9).

    Ten million of them a year: no key of its own, no index beyond it. `key` is the device's idempotency key of the
    write that stands; earlier writes are kept in `AnswerRevision`. `rev` counts writes and tells two devices apart.
    """

    pk = models.CompositePrimaryKey("inspection_id", "item_id")
    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="answers", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", db_index=False)
    answered_at = models.DateTimeField("作答时间")
    saved_at = models.DateTimeField("保存时间")
    key = models.UUIDField("设备写入键")
    # No constraint: it would read ten million answers for each item removed from a draft. Answered items belong to
    # published versions, whose items Postgres lets nobody remove (INS-6).
    item = models.ForeignKey(Item, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    rev = models.SmallIntegerField("修改次数", default=1)
    result = models.CharField("结果", max_length=1, choices=Result.choices)
    note = models.TextField("说明", blank=True, default="")
    reading = models.DecimalField("读数", max_digits=10, decimal_places=3, null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "作答"

    def __str__(self) -> str:
        return f"{self.inspection_id}/{self.item_id} {self.get_result_display()}"


class AnswerRevision(models.Model):
    """What an answer was before it was written over, and under which key: a resend of that key is known again."""

    key = models.UUIDField(primary_key=True)
    inspection = models.ForeignKey(Inspection, models.PROTECT, related_name="revisions")
    item = models.ForeignKey(Item, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    rev = models.SmallIntegerField()
    result = models.CharField(max_length=1, choices=Result.choices)
    note = models.TextField(blank=True, default="")
    reading = models.DecimalField(max_digits=10, decimal_places=3, null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "作答修改记录"

    def __str__(self) -> str:
        return f"{self.inspection_id}/{self.item_id} #{self.rev}"


class SectionResult(models.Model):
    """What one subject of one submitted inspection came to; coverage (INS-14) and the bulletins read this."""

    inspection = models.ForeignKey(Inspection, models.CASCADE, related_name="section_results", db_index=False)
    section = models.ForeignKey(Section, models.PROTECT, related_name="+", verbose_name="检查主题")
    passed_weight = models.PositiveIntegerField("得分权重")
    applicable_weight = models.PositiveIntegerField("适用权重")
    failed = models.PositiveSmallIntegerField("不合格项")
    redline_failed = models.PositiveSmallIntegerField("红线不合格项")

    objects = SectionResultQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "主题结果"
        constraints = [models.UniqueConstraint(fields=["inspection", "section"], name="one_result_per_section")]

    def __str__(self) -> str:
        return f"{self.inspection_id} {self.section_id}"


class Discrepancy(models.Model):
    """INS-16: the estate passed it, an upper tier failed it within the next days. The pair behind the rate."""

    upper = models.ForeignKey(Inspection, models.CASCADE, related_name="discrepancies", verbose_name="上级检查")
    self_check = models.ForeignKey(Inspection, models.CASCADE, related_name="+", verbose_name="项目自查")
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name="检查项")
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="+", verbose_name="项目")
    passed_at = models.DateTimeField("自查合格时间")
    failed_at = models.DateTimeField("上级判不合格时间")

    objects = DiscrepancyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "自查不符"
        ordering = ["-failed_at"]
        constraints = [models.UniqueConstraint(fields=["upper", "item"], name="one_discrepancy_per_failure")]
        indexes = [models.Index(fields=["estate", "failed_at"], name="discrepancy_by_estate")]

    def __str__(self) -> str:
        return f"{self.upper_id} {self.item_id}"
