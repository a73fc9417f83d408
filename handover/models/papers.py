"""What an estate asks buyers for otherwise than the delivered list (HND-1)."""

from __future__ import annotations

from django.db import models

from estates.models import Estate
from handover.choices import BuyerKind
from handover.querysets import AtEstateQuerySet


class DocumentRule(models.Model):
    """One paper that is added, dropped, or required otherwise; `code` is the standard's, or made from one's own name."""

    class Demand(models.TextChoices):
        REQUIRED = "required", "必交"
        OPTIONAL = "optional", "选交"
        DROPPED = "dropped", "不收"

    estate = models.ForeignKey(Estate, models.CASCADE, related_name="document_rules", verbose_name="项目")
    # Empty: for buyers of every kind; a rule for one kind goes before it.
    buyer_kind = models.CharField("购房人类别", max_length=8, choices=BuyerKind.choices, blank=True)
    code = models.CharField("资料代码", max_length=30)
    name = models.CharField("资料名称", max_length=80, blank=True)
    hint = models.CharField("核对要点", max_length=200, blank=True)
    demand = models.CharField("要求", max_length=8, choices=Demand.choices, default=Demand.REQUIRED)

    objects = AtEstateQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "收房资料"
        ordering = ["estate_id", "buyer_kind", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["estate", "buyer_kind", "code"], name="document_rule_once_per_kind")
        ]

    def __str__(self) -> str:
        return f"{self.get_buyer_kind_display() or '各类购房人'} {self.name or self.code} {self.get_demand_display()}"
