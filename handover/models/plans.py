"""户型图: the plans of an estate's flats, and which house has which (HND-3)."""

from __future__ import annotations

from django.db import models

from estates.models import Estate, House
from handover.querysets import HousePlanQuerySet, OfPlanQuerySet


class HousePlan(models.Model):
    """One 户型; its picture is an attachment of the slot `PICTURE`, which stays once a defect is pinned on it."""

    PICTURE = "plan"

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="house_plans", verbose_name="项目", db_index=False)
    name = models.CharField("户型", max_length=40)

    objects = HousePlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "户型图"
        ordering = ["estate_id", "name"]
        constraints = [models.UniqueConstraint(fields=["estate", "name"], name="plan_name_once_per_estate")]

    def __str__(self) -> str:
        return self.name


class PlannedHouse(models.Model):
    """A house has one plan at most."""

    plan = models.ForeignKey(HousePlan, models.CASCADE, related_name="houses", verbose_name="户型图")
    house = models.OneToOneField(House, models.CASCADE, related_name="planned", verbose_name="房屋")

    objects = OfPlanQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "房屋的户型图"

    def __str__(self) -> str:
        return f"{self.house} {self.plan}"
