"""Who signed what, and what stood there when they did (HND-5). Rows are added and read, never changed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from foundation.attachments.models import Attachment
from foundation.records.constraints import append_only
from foundation.signatures import drawing
from foundation.signatures.querysets import SignatureQuerySet

# The slot of the attachments that are pictures of signatures, and scans of signed papers.
SLOT = "signature"


class Signature(models.Model):
    """One signature under one text. `strokes` is the vector as it was drawn, None where a paper was scanned.

    `picture` belongs to the subject: the drawing as PNG, or the scan. A changed text is signed again: the next `round`.
    """

    subject_kind = models.CharField("对象类型", max_length=80)
    subject_id = models.BigIntegerField("对象编号")
    slot = models.CharField("签署内容", max_length=40)
    round = models.PositiveSmallIntegerField("次数", default=1)
    signer = models.CharField("签名人", max_length=60)
    title = models.CharField("文件", max_length=80)
    text = models.TextField("签署的文字")
    sha256 = models.CharField("文字摘要", max_length=64)
    strokes = models.JSONField("笔迹", null=True, blank=True)
    picture = models.OneToOneField(Attachment, models.PROTECT, related_name="+", verbose_name="图像")
    reason = models.CharField("重签原因", max_length=200, blank=True)
    at = models.DateTimeField("签署时间")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办人", db_index=False
    )

    objects = SignatureQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "签名"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject_kind", "subject_id", "slot", "round"], name="signature_once_per_round"
            ),
            models.CheckConstraint(condition=~Q(signer=""), name="signature_has_a_signer"),
            models.CheckConstraint(condition=~Q(text=""), name="signature_has_a_text"),
        ]
        triggers = append_only("签名")

    def __str__(self) -> str:
        return f"{self.title} {self.signer}"

    @property
    def is_drawn(self) -> bool:
        return self.strokes is not None

    @property
    def drawing(self) -> drawing.Drawing | None:
        return drawing.of_json(self.strokes) if self.strokes is not None else None
