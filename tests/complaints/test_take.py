"""受理 what came by the public form (CMP-1)."""

from __future__ import annotations

from complaints.choices import Kind
from complaints.models import Case
from complaints.services.registering import take_case
from tests.complaints.factories import MINUTE, MONDAY, fresh, journal, make_case, refused, running, scanned_case

AT = MONDAY + 3 * MINUTE


def test_who_takes_it_stays_responsible(cast):
    case = take_case(case=scanned_case(cast), by=cast.service, at=AT)
    assert (case.responsible, case.state) == (cast.service, Case.State.TO_TRANSFER)
    assert journal(case) == ["register", "take"]
    assert "transfer" in running(case), "it still has to be passed on in time"


def test_taken_twice_the_second_is_refused(cast):
    case = take_case(case=scanned_case(cast), by=cast.service, at=AT)
    with refused("已经有首问责任人"):
        take_case(case=case, by=cast.service_lead, at=AT)
    assert fresh(case).responsible == cast.service


def test_what_the_desk_registered_has_its_person(cast):
    with refused("已经有首问责任人"):
        take_case(case=make_case(cast), by=cast.service_lead, at=AT)


def test_praise_that_was_taken_waits_to_be_passed_on(cast):
    case = take_case(case=scanned_case(cast, kind=Kind.PRAISE), by=cast.service, at=AT)
    assert case.state == Case.State.REGISTERED
    assert case.responsible == cast.service


def test_another_estates_people_are_refused(cast):
    with refused("不能受理诉求"):
        take_case(case=scanned_case(cast), by=cast.foreign_manager, at=AT)
