"""重新打开 by the service lead (CMP-12)."""

from __future__ import annotations

import pytest

from complaints.choices import Grade
from complaints.models import Case
from complaints.services.closing import reopen_case
from complaints.services.events import open_event, tie_case
from foundation.timers import services as timers
from tests.complaints.factories import (
    DAY,
    HOUR,
    MONDAY,
    accepted,
    answered,
    called_back,
    case_in,
    due,
    entry,
    journal,
    make_case,
    make_house,
    refused,
    reported,
    running,
    shares,
    transferred,
)

AT = MONDAY + 2 * DAY


def dissatisfied(cast, *, satisfaction=2, **options):
    return called_back(case_in(cast, "to_callback", **options), cast, satisfaction=satisfaction)


def reopened(cast, case, *, by=None, at=AT, reason="客户不满意维修质量"):
    return reopen_case(case=case, by=by or cast.service_lead, at=at, reason=reason)


def test_a_new_round_begins_where_it_was_handled(cast):
    case = reopened(cast, dissatisfied(cast, grade="serious"))
    assert (case.state, case.round, case.closed_at, case.closed_by) == (Case.State.HANDLING, 2, None, None)
    assert running(case) == {"answer", "handle"}
    assert due(case, "handle") == "2026-03-05 09:00:00"
    assert entry(case, "reopen").data["reason"] == "客户不满意维修质量"
    first, second = case.rounds.all()
    assert (first.outcome, first.ended_at) == ("reopened", AT)
    assert second.started_at == AT
    assert case.calls.get().satisfaction == 2, "what the customer said stays on record"


def test_the_ladder_begins_anew(cast):
    case = accepted(transferred(make_case(cast, grade="serious"), cast), cast)
    case = answered(reported(case, cast, at=MONDAY + 30 * HOUR), cast, at=MONDAY + 31 * HOUR)
    case = reopened(cast, called_back(case, cast, at=MONDAY + 32 * HOUR, satisfaction=1))
    timers.sweep(at=AT + DAY)
    assert shares(case, "handle") == ["50", "100", "50", "100"]


def test_twice_is_refused(cast):
    case = reopened(cast, dissatisfied(cast))
    with refused("没有关闭"):
        reopened(cast, case)
    assert journal(case).count("reopen") == 1
    assert case.rounds.count() == 2


@pytest.mark.parametrize("satisfaction", [3, 4, 5])
def test_who_is_satisfied_needs_it_not(cast, satisfaction):
    with refused("只有客户不满意的诉求单可以重新打开"):
        reopened(cast, dissatisfied(cast, satisfaction=satisfaction))


def test_a_reason_is_asked_for_and_the_lead_does_it(cast):
    case = dissatisfied(cast)
    with refused("请写明重新打开的原因"):
        reopened(cast, case, reason=" ")
    for person in (cast.service, cast.engineering_lead, cast.branch_supervisor, cast.foreign_manager):
        with refused("由客服主管重新打开"):
            reopened(cast, case, by=person)
    assert reopened(cast, case, by=cast.estate_manager).round == 2


def test_an_ungraded_complaint_has_to_be_judged_in_the_new_round(cast):
    assert due(reopened(cast, dissatisfied(cast)), "judge") == "2026-03-04 13:00:00"
    assert "judge" not in running(reopened(cast, dissatisfied(cast, grade="minor")))


def test_after_its_week_it_is_major_at_once(cast):
    case = reopened(cast, dissatisfied(cast, grade="minor"), at=MONDAY + 8 * DAY)
    assert case.grade == Grade.MAJOR
    assert due(case, "handle") == "2026-03-25 09:00:00"
    assert "late" not in entry(case, "grow_major").data


def test_reopened_into_an_event_of_five_customers_it_is_major_too(cast):
    house = make_house(cast.estate_a1, "901")
    case = dissatisfied(cast, grade="minor", house=house)
    others = [
        make_case(cast, at=MONDAY + DAY, grade="minor", house=make_house(cast.estate_a1, f"{n}01")) for n in range(1, 5)
    ]
    event = open_event(cases=others, by=cast.service, at=MONDAY + DAY, title="停水")
    case = tie_case(case=case, event=event, by=cast.service, at=MONDAY + DAY)
    assert case.grade == Grade.MINOR, "closed it counts and is not regraded"
    assert {other.grade for other in event.cases.exclude(pk=case.pk)} == {Grade.MAJOR}
    assert reopened(cast, case).grade == Grade.MAJOR
