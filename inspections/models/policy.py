"""Numbers of the chapter that an administrator may change; the defaults are those of the domain document."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from inspections.scoring import GradeLimits

POINTS = [MinValueValidator(0), MaxValueValidator(100)]


class InspectionPolicy(models.Model):
    """One row: the windows of INS-12 and INS-16, the grade limits of INS-9, the small-sample rule of RPT-1."""

    repeat_days = models.PositiveSmallIntegerField("重复发生的天数窗口", default=90)
    credibility_days = models.PositiveSmallIntegerField("自查可信度比对天数", default=7)
    excellent_from = models.DecimalField(
        "优秀（分及以上）", max_digits=5, decimal_places=2, default=Decimal(95), validators=POINTS
    )
    good_from = models.DecimalField(
        "良好（分及以上）", max_digits=5, decimal_places=2, default=Decimal(85), validators=POINTS
    )
    fair_from = models.DecimalField(
        "合格（分及以上）", max_digits=5, decimal_places=2, default=Decimal(75), validators=POINTS
    )
    rank_from = models.PositiveSmallIntegerField("参加排名的最少检查次数", default=3)

    class Meta:
        verbose_name = verbose_name_plural = "督导检查参数"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="one_inspection_policy"),
            models.CheckConstraint(
                condition=Q(excellent_from__gte=models.F("good_from"), good_from__gte=models.F("fair_from")),
                name="grades_in_order",
                violation_error_message="等级分数线必须依次降低：优秀 ≥ 良好 ≥ 合格。",
            ),
        ]

    def __str__(self) -> str:
        return "督导检查参数"

    @classmethod
    def current(cls) -> InspectionPolicy:
        """The row, or the defaults while it has not been written."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def grade_limits(self) -> GradeLimits:
        return GradeLimits(excellent=self.excellent_from, good=self.good_from, fair=self.fair_from)


class EscalationStep(models.Model):
    """INS-11: whom an overdue rectification is escalated to, so many calendar days after its due moment."""

    class Audience(models.TextChoices):
        DEPARTMENT = "department_lead", "部门主管"
        MANAGER = "estate_manager", "项目经理"
        BRANCH = "branch_supervisor", "分公司督导"
        GROUP = "group_supervisor", "集团督导"

    audience = models.CharField("升级对象", max_length=20, choices=Audience.choices, unique=True)
    days_after = models.PositiveSmallIntegerField("到期后天数", unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "整改超期升级阶梯"
        ordering = ["days_after"]

    def __str__(self) -> str:
        return f"到期后 {self.days_after} 天 → {self.get_audience_display()}"
