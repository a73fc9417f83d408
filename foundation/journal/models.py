"""Who did what, when, with the values before and after (ORG-5). Rows are added and read, never changed."""

from datetime import timedelta

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now

from foundation.journal import verbs
from foundation.journal.querysets import EntryQuerySet
from foundation.records.constraints import append_only

SIGNAL_LOST = timedelta(minutes=5)


class Entry(models.Model):
    """One thing that happened to one record.

    `at` is when it happened (a phone without signal may tell us hours later), `recorded_at` when it was saved.
    `by` is empty where the system acted. `node_id` is the place it belongs to; a plain number, since places stand above
    this app. In `data` a value of the form `{"before": …, "after": …}` is a change (`services.change`).
    """

    subject_kind = models.CharField("对象类型", max_length=80)
    subject_id = models.BigIntegerField("对象编号")
    node_id = models.BigIntegerField("组织编号", null=True, editable=False)
    verb = models.CharField("事项", max_length=80)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="操作人", db_index=False
    )
    at = models.DateTimeField("发生时间")
    recorded_at = models.DateTimeField("记录时间", db_default=Now(), editable=False)
    data = models.JSONField("内容", default=dict, encoder=DjangoJSONEncoder)

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "操作记录"
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "at", "id"], name="journal_subject"),
            models.Index(fields=["node_id", "at"], name="journal_node"),
        ]
        triggers = append_only("操作记录")

    def __str__(self) -> str:
        return f"{self.label} #{self.subject_id}"

    @property
    def label(self) -> str:
        """The verb in words."""
        return verbs.label(self.verb)

    @property
    def was_recorded_later(self) -> bool:
        """It reached us well after it happened: a phone had no signal."""
        return self.by_id is not None and self.recorded_at - self.at > SIGNAL_LOST

    @property
    def lines(self) -> list["verbs.Line"]:
        """What changed and what was said, in words, for the timeline."""
        return verbs.describe(self)
