"""Schedules (INS-2…5, INS-7): checklist × tier × frequency × which estates."""

from __future__ import annotations

from django.db import models

from estates.models import Node
from estates.phases import Phase
from inspections.choices import EstateScope, Frequency, Tier
from inspections.models.checklists import Checklist
from inspections.querysets import ScheduleQuerySet


class Schedule(models.Model):
    """Cadence is data: the generator makes one inspection per estate and period from each active row."""

    code = models.SlugField("代码", max_length=60, unique=True)
    name = models.CharField("名称", max_length=60)
    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="schedules", verbose_name="检查表")
    tier = models.CharField("督导层级", max_length=8, choices=Tier.choices)
    frequency = models.CharField("频次", max_length=12, choices=Frequency.choices)
    phase = models.CharField("适用阶段", max_length=20, choices=Phase.choices, default=Phase.ANY)
    estate_scope = models.CharField("项目范围", max_length=8, choices=EstateScope.choices, default=EstateScope.ALL)
    nodes = models.ManyToManyField(
        Node, verbose_name="适用组织", related_name="+", help_text="所选组织及其下属的全部项目。", blank=True
    )
    starts_on = models.DateField("开始日期")
    is_active = models.BooleanField("启用", default=True)
    # First day of the newest period that was generated: what lies between it and today is made up (INS-7).
    generated_through = models.DateField("已生成至", null=True, blank=True, editable=False)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "督导计划"
        ordering = ["checklist__way", "checklist__code", "tier"]

    def __str__(self) -> str:
        return self.name
