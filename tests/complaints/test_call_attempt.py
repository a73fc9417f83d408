"""未接通: tries to call back (CMP-12)."""

from __future__ import annotations

import pytest

from complaints.services.calling import record_attempt, record_callback
from complaints.sla import counted_tries, why_not_unreachable
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    called_back,
    case_in,
    due,
    entry,
    journal,
    moment,
    refused,
    running,
)

ANSWERED = MONDAY + 3 * HOUR


def attempt(cast, case, at, *, by=None, remark=" 无人接听 "):
    return record_attempt(case=case, by=by or cast.service_lead, at=at, remark=remark)


def test_the_first_try_is_what_the_limit_is_judged_by_and_the_next_one_has_a_day(cast):
    case = case_in(cast, "to_callback")
    call = attempt(cast, case, ANSWERED + DAY)
    assert (call.reached, call.solved, call.satisfaction, call.by) == (False, None, None, cast.service_lead)
    round_ = case.rounds.get()
    assert (round_.called_at, round_.called_in_time) == (ANSWERED + DAY, True)
    assert due(case, "callback") == "2026-03-04 12:00:00"
    assert entry(case, "call_attempt").data["note"] == "无人接听"


def test_a_first_try_that_is_late_stays_late(cast):
    case = case_in(cast, "to_callback")
    attempt(cast, case, ANSWERED + DAY + SECOND)
    called_back(case, cast, at=ANSWERED + DAY + HOUR)
    assert case.rounds.get().called_in_time is False


def test_each_try_gives_the_next_one_a_day_and_the_answered_one_ends_it(cast):
    case = case_in(cast, "to_callback")
    attempt(cast, case, ANSWERED + HOUR)
    attempt(cast, case, ANSWERED + 5 * HOUR)
    assert due(case, "callback") == "2026-03-03 17:00:00"
    case = called_back(case, cast, at=ANSWERED + 6 * HOUR)
    assert not running(case)
    assert case.calls.count() == 3
    assert journal(case)[-3:] == ["call_attempt", "call_attempt", "callback"]


def test_who_handled_it_does_not_call(cast):
    case = case_in(cast, "to_callback")
    with refused("您经手过这张诉求单，请由另一人回访"):
        attempt(cast, case, ANSWERED + HOUR, by=cast.service)
    assert not case.calls.exists()


@pytest.mark.parametrize("state", ["to_transfer", "handling", "to_answer"])
def test_before_the_customer_was_answered_it_is_refused(cast, state):
    with refused("还没有答复客户，不能回访"):
        attempt(cast, case_in(cast, state), MONDAY + 5 * HOUR)
    with refused("还没有答复客户，不能回访"):
        record_callback(
            case=case_in(cast, state), by=cast.service_lead, at=MONDAY + 5 * HOUR, solved=True, satisfaction=5
        )


# --- which tries count ----------------------------------------------------------------------------------------------


def tries(*texts):
    return [moment(f"2026-03-{text}") for text in texts]


def test_tries_count_two_hours_apart():
    given = tries("02T10:00", "02T11:59:59", "02T12:00", "02T14:00")
    assert counted_tries(given) == tries("02T10:00", "02T12:00", "02T14:00")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ([], "现在有效 0 次"),
        (["02T10:00", "03T10:00"], "现在有效 2 次"),
        (["02T10:00", "02T12:00", "02T13:59:59"], "现在有效 2 次"),
        (["02T10:00", "02T12:00", "02T14:00"], "不能都在同一天"),
        (["02T10:00", "02T12:00", "02T14:00", "02T23:59"], "不能都在同一天"),
        (["02T10:00", "02T12:00", "03T00:00"], ""),
        (["02T19:00", "02T21:00", "02T23:00", "03T00:30"], ""),
        (["02T22:00", "02T23:00", "03T00:00", "03T02:00"], ""),
        (["02T10:00", "03T10:00", "04T10:00"], ""),
    ],
)
def test_three_tries_two_hours_apart_and_not_all_on_one_day(given, sentence):
    said = why_not_unreachable(tries(*given))
    assert sentence in said
    assert bool(said) == bool(sentence)


def test_the_day_is_one_in_shanghai():
    """16:00 UTC is the next day there."""
    assert not why_not_unreachable(tries("02T15:00+00:00", "02T12:00+00:00", "02T17:00+00:00"))


def test_it_is_measured_from_minute_to_minute():
    assert why_not_unreachable([MONDAY, MONDAY + 2 * HOUR - SECOND, MONDAY + DAY])
    assert not why_not_unreachable([MONDAY, MONDAY + 2 * HOUR, MONDAY + DAY + MINUTE])
