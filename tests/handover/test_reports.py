"""交房日报表, 《房屋交接汇总表》 and 未接房 with reasons: of any batch, at any time (HND-4)."""

from __future__ import annotations

import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from python_calamine import CalamineWorkbook

from accounts.roles import Role
from foundation.worktime.local import start_of_day
from handover import reporting
from handover.models import Bill, Handover, Slot
from handover.services.outcomes import not_taken, retry
from tests.handover.factories import DAY, HOUR, MONDAY, SECOND, arrived, fresh, make_batch, make_house
from tests.handover.houses import fixed, found, rechecked
from tests.handover.money import paid

pytestmark = pytest.mark.django_db

TODAY = date(2026, 3, 2)
NOW = MONDAY + 8 * HOUR
REPORTS = ("daily", "summary", "unaccepted")


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def done(handover: Handover, at) -> Handover:
    Handover.objects.filter(pk=handover.pk).update(state=Handover.State.DONE, done_at=at)
    return fresh(handover)


def bill_of(handover: Handover, total: str, cast, at=MONDAY) -> Bill:
    return Bill.objects.create(
        number=f"Z-{handover.pk}", estate=handover.estate, house=handover.house, handover=handover, payer="owner",
        payer_name="业主", starts_on=TODAY, ends_on=date(2026, 9, 1), total=Decimal(total), made_at=at,
        made_by=cast.service,
    )  # fmt: skip


@pytest.fixture
def batch(cast):
    """1501 taken over on Monday, 1502 not taken on Monday and again on Tuesday, 1503 under way, 1504 not begun."""
    batch = make_batch(cast, ("1501", "1502", "1503", "1504"))
    one, two, three, _ = batch.handovers.order_by("house__code")
    slot = Slot.objects.create(batch=batch, starts_at=MONDAY, ends_at=MONDAY + HOUR, capacity=4)
    Handover.objects.filter(pk=one.pk).update(slot=slot)
    one = done(arrived(fresh(one), cast, at=MONDAY + HOUR), MONDAY + 2 * HOUR)
    two = arrived(two, cast, at=MONDAY + HOUR)
    two = not_taken(handover=two, by=cast.service, at=MONDAY + 3 * HOUR, reason="quality", remark="客厅空鼓")
    arrived(three, cast, at=MONDAY + 4 * HOUR)
    paid(bill_of(one, "1893.60", cast), cast, "893.60", at=MONDAY + HOUR)
    found(cast, handover=one)
    return batch


def of(batch, number: str) -> Handover:
    return batch.handovers.get(house__number=number)


# --- 交房日报表 ---------------------------------------------------------------------------------------------------------


def test_the_day_tells_what_happened_on_it(batch):
    report = reporting.daily(batch, TODAY, NOW)
    day = report.today
    assert (day.booked, day.came, day.done, day.not_taken) == (1, 3, 1, 1)
    assert (report.houses, report.done_so_far, report.done_rate) == (4, 1, "25.0")
    assert (report.defects, report.defects_open) == (1, 1)
    assert (report.billed, report.paid) == (Decimal("1893.60"), Decimal("893.60"))
    assert [(row.handover.house.number, row.happened, row.why) for row in report.rows] == [
        ("1501", ["预约", "到场", "接房"], ""),
        ("1502", ["到场", "未接房"], "对房屋质量有异议：客厅空鼓"),
        ("1503", ["到场"], ""),
    ]


def test_the_next_day_keeps_the_sum_and_has_nothing_of_its_own(batch):
    tomorrow = TODAY + timedelta(days=1)
    report = reporting.daily(batch, tomorrow, NOW + DAY)
    assert (report.today.came, report.today.done, report.done_so_far) == (0, 0, 1)
    assert [(day.on, day.done) for day in report.days] == [(TODAY, 1), (tomorrow, 0)]
    assert report.rows == []


def test_what_happened_stays_when_the_house_is_tried_again(cast, batch):
    """The house forgets its reason and its arrival; the report of that day does not."""
    retry(handover=of(batch, "1502"), by=cast.service, at=NOW)
    report = reporting.daily(batch, TODAY, NOW + DAY)
    assert (report.today.came, report.today.not_taken) == (3, 1)


def test_a_day_ends_at_midnight_to_the_second(cast, batch):
    midnight = start_of_day(TODAY + timedelta(days=1))
    three = of(batch, "1503")
    done(three, midnight - SECOND)
    assert reporting.daily(batch, TODAY, NOW + DAY).today.done == 2
    Handover.objects.filter(pk=three.pk).update(done_at=midnight)
    assert reporting.daily(batch, TODAY, NOW + DAY).today.done == 1
    assert reporting.daily(batch, TODAY + timedelta(days=1), NOW + DAY).today.done == 1


def test_a_day_before_the_batch_is_empty_and_no_error(batch):
    report = reporting.daily(batch, date(2020, 2, 29), NOW)
    assert (report.today.on, report.done_so_far, report.rows) == (date(2020, 2, 29), 0, [])


def test_a_long_batch_shows_the_last_month_of_days(cast):
    batch = make_batch(cast, ("1501",), starts_on=date(2025, 1, 1))
    days = reporting.daily(batch, TODAY, NOW).days
    assert (len(days), days[-1].on) == (reporting.DAYS, TODAY)


# --- 《房屋交接汇总表》 -----------------------------------------------------------------------------------------------------


def test_the_summary_counts_each_house_once(batch):
    report = reporting.summary(batch, NOW)
    total = report.total
    assert (total.houses, total.done, total.under_way, total.not_taken, total.not_begun) == (4, 1, 1, 1, 1)
    assert total.rate == "25.0"
    assert report.reasons == [("对房屋质量有异议", 1)]
    assert (report.billed, report.paid, report.owed) == (Decimal("1893.60"), Decimal("893.60"), Decimal("1000.00"))


def test_buildings_add_up_and_stand_in_the_order_of_their_numbers(cast):
    houses = [make_house(cast.estate_a1, number, building=name) for name, number in (("10幢", "101"), ("2幢", "301"))]
    report = reporting.summary(make_batch(cast, houses=houses), NOW)
    assert [part.label for part in report.parts] == ["2幢", "10幢"]
    assert sum(part.houses for part in report.parts) == report.total.houses == 2


def test_defects_are_open_until_confirmed_and_overdue_after_their_due_moment(cast, batch):
    defect = found(cast, handover=of(batch, "1503"), at=MONDAY)
    at_due = reporting.summary(batch, defect.due_at)
    assert (at_due.defects, at_due.open_defects, at_due.overdue_defects) == (2, 2, 0)
    assert reporting.summary(batch, defect.due_at + SECOND).overdue_defects == 2
    fixed(defect, cast)
    assert reporting.summary(batch, defect.due_at + SECOND).overdue_defects == 1


def test_a_house_has_its_bill_its_payments_and_its_defects_in_one_line(cast, batch):
    lines = {line.handover.house.number: line for line in reporting.lines(reporting.in_order(batch))}
    assert list(lines) == ["1501", "1502", "1503", "1504"]
    assert (lines["1501"].paid, lines["1501"].owed) == (Decimal("893.60"), Decimal("1000.00"))
    assert (lines["1501"].defects, lines["1501"].open_defects) == (1, 1)
    assert (lines["1504"].bill, lines["1504"].owed) == (None, None)


def test_the_lines_add_up_to_the_sums(cast, batch):
    paid(bill_of(of(batch, "1503"), "100.05", cast), cast, "100.05")
    lines, report = reporting.lines(reporting.in_order(batch)), reporting.summary(batch, NOW)
    assert sum(line.bill.total for line in lines if line.bill) == report.billed == Decimal("1993.65")
    assert sum(line.paid for line in lines) == report.paid == Decimal("993.65")
    assert sum(line.open_defects for line in lines) == report.open_defects


# --- 未接房 -------------------------------------------------------------------------------------------------------------


def test_the_houses_that_were_not_taken_over_have_reason_moment_and_person(cast, batch):
    (row,) = reporting.unaccepted(reporting.not_taken(batch))
    assert (row.handover.house.number, row.handover.reason, row.handover.remark) == ("1502", "quality", "客厅空鼓")
    assert (row.since, row.by) == (MONDAY + 3 * HOUR, cast.service.name)
    assert list(reporting.not_taken(batch, "fees")) == []
    assert reporting.not_taken(batch, "nonsense").count() == 1


# --- pages, PDF, xlsx ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("report", REPORTS)
def test_each_is_a_page_a_pdf_and_an_xlsx(cast, client, batch, report):
    client.force_login(cast.estate_manager)
    assert client.get(reverse(f"handover:{report}", args=[batch.pk])).status_code == 200
    printed = client.get(reverse(f"handover:{report}_pdf", args=[batch.pk]))
    assert printed.content.startswith(b"%PDF")
    sheet = client.get(reverse(f"handover:{report}_xlsx", args=[batch.pk]))
    assert sheet.content.startswith(b"PK")


@pytest.mark.parametrize("url", ["reports", *REPORTS])
def test_a_batch_without_houses_has_reports_too(cast, client, url):
    batch = make_batch(cast, ())
    client.force_login(cast.estate_manager)
    args = [] if url == "reports" else [batch.pk]
    assert client.get(reverse(f"handover:{url}", args=args)).status_code == 200


def test_the_page_shows_the_numbers_and_never_the_whole_phone(cast, client, batch):
    client.force_login(cast.auditor)
    page = client.get(reverse("handover:daily", args=[batch.pk]), {"day": "2026-03-02"}).content.decode()
    assert "对房屋质量有异议：客厅空鼓" in page
    assert "138****1502" in page
    assert "13800001502" not in page


def test_a_day_that_is_none_is_answered_with_today(cast, client, batch):
    client.force_login(cast.estate_manager)
    page = client.get(reverse("handover:daily", args=[batch.pk]), {"day": "2026-02-30"}).content.decode()
    assert "交房日报表 2026-03-02" in page


def test_the_workbook_has_every_house_and_the_reasons(cast, client, batch):
    client.force_login(cast.estate_manager)
    content = client.get(reverse("handover:summary_xlsx", args=[batch.pk])).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    assert book.sheet_names == ["按楼栋汇总", "未接房原因", "房屋明细", "未接房"]

    def rows(name: str) -> list:
        return book.get_sheet_by_name(name).to_python()[1:]

    assert [row[0] for row in rows("房屋明细")] == [f"3幢2单元{number}" for number in (1501, 1502, 1503, 1504)]
    assert rows("未接房原因") == [["对房屋质量有异议", 1]]
    assert rows("未接房")[0][:4] == ["3幢2单元1502", "购房人1502", "138****1502", "对房屋质量有异议"]


def test_the_list_leads_to_the_reports_of_every_batch_one_sees(cast, client, batch):
    make_batch(cast, ("1801",), estate=cast.estate_b1, name="外项目批次")
    client.force_login(cast.estate_manager)
    page = client.get(reverse("handover:reports")).content.decode()
    assert reverse("handover:summary", args=[batch.pk]) in page
    assert "25.0" in page
    assert "外项目批次" not in page


@pytest.mark.parametrize("report", REPORTS)
@pytest.mark.parametrize("form", ["", "_pdf", "_xlsx"])
def test_another_estate_gets_404_a_role_without_the_right_403(cast, batch, report, form):
    url = reverse(f"handover:{report}{form}", args=[batch.pk])
    assert cast.client(cast.foreign_manager).get(url).status_code == 404
    assert cast.client(cast.everyone[Role.ENVIRONMENT]).get(url).status_code == 403
    assert cast.client(cast.estate_manager).post(url).status_code == 405


@pytest.mark.parametrize("report", REPORTS)
def test_the_statements_do_not_grow_with_the_houses(cast, batch, report):
    client = cast.client(cast.estate_manager)
    url = reverse(f"handover:{report}", args=[batch.pk])

    def statements() -> int:
        client.get(url)
        with CaptureQueriesContext(connection) as captured:
            client.get(url)
        return len(captured)

    few = statements()
    for number in ("1503", "1504"):
        handover = of(batch, number)
        rechecked(found(cast, handover=handover), cast)
        not_taken(handover=handover, by=cast.service, at=NOW, reason="fees")
    assert statements() == few <= 16
