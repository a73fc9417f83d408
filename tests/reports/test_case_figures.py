"""Complaints in the weekly sheet and the bulletin: every total is what SQL counts by itself, and has its rows (RPT-3)."""

from __future__ import annotations

import pytest
from django.db import connection
from django.urls import reverse

from complaints.choices import Kind
from complaints.models import Case
from complaints.services.calling import record_attempt, record_callback
from complaints.services.judging import grade_case, judge_case
from foundation.journal.models import Entry
from foundation.timers.services import sweep
from foundation.worktime.months import Month
from foundation.worktime.weeks import Week
from reports.figures import FIGURES, Scope, Slice, compute, flatten
from reports.models import WeeklySheet
from reports.weekly import count_week, draft_weekly_sheets, edit_weekly
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    accepted,
    answered,
    called_back,
    make_case,
    make_house,
    moment,
    reported,
    scanned_case,
    standard_policy,
    transferred,
)

pytestmark = pytest.mark.django_db

WEEK = Week.parse("2026-03-13")
AT = WEEK.end
# Every count that SQL can say without the product's code, for cases of one estate in [start, end).
SQL = """
WITH c AS (SELECT * FROM complaints_case WHERE estate_id = %(estate)s),
     r AS (SELECT r.*, c.kind, c.validity FROM complaints_round r JOIN c ON c.id = r.case_id),
     k AS (SELECT k.* FROM complaints_call k JOIN c ON c.id = k.case_id)
SELECT
 (SELECT count(*) FROM c WHERE received_at >= %(start)s AND received_at < %(end)s) AS case_received,
 (SELECT count(*) FROM r WHERE replied_at >= %(start)s AND replied_at < %(end)s) AS case_replied,
 (SELECT round(100.0 * count(*) FILTER (WHERE replied_in_time) / nullif(count(replied_in_time), 0), 1)
    FROM r WHERE replied_at >= %(start)s AND replied_at < %(end)s) AS case_reply_rate,
 (SELECT count(*) FROM r WHERE result_at >= %(start)s AND result_at < %(end)s) AS case_handled,
 (SELECT round(100.0 * count(*) FILTER (WHERE handled_in_time) / nullif(count(handled_in_time), 0), 1)
    FROM r WHERE result_at >= %(start)s AND result_at < %(end)s) AS case_handle_rate,
 (SELECT count(*) FROM c WHERE closed_at >= %(start)s AND closed_at < %(end)s AND outcome = 'solved') AS case_solved,
 (SELECT count(*) FROM k WHERE at >= %(start)s AND at < %(end)s AND reached) AS case_called,
 (SELECT round(avg(satisfaction), 1) FROM k WHERE at >= %(start)s AND at < %(end)s AND reached) AS case_satisfaction,
 (SELECT count(*) FROM c WHERE received_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)) AS case_open,
 (SELECT count(*) FROM c WHERE received_at < %(end)s AND (closed_at IS NULL OR closed_at >= %(end)s)
    AND due_at < %(end)s) AS case_overdue,
 (SELECT count(*) FROM journal_entry WHERE node_id = %(estate)s AND verb = 'case.escalate'
    AND data ->> 'share' <> '50%%' AND at >= %(start)s AND at < %(end)s) AS case_escalations
"""
BY = """SELECT {column}, count(*) FROM complaints_case
    WHERE estate_id = %(estate)s AND received_at >= %(start)s AND received_at < %(end)s GROUP BY 1"""


@pytest.fixture
def lived(cast):
    """A week of cases: of every kind, on both sides of Friday 17:00, in time and late, reopened, invalid, escalated."""
    standard_policy()
    start = WEEK.start
    for number, kind in enumerate(Kind):
        case = make_case(cast, kind=kind, at=start + number * HOUR, house=make_house(cast.estate_a1, f"1{number:02}1"))
        if kind == Kind.PRAISE:
            continue
        case = answered(reported(accepted(transferred(case, cast), cast), cast), cast)
        if case.state == Case.State.TO_CALLBACK:
            called_back(case, cast, satisfaction=1 + number % 5)
    make_case(cast, at=start - SECOND)  # the week before
    make_case(cast, at=WEEK.end)  # the week after
    late = transferred(make_case(cast, at=start + DAY), cast, at=start + DAY + 20 * MINUTE)
    sweep(at=start + 3 * DAY)
    late = answered(reported(late, cast, at=start + 3 * DAY), cast, at=start + 3 * DAY + MINUTE)
    record_attempt(case=late, by=cast.service_lead, at=start + 3 * DAY + HOUR)
    record_callback(case=late, by=cast.service_lead, at=start + 4 * DAY, solved=False)
    invalid = make_case(cast, at=start + 2 * DAY)
    judge_case(case=invalid, by=cast.service_lead, at=start + 2 * DAY + HOUR, validity="invalid", reason="不属物业职责")
    graded = make_case(cast, at=start + 2 * DAY)
    grade_case(case=graded, by=cast.service_lead, at=start + 2 * DAY + HOUR, reason="minor.easy")
    scanned_case(cast, at=start + 5 * DAY)
    sweep(at=WEEK.end - MINUTE)
    return cast.estate_a1


def counted_by_sql(estate, start, end) -> dict:
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"estate": estate.pk, "start": start, "end": end})
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone(), strict=True))


def parts_by_sql(column: str, estate, start, end) -> dict:
    with connection.cursor() as cursor:
        cursor.execute(BY.format(column=column), {"estate": estate.pk, "start": start, "end": end})
        return dict(cursor.fetchall())


def said(figures: dict) -> dict[tuple[str, str], str]:
    return {key: str(value) for key, (_, value) in flatten(figures).items()}


def expect_totals(values: dict, counted: dict) -> None:
    for key, value in counted.items():
        assert values[key, "[]"] == str(value), key
    assert int(values["case_received", "[]"]) > 8
    assert values["case_escalations", "[]"] != "0"
    assert values["case_overdue", "[]"] != "0"


def test_the_weekly_sheet_says_what_sql_counts(lived):
    figures = count_week(lived, WEEK, AT)
    expect_totals(said(figures), counted_by_sql(lived, WEEK.start, WEEK.end))
    for part in ("kind", "grade", "department"):
        for value, number in parts_by_sql(part, lived, WEEK.start, WEEK.end).items():
            shown = value or "none"
            if part == "grade" and not value:
                continue
            assert said(figures)["case_received", repr([(part, shown)])] == str(number), (part, value)


def test_the_grades_add_up_to_the_complaints(lived):
    """Those that wait for their grade stand in a row of their own."""
    numbers = said(count_week(lived, WEEK, AT))
    of_grade = [
        int(numbers.get(("case_received", repr([("grade", grade)])), 0))
        for grade in ("major", "serious", "minor", "none")
    ]
    assert of_grade[-1] > 0
    assert numbers["case_received", repr([("kind", "complaint")])] == str(sum(of_grade))


def test_the_bulletin_says_what_sql_counts(lived):
    month = Month.parse("2026-03")
    at = moment("2026-03-20T10:00")
    figures = compute(Scope(lived, month, at))
    expect_totals(said(figures), counted_by_sql(lived, month.start, at))


def test_every_number_of_the_sheet_is_made_up_of_its_rows(lived):
    """RPT-3: each cell of each table, asked again from its rows, is the same number."""
    figures = count_week(lived, WEEK, AT)
    cells = flatten(figures)
    assert len(cells) > 60
    for (key, part), (where, value) in cells.items():
        narrowed = Slice.parse({name: str(one) for name, one in eval(part)})
        answer = FIGURES[key].answer(Scope(lived, WEEK, AT).narrowed(narrowed))
        assert str(answer) == str(value), (where, key, part)


@pytest.mark.parametrize(
    ("at", "friday"),
    [
        ("2026-03-06T16:59:59", "2026-02-27"),
        ("2026-03-06T17:00", "2026-03-06"),
        ("2026-03-13T16:59:59", "2026-03-06"),
        # 国庆: a holiday is a Friday like any other.
        ("2026-10-02T17:00", "2026-10-02"),
    ],
)
def test_a_week_is_over_on_friday_at_seventeen(at, friday):
    assert str(Week.before(moment(at))) == friday


def test_every_friday_drafts_each_estate_and_branch_once(lived, cast):
    assert draft_weekly_sheets(at=AT - SECOND, weeks=1).week == WEEK.shift(-1)
    WeeklySheet.objects.all().delete()
    assert draft_weekly_sheets(at=AT).drafted >= 5
    assert draft_weekly_sheets(at=AT + 10 * MINUTE).drafted == 0
    of_week = WeeklySheet.objects.filter(friday=WEEK.friday)
    assert {sheet.node.code for sheet in of_week} == {"A1", "A2", "B1", cast.branch_a.code, cast.branch_b.code}


def test_a_week_that_was_missed_is_made_up(lived):
    draft_weekly_sheets(at=AT + 7 * DAY)
    assert WeeklySheet.objects.filter(friday=WEEK.friday, node=lived).exists()


def test_the_sheet_keeps_its_numbers_when_the_records_change(lived):
    draft_weekly_sheets(at=AT)
    sheet = WeeklySheet.objects.get(friday=WEEK.friday, node=lived)
    before = sheet.figures
    Case.objects.filter(estate=lived).update(due_at=None)
    draft_weekly_sheets(at=AT + HOUR)
    sheet.refresh_from_db()
    assert sheet.figures == before


def test_page_pdf_xlsx_and_rows(lived, cast, client):
    draft_weekly_sheets(at=AT)
    sheet = WeeklySheet.objects.get(friday=WEEK.friday, node=lived)
    client.force_login(cast.estate_manager)
    page = client.get(reverse("reports:weekly_sheet", args=[sheet.pk])).content.decode()
    assert "较上周" in page
    assert client.get(reverse("reports:weekly_pdf", args=[sheet.pk])).content.startswith(b"%PDF")
    assert client.get(reverse("reports:weekly_xlsx", args=[sheet.pk])).content.startswith(b"PK")
    for figure in ("case_received", "case_reply_rate", "case_satisfaction", "case_escalations"):
        rows = client.get(reverse("reports:weekly_rows", args=[sheet.pk, figure]))
        assert rows.status_code == 200, figure
    assert client.get(reverse("reports:weekly_rows", args=[sheet.pk, "nonsense"])).status_code == 404


def test_the_remark_is_written_by_the_manager_and_journalled(lived, cast, client):
    draft_weekly_sheets(at=AT)
    sheet = WeeklySheet.objects.get(friday=WEEK.friday, node=lived)
    url = reverse("reports:edit_weekly", args=[sheet.pk])
    client.force_login(cast.engineering_lead)
    assert client.post(url, {"remark": "x"}).status_code == 403
    client.force_login(cast.foreign_manager)
    assert client.post(url, {"remark": "x"}).status_code == 404
    client.force_login(cast.estate_manager)
    assert client.get(url).status_code == 405
    assert client.post(url, {"remark": "电梯故障较多，下周更换门机"}).status_code == 302
    sheet.refresh_from_db()
    assert sheet.remark == "电梯故障较多，下周更换门机"
    edit_weekly(sheet=sheet, by=cast.estate_manager, at=AT, remark=sheet.remark)
    assert Entry.objects.about(sheet).filter(verb="weekly.edit").count() == 1


def test_the_number_of_statements_does_not_grow_with_the_cases(lived, cast, django_assert_max_num_queries):
    with django_assert_max_num_queries(35):
        count_week(lived, WEEK, AT)
