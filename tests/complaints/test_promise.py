"""约定答复时间 (CMP-4)."""

from __future__ import annotations

import pytest

from complaints.choices import Kind
from complaints.services.promising import promise_answer
from tests.complaints.factories import (
    DAY,
    HOUR,
    MINUTE,
    MONDAY,
    SECOND,
    answered,
    case_in,
    due,
    entry,
    fresh,
    make_case,
    refused,
)

AT = MONDAY + HOUR


def promise(cast, case, promised_at, *, by=None, at=AT):
    return promise_answer(case=case, by=by or cast.service, at=at, promised_at=promised_at)


def test_it_takes_the_place_of_the_limit(cast):
    case = promise(cast, make_case(cast, kind=Kind.NEED), MONDAY + 2 * DAY)
    assert due(case, "answer") == "2026-03-04 09:00:00"
    assert case.promised_at == MONDAY + 2 * DAY
    before_after = entry(case, "promise").data["promised_at"]
    assert before_after["before"] == ""
    assert before_after["after"].startswith("2026-03-04")


def test_promised_again_the_later_word_holds(cast):
    case = promise(cast, make_case(cast, kind=Kind.NEED), MONDAY + 2 * DAY)
    case = promise(cast, case, MONDAY + 3 * HOUR)
    assert due(case, "answer") == "2026-03-02 12:00:00"
    assert entry(case, "promise").data["promised_at"]["before"]


@pytest.mark.parametrize("early", [0 * SECOND, SECOND, DAY])
def test_earlier_than_now_is_refused(cast, early):
    case = make_case(cast, kind=Kind.NEED)
    with refused("必须晚于现在"):
        promise(cast, case, AT - early)
    assert fresh(case).promised_at is None
    assert due(case, "answer") == "2026-03-03 09:00:00"


def test_beyond_three_days_it_needs_the_service_lead(cast):
    case = make_case(cast, kind=Kind.NEED)
    assert promise(cast, case, MONDAY + 3 * DAY).promised_at == MONDAY + 3 * DAY
    with refused("须由客服主管登记"):
        promise(cast, case, MONDAY + 3 * DAY + SECOND)
    assert promise(cast, case, MONDAY + 9 * DAY, by=cast.service_lead).promised_at == MONDAY + 9 * DAY


def test_complaints_and_praise_have_none(cast):
    with refused("投诉的答复时限不能改为承诺时间"):
        promise(cast, make_case(cast), MONDAY + DAY)
    with refused("表扬"):
        promise(cast, make_case(cast, kind=Kind.PRAISE), MONDAY + DAY)


def test_who_has_been_answered_needs_no_promise(cast):
    case = answered(case_in(cast, "handling", kind=Kind.NEED), cast, at=AT)
    with refused("已经答复过客户"):
        promise(cast, case, MONDAY + 2 * DAY, at=AT + MINUTE)
    with refused("已经答复客户"):
        promise(cast, case_in(cast, "to_callback", kind=Kind.NEED), MONDAY + 2 * DAY, at=MONDAY + 4 * HOUR)


def test_a_limit_that_has_passed_stays_passed(cast):
    """GEN-6: a promise made afterwards would hide that the answer is late."""
    case = make_case(cast, kind=Kind.NEED)
    with refused("答复时限已经超过"):
        promise(cast, case, MONDAY + 2 * DAY, at=MONDAY + DAY + SECOND)
    assert fresh(case).promised_at is None
    assert due(case, "answer") == "2026-03-03 09:00:00"
    assert promise(cast, case, MONDAY + 2 * DAY, at=MONDAY + DAY).promised_at == MONDAY + 2 * DAY
