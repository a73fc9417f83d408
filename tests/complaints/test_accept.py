"""接单."""

from __future__ import annotations

import pytest

from complaints.choices import Department
from complaints.services.handling import accept_case
from tests.complaints.factories import (
    HOUR,
    MINUTE,
    MONDAY,
    accepted,
    case_in,
    fresh,
    journal,
    make_case,
    refused,
    running,
    transferred,
)

AT = MONDAY + 10 * MINUTE


def test_who_accepts_handles_it_and_does_not_call_back(cast):
    before = transferred(make_case(cast), cast)
    case = accepted(before, cast)
    assert case.handler == cast.engineering
    assert list(case.handlers.all()) == [cast.engineering]
    round_ = case.rounds.get()
    assert (round_.accepted_at, round_.accepted_by) == (AT, cast.engineering)
    assert journal(case) == ["register", "transfer", "accept"]
    assert running(case) == running(before), "no limit ends with it"


def test_twice_by_the_same_person_is_refused(cast):
    case = accepted(transferred(make_case(cast), cast), cast)
    with refused("您已经接单"):
        accepted(case, cast)
    assert journal(case).count("accept") == 1


def test_a_colleague_may_take_over_and_both_count_as_handlers(cast):
    case = accepted(transferred(make_case(cast), cast), cast)
    case = accepted(case, cast, by=cast.engineering_lead, at=AT + MINUTE)
    assert case.handler == cast.engineering_lead
    assert set(case.handlers.all()) == {cast.engineering, cast.engineering_lead}
    assert case.rounds.get().accepted_by == cast.engineering, "the first one stays on record"


def test_another_department_is_refused(cast):
    case = transferred(make_case(cast), cast)
    for person in (cast.environment, cast.service):
        with refused("由工程部的人员接单"):
            accept_case(case=case, by=person, at=AT)
    assert fresh(case).handler is None


def test_the_manager_stands_in_for_every_department(cast):
    assert accepted(transferred(make_case(cast), cast), cast, by=cast.estate_manager).handler == cast.estate_manager


def test_the_control_room_is_of_the_security_department(cast):
    case = transferred(make_case(cast), cast, to=Department.SECURITY)
    assert accepted(case, cast, by=cast.control_room).handler == cast.control_room


def test_another_estates_engineer_is_refused(cast):
    with refused("不能处理诉求"):
        accepted(transferred(make_case(cast), cast), cast, by=cast.foreign_engineering)


@pytest.mark.parametrize("state", ["registered", "to_transfer", "to_answer", "to_callback", "closed"])
def test_only_while_it_is_being_handled(cast, state):
    with refused("不在处理中"):
        accepted(case_in(cast, state), cast, at=MONDAY + 5 * HOUR)
