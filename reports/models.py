"""《品质督导月度简报》 (RPT-1, RPT-2): drafted, edited, issued, frozen by Postgres; 《部门日、周汇报表》 (CMP-14)."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from estates.models import Node
from foundation.worktime.months import Month
from foundation.worktime.weeks import Week
from reports.querysets import BulletinQuerySet, WeeklySheetQuerySet


class Bulletin(models.Model):
    """One edition of one node's bulletin for one month.

    `figures` are those of `reports.figures.compute`: recomputed while it is a draft, frozen with the PDF when it is
    issued. `changed` lists what differs from the edition before, `changes` says it in the supervisor's words.
    """

    ROWS_URL = "reports:figure_rows"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        ISSUED = "issued", "已签发"

    node = models.ForeignKey(Node, models.PROTECT, related_name="+", verbose_name="组织")
    month = models.DateField("月份", help_text="该月的第一天。")
    edition = models.PositiveSmallIntegerField("版次", default=1)
    number = models.CharField("编号", max_length=60, blank=True)
    state = models.CharField("状态", max_length=8, choices=State.choices, default=State.DRAFT)
    figures = models.JSONField("数字", default=dict, encoder=DjangoJSONEncoder)
    computed_at = models.DateTimeField("统计时间", null=True)
    comments = models.TextField("督导点评", blank=True)
    good_practices = models.TextField("良好做法", blank=True)
    focus = models.TextField("下月重点", blank=True)
    changes = models.TextField("更正说明", blank=True)
    changed = models.JSONField("更正的数字", default=list)
    drafted_at = models.DateTimeField("起草时间")
    issued_at = models.DateTimeField("签发时间", null=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="签发人"
    )
    # Private: read through a view that asks who may, never under a URL of its own.
    pdf = models.FileField("PDF", max_length=200, blank=True)
    pdf_sha256 = models.CharField("PDF 摘要", max_length=64, blank=True)

    objects = BulletinQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "月度简报"
        ordering = ["-month", "node__code", "-edition"]
        constraints = [
            models.UniqueConstraint(fields=["node", "month", "edition"], name="bulletin_edition_once"),
            models.UniqueConstraint(
                fields=["node", "month"], condition=Q(state="draft"), name="bulletin_one_draft_per_month"
            ),
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="bulletin_number_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="bulletin_month_begins_on_the_first"),
            models.CheckConstraint(
                condition=Q(state="draft", number="", issued_at=None)
                | (
                    Q(state="issued", issued_at__isnull=False, issued_by__isnull=False, computed_at__isnull=False)
                    & ~Q(number="")
                    & ~Q(pdf="")
                ),
                name="bulletin_issued_is_complete",
            ),
        ]
        indexes = [models.Index(fields=["month", "state"], name="bulletin_by_month")]
        triggers = [
            # RPT-2, fixed: nobody changes or removes what was issued, also not through the ORM.
            pgtrigger.Protect(
                name="frozen_when_issued",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="issued"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.node} {self.period.label}简报" + (f"（第{self.edition}版）" if self.edition > 1 else "")

    @property
    def period(self) -> Month:
        return Month(self.month)

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class WeeklySheet(models.Model):
    """One node's sheet of one week, drafted when the week is over; its figures stay as they were counted then."""

    ROWS_URL = "reports:weekly_rows"

    node = models.ForeignKey(Node, models.PROTECT, related_name="+", verbose_name="组织", db_index=False)
    friday = models.DateField("截止", help_text="这一周结束的星期五。")
    figures = models.JSONField("数字", default=dict, encoder=DjangoJSONEncoder)
    computed_at = models.DateTimeField("统计时间")
    remark = models.TextField("本周说明", blank=True)

    objects = WeeklySheetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "周汇报表"
        ordering = ["-friday", "node__code"]
        constraints = [models.UniqueConstraint(fields=["node", "friday"], name="weekly_sheet_once")]
        indexes = [models.Index(fields=["friday"], name="weekly_sheet_by_friday")]

    def __str__(self) -> str:
        return f"{self.node} {self.period.label} 周汇报表"

    @property
    def period(self) -> Week:
        return Week(self.friday)

    @property
    def changed(self) -> list:
        """A sheet has one edition."""
        return []
