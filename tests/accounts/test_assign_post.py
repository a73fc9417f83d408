from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Post
from accounts.roles import Role
from accounts.services import assign_post, end_post, holders, save_user
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date

DAY = date(2026, 3, 2)


def assign(cast, now, **changes):
    wanted = {"user": cast.service, "role": Role.SERVICE_LEAD, "node": cast.estate_a2, "starts_on": DAY}
    return assign_post(**{**wanted, "by": cast.administrator, "at": now, **changes})


def test_a_post_is_given_and_journalled_at_its_place(cast, now):
    post = assign(cast, now)

    entry = Entry.objects.about(cast.service).get()
    assert entry.label == "任命岗位"
    assert entry.node_id == cast.estate_a2.pk
    assert entry.data["post"] == str(post) == "春江花月 客服主管"


def test_done_twice_changes_nothing(cast, now):
    assert assign(cast, now) == assign(cast, now)
    assert Entry.objects.about(cast.service).count() == 1


def test_both_days_of_a_post_belong_to_it(cast, now):
    post = assign(cast, now, ends_on=DAY + timedelta(days=2))

    held = [Post.objects.current(DAY + timedelta(days=n)).filter(pk=post.pk).exists() for n in range(-1, 4)]
    assert held == [False, True, True, True, False]


def test_a_day_before_the_first_is_refused(cast, now):
    with pytest.raises(Refused, match="结束日不能早于开始日"):
        assign(cast, now, ends_on=DAY - timedelta(days=1))
    with pytest.raises(IntegrityError), transaction.atomic():
        Post.objects.create(
            user=cast.service, role="service", node=cast.estate_a2, starts_on=DAY, ends_on=date(2020, 1, 1)
        )


def test_a_post_may_not_run_into_a_later_one(cast, now):
    assign(cast, now)

    with pytest.raises(Refused, match="从 2026-03-02 起已经有同样的岗位"):
        assign(cast, now, starts_on=date(2026, 1, 1))
    assign(cast, now, starts_on=date(2026, 1, 1), ends_on=date(2026, 3, 1))


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
def test_only_an_administrator_gives_posts(cast, now, role):
    with pytest.raises(Refused, match="您不能在春江花月设置岗位"):
        assign(cast, now, by=cast.everyone[role])


def test_an_administrator_of_a_branch_gives_none_elsewhere(cast, now):
    local = cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin")

    assign(cast, now, by=local)
    for node in (cast.estate_b1, cast.branch_b, cast.group):
        with pytest.raises(Refused):
            assign(cast, now, by=local, node=node)


def test_ending_a_post_keeps_it_and_says_what_was_before(cast, now):
    post = end_post(post=assign(cast, now), on=date(2026, 5, 1), by=cast.administrator, at=now)
    end_post(post=post, on=date(2026, 5, 1), by=cast.administrator, at=now)

    entry = Entry.objects.about(cast.service).get(verb="post.end")
    assert entry.data["ends_on"] == {"before": None, "after": "2026-05-01"}


def test_nobody_ends_their_own_administrator_post(cast, now):
    with pytest.raises(Refused, match="不能改动自己的系统管理员岗位"):
        end_post(post=cast.administrator.posts.get(), on=DAY, by=cast.administrator, at=now)


def test_holders_are_active_people_at_exactly_that_node_on_that_day(cast, now):
    from accounts.services import disable_user

    second = cast.hire(Role.ENGINEERING, cast.estate_a1, "engineering-2")
    cast.hire(Role.ENGINEERING, cast.branch_a, "engineering-branch")
    gone = cast.hire(Role.ENGINEERING, cast.estate_a1, "engineering-3")
    disable_user(user=gone, by=None, at=now)

    assert holders(role=Role.ENGINEERING, node=cast.estate_a1, on=DAY) == [cast.engineering, second]
    assert holders(role=[Role.ENGINEERING, Role.SECURITY], node=cast.estate_b1, on=DAY) == [cast.foreign_engineering]
    assert holders(role=Role.ENGINEERING, node=cast.estate_a1, on=date(2019, 12, 31)) == []


def test_a_branch_has_no_say_over_someone_who_will_serve_elsewhere(cast, now):
    """Nobody takes over the account of tomorrow's administrator of the group by setting its password today."""
    local = cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin")
    today = local_date(now)
    end_post(post=cast.service.posts.get(), on=today - timedelta(days=1), by=None, at=now)
    assign_post(
        user=cast.service, role="administrator", node=cast.group, starts_on=today + timedelta(days=1), by=None, at=now
    )

    with pytest.raises(Refused, match="范围之外还有岗位"):
        save_user(user=cast.service, by=local, at=now, password="new-words-4-times")


@pytest.mark.parametrize("on", [None, DAY + timedelta(days=30), DAY + timedelta(days=31)])
def test_a_post_is_not_prolonged_into_a_later_one(cast, now, on):
    post = end_post(post=assign(cast, now), on=DAY + timedelta(days=9), by=cast.administrator, at=now)
    assign(cast, now, starts_on=DAY + timedelta(days=30))

    with pytest.raises(Refused, match="起已经有同样的岗位"):
        end_post(post=post, on=on, by=cast.administrator, at=now)
    assert end_post(post=post, on=DAY + timedelta(days=29), by=cast.administrator, at=now).ends_on
