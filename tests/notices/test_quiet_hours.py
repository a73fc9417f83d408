"""22:00–07:00 to the second; the company's, and a person's own. What is urgent passes."""

from __future__ import annotations

from datetime import time, timedelta

import pytest

from foundation.notices.models import Notice, NoticePolicy, Preference
from foundation.notices.quiet import QuietHours
from foundation.notices.services import send
from foundation.worktime.local import parse_at
from tests.notices.conftest import NODE, deliver

NIGHT = QuietHours(time(22), time(7))
SECOND = timedelta(seconds=1)
BEGINS, ENDS = parse_at("2026-11-03T22:00"), parse_at("2026-11-04T07:00")


@pytest.mark.parametrize(
    ("hours", "at", "until"),
    [
        (NIGHT, "2026-11-03T21:59:59", None),
        (NIGHT, "2026-11-03T22:00:00", "2026-11-04T07:00"),
        (NIGHT, "2026-11-03T23:59:59", "2026-11-04T07:00"),
        (NIGHT, "2026-11-04T00:00:00", "2026-11-04T07:00"),
        (NIGHT, "2026-11-04T06:59:59", "2026-11-04T07:00"),
        (NIGHT, "2026-11-04T07:00:00", None),
        (NIGHT, "2026-11-04T12:00:00", None),
        (QuietHours(time(12), time(14)), "2026-11-03T11:59:59", None),
        (QuietHours(time(12), time(14)), "2026-11-03T12:00:00", "2026-11-03T14:00"),
        (QuietHours(time(12), time(14)), "2026-11-03T13:59:59", "2026-11-03T14:00"),
        (QuietHours(time(12), time(14)), "2026-11-03T14:00:00", None),
        (QuietHours(time(22), time(0)), "2026-11-03T23:00:00", "2026-11-04T00:00"),
        (QuietHours(time(22), time(0)), "2026-11-04T00:00:00", None),
        (QuietHours(time(9), time(9)), "2026-11-03T09:00:00", None),
        (NIGHT, "2026-12-31T23:30:00", "2027-01-01T07:00"),
        (NIGHT, "2026-11-03T14:00:00+00:00", "2026-11-04T07:00"),
    ],
)
def test_quiet_hours_to_the_second(hours, at, until):
    assert hours.until(parse_at(at)) == (parse_at(until) if until else None)


def test_what_comes_before_them_goes_out(mailbox, tell):
    tell(1, BEGINS - SECOND)
    deliver(BEGINS - SECOND)
    assert len(mailbox.letters) == 1


def test_what_comes_in_them_waits_for_their_end_to_the_second(mailbox, tell):
    tell(1, BEGINS)
    for moment in (BEGINS, BEGINS + timedelta(hours=5), ENDS - SECOND):
        deliver(moment)
        assert mailbox.letters == []
    assert Notice.objects.count() == 1, "under the bell it is at once"
    deliver(ENDS)
    assert len(mailbox.letters) == 1


def test_what_is_urgent_goes_at_once_and_takes_nothing_else_with_it(mailbox, tell):
    tell(1, BEGINS)
    tell(1, BEGINS, prefix="red", title="红线整改超期", level="urgent")
    deliver(BEGINS + SECOND)
    assert [letter["Subject"] for letter in mailbox.letters] == ["【督导台】紧急：红线整改超期"]
    deliver(ENDS)
    assert [letter["Subject"] for letter in mailbox.letters][1:] == ["【督导台】第0条"]


def test_a_flood_of_urgent_ones_at_night_is_one_message_without_the_others(mailbox, tell):
    tell(3, BEGINS)
    tell(11, BEGINS, prefix="red", level="urgent")
    deliver(BEGINS + SECOND)
    assert [letter["Subject"] for letter in mailbox.letters] == ["【督导台】紧急：11 条通知"]
    deliver(ENDS)
    assert len(mailbox.letters) == 4


def test_a_night_of_many_is_one_message_in_the_morning(mailbox, tell):
    for hour in range(6):
        tell(2, BEGINS + timedelta(hours=hour))
        deliver(BEGINS + timedelta(hours=hour))
    deliver(ENDS)
    assert [letter["Subject"] for letter in mailbox.letters] == ["【督导台】12 条通知"]


def test_one_that_was_made_up_before_them_is_not_tried_again_in_them(mailbox, tell):
    mailbox.answers = ["451 try later"]
    tell(1, BEGINS - 30 * SECOND)
    deliver(BEGINS - 30 * SECOND)
    deliver(BEGINS + 30 * SECOND)
    deliver(ENDS - SECOND)
    assert mailbox.letters == []
    deliver(ENDS)
    assert len(mailbox.letters) == 1


def test_the_company_sets_them(mailbox, tell):
    NoticePolicy.objects.create(pk=1, quiet_from=time(20), quiet_until=time(8))
    tell(1, parse_at("2026-11-03T20:00"))
    deliver(parse_at("2026-11-04T07:59:59"))
    assert mailbox.letters == []
    deliver(parse_at("2026-11-04T08:00"))
    assert len(mailbox.letters) == 1


def test_a_person_has_their_own(mailbox, tell, zhang):
    own = {"quiet": Preference.Quiet.OWN, "quiet_from": time(12), "quiet_until": time(14)}
    Preference.objects.create(user=zhang, **own)
    tell(1, parse_at("2026-11-03T12:00"))
    deliver(parse_at("2026-11-03T13:59:59"))
    assert mailbox.letters == []
    deliver(parse_at("2026-11-03T14:00"))
    tell(1, BEGINS)
    deliver(BEGINS)
    assert len(mailbox.letters) == 2, "the company's do not hold beside one's own"


def test_a_person_may_have_none(mailbox, tell, zhang):
    Preference.objects.create(user=zhang, quiet=Preference.Quiet.NONE)
    tell(1, BEGINS)
    deliver(BEGINS)
    assert len(mailbox.letters) == 1


def test_a_robot_keeps_the_companys(chat, wecom, zhang):
    send(to=[zhang], title="整改到期", at=BEGINS, key="k", node=NODE)
    send(to=[zhang], title="红线整改超期", at=BEGINS, key="k2", node=NODE, level="urgent")
    deliver(ENDS - SECOND)
    assert len(chat.posts) == 1
    deliver(ENDS)
    assert len(chat.posts) == 2
