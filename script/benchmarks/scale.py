"""300 estates × 12 months, written by SQL: what the default schedules make of a year, inspected, failed and put right,
and 100,000 cases of which 5,000 are open.

Everything is drawn from hashes of keys, so two builds are alike. Foreign keys and triggers are off while it is written;
ids follow time, as they would.
"""

from __future__ import annotations

import json
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

from django.core.management import call_command
from django.db import connection

from accounts.models import User
from accounts.roles import Role
from complaints.choices import ClockKind
from complaints.models import PolicyRule
from config.standards import load_standards
from estates.models import Branch, Estate, Group
from estates.services.respelling import respell
from foundation.worktime.local import local_date, start_of_day
from foundation.worktime.months import Month
from inspections.models import Item, Schedule
from inspections.periods import period_of, periods_between
from inspections.services.escalation import current_ladder
from reports.services import draft_bulletin
from script.benchmarks.scale_places import build_places
from script.benchmarks.scale_volume import Volume

FILES = ("scale.sql", "scale_cases.sql")


def build(at: datetime, volume: Volume) -> None:
    """Fill an empty database with the year that ends at `at`; a few minutes."""
    began = monotonic()
    today = local_date(at)
    begin = today - timedelta(days=volume.days - 1)
    say(began, "正在建立数据库（几分钟）")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("load_workdays", stdout=sys.stderr)
    build_places(today, volume.branches, volume.estates_each)
    load_standards(at=start_of_day(begin))
    say(began, "项目、人员、房屋")
    # The search keys, which the product writes by itself and this SQL does not.
    respell()
    say(began, "姓名和房号索引")
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        cursor.execute("SET work_mem = '256MB'; SET maintenance_work_mem = '512MB'; SET jit = off")
        _write_plan(cursor, begin, today, at)
        values = {
            "at": at,
            "today": today,
            "ladder": json.dumps([step.as_json() for step in current_ladder()]),
            "shares": json.dumps(_shares()),
            "cases": volume.cases,
            "open": volume.open,
        }
        for name, statement in steps():
            cursor.execute(statement, values)
            say(began, name)
        cursor.execute("RESET ALL")
    _write_bulletins(at)
    say(began, "简报")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("CHECKPOINT")
    say(began, "完成")


def steps() -> list[tuple[str, str]]:
    """The statements of the files by the comments that head them: `--- name`."""
    texts = [Path(__file__).with_name(name).read_text("utf-8") for name in FILES]
    parts = [part for text in texts for part in text.split("\n--- ")[1:]]
    return [(part.split("\n", 1)[0].strip(), part.split("\n", 1)[1]) for part in parts]


def _shares() -> list[dict[str, Any]]:
    """The ladder of the limits of a day and more (CMP-9), as it stands on a clock."""
    rule = PolicyRule.objects.filter(clock=ClockKind.HANDLE).prefetch_related("steps").first()
    assert rule is not None, "the delivered policy has been loaded"
    return [step.as_json() for step in rule.as_rule().steps(short=False)]


def say(began: float, text: str) -> None:
    print(f"  {monotonic() - began:5.0f} s  {text}", file=sys.stderr, flush=True)


def _write_plan(cursor, begin: date, today: date, at: datetime) -> None:
    """The periods of every active schedule that is for estates in any phase, and the items of its version."""
    cursor.execute(
        "CREATE UNLOGGED TABLE bench_period (schedule_id bigint, version_id bigint, tier text, frequency text, "
        "first date, after date, opens timestamptz, closes timestamptz, total int)"
    )
    # One daily inspection an estate, 110,000 a year: the volume that the limits are set for.
    Schedule.objects.filter(checklist__code="touchpoint", frequency="day").update(is_active=False)
    for schedule in Schedule.objects.active().filter(phase="any").order_by("pk"):
        version = schedule.checklist.versions.published().get()
        total = Item.objects.filter(version=version).count()
        current = period_of(schedule.frequency, today)
        cursor.executemany(
            "INSERT INTO bench_period VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (schedule.pk, version.pk, schedule.tier, schedule.frequency, period.start, period.end,
                 start_of_day(period.start), start_of_day(period.end), total)
                for period in periods_between(schedule.frequency, begin, current.start)
            ],
        )  # fmt: skip
        Schedule.objects.filter(pk=schedule.pk).update(generated_through=current.start)


def _write_bulletins(at: datetime) -> None:
    """Last month's of the group, a branch and an estate are counted by the product; the others get copies of them."""
    month = Month.before(at)
    supervisor = User.objects.get(posts__role=Role.GROUP_SUPERVISOR)
    for node in (Group.objects.get(), Branch.objects.first(), Estate.objects.first()):
        draft_bulletin(node=node, month=month, by=supervisor, at=at)
    with connection.cursor() as cursor:
        cursor.execute(COPIES, {"month": month.first, "at": at})


COPIES = """
INSERT INTO reports_bulletin (node_id, month, edition, number, state, figures, computed_at, comments, good_practices, focus,
                              changes, changed, drafted_at, issued_at, issued_by_id, pdf, pdf_sha256)
SELECT node.id, month, 1, CASE WHEN back > 0 THEN 'JB-' || node.code || '-' || to_char(month, 'YYYYMM') ELSE '' END,
       CASE WHEN back > 0 THEN 'issued' ELSE 'draft' END, sample.figures, %(at)s, '本月重点：消防通道', '', '', '', '[]', %(at)s,
       CASE WHEN back > 0 THEN %(at)s END, CASE WHEN back > 0 THEN (SELECT min(id) FROM accounts_user) END,
       CASE WHEN back > 0 THEN 'bulletins/none.pdf' ELSE '' END, ''
FROM estates_node node
JOIN (SELECT n.kind, b.figures FROM reports_bulletin b JOIN estates_node n ON n.id = b.node_id) AS sample USING (kind),
     generate_series(0, 11) AS back, LATERAL (SELECT (%(month)s::date - make_interval(months => back))::date AS month) AS m
WHERE back > 0 OR node.id NOT IN (SELECT node_id FROM reports_bulletin)
ORDER BY month, node.code
"""
