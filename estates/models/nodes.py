"""The organisation: 集团 → 分子公司 → 项目, one table with three fixed levels (ORG)."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from estates import phases
from estates.querysets import EstateQuerySet, NodeQuerySet, OfEstateQuerySet


class Kind(models.TextChoices):
    GROUP = "group", "集团"
    BRANCH = "branch", "分子公司"
    ESTATE = "estate", "项目"


CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
SPAN = rf"{CLOCK}-({CLOCK}|24:00)"

PARENT_KIND = {Kind.GROUP: None, Kind.BRANCH: Kind.GROUP, Kind.ESTATE: Kind.BRANCH}


class Node(models.Model):
    """One place where posts are held: the group, a branch or an estate. The dates are those of an estate (ORG-3)."""

    Kind = Kind

    kind = models.CharField("层级", max_length=8, choices=Kind.choices)
    parent = models.ForeignKey(
        "self", verbose_name="上级", on_delete=models.PROTECT, related_name="children", null=True, blank=True
    )
    code = models.CharField(
        "编码",
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"^[A-Za-z0-9][A-Za-z0-9_-]*$", "编码只能用字母、数字、- 和 _。")],
    )
    name = models.CharField("名称", max_length=80)
    short_name = models.CharField("简称", max_length=20, blank=True)
    is_active = models.BooleanField("启用", default=True)
    address = models.CharField("地址", max_length=200, blank=True)
    service_phone = models.CharField(
        "服务中心电话",
        max_length=30,
        blank=True,
        validators=[RegexValidator(r"^\+?\d[\d -]{4,28}$", "电话只能是数字、空格和 -,例如 0571-88886666。")],
        help_text="公示给客户：印在报事码上，显示在扫码报事和进度页。",
    )
    is_key_estate = models.BooleanField("重点项目", default=False)
    early_start_on = models.DateField("前期介入开始", null=True, blank=True)
    delivery_on = models.DateField("交付日", null=True, blank=True)
    exit_on = models.DateField("退出日", null=True, blank=True)
    service_hours = models.CharField(
        "服务时间",
        max_length=60,
        blank=True,
        validators=[RegexValidator(rf"^{SPAN}(,{SPAN})*$", "请写成 08:30-12:00,14:00-18:00。")],
        help_text="例如 08:30-12:00,14:00-18:00；空着表示全天。",
    )

    objects = NodeQuerySet.as_manager()

    class Meta:
        verbose_name = "组织节点"
        verbose_name_plural = "组织节点"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="node_group_alone_has_no_parent",
                condition=Q(kind="group", parent=None) | (~Q(kind="group") & Q(parent__isnull=False)),
                violation_error_message="集团没有上级，分子公司和项目必须有上级。",
            ),
            models.CheckConstraint(name="node_kind_known", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(
                name="node_dates_belong_to_estates",
                condition=Q(kind="estate")
                | Q(early_start_on=None, delivery_on=None, exit_on=None, is_key_estate=False),
                violation_error_message="只有项目才有前期介入、交付、退出日期和重点标记。",
            ),
            models.CheckConstraint(
                name="node_dates_in_order",
                condition=(Q(early_start_on=None) | Q(delivery_on=None) | Q(early_start_on__lte=F("delivery_on")))
                & (Q(delivery_on=None) | Q(exit_on=None) | Q(delivery_on__lte=F("exit_on")))
                & (Q(early_start_on=None) | Q(exit_on=None) | Q(early_start_on__lte=F("exit_on"))),
                violation_error_message="日期顺序应为：前期介入开始、交付日、退出日。",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        wanted = PARENT_KIND.get(Kind(self.kind)) if self.kind in Kind.values else None
        if wanted and self.parent and self.parent.kind != wanted:
            raise ValidationError({"parent": f"{self.get_kind_display()}的上级必须是{wanted.label}。"})

    @property
    def label(self) -> str:
        """What lists and switchers show."""
        return self.short_name or self.name

    @property
    def service_tel(self) -> str:
        """The service centre's phone as it is dialled, "" where none is known."""
        return self.service_phone.replace(" ", "").replace("-", "")

    @cached_property
    def lineage(self) -> tuple[int, ...]:
        """Ids of this node and the nodes above it, nearest first; `select_related("parent")` spares the query."""
        above = (self.parent_id, self.parent.parent_id) if self.parent else ()
        return tuple(pk for pk in (self.pk, *above) if pk)

    def estates(self) -> EstateQuerySet:
        """The estates at or below this node."""
        return Estate.objects.below(self)


class _KindManager(models.Manager.from_queryset(NodeQuerySet)):  # type: ignore[misc]
    kind: Kind

    def get_queryset(self) -> NodeQuerySet:
        return super().get_queryset().filter(kind=self.kind)


class GroupManager(_KindManager):
    kind = Kind.GROUP


class BranchManager(_KindManager):
    kind = Kind.BRANCH


class EstateManager(models.Manager.from_queryset(EstateQuerySet)):  # type: ignore[misc]
    def get_queryset(self) -> EstateQuerySet:
        return super().get_queryset().filter(kind=Kind.ESTATE)


class _OfKind:
    """New rows of a proxy are of its own kind."""

    KIND: Kind

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not args:
            kwargs.setdefault("kind", self.KIND)
        super().__init__(*args, **kwargs)


class Group(_OfKind, Node):
    KIND = Kind.GROUP
    objects = GroupManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        verbose_name = "集团"
        verbose_name_plural = "集团"


class Branch(_OfKind, Node):
    KIND = Kind.BRANCH
    objects = BranchManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        verbose_name = "分子公司"
        verbose_name_plural = "分子公司"


class Estate(_OfKind, Node):
    KIND = Kind.ESTATE
    objects = EstateManager()  # type: ignore[misc]

    class Meta:
        proxy = True
        verbose_name = "项目"
        verbose_name_plural = "项目"

    @property
    def branch(self) -> Node:
        """An estate always has one (`node_group_alone_has_no_parent`)."""
        assert self.parent is not None
        return self.parent

    @property
    def lifecycle(self) -> phases.Lifecycle:
        return phases.Lifecycle(self.early_start_on, self.delivery_on, self.exit_on, self.is_active)

    def phases(self, on: date) -> frozenset[phases.Phase]:
        """Every phase of INS-4 the estate is in on that day."""
        stages = [(stage.kind, stage.starts_on, stage.ends_on) for stage in self.stages.all()]
        return phases.phases_on(self.lifecycle, on, stages)


class Stage(models.Model):
    """A window of INS-4 that no lifecycle date gives, both days included; open at the end while `ends_on` is empty."""

    estate = models.ForeignKey(Estate, verbose_name="项目", on_delete=models.CASCADE, related_name="stages")
    kind = models.CharField("阶段", max_length=16, choices=[(p.value, p.label) for p in phases.STAGED])
    starts_on = models.DateField("开始")
    ends_on = models.DateField("结束", null=True, blank=True)

    objects = OfEstateQuerySet.as_manager()

    class Meta:
        verbose_name = "项目阶段"
        verbose_name_plural = "项目阶段"
        ordering = ["estate_id", "starts_on"]
        constraints = [
            models.CheckConstraint(
                name="stage_days_in_order",
                condition=Q(ends_on=None) | Q(starts_on__lte=F("ends_on")),
                violation_error_message="结束日不能早于开始日。",
            ),
            models.UniqueConstraint(
                name="stage_once_per_start",
                fields=["estate", "kind", "starts_on"],
                violation_error_message="这个阶段已经有同一天开始的一段。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.estate} {self.get_kind_display()}"
