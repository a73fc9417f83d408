"""Private files: photos, scans, signatures. Who may read one is decided by what it belongs to (registry)."""

import uuid

from django.conf import settings
from django.db import models

from foundation.attachments.querysets import AttachmentQuerySet

PDF = "application/pdf"
THUMB_SIDE = 320


class Attachment(models.Model):
    """One file of one record (`owner`), in one of its `slot`s ("before", "after", "signature").

    `original` is kept as it came and never shown in a browser; `shown` (at most 1600 px) and `thumb` (at most 320 px)
    are JPEGs without position or other EXIF. A PDF has neither. Outside, a file is named by `uuid`, never by its key.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner_kind = models.CharField("对象类型", max_length=80)
    owner_id = models.BigIntegerField("对象编号")
    slot = models.CharField("用途", max_length=40)
    name = models.CharField("文件名", max_length=200)
    content_type = models.CharField("类型", max_length=40)
    size = models.PositiveIntegerField("字节数")
    width = models.PositiveIntegerField("宽", null=True)
    height = models.PositiveIntegerField("高", null=True)
    sha256 = models.CharField("摘要", max_length=64)
    original = models.FileField("原件", max_length=200)
    shown = models.FileField("显示图", max_length=200, blank=True)
    thumb = models.FileField("缩略图", max_length=200, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="上传人", db_index=False
    )
    at = models.DateTimeField("上传时间")
    taken_at = models.DateTimeField("拍摄时间", null=True)
    client_key = models.UUIDField("提交标识", null=True, unique=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ["id"]
        indexes = [models.Index(fields=["owner_kind", "owner_id", "slot"], name="attachments_owner")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_image(self) -> bool:
        return self.content_type != PDF

    @property
    def thumb_size(self) -> tuple[int, int]:
        """Width and height of the thumbnail, so that a page does not jump while it loads."""
        width, height = self.width or THUMB_SIDE, self.height or THUMB_SIDE
        scale = min(1, THUMB_SIDE / max(width, height))
        return max(1, round(width * scale)), max(1, round(height * scale))
