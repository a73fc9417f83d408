"""同一事件: cases from one building with one cause, tied by a user (CMP-16)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from complaints.choices import Cause
from complaints.querysets import EventQuerySet
from estates.models import Building, Estate


class Event(models.Model):
    number = models.CharField("编号", max_length=40, unique=True)
    estate = models.ForeignKey(Estate, models.PROTECT, related_name="events", verbose_name="项目", db_index=False)
    building = models.ForeignKey(Building, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="楼栋")
    cause = models.CharField("事由", max_length=12, choices=Cause.choices, blank=True)
    title = models.CharField("事件", max_length=100)
    opened_at = models.DateTimeField("建立时间")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="建立人", db_index=False
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "同一事件"
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["estate", "-opened_at"], name="event_by_estate")]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"
