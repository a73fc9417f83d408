"""今日待办 of cases turns amber when the list does: in the last quarter of the limit (ui.md, RPT-4)."""

from __future__ import annotations

import pytest
import time_machine
from django.urls import reverse

from complaints.choices import Kind
from complaints.services.extending import ask_extension
from reports.todo import todo
from tests.complaints.factories import DAY, HOUR, MONDAY, SECOND, answered, case_in, reported

pytestmark = pytest.mark.django_db


def looks(user, at, key="cases"):
    (found,) = [one for one in todo(user, at) if one.key == key]
    return [task.clock.look for task in found.tasks]


def in_list(cast, user, at):
    """How the list of cases shows the one case, by the class of its clock."""
    with time_machine.travel(at, tick=False):
        html = cast.client(user).get(reverse("complaints:cases")).content.decode()
    return next(look for look in ("overdue", "soon", "running") if f'class="clock {look}"' in html)


@pytest.mark.parametrize(
    ("passed", "look"),
    [
        (18 * HOUR - SECOND, "running"),
        (18 * HOUR, "soon"),
        (24 * HOUR, "soon"),
        (24 * HOUR + SECOND, "overdue"),
    ],
)
def test_a_days_limit_is_amber_in_its_last_six_hours_here_and_there(cast, passed, look):
    case_in(cast, "handling", kind=Kind.NEED)
    assert looks(cast.engineering, MONDAY + passed) == [look]
    assert in_list(cast, cast.engineering, MONDAY + passed) == look


def test_it_counts_from_where_the_limit_began_and_not_from_receipt(cast):
    """回访 begins with the answer: a day later than the case."""
    case = case_in(cast, "handling", kind=Kind.NEED)
    answered(reported(case, cast, at=MONDAY + 20 * HOUR), cast, at=MONDAY + 21 * HOUR)
    began = MONDAY + 21 * HOUR
    assert looks(cast.service_lead, began + 18 * HOUR - SECOND, "callbacks") == ["running"]
    assert looks(cast.service_lead, began + 18 * HOUR, "callbacks") == ["soon"]


def test_an_extension_to_decide_shows_the_limit_it_asks_to_move(cast):
    case = case_in(cast, "handling", grade="serious")
    ask_extension(case=case, by=cast.engineering, at=MONDAY + HOUR, due_at=MONDAY + 4 * DAY, reason="等配件")
    assert looks(cast.estate_manager, MONDAY + 2 * HOUR, "case_extensions") == ["running"]
    assert looks(cast.estate_manager, MONDAY + 20 * HOUR, "case_extensions") == ["soon"]
