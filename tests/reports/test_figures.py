"""RPT-3: every number of a bulletin is made up by its rows; the months are those of Asia/Shanghai, to the second."""

import random
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from estates.models import Estate
from foundation.worktime.local import start_of_day
from inspections.choices import Tier
from inspections.models import Inspection, Rectification
from reports.figures import FIGURES, Scope, Slice, compute, flatten, handover
from reports.figures.values import average, rate
from tests.reports import factories
from tests.reports.factories import MONTH, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def plans():
    return factories.make_plans()


def every_number(figures):
    """(figure, slice, value) of every cell, with the months it is compared with."""
    for chapter in figures["chapters"]:
        for cell in [*chapter["headline"], *chapter["cells"]]:
            yield cell["figure"], cell["slice"], cell["value"]
            for months, name in ((-1, "before"), (-12, "year_ago")):
                if cell[name] is not None:
                    yield cell["figure"], {**cell["slice"], "month": str(MONTH.shift(months))}, cell[name]
        for table in chapter["tables"]:
            for row in table["rows"]:
                for column, value in zip(table["columns"], row["values"], strict=True):
                    yield column["figure"], {**row["slice"], **column["slice"]}, value


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("place", ["group", "branch_a", "estate_a1"])
def test_every_number_is_made_up_by_its_rows(cast, plans, seed, place):
    rng = random.Random(seed)
    estates = [cast.estate_a1, cast.estate_a2, cast.estate_b1]
    for months in (-12, -1, 0, 1):
        factories.fill(rng, estates, MONTH.shift(months), plans, by=cast.engineering, closer=cast.engineering_lead)
    scope = Scope(getattr(cast, place), MONTH, NOW)
    figures = compute(scope)
    checked = 0
    for key, part, value in every_number(figures):
        answer = FIGURES[key].answer(scope.narrowed(Slice.parse(part)))
        assert answer == value, (key, part)
        checked += 1
    assert checked > 150
    asked = {key for key, _, _ in every_number(figures)}
    if place != "estate_a1":
        # Without a batch there is no chapter of handover; its own test has one.
        asked |= {figure.key for figure in handover.FIGURES}
        assert asked == set(FIGURES), "every figure of the vocabulary stands in the bulletin"


def test_a_count_is_the_number_of_its_rows(cast, plans):
    factories.fill(random.Random(5), [cast.estate_a1], MONTH, plans, by=cast.engineering, closer=cast.engineering_lead)
    scope = Scope(cast.estate_a1, MONTH, NOW)
    values = {key: value for (key, part), (_, value) in flatten(compute(scope)).items() if part == "[]"}
    for key in ("due", "done", "missed", "pending", "opened", "closed", "overdue", "redline", "repeats", "escalations"):
        assert len(FIGURES[key].rows(scope)) == values[key], key


def test_the_number_of_statements_does_not_grow_with_the_estates(cast, plans):
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            compute(Scope(cast.group, MONTH, NOW))
        return len(captured)

    rng = random.Random(1)
    people = {"by": cast.engineering, "closer": cast.engineering_lead}
    factories.fill(rng, [cast.estate_a1], MONTH, plans, **people)
    few = statements()
    factories.fill(rng, [cast.estate_a2, cast.estate_b1], MONTH, plans, **people)
    assert statements() == few <= 24


@pytest.mark.parametrize(
    ("seconds", "counted"),
    [(-1, False), (0, True)],
    ids=["one second before the month", "its first moment"],
)
def test_what_is_opened_belongs_to_the_month_in_shanghai(cast, plans, seconds, counted):
    opened_at = MONTH.start + timedelta(seconds=seconds)
    assert opened_at.utcoffset() == timedelta(hours=8)
    rectification(cast, plans, opened_at=opened_at)
    assert FIGURES["opened"].answer(Scope(cast.estate_a1, MONTH, NOW)) == int(counted)


@pytest.mark.parametrize(
    ("seconds", "counted"),
    [(-1, True), (0, False)],
    ids=["its last second", "the first moment of the next"],
)
def test_the_month_ends_at_24_00_of_its_last_day(cast, plans, seconds, counted):
    rectification(cast, plans, opened_at=MONTH.end + timedelta(seconds=seconds))
    assert FIGURES["opened"].answer(Scope(cast.estate_a1, MONTH, NOW)) == int(counted)


def test_a_due_moment_of_24_00_belongs_to_its_day(cast, plans):
    """INS-11: due at 24:00 of 31 October is October's; 24:00 of 30 September is not."""
    for due_at in (MONTH.start, MONTH.end):
        rectification(cast, plans, opened_at=MONTH.start - timedelta(days=9), due_at=due_at)
    assert FIGURES["rect_due"].answer(Scope(cast.estate_a1, MONTH, NOW)) == 1


@pytest.mark.parametrize(("seconds", "rate"), [(0, "100.0"), (1, "0.0")])
def test_handed_in_at_the_due_moment_is_in_time(cast, plans, seconds, rate):
    """GEN-1."""
    due_at = MONTH.start + timedelta(days=5)
    rectification(cast, plans, opened_at=MONTH.start, due_at=due_at, rectified_at=due_at + timedelta(seconds=seconds))
    assert FIGURES["in_time_rate_rect"].answer(Scope(cast.estate_a1, MONTH, NOW)) == rate


def test_overdue_is_judged_at_the_end_of_the_month(cast, plans):
    """What was closed after the month had ended still was overdue in it; what was handed in in time was not."""
    due_at = MONTH.end - timedelta(days=2)
    opened = {"opened_at": MONTH.start, "due_at": due_at}
    late = rectification(cast, plans, **opened, rectified_at=MONTH.end, closed_at=MONTH.end + timedelta(days=1))
    rectification(cast, plans, **opened, rectified_at=due_at)
    rectification(cast, plans, opened_at=MONTH.start, due_at=MONTH.end)
    rows = FIGURES["overdue"].rows(Scope(cast.estate_a1, MONTH, NOW))
    assert [row.pk for row in rows] == [late.pk]


def test_an_inspection_counts_in_the_month_in_which_its_period_ends(cast, plans):
    """A quarter's inspection is due in the quarter's last month, a day's on its day."""
    ten = plans[0]
    Inspection.objects.bulk_create(
        [
            factories.make_inspection(
                ten, cast.estate_a1, Tier.GROUP, MONTH.first, by=cast.group_supervisor, frequency="quarter"
            ),
            factories.make_inspection(ten, cast.estate_a1, Tier.ESTATE, MONTH.last, by=cast.engineering),
            factories.make_inspection(ten, cast.estate_a2, Tier.ESTATE, MONTH.shift(1).first, by=cast.engineering),
        ]
    )
    assert FIGURES["due"].answer(Scope(cast.group, MONTH, NOW)) == 1
    assert FIGURES["due"].answer(Scope(cast.group, MONTH.shift(2), NOW + timedelta(days=90))) == 1


def test_a_running_month_counts_what_is_over(cast, plans):
    ten = plans[0]
    Inspection.objects.bulk_create(
        factories.make_inspection(ten, cast.estate_a1, Tier.ESTATE, MONTH.first + timedelta(days=day), state="open")
        for day in range(20)
    )
    at = MONTH.start + timedelta(days=10, hours=12)
    assert FIGURES["due"].answer(Scope(cast.estate_a1, MONTH, at)) == 10


@pytest.mark.parametrize(
    ("fields", "counted"),
    [
        ({"exit_on": MONTH.first}, True),
        ({"exit_on": MONTH.first - timedelta(days=1)}, False),
        ({"delivery_on": MONTH.last}, True),
        ({"delivery_on": MONTH.next_first}, False),
        ({"delivery_on": None, "early_start_on": MONTH.first}, False),
        ({"delivery_on": None}, True),
        ({"is_active": False}, False),
    ],
    ids=["exits on the 1st", "exited before", "delivered on the last", "delivered after", "early", "old", "off"],
)
def test_in_charge_is_an_estate_that_is_delivered_and_has_not_exited(cast, fields, counted):
    """On the month's first or last day, the day of exit included (INS-4)."""
    Estate.objects.filter(pk=cast.estate_a1.pk).update(**fields)
    scope = Scope(cast.branch_a, MONTH, NOW)
    assert FIGURES["estates"].answer(scope) == 1 + counted
    chapter = next(one for one in compute(scope)["chapters"] if one["key"] == "coverage")
    assert chapter["cells"][0]["value"] == 1 + counted


def test_an_estate_is_uncovered_where_something_was_due_and_nothing_done(cast, plans):
    """INS-14, as the coverage page counts: a quarter's check done in October is December's, when it was due."""
    quarter = factories.make_inspection(
        plans[0], cast.estate_a1, Tier.GROUP, MONTH.first, by=cast.group_supervisor, frequency="quarter"
    )
    missed = factories.make_inspection(plans[0], cast.estate_a2, Tier.BRANCH, MONTH.first, state="missed")
    Inspection.objects.bulk_create([quarter, missed])

    def covered(month, at, tier):
        scope = Scope(cast.branch_a, month, at).narrowed(Slice(tier=tier))
        return [FIGURES[key].answer(scope) for key in ("covered", "uncovered")]

    assert covered(MONTH, NOW, "group") == [0, 0]
    assert covered(MONTH.shift(2), start_of_day(date(2027, 1, 2)), "group") == [1, 0]
    assert covered(MONTH, NOW, "branch") == [0, 1]


def test_of_a_running_month_the_newest_day_counts(cast):
    """INS-14: what is delivered on the 25th is not yet in charge on the 10th."""
    Estate.objects.filter(pk=cast.estate_a1.pk).update(delivery_on=date(2026, 10, 25))
    for day, estates in ((10, 1), (25, 2)):
        scope = Scope(cast.branch_a, MONTH, MONTH.start + timedelta(days=day - 1, hours=12))
        assert FIGURES["estates"].answer(scope) == estates


def test_an_estate_s_own_figures_know_nothing_of_a_mystery_visit_to_come(cast):
    """INS-3: counted for the branch, and for the estate once it is over."""
    visit = mystery_visit(cast)
    for place, due in ((cast.estate_a1, 0), (cast.branch_a, 1)):
        scope = Scope(place, MONTH, NOW)
        counted = {key: value for (key, part), (_, value) in flatten(compute(scope)).items() if part == "[]"}
        for key in ("due", "pending"):
            assert FIGURES[key].answer(scope) == counted[key] == due, (place, key)
    Inspection.objects.filter(pk=visit.pk).update(state="missed")
    assert FIGURES["due"].answer(Scope(cast.estate_a1, MONTH, NOW)) == 1


def test_estates_with_too_few_inspections_are_listed_not_ranked(cast, plans):
    """RPT-1: three inspections of the upper tiers are needed; equal scores share a rank."""
    ten = plans[0]
    rows = []
    for estate, count in ((cast.estate_a1, 3), (cast.estate_a2, 3), (cast.estate_b1, 2)):
        for number in range(count):
            one = factories.make_inspection(ten, estate, Tier.BRANCH, MONTH.first, by=cast.branch_supervisor)
            one.schedule = factories.make_plan(
                f"p{estate.code}{number}".lower(), "表", "safety", factories.TEN
            ).schedules["branch"]
            rows.append(one)
    Inspection.objects.bulk_create(rows)
    chapters = {chapter["key"]: chapter for chapter in compute(Scope(cast.group, MONTH, NOW))["chapters"]}
    table = next(table for table in chapters["ranking"]["tables"] if table["key"] == "ranking")
    assert [(row["label"], row["lead"]) for row in table["rows"]] == [
        (cast.estate_a1.label, "1"),
        (cast.estate_a2.label, "1"),
        (cast.estate_b1.label, "—"),
    ]
    assert table["rows"][2]["note"] == "上级督导 2 次，少于 3 次"


def test_rates_and_means_round_half_up_and_know_nothing():
    assert rate(1, 8) == "12.5"
    assert rate(1, 16) == "6.3"  # 6.25
    assert rate(0, 0) is None
    assert average(None, 0) is None


def mystery_visit(cast) -> Inspection:
    """Made up after its end, so that it is still to come."""
    plan = factories.make_plan("mystery", "神秘顾客", "mystery", factories.TOUCH)
    visit = factories.make_inspection(plan, cast.estate_a1, Tier.BRANCH, MONTH.first, state="open", is_made_up=True)
    visit.save()
    return visit


def rectification(cast, plans, *, opened_at, due_at=None, **fields) -> Rectification:
    ten = plans[0]
    inspection = factories.make_inspection(
        ten, cast.estate_a1, Tier.BRANCH, MONTH.first, by=cast.branch_supervisor, is_adhoc=True
    )
    inspection.save()
    row = factories.make_rectification(
        inspection,
        ten.items[1],
        opened_at=opened_at,
        due_at=due_at or opened_at + timedelta(days=3),
        by=cast.engineering,
        closer=cast.engineering_lead,
        **fields,
    )
    row.save()
    return row
