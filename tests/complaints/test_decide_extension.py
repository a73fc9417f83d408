"""批准 or 不批准 of more time (CMP-7, GEN-6)."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction

from complaints.models import CaseExtension
from complaints.services.extending import ask_extension, decide_extension
from foundation.timers import services as timers
from tests.complaints.factories import (
    DAY,
    HOUR,
    MONDAY,
    case_in,
    clock,
    due,
    entry,
    fresh,
    journal,
    refused,
    reported,
    shares,
    told,
)

AT, UNTIL = MONDAY + 2 * HOUR, MONDAY + 4 * DAY


def asked(cast, *, by=None, until=UNTIL):
    case = case_in(cast, "handling", grade="serious")
    return ask_extension(case=case, by=by or cast.engineering, at=MONDAY + HOUR, due_at=until, reason="等配件")


def decide(cast, extension, *, by=None, at=AT, grant=True, remark=""):
    return decide_extension(extension=extension, by=by or cast.estate_manager, at=at, grant=grant, remark=remark)


def test_granted_handling_has_a_new_moment_and_a_ladder_anew(cast):
    extension = decide(cast, asked(cast))
    case = fresh(extension.case)
    assert (extension.state, extension.decided_by, extension.decided_at) == ("granted", cast.estate_manager, AT)
    assert due(case, "handle") == "2026-03-06 09:00:00"
    assert due(case, "answer") == "2026-03-03 09:00:00"
    assert (clock(case, "handle").round, clock(case, "handle").extensions) == (2, 1)
    change = entry(case, "grant_extension").data["due_at"]
    assert change["before"].startswith("2026-03-03") or change["before"].startswith("2026-03-02")
    assert told(case, cast.engineering)[-1] == "处理延期已批准：电梯又停了，没有人来修"


def test_the_ladder_happens_again_in_the_new_round(cast):
    extension = asked(cast)
    timers.sweep(at=MONDAY + 30 * HOUR)
    decide(cast, extension, at=MONDAY + 30 * HOUR)
    timers.sweep(at=UNTIL)
    assert shares(extension.case, "handle") == ["50", "100", "50", "100"]
    assert len([title for title in told(extension.case, cast.estate_manager) if title.startswith("处理到期")]) == 2


def test_refused_nothing_moves_and_a_reason_is_asked_for(cast):
    extension = asked(cast)
    with refused("不批准时请写明理由"):
        decide(cast, extension, grant=False)
    extension = decide(cast, extension, grant=False, remark="今天必须处理")
    assert (extension.state, extension.decision_note) == ("refused", "今天必须处理")
    assert due(extension.case, "handle") == "2026-03-03 09:00:00"
    assert journal(extension.case)[-1] == "refuse_extension"
    assert told(extension.case, cast.engineering)[-1] == "处理延期未批准：电梯又停了，没有人来修"


def test_twice_the_second_is_refused(cast):
    extension = decide(cast, asked(cast))
    with refused("已经处理过了"):
        decide(cast, extension, by=cast.branch_supervisor, grant=False, remark="不行")
    assert due(extension.case, "handle") == "2026-03-06 09:00:00"


def test_nobody_grants_their_own_the_branch_does(cast):
    extension = asked(cast, by=cast.estate_manager)
    with refused("不能批准自己的延期申请"):
        decide(cast, extension)
    assert decide(cast, extension, by=cast.branch_supervisor).state == "granted"


def test_the_database_holds_it_too(cast):
    extension = asked(cast, by=cast.estate_manager)
    with pytest.raises(IntegrityError), transaction.atomic():
        CaseExtension.objects.filter(pk=extension.pk).update(decided_by=cast.estate_manager)


@pytest.mark.parametrize("role", ["service_lead", "engineering_lead", "general_manager", "auditor"])
def test_others_are_refused(cast, role):
    with refused("由项目经理批准延期"):
        decide(cast, asked(cast), by=getattr(cast, role))


def test_a_foreign_manager_is_refused(cast):
    with refused("由项目经理批准延期"):
        decide(cast, asked(cast), by=cast.foreign_manager)


def test_a_moment_that_has_passed_meanwhile_is_refused(cast):
    extension = asked(cast)
    with refused("已经过了，请重新申请"):
        decide(cast, extension, at=UNTIL)


def test_after_the_result_it_has_been_answered(cast):
    extension = asked(cast)
    reported(extension.case, cast)
    with refused("已经处理过了"):
        decide(cast, extension, at=MONDAY + 3 * HOUR)


def test_a_round_shorter_than_a_day_stops_at_the_estate_manager(cast):
    """CMP-9: however long the limit was before."""
    until = MONDAY + DAY + HOUR
    extension = decide(cast, asked(cast, until=until))
    timers.sweep(at=MONDAY + 6 * DAY)
    assert shares(extension.case, "handle") == ["50", "100"]
    titles = told(extension.case, cast.branch_supervisor) + told(extension.case, cast.group_supervisor)
    assert not [title for title in titles if title.startswith("处理")]
