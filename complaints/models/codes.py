"""The code behind a QR that an owner scans to report without a login."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.db import models
from django.db.models import Q

from complaints.querysets import AtEstateQuerySet
from estates.models import Estate, House


def new_key() -> str:
    return secrets.token_urlsafe(12)


class ReportCode(models.Model):
    """One code of an estate, or of one of its houses. A code that was passed around is replaced by a new one."""

    estate = models.ForeignKey(Estate, models.PROTECT, related_name="report_codes", verbose_name="项目")
    house = models.ForeignKey(
        House, models.PROTECT, null=True, blank=True, related_name="report_codes", verbose_name="房屋"
    )
    key = models.CharField("代码", max_length=32, unique=True, default=new_key, editable=False)
    made_at = models.DateTimeField("生成时间")
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="生成人", db_index=False
    )
    ended_at = models.DateTimeField("停用时间", null=True, blank=True)

    objects = AtEstateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "扫码报事码"
        ordering = ["estate_id", "house_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["estate"], condition=Q(house=None, ended_at=None), name="one_code_per_estate"
            ),
            models.UniqueConstraint(fields=["house"], condition=Q(ended_at=None), name="one_code_per_house"),
        ]

    def __str__(self) -> str:
        return f"{self.estate} {self.house or ''}".strip()
