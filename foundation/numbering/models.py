"""Gap-free numbers per kind, place and period."""

from django.db import models


class Counter(models.Model):
    """The last number given out of one series."""

    kind = models.CharField("类型", max_length=40)
    place = models.CharField("组织", max_length=40, blank=True)
    period = models.CharField("期间", max_length=20, blank=True)
    last = models.PositiveBigIntegerField("最后编号")

    class Meta:
        verbose_name = verbose_name_plural = "编号序列"
        constraints = [models.UniqueConstraint(fields=["kind", "place", "period"], name="numbering_series")]

    def __str__(self) -> str:
        return f"{self.kind} {self.place} {self.period}: {self.last}"
