"""The ladder of CMP-9 by the sweep: 50 % the handler, 100 % the manager, 150 % the branch, 200 % the group, each once."""

from __future__ import annotations

import pytest

from accounts.roles import Role
from complaints.choices import Kind
from complaints.models import Case
from complaints.services import upgrading
from foundation.journal.models import Entry
from foundation.notices.models import Level, Notice
from foundation.timers import services as timers
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    accepted,
    case_in,
    clock,
    fresh,
    journal,
    make_case,
    running,
    shares,
    told,
    transferred,
)

# Of 处理 and 答复 of 重要: 12 hours, a day, a day and a half, two days.
STEPS = [12 * HOUR, DAY, 36 * HOUR, 2 * DAY]


def of_limit(case, user, limit="处理"):
    return [title for title in told(case, user) if title.startswith(limit)]


def audiences(cast):
    return [cast.engineering, cast.estate_manager, cast.branch_supervisor, cast.group_supervisor]


def test_each_step_tells_its_audience_once_and_is_on_the_case(cast):
    case = accepted(transferred(make_case(cast, grade="serious"), cast), cast)
    for number, step in enumerate(STEPS, start=1):
        timers.sweep(at=MONDAY + step - SECOND)
        assert [len(of_limit(case, person)) for person in audiences(cast)] == [1] * (number - 1) + [0] * (5 - number)
        timers.sweep(at=MONDAY + step)
        timers.sweep(at=MONDAY + step + MINUTE)
        assert [len(of_limit(case, person)) for person in audiences(cast)] == [1] * number + [0] * (4 - number)
    assert [of_limit(case, person) for person in audiences(cast)] == [
        ["处理即将到期（50%）：电梯又停了，没有人来修"],
        ["处理到期（100%）：电梯又停了，没有人来修"],
        ["处理超期（150%）：电梯又停了，没有人来修"],
        ["处理超期（200%）：电梯又停了，没有人来修"],
    ]
    lines = Entry.objects.filter(subject_id=case.pk, verb="case.escalate", data__clock="处理").order_by("pk")
    assert [line.data["share"] for line in lines] == ["50%", "100%", "150%", "200%"]
    assert [line.data["to"] for line in lines] == ["经办人", "项目经理", "分公司督导", "集团督导"]
    assert not any(line.data.get("late") for line in lines)


def test_caught_up_at_once_each_person_hears_once_of_the_highest_step(cast):
    case = accepted(transferred(make_case(cast, grade="serious"), cast), cast)
    manager = cast.estate_manager
    cast.estate_manager.posts.create(role=Role.BRANCH_SUPERVISOR, node_id=cast.branch_a.pk, starts_on="2020-01-01")
    timers.sweep(at=MONDAY + 3 * DAY)
    assert shares(case, "handle") == ["50", "100", "150", "200"]
    assert of_limit(case, cast.engineering) == ["处理即将到期（50%）：电梯又停了，没有人来修"]
    assert of_limit(case, manager) == ["处理超期（150%）：电梯又停了，没有人来修"], "meant by two steps, told of one"
    lines = Entry.objects.filter(subject_id=case.pk, verb="case.escalate", data__clock="处理")
    assert all(line.data["late"] for line in lines), "补记"
    assert timers.sweep(at=MONDAY + 3 * DAY).steps == 0


@pytest.mark.parametrize(("clock", "limit"), [("transfer", 10 * MINUTE), ("judge", 4 * HOUR)])
def test_a_limit_shorter_than_a_day_stops_at_the_manager(cast, clock, limit):
    case = make_case(cast)
    timers.sweep(at=MONDAY + 2 * limit)
    assert shares(case, clock) == ["50", "100"]
    timers.sweep(at=MONDAY + 20 * limit)
    assert shares(case, clock) == ["50", "100"]


def test_a_major_complaint_passes_quiet_hours(cast):
    case = transferred(make_case(cast, grade="major"), cast)
    timers.sweep(at=MONDAY + 8 * DAY)
    levels = set(Notice.objects.filter(subject_id=case.pk, key__contains=":handle:").values_list("level", flat=True))
    assert levels == {Level.URGENT}
    other = transferred(make_case(cast, grade="minor"), cast)
    timers.sweep(at=MONDAY + 4 * DAY)
    assert set(
        Notice.objects.filter(subject_id=other.pk, key__contains=":handle:").values_list("level", flat=True)
    ) == {Level.INFO}


def test_two_cases_of_one_person_are_two_notices(cast):
    cases = [accepted(transferred(make_case(cast, grade="serious"), cast), cast) for _ in range(2)]
    timers.sweep(at=MONDAY + 12 * HOUR)
    assert [len(of_limit(case, cast.engineering)) for case in cases] == [1, 1]


# --- who the handler is ---------------------------------------------------------------------------------------------


def test_before_anyone_accepted_the_department_is_reminded(cast):
    case = transferred(make_case(cast, grade="serious"), cast)
    timers.sweep(at=MONDAY + 12 * HOUR)
    for person in (cast.engineering, cast.engineering_lead):
        assert len(of_limit(case, person)) == 1


def test_before_the_transfer_the_first_person_is_reminded(cast):
    case = make_case(cast, grade="serious")
    timers.sweep(at=MONDAY + 12 * HOUR)
    assert len(of_limit(case, cast.service)) == 1
    assert len(of_limit(case, cast.service, "转派")) == 1
    assert len(of_limit(case, cast.service, "答复")) == 1


def test_a_handler_who_has_left_is_replaced_by_the_department(cast):
    case = accepted(transferred(make_case(cast, grade="serious"), cast), cast)
    cast.engineering.is_active = False
    cast.engineering.save()
    timers.sweep(at=MONDAY + 12 * HOUR)
    assert of_limit(case, cast.engineering) == []
    assert len(of_limit(case, cast.engineering_lead)) == 1


def test_the_limit_to_judge_reminds_the_service_lead(cast):
    case = make_case(cast)
    timers.sweep(at=MONDAY + 2 * HOUR)
    assert len(of_limit(case, cast.service_lead, "界定")) == 1


def test_the_callback_reminds_the_desk(cast):
    case = case_in(cast, "to_callback")
    timers.sweep(at=MONDAY + 15 * HOUR)
    for person in (cast.service, cast.service_lead):
        assert len(of_limit(case, person, "回访")) == 1


def test_people_of_other_estates_hear_nothing(cast):
    case = transferred(make_case(cast, grade="serious"), cast)
    timers.sweep(at=MONDAY + 3 * DAY)
    assert told(case, cast.foreign_manager) == told(case, cast.foreign_engineering) == []


# --- what ends it ---------------------------------------------------------------------------------------------------


def test_closed_nothing_escalates(cast):
    case = case_in(cast, "closed")
    before = journal(case)
    timers.sweep(at=MONDAY + 30 * DAY)
    assert journal(case) == before
    assert not running(case)


def test_a_verb_takes_the_steps_before_it_whenever_the_sweep_runs(cast):
    case = make_case(cast, kind=Kind.NEED)
    case = transferred(case, cast, at=MONDAY + 13 * HOUR)
    assert shares(case, "answer") == ["50"]
    assert journal(case) == ["register", "escalate", "escalate", "escalate", "transfer"], "in the order of time"


# --- a week without a result (CMP-8) --------------------------------------------------------------------------------


def test_the_sweep_makes_a_week_old_complaint_major_once_and_tells(cast):
    case = accepted(transferred(make_case(cast, grade="minor"), cast), cast)
    timers.sweep(at=MONDAY + 7 * DAY - SECOND)
    assert fresh(case).grade == "minor"
    for _ in range(2):
        timers.sweep(at=MONDAY + 7 * DAY + MINUTE)
    case = fresh(case)
    assert (case.grade, case.grade_reason) == ("major", "major.week")
    assert journal(case).count("grow_major") == 1
    line = Entry.objects.get(verb="case.grow_major")
    assert (line.by, line.at, line.data["grade"]) == (
        None,
        MONDAY + 7 * DAY + MINUTE,
        {"before": "轻微", "after": "重大"},
    )
    assert "late" not in line.data
    for person in (cast.service_lead, cast.estate_manager):
        assert [title for title in told(case, person) if title.startswith("重大投诉")] == [
            "重大投诉：电梯又停了，没有人来修"
        ]
    assert (case.due_clock, case.due_at) == ("answer", MONDAY + 2 * DAY)


def test_missed_by_the_sweep_it_is_marked(cast):
    case = make_case(cast, grade="minor")
    timers.sweep(at=MONDAY + 9 * DAY)
    line = Entry.objects.get(verb="case.grow_major")
    assert line.data["late"] is True
    assert clock(case, "handle").due_at == MONDAY + 15 * DAY


def test_one_that_can_not_be_graded_keeps_no_other_waiting(cast, monkeypatch):
    broken, other = make_case(cast, grade="minor"), make_case(cast, grade="minor")
    grow = upgrading.grow_major

    def fails(case, at, **options):
        if case.pk == broken.pk:
            raise RuntimeError("broken")
        return grow(case, at, **options)

    monkeypatch.setattr(upgrading, "grow_major", fails)
    timers.sweep(at=MONDAY + 7 * DAY)
    assert Case.objects.get(pk=broken.pk).grade == "minor"
    assert fresh(other).grade == "major"
    assert shares(broken, "handle") == ["50", "100"], "the ladder goes on"
