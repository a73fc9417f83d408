"""Who may do what (ORG-1, ORG-2)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from estates.models import Estate, Node

CHANGING = set(Right) - {
    Right.VIEW_HOUSES,
    Right.VIEW_INSPECTIONS,
    Right.VIEW_CREDIBILITY,
    Right.VIEW_BULLETINS,
    Right.VIEW_HEALTH,
    Right.VIEW_CASES,
    Right.VIEW_WEEKLY,
    Right.VIEW_HANDOVER,
}


def test_every_right_has_holders():
    assert set(HOLDERS) == set(Right)
    assert all(HOLDERS.values())


def test_an_auditor_reads_and_changes_nothing():
    held = {right for right, roles in HOLDERS.items() if Role.AUDITOR in roles}

    assert not held & CHANGING
    assert {Right.VIEW_HOUSES, Right.VIEW_INSPECTIONS, Right.VIEW_BULLETINS, Right.VIEW_CREDIBILITY} <= held


def test_an_administrator_configures_and_fills_in_nothing():
    held = {right for right, roles in HOLDERS.items() if Role.ADMINISTRATOR in roles}

    assert held == {
        Right.ADMINISTER,
        Right.VIEW_HEALTH,
        Right.MANAGE_SCHEDULES,
        Right.IMPORT_HOUSES,
        Right.VIEW_HOUSES,
        Right.VIEW_INSPECTIONS,
        Right.VIEW_CASES,
        Right.VIEW_HANDOVER,
    }


@pytest.mark.parametrize(
    ("who", "seen"),
    [
        ("group_supervisor", {"A1", "A2", "B1"}),
        ("auditor", {"A1", "A2", "B1"}),
        ("branch_supervisor", {"A1", "A2"}),
        ("estate_manager", {"A1"}),
        ("foreign_manager", {"B1"}),
    ],
)
def test_a_user_sees_what_lies_at_or_below_their_nodes(cast, who, seen):
    user = getattr(cast, who)

    assert {estate.code for estate in Estate.objects.visible_to(user)} == seen
    assert {node.code for node in Node.objects.visible_to(user).filter(kind="estate")} == seen


def test_a_right_holds_at_the_node_and_below_it(cast):
    user = cast.branch_supervisor

    assert user.may(Right.RECHECK)
    assert user.may(Right.RECHECK, cast.branch_a)
    assert user.may(Right.RECHECK, cast.estate_a2)
    assert not user.may(Right.RECHECK, cast.group)
    assert not user.may(Right.RECHECK, cast.estate_b1)
    assert not user.may(Right.RECTIFY, cast.estate_a2)


def test_two_posts_do_not_lend_each_other_rights(cast):
    cast.hire(Role.ESTATE_MANAGER, cast.estate_b1, "both")
    user = User.objects.get(username="both")
    user.posts.create(role=Role.ENGINEERING, node=cast.estate_a1, starts_on="2020-01-01")

    assert user.may(Right.RECHECK, cast.estate_b1)
    assert not user.may(Right.RECHECK, cast.estate_a1)
    assert user.may(Right.RECTIFY, cast.estate_a1)


@pytest.mark.parametrize(("days", "held"), [(-1, False), (0, True)])
def test_a_post_counts_until_the_end_of_its_last_day(cast, days, held):
    cast.engineering.posts.update(ends_on=timezone.localdate() + timedelta(days=days))

    user = User.objects.get(pk=cast.engineering.pk)
    assert user.may(Right.RECTIFY) is held
    assert bool(user.node_ids) is held


def test_only_administrators_reach_the_admin(cast):
    staff = [user for user in cast.people if user.is_staff]

    assert staff == [cast.administrator]


def test_asking_a_hundred_times_reads_the_posts_once(cast, django_assert_num_queries):
    user = User.objects.get(pk=cast.branch_supervisor.pk)
    estate = Estate.objects.select_related("parent").get(pk=cast.estate_a1.pk)

    with django_assert_num_queries(1):
        for _ in range(100):
            user.may(Right.RECHECK, estate)


def test_an_anonymous_visitor_sees_nothing(cast):
    from django.contrib.auth.models import AnonymousUser

    assert not Estate.objects.visible_to(AnonymousUser()).exists()
    assert not User.objects.visible_to(AnonymousUser()).exists()
