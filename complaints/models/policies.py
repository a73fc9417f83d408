"""Policies as data: how long a case of each kind and grade may take, in numbered versions (CMP-3…9).

A published version never changes; a case keeps the version it was opened with until it is regraded.
"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from complaints.choices import Audience, ClockKind, Kind, Variant
from complaints.content import FIELDS, Row, rule_from
from complaints.querysets import PolicyQuerySet
from complaints.sla import Rule
from foundation.timers.values import Calendar, Unit

FROZEN = """
    IF TG_OP = 'INSERT' THEN found := ARRAY[{new}];
    ELSIF TG_OP = 'DELETE' THEN found := ARRAY[{old}];
    ELSE found := ARRAY[{old}, {new}];
    END IF;
    IF EXISTS (SELECT 1 FROM complaints_policy WHERE id = ANY(found) AND state = 'published') THEN
        RAISE EXCEPTION 'a published policy is frozen (CMP-17)' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
"""


def frozen_when_published(path: str) -> pgtrigger.Trigger:
    """Rows of a published version can't be added, changed or removed. `path` reads the policy's id from {row}."""
    return pgtrigger.Trigger(
        name="frozen_when_published",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("found", "bigint[]")],
        func=FROZEN.format(new=path.format(row="NEW"), old=path.format(row="OLD")),
    )


class Policy(models.Model):
    """One version of all limits."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"

    number = models.PositiveIntegerField("版本号", unique=True)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.CharField("说明", max_length=200, blank=True)
    effective_at = models.DateTimeField("启用时间", null=True, blank=True)
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="发布人"
    )
    # What `load_standards` wrote; rules that differ from it were edited by an administrator.
    standard_hash = models.CharField("标准内容指纹", max_length=64, blank=True, editable=False)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "时限方案"
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_policy"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(effective_at__isnull=False), name="published_policy_has_a_start"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="frozen_when_published",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="published"),
            )
        ]

    def __str__(self) -> str:
        return f"时限方案 第{self.number}版"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class PolicyRule(models.Model):
    """One clock of one kind and variant: a row of the policy's table."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="rules", verbose_name="时限方案")
    kind = models.CharField("类型", max_length=12, choices=Kind.choices)
    variant = models.CharField("分级", max_length=8, choices=Variant.choices, blank=True, default="")
    clock = models.CharField("时限", max_length=10, choices=ClockKind.choices)
    amount = models.PositiveIntegerField("时长", default=0)
    unit = models.CharField("单位", max_length=8, choices=Unit.choices, default=Unit.DAYS)
    calendar = models.CharField("日历", max_length=8, choices=Calendar.choices, default=Calendar.NATURAL)
    workdays_only = models.BooleanField("服务时间只算工作日", default=False)
    pausable = models.BooleanField("等待客户时暂停", default=False)
    day_ends_late_after = models.TimeField("当日截止：晚于此时", null=True, blank=True)
    next_day_until = models.TimeField("则到次日", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "时限"
        ordering = ["kind", "variant", "clock"]
        constraints = [
            models.UniqueConstraint(
                fields=["policy", "kind", "variant", "clock"],
                name="rule_once_per_policy",
                violation_error_message="同一类型、分级的同一时限只能有一条。",
            ),
            # CMP-10: waiting for the customer pauses 处理 and no other clock.
            models.CheckConstraint(
                condition=Q(pausable=False) | Q(clock=ClockKind.HANDLE),
                name="only_handling_pauses",
                violation_error_message="只有处理时限可以因等待客户而暂停。",
            ),
            models.CheckConstraint(
                condition=Q(amount__gt=0) | Q(day_ends_late_after__isnull=False, next_day_until__isnull=False),
                name="rule_has_a_length",
                violation_error_message="请填写时长，或当日截止的两个时刻。",
            ),
        ]
        triggers = [frozen_when_published("{row}.policy_id")]

    def __str__(self) -> str:
        return (
            f"{self.get_kind_display()}{self.get_variant_display() if self.variant else ''} {self.get_clock_display()}"
        )

    def as_row(self) -> Row:
        """The row as plain values; reads `steps`, so prefetch them."""
        ladder = [(step.percent, step.audience) for step in self.steps.all()]
        return {**{field: getattr(self, field) for field in FIELDS}, "ladder": ladder}

    def as_rule(self) -> Rule:
        return rule_from(self.as_row())


class LadderStep(models.Model):
    """One step of a rule's ladder (CMP-9)."""

    rule = models.ForeignKey(PolicyRule, models.CASCADE, related_name="steps", verbose_name="时限")
    percent = models.PositiveIntegerField("占时限的百分比")
    audience = models.CharField("告知", max_length=20, choices=Audience.choices)

    class Meta:
        verbose_name = verbose_name_plural = "升级阶梯"
        ordering = ["percent"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "percent"],
                name="step_percent_once",
                violation_error_message="同一时限的阶梯里，百分比不能重复。",
            ),
            models.CheckConstraint(condition=Q(percent__gt=0), name="step_percent_positive"),
        ]
        triggers = [
            frozen_when_published("(SELECT policy_id FROM complaints_policyrule WHERE id = {row}.rule_id)"),
        ]

    def __str__(self) -> str:
        return f"{self.percent}% {self.get_audience_display()}"
