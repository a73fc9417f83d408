"""GEN-6, CMP-9: the worker killed with SIGKILL while 1,000 cases escalate and their notices go out by e-mail and robot.

None is lost and none is twice in the database. Towards the outside each message arrives at least once; what arrives
twice, since its sender was killed between sending and marking, has the same idempotency key.
"""

from __future__ import annotations

import random
from collections import Counter
from datetime import time, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from accounts.models import Post
from accounts.roles import Role
from complaints.choices import ClockKind
from complaints.models import Case
from complaints.services.clocks import rule_of
from complaints.sla import service_hours
from estates.models import Estate
from foundation.journal.models import Entry
from foundation.notices import posting
from foundation.notices import tasks as notices
from foundation.notices.models import Delivery, Notice, NoticePolicy, Parcel, Robot
from foundation.timers import services as timers
from foundation.timers import tasks as clocks
from foundation.timers.models import Clock, ClockStep
from foundation.timers.values import Subject
from tests.cast import SINCE
from tests.complaints.factories import HOUR, make_case
from tests.notices.conftest import chat, mailbox
from tests.worker import notices_written, worker

__all__ = ["chat", "mailbox", "worker"]

ESTATES, EACH, ROBOTS, KILLS = 100, 10, 20, 10
CASES, WAVE = ESTATES * EACH, ESTATES * EACH // KILLS
# 界定 is due after 4 hours: reminded at half of it, escalated to the 项目经理 at its end; who is meant by both hears once.
AGE, STEPS = 5 * HOUR, 2


@pytest.fixture
def cases(cast) -> list[Case]:
    """Ten complaints at each of a hundred estates whose manager has a mailbox; twenty of them have a robot."""
    now = timezone.now()
    first = make_case(cast, at=now - AGE)
    # Their clock is started by hand below, wave by wave.
    Clock.objects.all().delete()
    estates = [
        Estate.objects.create(
            code=f"K{n}", name=f"项目{n}", parent=cast.branch_a, delivery_on=cast.estate_a1.delivery_on
        )
        for n in range(ESTATES)
    ]
    managers = get_user_model().objects.bulk_create(
        get_user_model()(username=f"m{n}", name=f"经理{n}", email=f"m{n}@example.cn") for n in range(ESTATES)
    )
    Post.objects.bulk_create(
        Post(user=person, role=Role.ESTATE_MANAGER, node_id=estate.pk, starts_on=SINCE)
        for person, estate in zip(managers, estates, strict=True)
    )
    fields = {field.attname: getattr(first, field.attname) for field in Case._meta.concrete_fields}
    return Case.objects.bulk_create(
        Case(
            **fields
            | {"id": None, "estate_id": estate.pk, "number": f"TS-{estate.code}-{n:04d}", "responsible_id": None}
        )
        for n in range(EACH)
        for estate in estates
    )


@pytest.fixture
def outside(cases, mailbox, chat, worker):
    """The worker sends to the two servers; no quiet hours, at whatever time of the day the test runs."""
    NoticePolicy.objects.create(pk=1, quiet_from=time(0), quiet_until=time(0))
    Robot.objects.bulk_create(
        Robot(node_id=case.estate_id, kind=Robot.Kind.WECOM, name="管理群", url=chat.url()) for case in cases[:ROBOTS]
    )
    worker.more = {
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "NOTICES_BY_EMAIL": "on",
        "NOTICE_ROBOT_HOSTS": f"127.0.0.1:{chat.port}",
        "NOTICE_ROBOT_PLAIN_HTTP": "on",
        "SITE_URL": "https://dudao.example.cn",
    }
    return lambda: len(mailbox.letters) + len(chat.posts)


def start_clocks(cases: list[Case]) -> None:
    rule = rule_of(cases[0], ClockKind.JUDGE)
    timers.start_many(
        kind=ClockKind.JUDGE.timer,
        model=Case,
        subjects=[Subject(id=case.pk, node_id=case.estate_id) for case in cases],
        at=timezone.now() - AGE,
        limit=rule.limit(service_hours(cases[0].estate.service_hours)),
        ladder=rule.steps(short=True),
    )


def assert_what_is_there_is_there_once() -> None:
    """A step that happened has its entry, its case its notice, and that its letter; none without the others."""
    steps = Counter(ClockStep.objects.values_list("clock__subject_id", flat=True))
    assert set(steps.values()) <= {STEPS}
    assert Counter(Entry.objects.filter(verb="case.escalate").values_list("subject_id", flat=True)) == steps
    assert Counter(Notice.objects.filter(key__contains=":judge:").values_list("subject_id", flat=True)) == Counter(
        set(steps)
    )
    assert Delivery.objects.filter(robot=None).count() == len(steps)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_none_is_lost_and_none_happens_twice(cases, outside, worker, mailbox, chat):
    in_sweep = in_sending = 0
    for number in range(KILLS):
        start_clocks(cases[number * WAVE : (number + 1) * WAVE])
        steps, arrived, written = ClockStep.objects.count(), outside(), notices_written()
        clocks.sweep.delay()
        worker.start()
        if number % 2:
            # While it writes the notices: the sweep is undone, unless its commit was quicker.
            point = random.randrange(1, WAVE // 2)
            worker.wait_until(lambda: notices_written() >= written + point)  # noqa: B023
        else:
            # While it sends them.
            worker.wait_until(lambda: ClockStep.objects.count() > steps)  # noqa: B023
            notices.deliver.delay()
            point = random.randrange(1, WAVE // 2)
            worker.wait_until(lambda: outside() >= arrived + point)  # noqa: B023
        worker.kill()
        assert_what_is_there_is_there_once()
        in_sweep += ClockStep.objects.count() == steps
        in_sending += Parcel.objects.filter(state=Parcel.State.WAITING).exists() and outside() > arrived
    assert in_sweep >= 1, "kills fell into the middle of sweeps"
    assert in_sending >= 2, "and into the middle of sending"

    clocks.sweep.delay()
    worker.start()
    worker.wait_until(lambda: ClockStep.objects.count() == STEPS * CASES)
    worker.kill()
    # What a killed sender had in its hands is tried again when its pause is over.
    for hour in range(1, 4):
        posting.deliver(now=lambda: timezone.now() + timedelta(hours=hour))  # noqa: B023
    assert_what_is_there_is_there_once()
    assert Notice.objects.filter(key__contains=":judge:").count() == CASES
    assert not Delivery.objects.filter(parcel=None).exists()
    assert set(Parcel.objects.values_list("state", flat=True)) == {Parcel.State.SENT}

    letters = {f"<{key}@dudao.example.cn>" for key in Parcel.objects.exclude(user=None).values_list("key", flat=True)}
    posts = {str(key) for key in Parcel.objects.exclude(robot=None).values_list("key", flat=True)}
    assert set(mailbox.keys) == letters
    assert set(chat.keys) == posts
    assert Delivery.objects.exclude(robot=None).count() == ROBOTS * EACH
    again = Counter([*mailbox.keys, *chat.keys]) - Counter(letters | posts)
    # Two processes of the pool may each have had one message in their hands.
    assert again.total() <= 2 * (KILLS + 1)
