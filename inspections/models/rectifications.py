"""Rectifications (整改单) and their extensions (INS-10…12)."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Role
from estates.models import Estate
from foundation.records.constraints import part_of_number, transitions_only
from inspections.choices import Risk, Tier
from inspections.models.checklists import Item
from inspections.models.inspections import Inspection
from inspections.querysets import RectificationQuerySet

# Closed is closed; a failed re-check leads back (INS-10).
RECTIFICATION_TRANSITIONS = (("open", "recheck"), ("recheck", "closed"), ("recheck", "open"))


class Rectification(models.Model):
    """One failed item to be put right (INS-10). Its clock is of the kind `CLOCK`; `due_at` is the clock's."""

    CLOCK = "inspections.rectification"

    class State(models.TextChoices):
        OPEN = "open", "待整改"
        RECHECK = "recheck", "待复查"
        CLOSED = "closed", "已关闭"

    number = models.CharField("编号", max_length=40, unique=True)
    # Inspection and estate are not indexed by themselves: others below begin with them.
    inspection = models.ForeignKey(
        Inspection, models.PROTECT, related_name="rectifications", verbose_name="来源检查", db_index=False
    )
    item = models.ForeignKey(Item, models.PROTECT, related_name="+", verbose_name="检查项")
    # checklist code/item code: the same item through all versions (INS-12).
    item_key = models.CharField("检查项标识", max_length=90)
    estate = models.ForeignKey(
        Estate, models.PROTECT, related_name="rectifications", verbose_name="项目", db_index=False
    )
    tier = models.CharField("发现层级", max_length=8, choices=Tier.choices)
    risk = models.CharField("风险等级", max_length=8, choices=Risk.choices)
    role = models.CharField("责任岗位", max_length=20, choices=Role.choices)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="责任人"
    )
    problem = models.TextField("问题描述")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.OPEN)
    opened_at = models.DateTimeField("开单时间")
    due_at = models.DateTimeField("整改期限")
    measures = models.TextField("整改措施", blank=True)
    cause = models.TextField("原因分析", blank=True)
    prevention = models.TextField("预防措施", blank=True)
    rectified_at = models.DateTimeField("提交整改时间", null=True, blank=True)
    rectified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="整改人"
    )
    closed_at = models.DateTimeField("关闭时间", null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="复查人"
    )
    rejections = models.PositiveSmallIntegerField("复查不通过次数", default=0)
    extensions_granted = models.PositiveSmallIntegerField("延期次数", default=0)
    repeat_of = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="repeats", verbose_name="前一次发生"
    )

    objects = RectificationQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "整改单"
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["inspection", "item"], name="one_rectification_per_failure"),
            # INS-10, fixed: the re-check is done by someone other than the person who rectified.
            models.CheckConstraint(
                condition=~Q(state="closed") | (Q(closed_by__isnull=False) & ~Q(closed_by=models.F("rectified_by"))),
                name="recheck_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["estate", "state", "due_at"], name="rectification_by_estate"),
            models.Index(fields=["due_at"], condition=~Q(state="closed"), name="rectification_unclosed"),
            models.Index(fields=["estate", "item_key", "-opened_at"], name="rectification_repeats"),
            models.Index(fields=["opened_at"], name="rectification_opened"),
            models.Index(fields=["closed_at"], name="rectification_closed"),
            # Repeats by estate and item (INS-12), from the index alone.
            models.Index(
                fields=["opened_at"],
                include=["estate", "item_key"],
                condition=Q(repeat_of__isnull=False),
                name="rectification_repeated",
            ),
            part_of_number("rectification_number_part"),
        ]
        triggers = [transitions_only(RECTIFICATION_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    @property
    def is_repeat(self) -> bool:
        """INS-12: 重复发生."""
        return self.repeat_of_id is not None

    def is_overdue(self, at: datetime) -> bool:
        """GEN-1: at exactly the limit it is still in time; what waits for re-check was handed in and is judged then."""
        if self.state == self.State.OPEN:
            return at > self.due_at
        return bool(self.rectified_at and self.rectified_at > self.due_at)


class Extension(models.Model):
    """A request for a later due day (INS-11), decided by the role of the next escalation step."""

    class State(models.TextChoices):
        ASKED = "asked", "待批准"
        GRANTED = "granted", "已批准"
        REFUSED = "refused", "未批准"

    rectification = models.ForeignKey(Rectification, models.CASCADE, related_name="extensions", verbose_name="整改单")
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.ASKED)
    reason = models.TextField("延期理由")
    due_on = models.DateField("申请延至")
    asked_at = models.DateTimeField("申请时间")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="申请人")
    decided_at = models.DateTimeField("审批时间", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="审批人"
    )
    decision_note = models.TextField("审批意见", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "延期申请"
        ordering = ["-asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["rectification"], condition=Q(state="asked"), name="one_open_extension_request"
            )
        ]

    def __str__(self) -> str:
        return f"{self.rectification} 延至 {self.due_on}"
