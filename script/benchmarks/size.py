"""What the year takes on disk, indexes included."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from script.benchmarks.measuring import Row

LISTED = 10
GIGABYTE, MEGABYTE = 1000**3, 1000**2

SIZES = """
SELECT relname, pg_total_relation_size(c.oid), pg_indexes_size(c.oid), greatest(reltuples, 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE relkind = 'r' AND nspname = 'public' ORDER BY 2 DESC
"""


def run(at: datetime) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(SIZES)
        tables = cursor.fetchall()
        cursor.execute("SELECT count(*) FILTER (WHERE frequency = 'day'), count(*) FROM inspections_inspection")
        daily, inspections = cursor.fetchone()
    answers = next(row for row in tables if row[0] == "inspections_answer")
    chapter = sum(total for name, total, *_ in tables if name.startswith("inspections_"))
    about = f"每日检查 {daily:,} 次，检查共 {inspections:,} 次，作答 {answers[3]:,} 项"
    rows = [
        Row("检查一章全部表和索引", round(chapter / GIGABYTE, 2), unit="GB", most=3, about=about),
        Row(
            "  数据库全部表和索引",
            round(sum(row[1] for row in tables) / GIGABYTE, 2),
            unit="GB",
            about="含操作记录、计时、通知",
        ),
    ]
    rows += [
        Row(
            f"  {name}",
            round(total / MEGABYTE),
            unit="MB",
            about=f"{count:,} 行，其中索引 {indexes / MEGABYTE:,.0f} MB",
        )
        for name, total, indexes, count in tables[:LISTED]
    ]
    return rows
