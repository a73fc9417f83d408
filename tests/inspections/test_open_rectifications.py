"""INS-10: what submitting an inspection opens, for whom, until when, and who is told."""

from datetime import timedelta

import pytest

from accounts.roles import Role
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.timers.models import Clock
from inspections.choices import Tier
from inspections.models import Rectification
from inspections.services.opening import due_moment
from tests.inspections.factories import answer_all, day, make_inspection, make_ladder, make_rectification, submit

SECOND = timedelta(seconds=1)


def told(user, start=""):
    titles = Notice.objects.filter(user=user).values_list("title", flat=True)
    return [title for title in titles if title.startswith(start)]


@pytest.mark.parametrize(
    ("submitted_at", "days", "due_at"),
    [
        (day(hour=9), 0, day(1, 0)),
        (day(hour=9), 3, day(4, 0)),
        (day(1, 0) - SECOND, 0, day(1, 0)),
        (day(1, 0), 0, day(2, 0)),
    ],
)
def test_ins_11_it_is_due_at_24_of_the_nth_day(submitted_at, days, due_at):
    assert due_moment(submitted_at, days) == due_at


def test_one_rectification_per_failed_item_with_its_clock_and_journal(cast):
    make_ladder()
    inspection = make_inspection(cast.estate_a1)
    answer_all(inspection, by=cast.engineering, fail={"plain": "灯不亮", "redline": "堆放杂物"})
    submit(inspection, by=cast.engineering, at=day())
    plain, redline = Rectification.objects.order_by("item__code")
    assert (plain.role, plain.assignee, plain.problem) == (Role.ENGINEERING, cast.engineering, "灯不亮")
    assert (plain.due_at, redline.due_at) == (day(4, 0), day(1, 0))
    assert plain.number == "ZG-A1-202611-0001"
    clock = Clock.objects.about(plain).get()
    assert (clock.state, clock.due_at, clock.plan) == (
        "running",
        day(4, 0),
        [day(4, 0), day(5, 0), day(7, 0), day(11, 0)],
    )
    assert Entry.objects.about(plain).get().verb == "rectification.open"


def test_a_reading_out_of_range_speaks_for_itself(cast):
    assert make_rectification(cast.estate_a1, by=cast.engineering, code="reading", note="漏水").problem == (
        "读数 0.05 MPa（要求 0.1–0.2 MPa）；漏水"
    )


def test_where_several_hold_the_role_the_lead_hears_and_assigns(cast):
    cast.hire(Role.ENGINEERING, cast.estate_a1, "second")
    rectification = make_rectification(cast.estate_a1, by=cast.security)
    assert rectification.assignee is None
    assert told(cast.engineering, "新整改单") == told(cast.engineering_lead, "新整改单") == ["新整改单：配电房照明"]


def test_where_one_holds_it_only_that_one_hears(cast):
    make_rectification(cast.estate_a1, by=cast.security)
    assert told(cast.engineering)
    assert not told(cast.engineering_lead)


def test_where_nobody_holds_it_the_manager_hears(cast):
    manager = cast.hire(Role.ESTATE_MANAGER, cast.estate_a2, "manager2")
    make_rectification(cast.estate_a2, by=manager)
    assert told(manager) == ["新整改单：配电房照明"]


def test_a_red_line_failure_reaches_the_manager_and_the_branch_at_once(cast):
    make_rectification(cast.estate_a1, by=cast.engineering, code="redline")
    for user in (cast.estate_manager, cast.branch_supervisor):
        assert told(user, "红线") == ["红线不合格 1 项：桂语江南"]
        assert Notice.objects.get(user=user, title__startswith="红线").level == "urgent"
    for user in (cast.foreign_manager, cast.group_supervisor, cast.engineering):
        assert not told(user, "红线")


def test_what_is_no_red_line_is_not_told_to_the_branch(cast):
    make_rectification(cast.estate_a1, by=cast.engineering)
    assert not told(cast.branch_supervisor)
    assert not told(cast.estate_manager)


def test_nothing_failed_opens_nothing(cast):
    inspection = make_inspection(cast.estate_a1, tier=Tier.BRANCH)
    answer_all(inspection, by=cast.branch_supervisor)
    submit(inspection, by=cast.branch_supervisor)
    assert not Rectification.objects.exists()
    assert not Clock.objects.exists()
