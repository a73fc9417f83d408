"""A 业主清册 on its way in (ORG-6): the file, what was read from it, and a person's yes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from encrypted_fields import EncryptedTextField

from estates.models.nodes import Estate
from estates.querysets import OfEstateQuerySet


class ImportBatchQuerySet(OfEstateQuerySet):
    def under_way(self) -> ImportBatchQuerySet:
        """What a worker has to do something for."""
        return self.filter(state__in=ImportBatch.UNDER_WAY)

    def light(self) -> ImportBatchQuerySet:
        """Without the file and its rows, which are large and ciphered."""
        return self.select_related("estate", "uploaded_by").defer("content", "rows")


class ImportBatch(models.Model):
    """One uploaded file.

    It holds document numbers (ORG-4), so the file and its rows are encrypted, and dropped as soon as they are read,
    saved, refused, or nobody confirmed.
    """

    class State(models.TextChoices):
        UPLOADED = "uploaded", "正在检查"
        PREVIEWED = "previewed", "待确认"
        SAVING = "saving", "正在保存"
        CONFIRMED = "confirmed", "已导入"
        EXPIRED = "expired", "已过期"
        REFUSED = "refused", "未导入"
        BROKEN = "broken", "已中断"

    UNDER_WAY = (State.UPLOADED, State.SAVING)

    estate = models.ForeignKey(Estate, verbose_name="项目", on_delete=models.CASCADE, related_name="import_batches")
    filename = models.CharField("文件", max_length=200)
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.UPLOADED)
    content = EncryptedTextField("文件内容", null=True)
    rows = EncryptedTextField("内容", null=True)
    row_count = models.PositiveIntegerField("行数", default=0)
    errors = models.JSONField("错误", default=list)
    summary = models.JSONField("结果", default=dict)
    fault = models.CharField("原因", max_length=300, blank=True)
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField("上传时间")
    asked_at = models.DateTimeField("交给后台", null=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="确认人", on_delete=models.PROTECT, related_name="+", null=True
    )
    confirmed_at = models.DateTimeField("导入时间", null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = "业主清册导入"
        verbose_name_plural = "业主清册导入"
        ordering = ["-uploaded_at"]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_under_way(self) -> bool:
        return self.state in self.UNDER_WAY

    @property
    def progress_key(self) -> str:
        return f"estates:import:{self.pk}:{self.state}"

    def waits(self, at: datetime) -> timedelta:
        """For how long a worker has been asked."""
        return at - (self.asked_at or self.uploaded_at)
