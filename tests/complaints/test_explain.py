"""说明并关闭 an invalid complaint (CMP-5)."""

from __future__ import annotations

from complaints.models import Case
from complaints.services.answering import explain_invalid
from complaints.services.judging import judge_case
from tests.complaints.factories import DAY, HOUR, MONDAY, case_in, entry, journal, make_case, refused, running

AT = MONDAY + 2 * HOUR


def invalid(cast, case=None, *, at=MONDAY + HOUR):
    return judge_case(
        case=case or make_case(cast), by=cast.service_lead, at=at, validity="invalid", reason="与我方无关"
    )


def explained(cast, case, *, by=None, at=AT, explanation="已向客户说明属市政停水"):
    return explain_invalid(case=case, by=by or cast.service, at=at, explanation=explanation)


def test_it_closes_with_the_explanation_on_record_and_no_clock_running(cast):
    case = explained(cast, invalid(cast))
    assert (case.state, case.outcome, case.closed_at) == (Case.State.CLOSED, Case.Outcome.INVALID, AT)
    assert not running(case)
    assert case.due_at is None
    round_ = case.rounds.get()
    assert (round_.answer, round_.answered_by) == ("已向客户说明属市政停水", cast.service)
    assert (round_.replied_at, round_.replied_in_time) == (AT, True), "it is what the limit to answer is judged by"
    assert entry(case, "explain").data["answer"] == "已向客户说明属市政停水"


def test_too_late_it_was_not_answered_in_time(cast):
    case = explained(cast, invalid(cast), at=MONDAY + 2 * DAY)
    assert case.rounds.get().replied_in_time is False


def test_after_a_result_the_same_day_counts(cast):
    case = invalid(cast, case_in(cast, "to_answer"), at=MONDAY + 3 * HOUR)
    assert explained(cast, case, at=MONDAY + 5 * HOUR).rounds.get().answered_in_time is True


def test_twice_is_refused(cast):
    case = explained(cast, invalid(cast))
    with refused("已经关闭"):
        explained(cast, case)
    assert journal(case).count("explain") == 1


def test_what_was_not_judged_invalid_is_refused(cast):
    with refused("只有界定为无效的投诉"):
        explained(cast, make_case(cast))


def test_words_are_asked_for_and_the_desk_does_it(cast):
    case = invalid(cast)
    with refused("请写明向客户所作的说明"):
        explained(cast, case, explanation=" ")
    with refused("由首问责任人或客服向客户说明"):
        explained(cast, case, by=cast.engineering)
