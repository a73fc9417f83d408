"""Which phases of INS-4 an estate is in on a day: as a pure function, and as the same condition in SQL.

Windows, both ends in local days (GEN-4 counts the months):

- 前期介入 runs from 12 months before 交付日 (from 前期介入开始, when that is later) until the 冲刺 begins.
- 冲刺 takes its place for the last 3 months before 交付日; the day of delivery is no longer part of it.
- 运营辅导 is 交付日 and what follows, up to the day before "3 months after".
- 运营 runs from 交付日 to 退出日, the day of exit included.
- ANY is 运营, or an estate of which neither 前期介入开始 nor 交付日 is known (taken over long ago).
- The other windows are given as `Stage` rows, both days included.

An estate that is switched off is in no phase.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, Func, OuterRef, Q, Value
from django.db.models.functions import Greatest
from django.db.models.lookups import LessThanOrEqual

from foundation.worktime.local import add_months

EARLY_MONTHS = 12
SPRINT_MONTHS = 3
COACHING_MONTHS = 3


class Phase(models.TextChoices):
    DESIGN = "design", "产品设计"
    CONSTRUCTION = "construction", "产品营造"
    EARLY = "early", "前期介入"
    SPRINT = "sprint", "前期介入（冲刺）"
    HANDOVER = "handover", "项目交付"
    COACHING = "coaching", "运营辅导"
    CITY_AWARD = "city_award", "市优创建"
    STATE_AWARD = "state_award", "省优/国优创建"
    UPGRADE = "upgrade", "服务价值提升"
    EXIT = "exit", "退出"
    OPERATION = "operation", "运营"
    ANY = "any", "不限"


# The windows that no lifecycle date gives; an administrator enters them as `Stage` rows.
STAGED = (
    Phase.DESIGN,
    Phase.CONSTRUCTION,
    Phase.HANDOVER,
    Phase.CITY_AWARD,
    Phase.STATE_AWARD,
    Phase.UPGRADE,
    Phase.EXIT,
)


@dataclass(frozen=True)
class Lifecycle:
    """The dates of one estate (ORG-3)."""

    early_start_on: date | None = None
    delivery_on: date | None = None
    exit_on: date | None = None
    is_active: bool = True


def phases_on(life: Lifecycle, on: date, stages: Iterable[tuple[str, date, date | None]] = ()) -> frozenset[Phase]:
    """Every phase the estate is in on that day; `stages` are (kind, first day, last day or None)."""
    if not life.is_active:
        return frozenset()
    found = {Phase(kind) for kind, first, last in stages if first <= on and (last is None or on <= last)}
    delivery = life.delivery_on
    running = life.exit_on is None or on <= life.exit_on
    if delivery is not None:
        sprint = add_months(delivery, -SPRINT_MONTHS)
        early = max(filter(None, (add_months(delivery, -EARLY_MONTHS), life.early_start_on)))
        if early <= on < delivery:
            found.add(Phase.SPRINT if on >= sprint else Phase.EARLY)
        if running and delivery <= on < add_months(delivery, COACHING_MONTHS):
            found.add(Phase.COACHING)
        if running and delivery <= on:
            found |= {Phase.OPERATION, Phase.ANY}
    elif running and life.early_start_on is None:
        found.add(Phase.ANY)
    return frozenset(found)


class MonthsFrom(Func):
    """`date + n months` in PostgreSQL, which clamps to the month's last day as GEN-4 wants."""

    template = "(%(expressions)s + make_interval(months => %(months)s))::date"
    output_field = models.DateField()

    def __init__(self, expression: str, months: int) -> None:
        super().__init__(F(expression), months=int(months))


def in_phase(phase: Phase, on: date) -> Q:
    """The condition on `Estate` rows that is true where `phase in phases_on(…)`."""
    active = Q(is_active=True)
    if phase in STAGED:
        stages = apps.get_model("estates", "Stage").objects.filter(
            Q(ends_on=None) | Q(ends_on__gte=on), estate=OuterRef("pk"), kind=phase, starts_on__lte=on
        )
        return active & Q(Exists(stages))
    running = Q(exit_on=None) | Q(exit_on__gte=on)
    delivered = Q(delivery_on__lte=on)
    today = Value(on, output_field=models.DateField())
    begun = Q(LessThanOrEqual(Greatest(MonthsFrom("delivery_on", -EARLY_MONTHS), F("early_start_on")), today))
    sprinting = Q(LessThanOrEqual(MonthsFrom("delivery_on", -SPRINT_MONTHS), today))
    coached = Q(LessThanOrEqual(MonthsFrom("delivery_on", COACHING_MONTHS), today))
    conditions = {
        Phase.EARLY: Q(delivery_on__gt=on) & begun & ~sprinting,
        Phase.SPRINT: Q(delivery_on__gt=on) & begun & sprinting,
        Phase.COACHING: running & delivered & ~coached,
        Phase.OPERATION: running & delivered,
        Phase.ANY: running & (delivered | Q(delivery_on=None, early_start_on=None)),
    }
    return active & conditions[phase]
