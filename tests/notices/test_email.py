"""Letters to a real SMTP server: what they say, and what becomes of them when it does not take them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from foundation.notices import posting
from foundation.notices.models import Delivery, Notice, Parcel, Preference
from foundation.notices.packing import pack
from foundation.notices.services import send
from tests.notices.conftest import AT, deliver
from tests.notices.outside import free_port

MINUTE = timedelta(minutes=1)


def test_a_letter_says_what_the_notice_says_and_leads_to_it(mailbox, zhang):
    send(to=[zhang], title="整改\n到期", body="3幢<地下室>\n漏水", url="/x/1/", at=AT, key="k")
    assert deliver(AT).sent == 1
    (letter,) = mailbox.letters
    parcel, notice = Parcel.objects.get(), Notice.objects.get()
    assert (letter["X-Rcpt"], letter["To"]) == ("zhang@example.cn", "zhang@example.cn")
    assert letter["Subject"] == "【督导台】整改 到期"
    assert letter["Message-ID"] == f"<{parcel.key}@dudao.example.cn>"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_body(("plain",)).get_content().splitlines()
    assert text[:5] == [
        "整改 到期",
        "3幢<地下室>",
        "漏水",
        "2026-11-03 09:00",
        f"https://dudao.example.cn/notices/{notice.pk}/",
    ]
    html = letter.get_body(("html",)).get_content()
    assert "3幢&lt;地下室&gt;<br>漏水" in html
    assert f'href="https://dudao.example.cn/notices/{notice.pk}/"' in html
    assert (parcel.state, parcel.sent_at, parcel.attempts) == (Parcel.State.SENT, AT, 1)


def test_one_connection_serves_a_run(mailbox, people):
    send(to=people, title="整改到期", at=AT, key="k")
    assert deliver(AT).sent == 3
    assert mailbox.sessions == 1


def test_what_was_sent_is_not_sent_again(mailbox, tell):
    tell(1, AT)
    deliver(AT)
    deliver(AT + timedelta(days=1))
    tell(1, AT)
    deliver(AT + timedelta(days=2))
    assert len(mailbox.letters) == 1


def test_what_was_rolled_back_is_not_sent(mailbox, tell):
    with transaction.atomic():
        tell(1, AT)
        transaction.set_rollback(True)
    deliver(AT)
    assert mailbox.letters == []


def test_a_busy_server_gets_it_again_with_the_same_key_after_1_2_4_minutes(mailbox, tell):
    mailbox.answers = ["451 busy"] * 3
    tell(1, AT)
    tries, at = [], AT
    for second in range(8 * 60 + 1):
        at = AT + timedelta(seconds=second)
        before = Parcel.objects.values_list("attempts", flat=True).first() or 0
        if second % 60 in (0, 59):
            deliver(at)
        if Parcel.objects.get().attempts > before:
            tries.append(second)
    assert tries == [0, 60, 180, 420]
    parcel = Parcel.objects.get()
    assert mailbox.keys == [f"<{parcel.key}@dudao.example.cn>"]
    assert (parcel.state, parcel.attempts, parcel.error) == (Parcel.State.SENT, 4, "")


def test_an_address_that_is_refused_for_good_is_not_tried_again_and_stops_nobody(mailbox, people):
    mailbox.answers = ["rcpt 550 no such user"]
    send(to=people, title="整改到期", at=AT, key="k")
    run = deliver(AT)
    assert (run.sent, run.failed) == (2, 1)
    failed = Parcel.objects.get(state=Parcel.State.FAILED)
    assert failed.error == "邮件服务器拒收：550 no such user"
    deliver(AT + timedelta(days=1))
    assert len(mailbox.letters) == 2


def test_a_server_that_is_down_is_asked_once_a_run_and_gets_everything_later(mailbox, people, settings):
    settings.EMAIL_PORT = free_port()
    send(to=people, title="整改到期", at=AT, key="k")
    run = deliver(AT)
    assert (run.sent, run.failed) == (0, 1)
    assert sorted(Parcel.objects.values_list("attempts", flat=True)) == [0, 0, 1]
    assert "连接不上邮件服务器" in Parcel.objects.get(attempts=1).error
    settings.EMAIL_PORT = mailbox.port
    assert deliver(AT + MINUTE).sent == 3


def test_a_server_that_does_not_answer_is_given_up_in_time(mailbox, tell, settings):
    settings.EMAIL_TIMEOUT, mailbox.slow = 0.3, 1
    tell(1, AT)
    assert deliver(AT).failed == 1
    assert Parcel.objects.get().state == Parcel.State.WAITING


def test_after_twelve_tries_it_is_undelivered(mailbox, tell):
    mailbox.answers = ["451 busy"] * 20
    tell(1, AT)
    # By day: quiet hours would put tries off.
    moments = [AT + timedelta(hours=hour) for hour in range(12)]
    for moment in moments[:11]:
        deliver(moment)
    assert Parcel.objects.get().state == Parcel.State.WAITING
    deliver(moments[11])
    parcel = Parcel.objects.get()
    assert (parcel.state, parcel.attempts, parcel.error) == (Parcel.State.FAILED, 12, "邮件服务器拒收：451 busy")


@pytest.mark.parametrize(
    ("wish", "urgent_only"),
    [(Preference.Email.ALL, False), (Preference.Email.URGENT, True), (Preference.Email.NONE, None)],
)
def test_everyone_says_what_they_want_by_email(mailbox, zhang, tell, wish, urgent_only):
    Preference.objects.create(user=zhang, email=wish)
    tell(1, AT)
    tell(1, AT, prefix="red", level="urgent")
    deliver(AT)
    assert len(mailbox.letters) == {False: 2, True: 1, None: 0}[urgent_only]
    assert Notice.objects.count() == 2, "under the bell it is always"


def test_who_switches_it_off_gets_nothing_of_what_waits(mailbox, zhang, tell):
    tell(1, AT)
    Preference.objects.create(user=zhang, email=Preference.Email.NONE)
    assert deliver(AT).dropped == 1
    assert mailbox.letters == []
    assert Parcel.objects.get().error == "收件人已关闭邮件通知。"


@pytest.mark.parametrize(("field", "value"), [("is_active", False), ("email", "")])
def test_who_has_left_or_has_no_mailbox_gets_none(mailbox, zhang, tell, field, value):
    tell(1, AT)
    setattr(zhang, field, value)
    zhang.save()
    assert deliver(AT).dropped == 1
    tell(1, AT, prefix="later")
    assert Delivery.objects.filter(parcel=None).count() == 0
    assert mailbox.letters == []


def test_without_a_mail_server_nothing_waits(zhang, tell, settings):
    settings.NOTICES_BY_EMAIL = False
    tell(1, AT)
    assert (Notice.objects.count(), Delivery.objects.count()) == (1, 0)


def test_what_left_half_a_year_ago_is_forgotten_and_the_notice_stays(mailbox, people):
    send(to=people[:1], title="旧的", at=AT, key="k1")
    deliver(AT)
    mailbox.answers = ["451 busy"]
    send(to=people[1:2], title="没送达的", at=AT, key="k2")
    deliver(AT)
    assert posting.prune(at=AT + posting.KEPT) == 0
    assert posting.prune(at=AT + posting.KEPT + timedelta(seconds=1)) == 1
    assert Parcel.objects.get().state == Parcel.State.WAITING, "what still waits stays"
    assert Notice.objects.count() == 2
    assert send(to=people[:1], title="旧的", at=AT, key="k1") == 0


def test_a_letter_that_cannot_be_put_into_words_keeps_no_other_back(mailbox, people, monkeypatch):
    def letter_of(parcel):
        if parcel.user == people[0]:
            raise ValueError("broken")
        return whole(parcel)

    whole = posting.letter_of
    monkeypatch.setattr(posting, "letter_of", letter_of)
    send(to=people, title="整改到期", at=AT, key="k")
    run = deliver(AT)
    assert (run.sent, run.failed) == (2, 1)
    assert Parcel.objects.get(user=people[0]).error == "程序错误：ValueError"


def test_a_long_run_ends_before_the_next_tick(mailbox, people):
    send(to=people, title="整改到期", at=AT, key="k")
    moments = iter(AT + timedelta(seconds=n) for n in (0, 25, 50, 75))
    assert posting.deliver(now=lambda: next(moments)).sent == 2
    assert deliver(AT + MINUTE).sent == 1


def test_a_try_that_was_killed_twelve_times_is_given_up(mailbox, tell):
    tell(1, AT)
    pack(at=AT)
    for hour in range(12):
        assert posting.claim(at=AT + timedelta(hours=hour))
        assert posting.claim(at=AT + timedelta(hours=hour)) is None
    assert posting.claim(at=AT + timedelta(hours=12)) is None
    assert Parcel.objects.get().state == Parcel.State.FAILED


def test_where_email_is_switched_off_what_waits_is_not_sent(mailbox, tell, settings):
    tell(1, AT)
    settings.NOTICES_BY_EMAIL = False
    assert deliver(AT).dropped == 1
    assert mailbox.letters == []
