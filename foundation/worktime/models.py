"""The working calendar as rows that an administrator may edit."""

from django.db import models


class CalendarDay(models.Model):
    """One day of the working calendar, seeded from the published holidays (GEN-2)."""

    date = models.DateField("日期", unique=True, error_messages={"unique": "这一天已经在日历里。"})
    is_workday = models.BooleanField("工作日")
    note = models.CharField("说明", max_length=40, blank=True)
    edited = models.BooleanField("人工修改", default=False, editable=False)

    class Meta:
        verbose_name = verbose_name_plural = "工作日历"
        ordering = ["-date"]

    def __str__(self) -> str:
        return f"{self.date:%Y-%m-%d} {'工作日' if self.is_workday else '休息日'}"
