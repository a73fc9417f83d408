"""到场 of a repair (CMP-4)."""

from __future__ import annotations

import pytest

from complaints.choices import Department, Kind
from complaints.services.handling import arrive
from tests.complaints.factories import (
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    accepted,
    case_in,
    journal,
    make_case,
    refused,
    running,
    transferred,
)

TRANSFERRED = MONDAY + 5 * MINUTE


def repair(cast, *, urgent=False):
    return transferred(make_case(cast, kind=Kind.REPAIR, urgent=urgent), cast)


@pytest.mark.parametrize(("urgent", "minutes"), [(True, 15), (False, 30)])
def test_in_time_up_to_the_last_second(cast, urgent, minutes):
    limit = TRANSFERRED + minutes * MINUTE
    in_time = arrive(case=repair(cast, urgent=urgent), by=cast.engineering, at=limit)
    late = arrive(case=repair(cast, urgent=urgent), by=cast.engineering, at=limit + SECOND)
    assert [case.rounds.get().arrived_in_time for case in (in_time, late)] == [True, False]
    assert running(in_time) == {"answer", "handle"}
    assert journal(in_time)[-1] == "arrive"


def test_who_arrives_without_having_accepted_accepts(cast):
    case = arrive(case=repair(cast), by=cast.engineering, at=TRANSFERRED + MINUTE)
    assert case.handler == cast.engineering
    assert list(case.handlers.all()) == [cast.engineering]
    assert case.rounds.get().accepted_at == TRANSFERRED + MINUTE


def test_a_colleague_who_arrives_does_not_take_it_over(cast):
    case = accepted(repair(cast), cast)
    case = arrive(case=case, by=cast.engineering_lead, at=TRANSFERRED + 10 * MINUTE)
    assert case.handler == cast.engineering


def test_twice_is_refused(cast):
    case = arrive(case=repair(cast), by=cast.engineering, at=TRANSFERRED + MINUTE)
    with refused("已经登记过到场"):
        arrive(case=case, by=cast.engineering, at=TRANSFERRED + 2 * MINUTE)
    assert case.rounds.get().arrived_at == TRANSFERRED + MINUTE


def test_only_repairs_have_it(cast):
    with refused("只有报修"):
        arrive(case=case_in(cast, "handling"), by=cast.engineering, at=MONDAY + HOUR)


def test_before_the_transfer_is_refused(cast):
    with refused("还没有转派"):
        arrive(case=make_case(cast, kind=Kind.REPAIR), by=cast.engineering, at=TRANSFERRED)


def test_another_department_is_refused(cast):
    with refused("由工程部处理"):
        arrive(case=repair(cast), by=cast.security, at=TRANSFERRED)


def test_arrived_it_is_not_counted_again_after_another_transfer(cast):
    case = arrive(case=repair(cast), by=cast.engineering, at=TRANSFERRED + MINUTE)
    case = transferred(case, cast, to=Department.SECURITY, at=TRANSFERRED + HOUR)
    assert "arrive" not in running(case)
