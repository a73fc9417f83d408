"""Two workers at the same outbox: each message goes out once, and a burst is counted as a whole."""

from __future__ import annotations

import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from foundation.notices import posting
from foundation.notices.models import Delivery, Parcel, Robot
from foundation.notices.services import Message, send, send_many
from tests.notices.conftest import AT, NODE

pytestmark = pytest.mark.django_db(transaction=True)


def deliver_twice_at_once() -> list[posting.Run]:
    start, runs, failures = threading.Barrier(2), [], []

    def work() -> None:
        try:
            start.wait(timeout=10)
            runs.append(posting.deliver(now=lambda: AT))
        except Exception as error:
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not failures
    return runs


def test_two_hundred_messages_go_out_once_each(mailbox, chat):
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", name=f"人{n}", email=f"u{n}@example.cn") for n in range(100)
    )
    Robot.objects.bulk_create(
        Robot(node_id=n, kind=Robot.Kind.WECOM, name=f"群{n}", url=chat.url(f"/send?key={n}")) for n in range(100)
    )
    send_many(Message(to=[user], title="整改到期", at=AT, key=f"k{n}", node=n) for n, user in enumerate(users))
    chat.slow = mailbox.slow = 0.002
    runs = deliver_twice_at_once()
    assert sum(run.sent for run in runs) == 200
    assert all(run.sent for run in runs), "both worked"
    assert len(mailbox.keys) == len(set(mailbox.keys)) == 100
    assert len(chat.keys) == len(set(chat.keys)) == 100
    assert sorted(int(post.query["key"]) for post in chat.posts) == list(range(100))
    assert set(Parcel.objects.values_list("state", "attempts")) == {("sent", 1)}
    assert not Delivery.objects.filter(parcel=None).exists()


def test_a_burst_is_one_message_whoever_makes_it_up(mailbox, chat):
    user = get_user_model().objects.create_user("zhang", name="张", email="zhang@example.cn")
    Robot.objects.create(node_id=NODE, kind=Robot.Kind.WECOM, name="群", url=chat.url())
    for number in range(30):
        send(to=[user], title=f"第{number}条", at=AT, key=f"k{number}", node=NODE)
    deliver_twice_at_once()
    assert [letter["Subject"] for letter in mailbox.letters] == ["【督导台】30 条通知"]
    assert len(chat.posts) == 1
