"""Many messages in one statement, each once; by which channels a ladder's step goes."""

from __future__ import annotations

import pytest

from foundation.notices.models import Channel, Delivery, Notice, StepChannels
from foundation.notices.services import Message, send, send_many
from tests.notices.conftest import AT, NODE


def message(to, key="k", **more) -> Message:
    return Message(**({"to": to, "title": f"通知{key}", "key": key, "at": AT} | more))


def test_a_hundred_messages_are_one_statement(people, mailbox, django_assert_num_queries):
    messages = [message(people, f"k{n}", url=f"/x/{n}/", body=f"内容{n}") for n in range(100)]
    with django_assert_num_queries(1):
        assert send_many(messages) == 300
    notice = Notice.objects.get(user=people[0], key="k42")
    assert (notice.title, notice.url, notice.body, notice.at) == ("通知k42", "/x/42/", "内容42", AT)
    assert Delivery.objects.count() == 300


def test_what_had_been_told_is_neither_told_nor_sent_again(people, mailbox):
    send(to=people[:1], title="通知", key="k1", at=AT)
    assert send_many([message(people, "k1"), message(people, "k2")]) == 5
    assert send_many([message(people, "k1"), message(people, "k2")]) == 0
    assert (Notice.objects.count(), Delivery.objects.count()) == (6, 6)


def test_two_with_one_key_are_one_message_to_all(people):
    assert send_many([message(people[:1]), message(people[1:], title="别的标题"), message(people)]) == 3
    assert set(Notice.objects.values_list("title", flat=True)) == {"通知k"}


def test_none_is_no_statement(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert send_many([]) == 0
        assert send_many([message([])]) == 0


def test_each_knows_what_it_tells_of(people):
    zhang, wang, _ = people
    send_many([message([zhang], "a", subject=wang, level="urgent"), message([zhang], "b")])
    first, second = Notice.objects.order_by("key")
    assert (first.subject_kind, first.subject_id, first.level) == ("accounts.user", wang.pk, "urgent")
    assert (second.subject_kind, second.subject_id, second.level) == ("", None, "info")


@pytest.mark.parametrize(("more", "error"), [({"url": "//evil.cn"}, "page of this site"), ({"level": "loud"}, "loud")])
def test_a_wrong_one_is_refused_before_any_is_sent(people, more, error):
    with pytest.raises(ValueError, match=error):
        send_many([message(people), message(people, "k2", **more)])
    assert not Notice.objects.exists()


def channels_of(people, **more) -> set[str]:
    send_many([message(people[:1], node=NODE, **more)])
    return {Channel.ROBOT.value if one.robot_id else Channel.EMAIL.value for one in Delivery.objects.all()}


@pytest.mark.parametrize(
    ("channels", "used"),
    [(None, {"email", "robot"}), ((), set()), ([Channel.EMAIL], {"email"}), ({"robot"}, {"robot"})],
)
def test_a_message_may_name_its_channels(people, mailbox, wecom, channels, used):
    assert channels_of(people, channels=channels) == used
    assert Notice.objects.count() == 1


@pytest.mark.parametrize(
    ("by_email", "by_robot", "used"),
    [(True, True, {"email", "robot"}), (True, False, {"email"}), (False, True, {"robot"}), (False, False, set())],
)
def test_a_ladders_step_goes_by_the_channels_that_were_set_for_it(people, mailbox, wecom, by_email, by_robot, used):
    StepChannels.objects.create(step="estate_manager", by_email=by_email, by_robot=by_robot)
    assert channels_of(people, step="estate_manager") == used
    assert Notice.objects.count() == 1


def test_a_step_that_nobody_set_goes_by_all(people, mailbox, wecom):
    StepChannels.objects.create(step="estate_manager", by_email=False, by_robot=False)
    assert channels_of(people, step="group_supervisor") == {"email", "robot"}
