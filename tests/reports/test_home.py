"""今日待办 (RPT-4): what waits for each role, most urgent first; nobody else's."""

from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from foundation.worktime.months import Month
from inspections.choices import Tier
from inspections.models import Inspection
from inspections.services.extensions import ask_extension
from inspections.services.rectifications import submit_rectification
from reports import services
from reports.overview import overview
from reports.todo import todo
from tests.inspections.factories import TODAY, day, make_inspection, make_rectification

pytestmark = pytest.mark.django_db

NOW = day(hour=15)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def lists(user, at=NOW):
    return {one.key: [task.note for task in one.tasks] for one in todo(user, at)}


def keys(user, at=NOW):
    return {one.key: one.total for one in todo(user, at)}


def test_an_open_inspection_waits_for_its_tier_s_team_at_its_own_place(cast):
    make_inspection(cast.estate_a1)
    make_inspection(cast.estate_a1, tier=Tier.BRANCH)
    assert keys(cast.engineering) == {"inspections": 1}
    assert keys(cast.branch_supervisor) == {"inspections": 1}
    for other in (cast.foreign_engineering, cast.group_supervisor, cast.cashier, cast.auditor):
        assert keys(other) == {}


def test_inspections_that_close_first_come_first_and_closed_ones_are_gone(cast):
    late = make_inspection(cast.estate_a1, closes_at=NOW + timedelta(days=2))
    soon = make_inspection(cast.estate_a1, closes_at=NOW)
    make_inspection(cast.estate_a1, closes_at=NOW - timedelta(seconds=1))
    tasks = todo(cast.engineering, NOW)[0].tasks
    assert [task.url for task in tasks] == [reverse("inspections:fill", args=[one.pk]) for one in (soon, late)]
    assert [task.clock.look for task in tasks] == ["soon", "running"]


def test_a_rectification_waits_for_its_person_its_lead_and_the_manager(cast):
    make_rectification(cast.estate_a1, by=cast.engineering)
    for user in (cast.engineering, cast.engineering_lead, cast.estate_manager):
        assert keys(user) == {"rectifications": 1}, user
    for user in (cast.security, cast.security_lead, cast.foreign_engineering, cast.foreign_manager, cast.auditor):
        assert keys(user) == {}, user


def test_one_assigned_to_a_colleague_is_not_mine(cast):
    row = make_rectification(cast.estate_a1, by=cast.engineering)
    colleague = cast.hire(Role.ENGINEERING, cast.estate_a1, "colleague")
    assert keys(colleague) == {}
    row.assignee = None
    row.save()
    assert keys(colleague) == {"rectifications": 1}


def test_the_most_overdue_comes_first(cast):
    newer = make_rectification(cast.estate_a1, by=cast.engineering, at=day(-1), code="reading")
    older = make_rectification(cast.estate_a1, by=cast.engineering, at=day(-9))
    tasks = todo(cast.engineering, NOW)[0].tasks
    assert [task.url[-len(f"{row.pk}/") :] for task, row in zip(tasks, (older, newer), strict=True)] == [
        f"{older.pk}/",
        f"{newer.pk}/",
    ]
    assert tasks[0].clock.words.startswith("已超时 ")
    assert tasks[0].clock.look == "overdue"


def test_a_re_check_waits_for_someone_other_than_who_rectified(cast):
    """INS-10: the estate's own finding for its leads and manager, a branch's for the branch."""
    own = make_rectification(cast.estate_a1, by=cast.engineering)
    submit_rectification(
        rectification=own, by=cast.engineering_lead, at=NOW, measures="已更换", cause="老化", prevention="月检"
    )
    assert keys(cast.estate_manager) == {"rechecks": 1}
    assert keys(cast.engineering_lead) == {}
    of_branch = make_rectification(cast.estate_a1, by=cast.branch_supervisor, tier=Tier.BRANCH)
    submit_rectification(
        rectification=of_branch, by=cast.engineering, at=NOW, measures="已更换", cause="老化", prevention="月检"
    )
    assert keys(cast.branch_supervisor) == {"rechecks": 1}
    assert keys(cast.estate_manager) == {"rechecks": 1}
    assert keys(cast.group_supervisor) == {}


def test_an_extension_waits_for_the_role_of_the_next_step(cast):
    """INS-11."""
    row = make_rectification(cast.estate_a1, by=cast.engineering)
    ask_extension(rectification=row, by=cast.engineering, at=NOW, due_on=TODAY + timedelta(days=9), reason="等配件")
    assert keys(cast.engineering_lead) == {"rectifications": 1, "extensions": 1}
    assert "extensions" not in keys(cast.estate_manager)
    assert lists(cast.engineering_lead)["extensions"] == [f"{cast.engineering.name} 申请延至 2026-11-27"]


def test_drafts_of_months_that_are_over_wait_for_those_who_issue_them(cast):
    services.draft_bulletins(at=NOW)
    services.draft_bulletin(node=cast.estate_a1, month=Month.of(TODAY), by=cast.branch_supervisor, at=NOW)
    assert keys(cast.branch_supervisor) == {"bulletins": 3}
    assert keys(cast.group_supervisor) == {"bulletins": 6}
    assert todo(cast.group_supervisor, NOW)[0].tasks[0].place == cast.group.name
    assert keys(cast.estate_manager) == {}


def test_a_supervisor_sees_the_estates_with_the_worst_first(cast):
    make_rectification(cast.estate_a2, by=cast.hire(Role.SECURITY, cast.estate_a2, "guard"), code="redline", at=day(-3))
    make_rectification(cast.estate_b1, by=cast.foreign_engineering)
    Inspection.objects.filter(pk=make_inspection(cast.estate_a1, on=TODAY - timedelta(days=1)).pk).update(
        state="missed"
    )
    make_inspection(cast.estate_a1)
    rows = overview(cast.branch_supervisor, NOW).rows
    assert [(row.label, row.due, row.done, row.missed, row.overdue, row.redline) for row in rows] == [
        (cast.estate_a2.label, 0, 0, 0, 1, 1),
        (cast.estate_a1.label, 1, 0, 1, 0, 0),
    ]
    assert len(overview(cast.group_supervisor, NOW).rows) == 3
    assert overview(cast.estate_manager, NOW) is None


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_home_page(cast, role):
    response = cast.client(cast.everyone[role]).get(reverse("reports:home"))
    assert response.status_code == 200
    assert "今日待办" in response.content.decode()


def test_someone_without_a_post_is_told_there_is_nothing(cast, django_user_model):
    user = django_user_model.objects.create_user("nobody", "x", name="无岗")
    assert "没有待办" in cast.client(user).get(reverse("reports:home")).content.decode()


def test_statements_do_not_grow_with_what_there_is_to_do(cast):
    def statements(user) -> int:
        client = cast.client(user)
        client.get(reverse("reports:home"))
        with CaptureQueriesContext(connection) as captured:
            client.get(reverse("reports:home"))
        return len(captured)

    def fill():
        for _ in range(4):
            row = make_rectification(cast.estate_a1, by=cast.engineering)
            ask_extension(rectification=row, by=cast.engineering, at=NOW, due_on=TODAY + timedelta(days=9), reason="等")
            waiting = make_rectification(cast.estate_a1, by=cast.branch_supervisor, tier=Tier.BRANCH)
            submit_rectification(
                rectification=waiting, by=cast.engineering, at=NOW, measures="好", cause="老化", prevention="月检"
            )
            make_inspection(cast.estate_a1)

    fill()
    people = (cast.engineering_lead, cast.estate_manager, cast.branch_supervisor, cast.group_supervisor)
    few = [statements(user) for user in people]
    fill()
    services.draft_bulletins(at=NOW)
    assert [statements(user) for user in people] == few
    assert max(few) <= 15
