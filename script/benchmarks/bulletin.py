"""The group's bulletin figures (RPT-1), beside one aggregate each over the month's rows that no way of counting can spare."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection

from estates.models import Branch, Estate, Group
from foundation.worktime.months import Month
from reports.figures import Scope, compute
from script.benchmarks.measuring import Row, in_turns, timed

ROUNDS = 7

# Thirteen months of inspections, the month's subjects, rectifications, cases, rounds and calls.
BARE = """
SELECT tier, state, date_trunc('month', period_end - 1), count(*), sum(score) FROM inspections_inspection
WHERE period_end > %(year)s AND period_end <= %(after)s GROUP BY 1, 2, 3;
SELECT s.section_id, i.tier, sum(passed_weight), sum(applicable_weight)
FROM inspections_sectionresult s JOIN inspections_inspection i ON i.id = s.inspection_id
WHERE i.period_end > %(first)s AND i.period_end <= %(after)s GROUP BY 1, 2;
SELECT role, risk, estate_id, count(*) FROM inspections_rectification
WHERE opened_at >= %(start)s AND opened_at < %(end)s GROUP BY 1, 2, 3;
SELECT estate_id, kind, grade, department, state, count(*), sum(satisfaction) FROM complaints_case
WHERE received_at >= %(start)s AND received_at < %(end)s GROUP BY 1, 2, 3, 4, 5;
SELECT c.kind, c.grade, r.department, count(*) FILTER (WHERE replied_in_time), count(*) FILTER (WHERE handled_in_time), sum(r.used)
FROM complaints_round r JOIN complaints_case c ON c.id = r.case_id
WHERE r.result_at >= %(start)s AND r.result_at < %(end)s GROUP BY 1, 2, 3;
SELECT c.kind, count(*), sum(k.satisfaction) FROM complaints_call k JOIN complaints_case c ON c.id = k.case_id
WHERE k.at >= %(start)s AND k.at < %(end)s GROUP BY 1;
"""


def run(at: datetime) -> list[Row]:
    month = Month.before(at)
    rows = []
    for node, most in ((Group.objects.get(), 1000), (Branch.objects.first(), None), (Estate.objects.first(), None)):
        scope = Scope(node, month, at)
        compute(scope)
        queries = _queries(scope)
        if most:
            ours, floor = in_turns(
                ROUNDS, lambda scope=scope: timed(lambda: compute(scope)), lambda: timed(lambda: _bare(month))
            )
        else:
            (ours,), floor = in_turns(ROUNDS, lambda scope=scope: timed(lambda: compute(scope))), None
        about = f"{month.label}，{queries} 条查询" + ("；下限为六条裸聚合" if floor else "")
        rows.append(Row(f"简报统计 · {node.get_kind_display()}", ours, ROUNDS, floor, most=most, about=about))
    return rows


def _bare(month: Month) -> None:
    values: dict[str, Any] = {
        "year": month.shift(-12).first,
        "first": month.first,
        "after": month.next_first,
        "start": month.start,
        "end": month.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(BARE, values)


def _queries(scope: Scope) -> int:
    asked: list[str] = []

    def count(execute, sql, params, many, context):
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count):
        compute(scope)
    return len(asked)
