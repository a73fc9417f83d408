"""A developer's owner list on its way into a batch: the file, how far the worker is, and what is wrong with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from encrypted_fields import EncryptedTextField

from handover.models.batches import Batch
from handover.querysets import OwnerListQuerySet


class OwnerList(models.Model):
    """One uploaded file. It holds document numbers (ORG-4): encrypted, and dropped as soon as it is read or refused."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", "正在导入"
        SAVED = "saved", "已导入"
        FAULTY = "faulty", "有错误"
        REFUSED = "refused", "未导入"
        BROKEN = "broken", "已中断"

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="lists", verbose_name="批次")
    filename = models.CharField("文件", max_length=200)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.UPLOADED)
    content = EncryptedTextField("文件内容", null=True)
    row_count = models.PositiveIntegerField("户数", default=0)
    faults = models.JSONField("错误", default=list)
    fault_count = models.PositiveIntegerField("错误数", default=0)
    fault = models.CharField("原因", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    uploaded_at = models.DateTimeField("上传时间")
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="上传人")
    asked_at = models.DateTimeField("交给后台")

    objects = OwnerListQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "交付名单"
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_under_way(self) -> bool:
        return self.state == self.State.UPLOADED

    @property
    def progress_key(self) -> str:
        return f"handover:list:{self.pk}"

    def waits(self, at: datetime) -> timedelta:
        """For how long a worker has been asked."""
        return at - self.asked_at
