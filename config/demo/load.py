"""One call that fills an empty database with the demo group (see `load_demo`)."""

from __future__ import annotations

from datetime import datetime
from random import Random

from django.db import connection

from config.demo.bulletins import build_bulletins
from config.demo.cases import build_cases, read_notices
from config.demo.handovers import build_handovers
from config.demo.inspections import build_inspections
from config.demo.play import as_it_happened
from config.demo.world import build_world
from config.standards import load_standards
from foundation.timers.sweeping import sweep
from foundation.worktime.local import add_months, local_date, start_of_day
from inspections.services.generation import generate_inspections

MONTHS = 6


def load_demo(*, seed: int, at: datetime) -> str:
    """Write the group, its people and houses, six months of inspections, three of cases, and handovers up to `at`.

    One line of figures.
    """
    rng = Random(seed)
    today = local_date(at)
    begin = add_months(today.replace(day=1), -MONTHS)
    with as_it_happened():
        world = build_world(rng, today)
        load_standards(at=start_of_day(begin))
        inspections = build_inspections(world, rng, begin=begin, at=at)
        # Before the bulletins, which count them.
        cases = build_cases(world, rng, at=at)
        handovers = build_handovers(world, rng, at=at)
        read_notices(at)
        made = generate_inspections(at=at)
        sweep(at=at)
        _count()
        bulletins = build_bulletins(world, at=at)
    people = sum(len(users) for users in world.staff.values())
    return (
        f"项目 {len(world.estates)} 个，人员 {people} 名，{inspections}，{cases}，{handovers}，"
        f"简报 {bulletins} 份，今日生成检查 {made.inspections} 次"
    )


def _count() -> None:
    """Statistics of what only this transaction sees: the bulletins' sums over half a year are planned by them."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
