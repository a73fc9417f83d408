"""交房与入住 of the bulletin: every total is what SQL counts by itself, and has its rows (RPT-1, RPT-3)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from foundation.worktime.months import Month
from handover.models import Bill, Handover, MoveIn
from handover.services.defects import waive_defect
from handover.services.outcomes import not_taken, retry
from handover.services.passes import use_pass
from handover.services.payments import reverse as reverse_payment
from reports.figures import FIGURES, Scope, Slice, compute, flatten, handover
from reports.services import draft_bulletin
from tests.handover.factories import DAY, HOUR, MONDAY, SECOND, handed_over, make_handover, make_house, moment
from tests.handover.houses import fixed, found
from tests.handover.money import billed, paid
from tests.handover.passes import TODAY, make_home, release

pytestmark = pytest.mark.django_db

MARCH = Month(date(2026, 3, 1))
# Defects are due after fifteen days: by the end of April what was found in March is overdue.
APRIL_END = moment("2026-05-01T00:00")
SQL = """
SELECT
 (SELECT count(*) FROM handover_handover WHERE estate_id = %(e)s AND done_at >= %(start)s AND done_at < %(end)s)
   AS handover_done,
 (SELECT count(*) FROM handover_handover WHERE estate_id = %(e)s AND state = 'not_taken') AS handover_not_taken,
 (SELECT count(*) FROM handover_defect WHERE estate_id = %(e)s AND found_at >= %(start)s AND found_at < %(end)s)
   AS defect_found,
 (SELECT count(*) FROM handover_defect WHERE estate_id = %(e)s AND found_at < %(end)s
    AND state NOT IN ('confirmed', 'waived')) AS defect_open,
 (SELECT count(*) FROM handover_defect WHERE estate_id = %(e)s AND state = 'open' AND due_at < %(end)s)
   AS defect_overdue,
 (SELECT sum(total) FROM handover_bill WHERE estate_id = %(e)s AND cancelled_at IS NULL
    AND made_at >= %(start)s AND made_at < %(end)s) AS handover_billed,
 (SELECT sum(amount) FROM handover_payment WHERE estate_id = %(e)s AND at >= %(start)s AND at < %(end)s)
   AS handover_paid,
 (SELECT sum(total) FROM handover_bill WHERE estate_id = %(e)s AND cancelled_at IS NULL)
   - (SELECT sum(amount) FROM handover_payment WHERE estate_id = %(e)s) AS handover_owed,
 (SELECT count(*) FROM handover_movein WHERE estate_id = %(e)s AND done_at >= %(start)s AND done_at < %(end)s)
   AS move_in_done,
 (SELECT count(*) FROM handover_pass WHERE estate_id = %(e)s AND made_at >= %(start)s AND made_at < %(end)s)
   AS pass_made,
 (SELECT count(*) FROM handover_pass WHERE estate_id = %(e)s AND used_at >= %(start)s AND used_at < %(end)s)
   AS pass_used
"""


@pytest.fixture
def lived(cast):
    """March: two houses handed over, two not, defects of every state, bills paid, reversed and cancelled, passes."""
    handed_over(cast, "1501")
    handed_over(cast, "1502", at=MARCH.end - SECOND)
    handed_over(cast, "1503", at=MARCH.end)  # April
    for number, reason in (("1504", "loan"), ("1505", "quality")):
        not_taken(handover=make_handover(cast, number), by=cast.service, at=MONDAY + DAY, reason=reason)
    again = not_taken(handover=make_handover(cast, "1506"), by=cast.service, at=MONDAY, reason="away")
    retry(handover=again, by=cast.service, at=MONDAY + DAY)
    one = Handover.objects.get(house__number="1501")
    found(cast, handover=one)
    fixed(found(cast, handover=one, fault="渗漏"), cast)
    dropped = found(cast, handover=one, fault="开裂")
    waive_defect(defect=dropped, by=cast.engineering, at=MONDAY + DAY, owner="业主", reason="不修")
    bill = billed(cast, "1507")
    wrong = paid(bill, cast, "1000", receipt="0001")
    reverse_payment(payment=wrong, reason="金额录错", by=cast.cashier, at=MONDAY + 3 * HOUR)
    paid(bill, cast, "893.60", receipt="0002", at=MONDAY + 4 * HOUR)
    cancelled = billed(cast, "1508")
    Bill.objects.filter(pk=cancelled.pk).update(cancelled_at=MONDAY + 5 * HOUR, cancel_reason="户型录错")
    use_pass(release=release(cast, make_home(cast, "1501")), by=cast.security, at=MONDAY + HOUR)
    release(cast, make_home(cast, "1502"))
    house = make_house(cast.estate_a1, "1502")
    MoveIn.objects.create(
        number="RZ-1", estate=house.estate, house=house, name="黄桂兰", phone="13812345678", state="done",
        planned_on=TODAY, done_at=MONDAY, registered_at=MONDAY, registered_by=cast.service,
    )  # fmt: skip
    return cast.estate_a1


def counted_by_sql(estate) -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(SQL, {"e": estate.pk, "start": MARCH.start, "end": MARCH.end})
        names = [column.name for column in cursor.description]
        return {name: str(value) for name, value in zip(names, cursor.fetchone(), strict=True)}


def figures_of(node, month=MARCH, at=APRIL_END) -> dict:
    return compute(Scope(node, month, at), chapters=(handover.chapters,))


def said(figures: dict) -> dict[tuple[str, str], str]:
    return {key: str(value) for key, (_, value) in flatten(figures).items()}


def test_the_bulletin_says_what_sql_counts(lived):
    values = said(figures_of(lived))
    counted = counted_by_sql(lived)
    assert {key: values[key, "[]"] for key in counted} == counted
    assert counted["handover_done"] == "2"
    assert (counted["handover_paid"], counted["handover_owed"]) == ("893.60", "1000.00")
    assert (counted["defect_found"], counted["defect_open"], counted["defect_overdue"]) == ("3", "2", "1")


@pytest.mark.parametrize("level", ["estate", "branch", "group"])
def test_every_number_is_made_up_of_its_rows(lived, cast, level):
    """RPT-3: each cell of each table, asked again from its rows, is the same number; of the month before as well."""
    node = {"estate": lived, "branch": cast.branch_a, "group": cast.group}[level]
    cells = flatten(figures_of(node))
    assert len(cells) >= 13
    for (key, part), (where, value) in cells.items():
        narrowed = Slice.parse({name: str(one) for name, one in eval(part)})
        answer = FIGURES[key].answer(Scope(node, MARCH, APRIL_END).narrowed(narrowed))
        assert str(answer) == str(value), (where, key, part)


def test_the_month_before_is_beside_it(lived):
    april = figures_of(lived, MARCH.shift(1))["chapters"][0]["cells"]
    march = {cell["figure"]: cell["value"] for cell in figures_of(lived)["chapters"][0]["cells"]}
    assert {cell["figure"]: cell["before"] for cell in april} == march
    assert {cell["figure"]: cell["value"] for cell in april}["handover_done"] == 1


def test_not_taken_is_as_it_was_when_the_month_ended(lived, cast):
    """A house that is tried again in April was not taken over in March, for the reason of then."""
    before = said(figures_of(lived))
    retry(handover=Handover.objects.get(reason="loan"), by=cast.service, at=MARCH.end)
    assert said(figures_of(lived)) == before
    assert before["handover_not_taken", "[('kind', 'loan')]"] == "1"
    april = said(figures_of(lived, MARCH.shift(1)))
    assert april["handover_not_taken", "[]"] == "1"
    assert ("handover_not_taken", "[('kind', 'loan')]") not in april


def test_money_is_to_the_fen_and_reversals_count(lived):
    paid_now = said(figures_of(lived))["handover_paid", "[]"]
    assert Decimal(paid_now) == Decimal("1000") - Decimal("1000") + Decimal("893.60")


def test_an_estate_without_a_batch_has_no_chapter(lived, cast):
    assert figures_of(cast.estate_b1)["chapters"] == []
    assert figures_of(lived, MARCH.shift(-1), MARCH.start)["chapters"] == []
    assert [chapter["title"] for chapter in figures_of(lived)["chapters"]] == ["交房与入住"]


def test_a_branch_s_estates_stand_side_by_side(lived, cast):
    tables = {table["key"]: table for table in figures_of(cast.branch_a)["chapters"][0]["tables"]}
    assert [row["label"] for row in tables["handover_places"]["rows"]] == [lived.label]
    assert "handover_places" not in {table["key"] for table in figures_of(lived)["chapters"][0]["tables"]}


def test_the_rows_behind_each_number_can_be_opened(lived, cast, client):
    bulletin = draft_bulletin(node=lived, month=MARCH, by=cast.branch_supervisor, at=APRIL_END)
    client.force_login(cast.branch_supervisor)
    assert "交房与入住" in client.get(reverse("reports:bulletin", args=[bulletin.pk])).content.decode()
    shown = {
        "handover_done": "3幢2单元1501", "handover_not_taken": "按揭或产权手续未办完", "defect_overdue": "主卧墙面：空鼓",
        "handover_billed": "1893.60", "handover_paid": "-1000.00", "handover_owed": "1000.00",
        "move_in_done": "RZ-1", "pass_used": "临时携出",
    }  # fmt: skip
    for figure, text in shown.items():
        answer = client.get(reverse("reports:figure_rows", args=[bulletin.pk, figure]))
        assert answer.status_code == 200, figure
        assert text in answer.content.decode(), figure


def test_the_statements_do_not_grow_with_the_houses(lived, cast):
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            figures_of(cast.branch_a)
        return len(captured)

    few = statements()
    for number in ("1601", "1602", "1603"):
        found(cast, handover=handed_over(cast, number))
        not_taken(handover=make_handover(cast, f"17{number[2:]}"), by=cast.service, at=MONDAY, reason="fees")
    assert statements() == few <= 12
