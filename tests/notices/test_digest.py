"""Over 10 in 10 minutes are one message; 10 are ten, and 10 minutes later counting begins anew."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation.notices.bursts import Decision, Packed, decide
from foundation.notices.models import Delivery, Parcel
from foundation.notices.services import send
from tests.notices.conftest import AT, NODE, deliver

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
EACH, TOGETHER = Decision(), Decision(together=True)


def ago(span: timedelta, size: int = 1, **more: bool) -> Packed:
    return Packed(at=AT - span, size=size, **more)


@pytest.mark.parametrize(
    ("waiting", "packed", "decision"),
    [
        (10, [], EACH),
        (11, [], TOGETHER),
        (1, [ago(10 * MINUTE - SECOND)] * 9, EACH),
        (1, [ago(10 * MINUTE - SECOND)] * 10, TOGETHER),
        (1, [ago(10 * MINUTE)] * 10, EACH),
        (1, [ago(10 * MINUTE + SECOND)] * 10, EACH),
        (2, [ago(MINUTE, 9)], TOGETHER),
        (1, [ago(10 * MINUTE - SECOND, 11, is_digest=True)], Decision(hold_until=AT + SECOND)),
        (50, [ago(MINUTE, 11, is_digest=True)], Decision(hold_until=AT + 9 * MINUTE)),
        (1, [ago(10 * MINUTE, 11, is_digest=True)], EACH),
    ],
)
def test_what_becomes_of_those_that_wait(waiting, packed, decision):
    assert decide(waiting=waiting, urgent=False, held=False, packed=packed, at=AT) == decision


@pytest.mark.parametrize(
    ("waiting", "held", "packed", "decision"),
    [
        (2, True, [ago(10 * MINUTE, 11, is_digest=True)], TOGETHER),
        (1, True, [ago(10 * MINUTE, 11, is_digest=True)], EACH),
    ],
)
def test_what_was_collected_goes_together(waiting, held, packed, decision):
    assert decide(waiting=waiting, urgent=False, held=held, packed=packed, at=AT) == decision


@pytest.mark.parametrize(
    ("packed", "decision"),
    [
        ([ago(SECOND, 11, is_digest=True)], TOGETHER),
        ([ago(60 * SECOND - SECOND, 11, is_digest=True, is_urgent=True)], Decision(hold_until=AT + SECOND)),
        ([ago(60 * SECOND, 11, is_digest=True, is_urgent=True)], TOGETHER),
    ],
)
def test_an_urgent_one_waits_a_minute_at_most_and_only_for_urgent_ones(packed, decision):
    assert decide(waiting=1, urgent=True, held=False, packed=packed, at=AT) == decision


def test_ten_at_once_are_ten_letters(mailbox, tell):
    tell(10, AT)
    assert deliver(AT).sent == 10
    assert [letter["Subject"] for letter in mailbox.letters] == [f"【督导台】第{n}条" for n in range(10)]
    assert len(set(mailbox.keys)) == 10


def test_eleven_at_once_are_one_letter_that_lists_them(mailbox, tell):
    tell(11, AT)
    assert deliver(AT).sent == 1
    (letter,) = mailbox.letters
    assert letter["Subject"] == "【督导台】11 条通知"
    lines = letter.get_body(("plain",)).get_content().splitlines()
    assert [line for line in lines if line.endswith("条")] == [f"{n + 1}. 第{n}条" for n in range(11)]
    assert "全部通知：https://dudao.example.cn/notices/" in lines
    parcel = Parcel.objects.get()
    assert parcel.deliveries.count() == 11
    assert (parcel.state, parcel.is_digest) == (Parcel.State.SENT, True)


def test_the_eleventh_within_ten_minutes_begins_a_digest(mailbox, tell):
    tell(10, AT)
    deliver(AT)
    late = AT + 10 * MINUTE - SECOND
    tell(1, late)
    deliver(late)
    assert len(mailbox.letters) == 11
    tell(5, late + SECOND, prefix="more")
    deliver(late + MINUTE)
    assert len(mailbox.letters) == 11, "collected"
    deliver(late + 10 * MINUTE - SECOND)
    assert len(mailbox.letters) == 11
    deliver(late + 10 * MINUTE)
    assert [letter["Subject"] for letter in mailbox.letters][11:] == ["【督导台】5 条通知"]


@pytest.mark.parametrize("past", [timedelta(0), SECOND])
def test_ten_minutes_later_counting_begins_anew(mailbox, tell, past):
    tell(10, AT)
    deliver(AT)
    tell(10, AT + 10 * MINUTE + past)
    deliver(AT + 10 * MINUTE + past)
    assert len(mailbox.letters) == 20


def test_a_single_one_after_a_burst_ends_the_collecting(mailbox, tell):
    tell(11, AT)
    deliver(AT)
    tell(1, AT + MINUTE)
    deliver(AT + MINUTE)
    deliver(AT + 10 * MINUTE)
    assert [letter["Subject"] for letter in mailbox.letters] == ["【督导台】11 条通知", "【督导台】第0条"]
    tell(1, AT + 11 * MINUTE)
    deliver(AT + 11 * MINUTE)
    assert len(mailbox.letters) == 3, "and the one after it goes out at once"


def test_an_urgent_one_in_a_burst_takes_along_what_is_collected(mailbox, tell):
    tell(11, AT)
    deliver(AT)
    tell(2, AT + MINUTE)
    deliver(AT + MINUTE)
    tell(1, AT + 2 * MINUTE, title="红线", level="urgent")
    deliver(AT + 2 * MINUTE)
    assert [letter["Subject"] for letter in mailbox.letters][1:] == ["【督导台】紧急：3 条通知"]
    assert not Delivery.objects.filter(parcel=None).exists()


def test_one_persons_burst_is_not_anothers(mailbox, tell, people):
    tell(11, AT)
    tell(1, AT, prefix="wang", to=[people[1]])
    deliver(AT)
    assert sorted(letter["Subject"] for letter in mailbox.letters) == ["【督导台】11 条通知", "【督导台】第0条"]


def test_a_robots_burst_is_one_post(chat, wecom, zhang, wang):
    for number in range(11):
        send(to=[zhang, wang], title=f"第{number}条", at=AT, key=f"k{number}", node=NODE)
    deliver(AT)
    (post,) = chat.posts
    content = post.body["text"]["content"]
    assert content.startswith("【督导台】11 条通知\n1. 第0条\n2. 第1条\n")
    assert content.endswith("\n11. 第10条\n查看全部：https://dudao.example.cn/notices/")
    assert post.body["text"]["mentioned_mobile_list"] == [zhang.phone, wang.phone]
