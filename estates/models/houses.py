"""What stands on an estate and who lives there (ORG-6, ORG-7)."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Length, Right
from encrypted_fields import EncryptedCharField

from estates import masking
from estates.fields import LookupField, SpellingsField
from estates.models.names import NameKey, keeps_name_keys
from estates.models.nodes import Estate
from estates.querysets import PHONE_TAIL, HouseQuerySet, OccupantQuerySet, OfEstateQuerySet, UnitQuerySet


class Building(models.Model):
    estate = models.ForeignKey(Estate, verbose_name="项目", on_delete=models.PROTECT, related_name="buildings")
    name = models.CharField("楼栋", max_length=30)

    objects = OfEstateQuerySet.as_manager()

    class Meta:
        verbose_name = "楼栋"
        verbose_name_plural = "楼栋"
        # 2幢 comes before 10幢.
        ordering = ["estate_id", Length("name"), "name"]
        constraints = [models.UniqueConstraint(name="building_once_per_estate", fields=["estate", "name"])]

    def __str__(self) -> str:
        return self.name


class Unit(models.Model):
    building = models.ForeignKey(Building, verbose_name="楼栋", on_delete=models.PROTECT, related_name="units")
    name = models.CharField("单元", max_length=30)

    objects = UnitQuerySet.as_manager()

    class Meta:
        verbose_name = "单元"
        verbose_name_plural = "单元"
        ordering = ["building_id", Length("name"), "name"]
        constraints = [models.UniqueConstraint(name="unit_once_per_building", fields=["building", "name"])]

    def __str__(self) -> str:
        return f"{self.building}{self.name}"


class House(models.Model):
    """One room or flat; `code` is how people call it, such as 3幢2单元1502, and is unique on its estate."""

    estate = models.ForeignKey(Estate, verbose_name="项目", on_delete=models.PROTECT, related_name="houses")
    building = models.ForeignKey(Building, verbose_name="楼栋", on_delete=models.PROTECT, related_name="houses")
    unit = models.ForeignKey(
        Unit, verbose_name="单元", on_delete=models.PROTECT, related_name="houses", null=True, blank=True
    )
    number = models.CharField("房号", max_length=30)
    code = models.CharField("房屋", max_length=90)
    area = models.DecimalField(
        "建筑面积（㎡）", max_digits=9, decimal_places=2, validators=[MinValueValidator(0.01, "建筑面积必须大于 0。")]
    )

    lookup = LookupField("楼栋起索引")
    lookup_back = LookupField("房号起索引", backwards=True)

    objects = HouseQuerySet.as_manager()

    class Meta:
        verbose_name = "房屋"
        verbose_name_plural = "房屋"
        ordering = ["estate_id", "code"]
        indexes = [
            models.Index(fields=["lookup", "estate"], name="house_lookup"),
            models.Index(fields=["lookup_back", "estate"], name="house_lookup_back"),
        ]
        constraints = [
            models.UniqueConstraint(name="house_once_per_estate", fields=["estate", "code"]),
            models.CheckConstraint(name="house_area_positive", condition=Q(area__gt=0)),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def owner(self) -> Owner | None:
        """The present owner; needs no query after `with_occupants` or a prefetch of the owners."""
        return next((owner for owner in self.owners.all() if owner.until is None), None)

    @property
    def tenant(self) -> Tenant | None:
        return next((tenant for tenant in self.tenants.all() if tenant.until is None), None)


class IdType(models.TextChoices):
    ID_CARD = "id_card", "身份证"
    PASSPORT = "passport", "护照"
    USCC = "uscc", "统一社会信用代码"


class Occupant(models.Model):
    """An outside person or company tied to a house for a time; `until` empty means now.

    The number of the document is encrypted at rest and shown masked, as the phone is (ORG-4).
    """

    name = models.CharField("姓名", max_length=60)
    id_type = models.CharField("证件类型", max_length=10, choices=IdType.choices, blank=True)
    id_number = EncryptedCharField("证件号", max_length=400, null=True, blank=True)
    phone = models.CharField("手机", max_length=20, blank=True)
    since = models.DateField("自")
    until = models.DateField("至", null=True, blank=True)
    spellings = SpellingsField("写法")

    objects = OccupantQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def masked_phone(self) -> str:
        return masking.phone(self.phone)

    @property
    def masked_id_number(self) -> str:
        return masking.id_number(self.id_number or "")


class Owner(Occupant):
    house = models.ForeignKey(House, verbose_name="房屋", on_delete=models.PROTECT, related_name="owners")
    co_owners = ArrayField(models.CharField(max_length=60), verbose_name="共有人", default=list, blank=True)

    class Meta:
        verbose_name = "业主"
        verbose_name_plural = "业主"
        ordering = ["house_id", "-since", "-pk"]
        constraints = [
            models.UniqueConstraint(name="owner_one_at_a_time", fields=["house"], condition=Q(until=None)),
            models.CheckConstraint(name="owner_days_in_order", condition=Q(until=None) | Q(since__lte=F("until"))),
        ]
        indexes = [
            models.Index(Right("phone", PHONE_TAIL), name="owner_phone_tail"),
            models.Index(fields=["name"], name="owner_name"),
        ]
        triggers = keeps_name_keys("estates_owner", (NameKey.Kind.OWNER, NameKey.Kind.CO_OWNER), co_owners="co_owners")


class Tenant(Occupant):
    house = models.ForeignKey(House, verbose_name="房屋", on_delete=models.PROTECT, related_name="tenants")

    class Meta:
        verbose_name = "租户"
        verbose_name_plural = "租户"
        ordering = ["house_id", "-since", "-pk"]
        constraints = [
            models.UniqueConstraint(name="tenant_one_at_a_time", fields=["house"], condition=Q(until=None)),
            models.CheckConstraint(name="tenant_days_in_order", condition=Q(until=None) | Q(since__lte=F("until"))),
        ]
        indexes = [models.Index(Right("phone", PHONE_TAIL), name="tenant_phone_tail")]
        triggers = keeps_name_keys("estates_tenant", (NameKey.Kind.TENANT,))


class Grid(models.Model):
    """A named part of an estate with one responsible employee, whose name, photo and phone are shown there."""

    estate = models.ForeignKey(Estate, verbose_name="项目", on_delete=models.PROTECT, related_name="grids")
    name = models.CharField("网格", max_length=40)
    covers = models.CharField("范围", max_length=200, blank=True, help_text="例如 1—3 幢、南门岗。")
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="责任人",
        on_delete=models.PROTECT,
        related_name="grids",
        null=True,
        blank=True,
    )
    phone = models.CharField("公示电话", max_length=20, blank=True, help_text="空着则公示责任人的手机。")

    objects = OfEstateQuerySet.as_manager()

    class Meta:
        verbose_name = "网格"
        verbose_name_plural = "网格"
        ordering = ["estate_id", "name"]
        constraints = [models.UniqueConstraint(name="grid_once_per_estate", fields=["estate", "name"])]

    def __str__(self) -> str:
        return self.name

    @property
    def shown_phone(self) -> str:
        return self.phone or (self.responsible.phone or "" if self.responsible else "")
