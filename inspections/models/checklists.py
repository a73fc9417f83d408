"""Checklists and their numbered versions (INS-1, INS-6). What is published is frozen by Postgres, not only here."""

from __future__ import annotations

from datetime import date

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import Role
from inspections.choices import Evidence, Method, Risk, Way
from inspections.querysets import ChecklistQuerySet, VersionQuerySet

# The first version of a checklist has no predecessor to finish a period with.
BEGINNING = date(2000, 1, 1)


def refuse_when_published() -> pgtrigger.Trigger:
    """A row-level trigger: rows of a published version can't be added, changed or removed (INS-6)."""
    return pgtrigger.Trigger(
        name="frozen_when_published",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        declare=[("version", "bigint[]")],
        func="""
            IF TG_OP = 'INSERT' THEN version := ARRAY[NEW.version_id];
            ELSIF TG_OP = 'DELETE' THEN version := ARRAY[OLD.version_id];
            ELSE version := ARRAY[OLD.version_id, NEW.version_id];
            END IF;
            IF EXISTS (SELECT 1 FROM inspections_checklistversion
                       WHERE id = ANY(version) AND state = 'published') THEN
                RAISE EXCEPTION 'a published checklist version is frozen (INS-6)' USING ERRCODE = 'restrict_violation';
            END IF;
            IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
            RETURN NEW;
        """,
    )


class Checklist(models.Model):
    """A named list of things to check; its content lives in versions."""

    code = models.SlugField("代码", max_length=40, unique=True)
    name = models.CharField("名称", max_length=60)
    way = models.CharField("督导方式", max_length=12, choices=Way.choices)
    basis = models.TextField("依据与用途", blank=True)
    is_active = models.BooleanField("启用", default=True)
    # What `load_standards` last wrote: a content that differs from it was edited by an administrator and is left alone.
    standard_hash = models.CharField("标准内容指纹", max_length=64, blank=True, editable=False)

    objects = ChecklistQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查表"
        ordering = ["way", "code"]

    def __str__(self) -> str:
        return self.name


class ChecklistVersion(models.Model):
    """INS-6: edited as a draft, published as a number; an inspection keeps the version it was made with."""

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        PUBLISHED = "published", "已发布"

    checklist = models.ForeignKey(Checklist, models.PROTECT, related_name="versions", verbose_name="检查表")
    number = models.PositiveIntegerField("版本号")
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.CharField("修订说明", max_length=200, blank=True)
    created_at = models.DateTimeField("创建时间")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="创建人"
    )
    published_at = models.DateTimeField("发布时间", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="发布人"
    )
    effective_on = models.DateField("自该日起的周期使用", null=True, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查表版本"
        ordering = ["checklist", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["checklist", "number"], name="version_number_once"),
            models.UniqueConstraint(fields=["checklist"], condition=Q(state="draft"), name="one_draft_per_checklist"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False, effective_on__isnull=False),
                name="published_version_is_dated",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="frozen_when_published",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="published"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.checklist} 第{self.number}版"

    @property
    def is_draft(self) -> bool:
        return self.state == self.State.DRAFT


class Section(models.Model):
    """A subject of a checklist; for 十必查 the ten subjects of INS-1, known across versions by `code`."""

    version = models.ForeignKey(ChecklistVersion, models.CASCADE, related_name="sections", verbose_name="版本")
    code = models.SlugField("代码", max_length=40)
    name = models.CharField("名称", max_length=40)
    position = models.PositiveIntegerField("顺序", default=0, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "检查主题"
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="section_code_once")]
        triggers = [refuse_when_published()]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """One thing to check with all that INS-1 asks for; known across versions by `code`."""

    # Four bytes: this key stands in every one of the ten million answers.
    id = models.AutoField(primary_key=True)
    version = models.ForeignKey(ChecklistVersion, models.CASCADE, related_name="items", verbose_name="版本")
    section = models.ForeignKey(Section, models.CASCADE, related_name="items", verbose_name="检查主题")
    code = models.SlugField("代码", max_length=40)
    position = models.PositiveIntegerField("顺序", default=0, db_index=True)
    what = models.CharField("检查内容", max_length=120)
    criterion = models.TextField("判定标准", max_length=400)
    method = models.CharField("方法", max_length=10, choices=Method.choices, default=Method.SITE)
    risk = models.CharField("风险等级", max_length=8, choices=Risk.choices, default=Risk.MINOR)
    weight = models.PositiveSmallIntegerField("权重", default=1)
    evidence = models.CharField("取证要求", max_length=8, choices=Evidence.choices, default=Evidence.NONE)
    unit = models.CharField("单位", max_length=12, blank=True)
    low = models.DecimalField("下限", max_digits=10, decimal_places=3, null=True, blank=True)
    high = models.DecimalField("上限", max_digits=10, decimal_places=3, null=True, blank=True)
    role = models.CharField("责任岗位", max_length=20, choices=Role.choices)
    days = models.PositiveSmallIntegerField("整改天数", default=3)
    standard = models.CharField("依据标准", max_length=120, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "检查项"
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "code"],
                name="item_code_once",
                violation_error_message="同一检查表里检查项代码重复。",
            ),
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lte=F("high")),
                name="item_range_upright",
                violation_error_message="读数范围上下限颠倒：下限不能大于上限。",
            ),
            models.CheckConstraint(
                condition=~Q(evidence="reading") | (~Q(unit="") & (Q(low__isnull=False) | Q(high__isnull=False))),
                name="item_reading_has_range",
                violation_error_message="要求读数的检查项必须填写单位和至少一个界限。",
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=1), name="item_weighs", violation_error_message="权重至少为 1。"
            ),
        ]
        triggers = [refuse_when_published()]

    def __str__(self) -> str:
        return self.what

    @property
    def range_text(self) -> str:
        """The allowed range in words, e.g. 0.10–0.20 MPa."""
        low, high = (f"{bound.normalize():f}" if bound is not None else None for bound in (self.low, self.high))
        if low is not None and high is not None:
            return f"{low}–{high} {self.unit}"
        return f"≥ {low} {self.unit}" if low is not None else f"≤ {high} {self.unit}" if high is not None else ""
