"""客户访问: planned visits with what was said; a point can become a case (CMP-13)."""

from __future__ import annotations

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from complaints.choices import Satisfaction
from complaints.models.cases import Case
from complaints.querysets import OfVisitQuerySet, VisitQuerySet
from estates.models import Estate, House


class Visit(models.Model):
    class Mode(models.TextChoices):
        FACE = "face", "上门"
        PHONE = "phone", "电话"

    class State(models.TextChoices):
        PLANNED = "planned", "待访问"
        DONE = "done", "已访问"
        CANCELLED = "cancelled", "已取消"

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="visits", verbose_name="项目", db_index=False)
    house = models.ForeignKey(House, models.PROTECT, related_name="visits", verbose_name="房屋")
    mode = models.CharField("方式", max_length=8, choices=Mode.choices, default=Mode.FACE)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PLANNED)
    purpose = models.CharField("访问事由", max_length=200, blank=True)
    planned_on = models.DateField("计划日期")
    visitor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="访问人")
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="安排人", db_index=False
    )
    done_at = models.DateTimeField("访问时间", null=True, blank=True)
    visited = models.CharField("受访人", max_length=60, blank=True)
    satisfaction = models.PositiveSmallIntegerField("满意度", choices=Satisfaction.choices, null=True, blank=True)
    remark = models.TextField("访问情况", blank=True)

    objects = VisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "客户访问"
        ordering = ["planned_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="done") | Q(done_at__isnull=False), name="done_visit_has_its_time"
            ),
            models.CheckConstraint(
                condition=Q(satisfaction__isnull=True) | Q(satisfaction__range=(1, 5)), name="visit_satisfaction_1_to_5"
            ),
        ]
        indexes = [models.Index(fields=["estate", "state", "planned_on"], name="visit_by_estate")]

    def __str__(self) -> str:
        return f"{self.house} {self.planned_on:%Y-%m-%d}"

    def is_overdue(self, today: date) -> bool:
        """Not made on its day."""
        return self.state == self.State.PLANNED and self.planned_on < today


class VisitPoint(models.Model):
    """What the customer raised; `case` where it became one."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="points", verbose_name="访问")
    text = models.TextField("反映事项")
    case = models.OneToOneField(
        Case, models.PROTECT, null=True, blank=True, related_name="visit_point", verbose_name="诉求单"
    )

    objects = OfVisitQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "反映事项"
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text
