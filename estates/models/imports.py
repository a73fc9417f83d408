"""A 业主清册 on its way in (ORG-6): what was read from the file, waiting for a person's yes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from encrypted_fields import EncryptedTextField

from estates.models.nodes import Estate
from estates.querysets import OfEstateQuerySet


class ImportBatch(models.Model):
    """One uploaded file.

    Its rows hold document numbers (ORG-4), so they are encrypted, and dropped once they are saved or nobody confirmed.
    """

    class State(models.TextChoices):
        PREVIEWED = "previewed", "待确认"
        CONFIRMED = "confirmed", "已导入"
        EXPIRED = "expired", "已过期"

    estate = models.ForeignKey(Estate, verbose_name="项目", on_delete=models.CASCADE, related_name="import_batches")
    filename = models.CharField("文件", max_length=200)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.PREVIEWED)
    rows = EncryptedTextField("内容", null=True)
    row_count = models.PositiveIntegerField("行数", default=0)
    errors = models.JSONField("错误", default=list)
    summary = models.JSONField("结果", default=dict)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField("上传时间")
    confirmed_at = models.DateTimeField("导入时间", null=True)

    objects = OfEstateQuerySet.as_manager()

    class Meta:
        verbose_name = "业主清册导入"
        verbose_name_plural = "业主清册导入"
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.filename
