"""督导全覆盖 (INS-14): what belongs to a period, what counts as supervised, and the page that shows it."""

from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from estates.models import Estate
from inspections.choices import Frequency, Tier
from inspections.coverage import coverage_of, rows_behind
from inspections.models import Inspection
from inspections.periods import period_of, periods_between
from tests.inspections.factories import TODAY, answer_all, day, make_inspection, make_version, submit
from tests.inspections.rounds import make_schedule, planned
from tests.sheets import lines

URL = reverse("inspections:coverage")
NOVEMBER = "?checklist=sample&frequency=month&on=2026-11-05"

pytestmark = pytest.mark.django_db


def coverage(user, period=None):
    return coverage_of(
        inspections=Inspection.objects.visible_to(user),
        estates=Estate.objects.visible_to(user),
        checklist=make_version().checklist,
        period=period or period_of(Frequency.MONTH, TODAY),
        today=TODAY,
    )


def done(inspection, by, at=None):
    answer_all(inspection, by=by, at=at)
    return submit(inspection, by=by, at=at)


def numbers(tally):
    return tally.due, tally.done, tally.missed, tally.adhoc, tally.pending


def test_due_done_and_missed_are_counted_by_estate_tier_and_subject(cast):
    daily = make_schedule(cast.group, code="daily", tier=Tier.ESTATE, frequency=Frequency.DAY)
    done(planned(daily, cast.estate_a1), cast.engineering)
    planned(daily, cast.estate_a1, on=date(2026, 11, 17), state="missed")
    planned(make_schedule(cast.group), cast.estate_a1)
    found = coverage(cast.group_supervisor)
    assert [subject.code for subject in found.subjects] == ["power", "fire"]
    assert numbers(found.tally(cast.estate_a1.pk, Tier.ESTATE, "fire")) == (2, 1, 1, 0, 0)
    assert numbers(found.tally(cast.estate_a1.pk, Tier.BRANCH, "power")) == (1, 0, 0, 0, 1)
    assert numbers(found.total(Tier.ESTATE)) == (2, 1, 1, 0, 0)
    assert found.supervised(Tier.ESTATE) == [cast.estate_a1]
    assert found.unsupervised(Tier.BRANCH) == [cast.estate_a1]
    # Every estate that the schedules are for has its row, also where nothing was made.
    assert {estate.pk for estate in found.estates} == {cast.estate_a1.pk, cast.estate_a2.pk, cast.estate_b1.pk}


def test_an_inspection_belongs_to_the_period_in_which_its_own_period_ends(cast):
    quarterly = make_schedule(cast.group, tier=Tier.GROUP, frequency=Frequency.QUARTER)
    done(planned(quarterly, cast.estate_a1), cast.group_supervisor, at=day())
    november, december = period_of(Frequency.MONTH, TODAY), period_of(Frequency.MONTH, date(2026, 12, 1))
    assert coverage(cast.group_supervisor, november).tally(cast.estate_a1.pk, Tier.GROUP).is_empty
    assert coverage(cast.group_supervisor, december).tally(cast.estate_a1.pk, Tier.GROUP).done == 1
    assert (
        coverage(cast.group_supervisor, period_of(Frequency.QUARTER, TODAY)).tally(cast.estate_a1.pk, Tier.GROUP).done
        == 1
    )


@pytest.mark.parametrize("own", Frequency.values)
@pytest.mark.parametrize("shown", [Frequency.DAY, Frequency.WEEK, Frequency.MONTH, Frequency.QUARTER, Frequency.YEAR])
def test_the_rows_of_a_period_are_those_that_are_due_in_it(cast, own, shown):
    """A week that straddles two months, a half-month, a half-year: each is in the period of its last day."""
    schedule = make_schedule(cast.group, frequency=own)
    for span in periods_between(own, date(2026, 6, 15), date(2026, 12, 31)):
        planned(schedule, cast.estate_a1, on=span.start)
    period = period_of(shown, date(2026, 9, 30))
    rows = rows_behind(Inspection.objects.all(), schedule.checklist, period)
    assert set(rows) == set(Inspection.objects.due_in(period.start, period.last))


def test_an_adhoc_inspection_counts_as_done_by_its_submission_and_is_never_due(cast):
    make_schedule(cast.group)
    open_one = make_inspection(cast.estate_a1, tier=Tier.BRANCH, frequency="")
    assert coverage(cast.group_supervisor).tally(cast.estate_a1.pk, Tier.BRANCH).is_empty
    done(open_one, cast.branch_supervisor)
    tally = coverage(cast.group_supervisor).tally(cast.estate_a1.pk, Tier.BRANCH, "fire")
    assert (numbers(tally), tally.word) == ((0, 1, 0, 1, 0), "✓ 1")


def test_a_free_subset_supervises_the_subjects_it_asked_in_full(cast):
    version = make_version()
    ids = list(version.items.filter(section__code="power").values_list("pk", flat=True))
    ids += version.items.filter(code="redline").values_list("pk", flat=True)
    done(make_inspection(cast.estate_a1, tier=Tier.BRANCH, frequency="", item_ids=ids), cast.branch_supervisor)
    found = coverage(cast.group_supervisor)
    assert found.tally(cast.estate_a1.pk, Tier.BRANCH, "power").done == 1
    assert found.tally(cast.estate_a1.pk, Tier.BRANCH, "fire").done == 0
    assert found.tally(cast.estate_a1.pk, Tier.BRANCH).done == 0


@pytest.mark.parametrize("section", ["", "power", "fire"])
def test_the_rows_behind_a_cell_make_up_its_number(cast, section):
    """RPT-3."""
    daily = make_schedule(cast.group, code="daily", tier=Tier.ESTATE, frequency=Frequency.DAY)
    for number in range(1, 4):
        planned(daily, cast.estate_a1, on=date(2026, 11, number), state="missed")
    version = make_version()
    ids = list(version.items.filter(section__code="power").values_list("pk", flat=True))
    for fields in ({}, {"item_ids": ids}):
        done(make_inspection(cast.estate_a1, frequency="", **fields), cast.engineering)
    period = period_of(Frequency.MONTH, TODAY)
    tally = coverage(cast.group_supervisor).tally(cast.estate_a1.pk, Tier.ESTATE, section)
    rows = rows_behind(
        Inspection.objects.filter(estate=cast.estate_a1, tier="estate"), version.checklist, period, section
    )
    assert rows.count() == tally.due + tally.adhoc


def test_the_page_shows_each_cell_in_words_and_opens_its_inspections(cast):
    schedule = make_schedule(cast.group)
    planned(schedule, cast.estate_a1, state="missed")
    client = cast.client(cast.branch_supervisor)
    page = client.get(URL + NOVEMBER).content.decode()
    assert "漏1 0/1" in page
    assert "云栖玫瑰园" not in page  # ORG-2
    cell = reverse("inspections:coverage_cell")
    url = f"{cell}?checklist=sample&frequency=month&on=2026-11-01&estate=A1&section=fire&tier=branch"
    assert url.replace("&", "&amp;") in page
    rows = client.get(url).context["page"].object_list
    assert [row.estate_id for row in rows] == [cast.estate_a1.pk]


def test_gaps_narrow_the_matrix(cast):
    schedule = make_schedule(cast.group)
    planned(schedule, cast.estate_a1, state="missed")
    planned(schedule, cast.estate_a2)
    page = cast.client(cast.group_supervisor).get(f"{URL}{NOVEMBER}&status=gaps")
    assert [row["estate"].code for row in page.context["rows"]] == ["A1"]


@pytest.mark.parametrize("query", ["?checklist=nothing&frequency=era&on=0001-01-01", "?on=abc", "?on=9999-12-31"])
def test_what_cannot_be_read_falls_back_to_the_present_month(cast, query):
    make_schedule(cast.group)
    with time_machine.travel(day(), tick=False):
        page = cast.client(cast.group_supervisor).get(URL + query)
    assert page.status_code == 200
    assert page.context["period"].label == "2026年11月"


def test_another_estates_cell_is_not_found(cast):
    make_schedule(cast.group)
    client = cast.client(cast.estate_manager)
    assert client.get(f"{reverse('inspections:coverage_cell')}{NOVEMBER}&estate=B1").status_code == 404


def test_the_export_of_a_cell_holds_its_inspections(cast):
    schedule = make_schedule(cast.group)
    planned(schedule, cast.estate_a1, state="missed")
    planned(schedule, cast.estate_a2, number="=1+1")
    planned(schedule, cast.estate_b1)
    client = cast.client(cast.branch_supervisor)
    cell, export = reverse("inspections:coverage_cell"), reverse("inspections:coverage_cell_export")
    assert export in client.get(cell + NOVEMBER).content.decode()
    answer = client.get(export + NOVEMBER)
    found = lines(answer)
    assert {line["项目"] for line in found} == {"桂语江南", "春江花月"}
    assert "=1+1" in {line["编号"] for line in found}
    [line] = lines(client.get(f"{export}{NOVEMBER}&estate=A1&section=fire&tier=branch"))
    assert (line["项目"], line["状态"]) == ("桂语江南", "漏检")
    assert lines(client.get(f"{export}{NOVEMBER}&tier=estate")) == []
    assert client.get(f"{export}{NOVEMBER}&estate=B1").status_code == 404


@pytest.mark.parametrize("name", ["coverage", "coverage_cell", "coverage_export", "coverage_cell_export"])
def test_a_role_without_the_right_is_refused(cast, name):
    assert cast.client(cast.cashier).get(reverse(f"inspections:{name}")).status_code == 403


def test_the_export_has_a_line_for_each_estate_subject_and_tier(cast):
    planned(make_schedule(cast.group), cast.estate_a1, state="missed")
    answer = cast.client(cast.branch_supervisor).get(reverse("inspections:coverage_export") + NOVEMBER)
    found = lines(answer)
    assert len(found) == 2 * 2  # two estates of the branch, two subjects, one tier
    assert list(found[0].values())[1:] == [
        "A1",
        "桂语江南",
        "供电系统安全管理",
        "分子公司",
        "2026年11月",
        1,
        0,
        0,
        1,
        0,
    ]
    assert "filename*=utf-8''" in answer["Content-Disposition"]


def test_queries_do_not_grow_with_the_estates(cast):
    schedule = make_schedule(cast.group)
    client = cast.client(cast.group_supervisor)
    planned(schedule, cast.estate_a1)
    client.get(URL + NOVEMBER)
    with CaptureQueriesContext(connection) as few:
        client.get(URL + NOVEMBER)
    for number in range(30):
        estate = Estate.objects.create(code=f"X{number}", name=f"项目{number}", parent=cast.branch_b)
        planned(schedule, estate, state="missed")
    with CaptureQueriesContext(connection) as many:
        client.get(URL + NOVEMBER)
    assert len(many) == len(few) <= 15
