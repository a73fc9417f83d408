"""转派 (CMP-3, CMP-17)."""

from __future__ import annotations

import pytest

from complaints.choices import Department, Kind
from complaints.models import Case
from complaints.services.judging import judge_case
from complaints.services.transferring import transfer_case
from foundation.timers import services as timers
from tests.complaints.factories import (
    HOUR,
    MINUTE,
    MONDAY,
    accepted,
    case_in,
    due,
    entry,
    fresh,
    journal,
    make_case,
    refused,
    running,
    scanned_case,
    shares,
    told,
    transferred,
)

AT = MONDAY + 5 * MINUTE


def test_it_goes_to_the_department_and_the_limit_to_pass_it_on_ends(cast):
    case = transferred(make_case(cast), cast)
    assert (case.state, case.department) == (Case.State.HANDLING, Department.ENGINEERING)
    assert running(case) == {"judge", "answer", "handle"}
    round_ = case.rounds.get()
    assert (round_.transferred_at, round_.transferred_in_time, round_.department) == (AT, True, Department.ENGINEERING)
    assert journal(case) == ["register", "transfer"]
    assert entry(case, "transfer").data["department"] == {"before": "", "after": "工程部"}


def test_the_department_is_told_once(cast):
    case = transferred(make_case(cast), cast)
    for person in (cast.engineering, cast.engineering_lead):
        assert told(case, person) == ["新转派投诉：电梯又停了，没有人来修"]
    assert not told(case, cast.security)


def test_a_scanned_case_gets_its_responsible_person_with_the_transfer(cast):
    case = transferred(scanned_case(cast), cast)
    assert case.responsible == cast.service


def test_to_the_department_that_has_it_is_refused(cast):
    case = transferred(make_case(cast), cast)
    with refused("诉求单已经在工程部"):
        transferred(case, cast, at=AT + MINUTE)
    assert journal(case) == ["register", "transfer"]


def test_on_to_another_department_all_time_stays(cast):
    case = accepted(transferred(make_case(cast, kind=Kind.REPAIR), cast), cast)
    before = {kind: due(case, kind) for kind in running(case)}
    case = transferred(case, cast, to=Department.ENVIRONMENT, at=MONDAY + 20 * MINUTE)
    assert (case.department, case.handler) == (Department.ENVIRONMENT, None)
    assert {kind: due(case, kind) for kind in running(case)} == before
    assert case.rounds.get().transferred_at == AT, "the first transfer is what was in time"
    assert entry(case, "transfer").data["department"] == {"before": "工程部", "after": "环境部"}
    assert told(case, cast.environment)


def test_back_to_the_first_one_it_is_told_again(cast):
    case = transferred(make_case(cast), cast)
    case = transferred(case, cast, to=Department.ENVIRONMENT, at=MONDAY + 20 * MINUTE)
    case = transferred(case, cast, at=MONDAY + 40 * MINUTE)
    assert len(told(case, cast.engineering)) == 2


def test_a_department_without_people_is_refused_and_nothing_is_half_done(cast):
    case = make_case(cast, estate=cast.estate_b1, by=cast.foreign_manager)
    with refused("秩序维护部在本项目没有在岗人员"):
        transfer_case(case=case, by=cast.foreign_manager, at=AT, department=Department.SECURITY)
    case = fresh(case)
    assert (case.state, case.department) == (Case.State.TO_TRANSFER, "")
    assert "transfer" in running(case)
    assert transfer_case(case=case, by=cast.foreign_manager, at=AT, department=Department.ENGINEERING).department


@pytest.mark.parametrize("department", ["", "kitchen"])
def test_a_department_is_asked_for(cast, department):
    with refused("请选择责任部门"):
        transferred(make_case(cast), cast, to=department)


@pytest.mark.parametrize("state", ["to_answer", "to_callback"])
def test_after_the_result_it_is_refused(cast, state):
    with refused("处理结果已经上报"):
        transferred(case_in(cast, state), cast, at=MONDAY + 5 * HOUR, to=Department.SECURITY)


def test_closed_it_is_refused(cast):
    with refused("已经关闭"):
        transferred(case_in(cast, "closed"), cast, at=MONDAY + 5 * HOUR, to=Department.SECURITY)


def test_praise_is_not_transferred(cast):
    with refused("表扬不需要转派"):
        transferred(make_case(cast, kind=Kind.PRAISE), cast)


def test_what_was_judged_invalid_is_not_transferred(cast):
    case = judge_case(case=make_case(cast), by=cast.service_lead, at=AT, validity="invalid", reason="与我方无关")
    with refused("已界定为无效"):
        transferred(case, cast)


def test_who_is_neither_of_the_desk_nor_of_the_department_is_refused(cast):
    case = make_case(cast)
    with refused("由首问责任人、客服或责任部门转派"):
        transfer_case(case=case, by=cast.environment, at=AT, department=Department.ENGINEERING)
    case = transferred(case, cast)
    assert transfer_case(case=case, by=cast.engineering, at=AT, department=Department.SECURITY).department == "security"


def test_the_first_person_may_pass_it_on_whatever_their_post(cast):
    case = make_case(cast, by=cast.environment)
    assert transfer_case(case=case, by=cast.environment, at=AT, department=Department.ENGINEERING).department


def test_late_the_handler_and_the_manager_have_been_told_before_whenever_the_sweep_runs(cast):
    case = transferred(make_case(cast), cast, at=MONDAY + 10 * MINUTE + MINUTE)
    assert shares(case, "transfer") == ["50", "100"]
    assert case.rounds.get().transferred_in_time is False
    timers.sweep(at=MONDAY + HOUR)
    assert shares(case, "transfer") == ["50", "100"]
    assert [title for title in told(case, cast.estate_manager) if title.startswith("转派")] == [
        "转派到期（100%）：电梯又停了，没有人来修"
    ]
