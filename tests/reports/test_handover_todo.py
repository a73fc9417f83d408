"""今日待办 of the handover chapter (RPT-4, HND-1…7): each list waits for those whose work it is, at their own estate."""

from __future__ import annotations

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.roles import Role
from handover.choices import StepKind
from handover.models import MoveIn, Pass
from handover.services.keys import keep_key, lend_key
from handover.services.steps import take_step
from reports.todo import todo
from tests.handover.factories import (
    DAY,
    HOUR,
    MONDAY,
    SECOND,
    arrived,
    at_step,
    fresh,
    handed_over,
    make_handover,
    make_house,
)
from tests.handover.houses import fixed, found, make_key, rechecked
from tests.handover.passes import TODAY, make_home, owes, release

pytestmark = pytest.mark.django_db

NOW = MONDAY + 3 * HOUR


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(NOW, tick=False):
        yield


def lists(user, at=NOW):
    return {one.key: [task.note for task in one.tasks] for one in todo(user, at)}


def waiting_pass(cast, number="1501", **options):
    """Of an owner who moves out and owes 120.50 yuan."""
    house = make_home(cast, number)
    owes(house, "120.50", cast)
    made = release(cast, house, reason="move_out", **options)
    assert made.state == Pass.State.WAITING
    return made


def moved_in(cast, number="1502", **options):
    house = make_house(cast.estate_a1, number)
    given = {
        "number": f"RZ-{number}", "estate": house.estate, "house": house, "name": "黄桂兰", "phone": "13812345678",
        "state": "done", "planned_on": TODAY, "done_at": MONDAY, "registered_at": MONDAY, "registered_by": cast.service,
        **options,
    }  # fmt: skip
    return MoveIn.objects.create(**given)


def test_a_pass_with_arrears_waits_for_the_manager_until_its_day_is_over(cast):
    row = waiting_pass(cast)
    assert lists(cast.estate_manager)["passes"] == [f"{row.number} · 搬家迁出 · 欠费 120.50 元 · 有效 2026-03-02"]
    assert "passes" not in lists(cast.estate_manager, NOW + DAY)
    for other in (cast.foreign_manager, cast.service_lead, cast.cashier, cast.auditor):
        assert "passes" not in lists(other), other


def test_an_owner_in_the_hall_waits_for_the_desk(cast):
    arrived(make_handover(cast), cast, at=NOW - HOUR)
    for user in (cast.service, cast.service_lead, cast.everyone[Role.ARCHIVIST]):
        assert lists(user)["hall"] == ["核对身份 · 到场 1 小时"], user
    for other in (cast.cashier, cast.engineering, cast.estate_manager, cast.auditor, cast.foreign_manager):
        assert "hall" not in lists(other), other


def test_those_who_are_being_served_by_another_do_not_wait(cast):
    handover = take_step(handover=arrived(make_handover(cast), cast), kind=StepKind.IDENTITY, by=cast.service, at=NOW)
    assert "hall" not in lists(cast.service_lead)
    assert "hall" in lists(cast.service)
    assert handover.pk


def test_the_cashier_s_are_those_whose_fees_are_computed(cast):
    at_step(cast, StepKind.FEES, number="1501")
    assert "hall" not in lists(cast.cashier)
    at_step(cast, StepKind.PAYMENT, number="1502")
    assert lists(cast.cashier)["hall"] == ["缴费 · 到场 2 小时"]


def test_houses_that_are_handed_over_wait_for_nobody(cast):
    handed_over(cast)
    assert "hall" not in lists(cast.service)


def test_a_defect_goes_from_the_engineers_to_another_engineer_to_the_desk(cast):
    defect = found(cast)
    number = defect.number
    assert lists(cast.engineering)["defects"] == [f"{number} · {defect.house.code} · 待整改"]
    assert "defects" not in lists(cast.service)
    fixed(defect, cast, at=NOW)
    assert "defects" not in lists(cast.engineering)  # who mended it does not re-check it
    assert lists(cast.engineering_lead)["defects"] == [f"{number} · {defect.house.code} · 待复验"]
    for other in (cast.foreign_engineering, cast.security, cast.cashier):
        assert "defects" not in lists(other)


def test_a_re_checked_defect_waits_for_the_desk(cast):
    defect = rechecked(found(cast), cast)
    assert lists(cast.service)["defects"] == [f"{defect.number} · {defect.house.code} · 待业主确认"]
    assert "defects" not in lists(cast.engineering_lead)


def test_overdue_defects_come_first(cast):
    handover = make_handover(cast)
    late, later = found(cast, handover=handover), found(cast, handover=handover, fault="渗漏", at=MONDAY + DAY)
    fixed(found(cast, handover=handover, fault="开裂"), cast)
    (mine,) = [one for one in todo(cast.engineering_lead, late.due_at + SECOND) if one.key == "defects"]
    assert [task.clock and task.clock.look for task in mine.tasks] == ["overdue", "soon", None]
    assert mine.tasks[0].note.startswith(late.number)
    assert mine.tasks[1].note.startswith(later.number)


def test_a_key_that_is_not_back_in_time_waits_for_the_service_lead(cast):
    key = make_key(cast)
    due = MONDAY + 2 * HOUR
    keep_key(key=key, holder="黄桂兰", by=cast.service, at=MONDAY, reason="维修")
    lend_key(key=key, holder="周工", reason="维修", due_at=due, by=cast.service, at=MONDAY)
    assert "keys" not in lists(cast.service_lead, due)
    assert lists(cast.service_lead, due + SECOND)["keys"] == ["入户门 1502-1 · 借用人 周工"]
    assert "keys" not in lists(cast.estate_manager, due + DAY - SECOND)
    assert "keys" in lists(cast.estate_manager, due + DAY)
    assert "keys" not in lists(cast.foreign_manager, due + DAY)


def test_a_move_in_waits_for_the_cashier_until_it_is_marked(cast):
    row = moved_in(cast)
    assert lists(cast.cashier)["move_ins"] == [f"{row.number} · 业主 黄桂兰"]
    assert "move_ins" not in lists(cast.service)
    MoveIn.objects.filter(pk=row.pk).update(fees_watched_at=NOW, fees_watched_by=cast.cashier)
    assert lists(cast.cashier) == {}


@pytest.mark.parametrize("role", list(Role))
def test_the_home_page_stays_within_fifteen_statements(cast, role):
    """Whatever there is to do; for every role."""
    handover = arrived(make_handover(cast), cast, at=NOW - HOUR)
    at_step(cast, StepKind.PAYMENT, number="1503")
    for fault in ("空鼓", "渗漏", "开裂"):
        found(cast, handover=fresh(handover), fault=fault)
    waiting_pass(cast)
    moved_in(cast)
    client = cast.client(cast.everyone[role])
    client.get(reverse("reports:home"))
    with CaptureQueriesContext(connection) as captured:
        client.get(reverse("reports:home"))
    assert len(captured) <= 15, [one["sql"][:110] for one in captured]
