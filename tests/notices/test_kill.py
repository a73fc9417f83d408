"""A sender killed with SIGKILL at random points of its work: none lost, none twice in the database.

Towards the outside each message arrives at least once; what arrives twice has the same idempotency key.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from foundation.notices.models import Delivery, Notice, Parcel, Robot
from foundation.notices.services import Message, send_many
from tests.forks import Loaded
from tests.notices.conftest import AT
from tests.processes import environment, wait_until_alone

PEOPLE, ROBOTS, FLOODED, KILLS = 200, 40, 5, 12
PATIENCE = 60


@pytest.fixture
def loaded(mailbox, chat):
    ports = {"MAIL_PORT": str(mailbox.port), "CHAT_PORT": str(chat.port)}
    with Loaded(["foundation.notices.posting", "tests.notices.killed_sender"], environment(**ports)) as loaded:
        yield loaded


def tell_everyone(chat):
    """A letter to each, a post to each robot, and a digest to the first five, who get a burst."""
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"u{n}", name=f"人{n}", email=f"u{n}@example.cn") for n in range(PEOPLE)
    )
    Robot.objects.bulk_create(
        Robot(node_id=n, kind=Robot.Kind.WECOM, name=f"群{n}", url=chat.url()) for n in range(ROBOTS)
    )
    messages = [Message(to=[user], title="到期", at=AT, key=f"k{n}", node=n) for n, user in enumerate(users)]
    messages += [Message(to=users[:FLOODED], title=f"超期{n}", at=AT, key=f"flood{n}") for n in range(20)]
    send_many(messages)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_none_is_lost_and_none_is_twice(mailbox, chat, loaded, tmp_path):
    tell_everyone(chat)
    deliveries = PEOPLE + 20 * FLOODED + ROBOTS
    assert Delivery.objects.count() == deliveries
    chance = random.Random()
    progress, at = [], AT

    def sender():
        return loaded.fork("tests.notices.killed_sender:main", at.isoformat(), out=tmp_path / "senders.log")

    def arrived() -> int:
        return len(mailbox.letters) + len(chat.posts)

    for _ in range(KILLS):
        process = sender()
        # A point of the work, not of time: a fast and a slow machine are killed alike.
        enough, until = arrived() + chance.randrange(1, 17), time.monotonic() + PATIENCE
        while arrived() < enough:
            assert process.poll() is None, "killed before it was done"
            assert time.monotonic() < until
            time.sleep(chance.random() * 0.003)
        process.kill()
        assert process.wait() == -9
        wait_until_alone()
        progress.append(Parcel.objects.filter(state=Parcel.State.SENT).count())
        at += timedelta(minutes=2)
    assert 0 < progress[-1] < PEOPLE + ROBOTS, "the kills fell into the middle"

    at += timedelta(hours=2)
    assert sender().wait(120) == 0
    assert Notice.objects.count() == PEOPLE + 20 * FLOODED
    assert Delivery.objects.count() == deliveries, "none was added"
    assert not Delivery.objects.filter(parcel=None).exists(), "none was left"
    assert set(Parcel.objects.values_list("state", flat=True)) == {Parcel.State.SENT}
    assert Parcel.objects.count() == PEOPLE + ROBOTS, "none was made up twice"

    letters = {f"<{key}@dudao.example.cn>" for key in Parcel.objects.exclude(user=None).values_list("key", flat=True)}
    posts = {str(key) for key in Parcel.objects.exclude(robot=None).values_list("key", flat=True)}
    assert set(mailbox.keys) == letters
    assert set(chat.keys) == posts
    again = sum((Counter([*mailbox.keys, *chat.keys]) - Counter(letters | posts)).values())
    assert again <= KILLS, "only what was in the hands of a sender that was killed comes twice"
    subjects = Counter(letter["Subject"] for letter in mailbox.letters if letter["Message-ID"] in letters)
    assert subjects["【督导台】21 条通知"] >= FLOODED
