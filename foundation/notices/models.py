"""One message to one user."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.notices.querysets import NoticeQuerySet


class Level(models.TextChoices):
    INFO = "info", "一般"
    URGENT = "urgent", "紧急"


class Notice(models.Model):
    """A message that a user finds under the bell. `key` says what it tells of: nobody is told the same thing twice."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices", verbose_name="收件人", db_index=False
    )
    key = models.CharField("去重键", max_length=200)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("内容", blank=True)
    url = models.CharField("链接", max_length=500, blank=True)
    level = models.CharField("级别", max_length=10, choices=Level, default=Level.INFO)
    subject_kind = models.CharField("对象类型", max_length=80, blank=True)
    subject_id = models.BigIntegerField("对象编号", null=True)
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("阅读时间", null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notices_once")]
        indexes = [
            models.Index(fields=["user", "-at", "-id"], name="notices_of_user"),
            models.Index(fields=["user"], condition=Q(read_at=None), name="notices_unread"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_unread(self) -> bool:
        return self.read_at is None

    @property
    def is_urgent(self) -> bool:
        return self.level == Level.URGENT
