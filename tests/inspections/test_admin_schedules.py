"""督导计划 in the admin: which checklist, who, how often, for which estates (INS-2…5, INS-7)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from foundation.journal.models import Entry
from inspections.admin.schedules import next_to_make
from inspections.models import Inspection, Schedule
from inspections.services.generation import generate_inspections
from tests.inspections.content import published

NOW = datetime(2026, 11, 20, 15, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


@pytest.fixture
def checklist(cast):
    return published().checklist


def form(on, *nodes, **changes):
    data = {
        "name": "每日十必查",
        "code": "",
        "checklist": on.pk,
        "tier": "estate",
        "frequency": "day",
        "phase": "any",
        "estate_scope": "all",
        "nodes": [node.pk for node in nodes],
        "starts_on": "2026-11-20",
        "is_active": "on",
    }
    return {name: value for name, value in (data | changes).items() if value is not None}


ADD = "admin:inspections_schedule_add"


def made(admin, checklist, *nodes, **changes) -> Schedule:
    answer = admin.post(reverse(ADD), form(checklist, *nodes, **changes))
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return Schedule.objects.latest("pk")


def change(admin, schedule, *nodes, **changes):
    url = reverse("admin:inspections_schedule_change", args=[schedule.pk])
    return admin.post(url, form(schedule.checklist, *nodes, **changes))


def sentences(page) -> dict[str, str]:
    return {name: " ".join(said) for name, said in page.context["adminform"].form.errors.items()}


def test_a_schedule_is_made_with_a_code_and_journalled(cast, admin, checklist):
    schedule = made(admin, checklist, cast.branch_a)
    assert schedule.code == "small-estate-day"
    assert [node.pk for node in schedule.nodes.all()] == [cast.branch_a.pk]
    entry = Entry.objects.about(schedule).get()
    assert (entry.verb, entry.by) == ("schedule.create", cast.administrator)
    assert made(admin, checklist, cast.branch_b).code == "small-estate-day-01"


def test_it_says_how_many_estates_it_covers_and_what_comes_next(cast, admin, checklist):
    schedule = made(admin, checklist, cast.group)
    generate_inspections(at=NOW)
    schedule.refresh_from_db()
    page = admin.get(reverse("admin:inspections_schedule_change", args=[schedule.pk])).content.decode()
    assert "3 个" in page
    assert "2026-11-21（自 2026-11-21）" in page


@pytest.mark.parametrize(("frequency", "start"), [("week", date(2026, 11, 16)), ("month", date(2026, 11, 1))])
def test_the_first_period_is_the_one_it_starts_in(checklist, frequency, start):
    schedule = Schedule(checklist=checklist, frequency=frequency, starts_on=date(2026, 11, 20))
    assert next_to_make(schedule).start == start
    schedule.generated_through = start
    assert next_to_make(schedule).start > start


def test_without_estates_it_is_refused(cast, admin, checklist):
    page = admin.post(reverse(ADD), form(checklist))
    assert "至少要选一个组织" in sentences(page)["nodes"]
    page = admin.post(reverse(ADD), form(checklist, cast.estate_a2, estate_scope="key"))
    assert "没有符合“仅重点项目”的项目" in sentences(page)["nodes"]
    assert not Schedule.objects.exists()


def test_without_estates_it_can_wait_switched_off(admin, checklist):
    schedule = made(admin, checklist, is_active=None)
    assert "每日十必查" in admin.get(reverse("admin:inspections_schedule_changelist")).content.decode()
    page = change(admin, schedule)
    assert "至少要选一个组织" in sentences(page)["nodes"]


def test_it_does_not_start_in_the_past(cast, admin, checklist):
    page = admin.post(reverse(ADD), form(checklist, cast.group, starts_on="2026-11-19"))
    assert "不能早于今天（2026-11-20）" in sentences(page)["starts_on"]


def test_an_old_start_that_is_left_alone_is_no_fault(cast, admin, checklist):
    schedule = made(admin, checklist, cast.group)
    Schedule.objects.update(starts_on=date(2026, 1, 1))
    assert change(admin, schedule, cast.group, starts_on="2026-01-01", name="改名").status_code == 302


def test_what_inspections_carry_is_not_changed_under_them(cast, admin, checklist):
    schedule = made(admin, checklist, cast.group)
    generate_inspections(at=NOW)
    page = change(admin, schedule, cast.group, frequency="week", checklist=published("other").checklist.pk)
    found = sentences(page)
    assert "不能再改频次" in found["frequency"]
    assert "不能再改检查表" in found["checklist"]
    schedule.refresh_from_db()
    assert schedule.frequency == "day"


def test_before_the_first_inspection_all_can_be_changed(cast, admin, checklist):
    schedule = made(admin, checklist, cast.group)
    assert change(admin, schedule, cast.branch_a, frequency="week").status_code == 302
    lines = Entry.objects.about(schedule).get(verb="schedule.change").data["fields"]
    assert lines == ["频次：每日 → 每周", "适用组织：锦城服务集团 → 杭州分公司"]


def test_a_pause_is_not_made_up(cast, admin, checklist):
    schedule = made(admin, checklist, cast.group)
    generate_inspections(at=NOW)
    change(admin, schedule, cast.group, is_active=None)
    with time_machine.travel(NOW + timedelta(days=10), tick=False):
        change(admin, schedule, cast.group)
        generate_inspections(at=NOW + timedelta(days=10))
    days = set(Inspection.objects.values_list("period_start", flat=True))
    assert days == {date(2026, 11, 20), date(2026, 11, 30)}
    assert not Inspection.objects.filter(is_made_up=True).exists()


def test_schedules_are_not_deleted(cast, admin, checklist):
    schedule = made(admin, checklist, cast.group)
    assert admin.post(reverse("admin:inspections_schedule_delete", args=[schedule.pk])).status_code == 403


def test_an_administrator_of_a_branch_reads_the_groups_schedule_and_makes_their_own(cast, admin, checklist):
    schedule = made(admin, checklist, cast.group)
    local = cast.client(cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin"))
    assert change(local, schedule, cast.branch_a).status_code == 403
    page = local.post(reverse(ADD), form(checklist, cast.branch_b))
    assert "nodes" in sentences(page)
    assert made(local, checklist, cast.branch_a).nodes.get().pk == cast.branch_a.pk


def test_the_list_does_not_ask_more_for_more(cast, admin, checklist):
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            admin.get(reverse("admin:inspections_schedule_changelist"))
        return len(asked)

    made(admin, checklist, cast.group)
    few = queries()
    for node in (cast.branch_a, cast.branch_b, cast.estate_a1):
        made(admin, checklist, node)
    assert queries() == few


def test_others_do_not_get_in(cast, checklist):
    for user in (cast.estate_manager, cast.group_supervisor, cast.auditor):
        assert cast.client(user).post(reverse(ADD), form(checklist, cast.group)).status_code in {302, 403}
    assert not Schedule.objects.exists()
