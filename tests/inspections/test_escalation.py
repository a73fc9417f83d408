"""INS-11: the ladder of an overdue rectification; GEN-6: once per clock and round, one notice per person."""

from datetime import timedelta

import pytest

from accounts.models import Post
from accounts.roles import Role
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.timers.services import sweep
from inspections.models import EscalationStep
from inspections.services.extensions import ask_extension, decide_extension
from inspections.services.rectifications import fail_recheck, submit_rectification
from tests.cast import SINCE
from tests.inspections.factories import TODAY, day, make_rectification

SECOND = timedelta(seconds=1)
# Opened on TODAY with 3 days: due at 24:00 of the third day after.
DUE = day(4, 0)


@pytest.fixture
def rectification(cast):
    return make_rectification(cast.estate_a1, by=cast.engineering)


def steps(rectification):
    return [entry.data["to"] for entry in Entry.objects.about(rectification) if entry.verb == "rectification.escalate"]


def told(user):
    return Notice.objects.filter(user=user, key__contains=":escalate:").count()


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (DUE - SECOND, []),
        (DUE, ["部门主管"]),
        (DUE + timedelta(days=1) - SECOND, ["部门主管"]),
        (DUE + timedelta(days=1), ["部门主管", "项目经理"]),
        (DUE + timedelta(days=3) - SECOND, ["部门主管", "项目经理"]),
        (DUE + timedelta(days=3), ["部门主管", "项目经理", "分公司督导"]),
        (DUE + timedelta(days=7), ["部门主管", "项目经理", "分公司督导", "集团督导"]),
        (DUE + timedelta(days=70), ["部门主管", "项目经理", "分公司督导", "集团督导"]),
    ],
)
def test_one_level_a_step(cast, rectification, at, expected):
    sweep(at=at)
    assert steps(rectification) == expected


def test_each_step_reaches_its_people_once(cast, rectification):
    for at in (DUE, DUE, DUE + timedelta(days=1), DUE + timedelta(days=3), DUE + timedelta(days=7)):
        sweep(at=at)
        sweep(at=at)
    people = [cast.engineering_lead, cast.estate_manager, cast.branch_supervisor, cast.group_supervisor]
    assert [told(user) for user in people] == [1, 1, 1, 1]
    assert not told(cast.engineering)
    assert not told(cast.security_lead)
    assert not told(cast.foreign_manager)


def test_gen_6_what_was_missed_is_caught_up_in_order_with_one_notice_a_person(cast, rectification):
    Post.objects.create(user=cast.engineering_lead, role=Role.ESTATE_MANAGER, node=cast.estate_a1, starts_on=SINCE)
    sweep(at=DUE + timedelta(days=4))
    assert steps(rectification) == ["部门主管", "项目经理", "分公司督导"]
    assert all(e.data["late"] for e in Entry.objects.about(rectification) if e.verb == "rectification.escalate")
    assert told(cast.engineering_lead) == 1
    assert Notice.objects.get(user=cast.engineering_lead, key__contains=":escalate:").body.endswith("升级至项目经理")


def test_a_red_line_is_told_as_urgent(cast):
    make_rectification(cast.estate_a1, by=cast.engineering, code="redline")
    sweep(at=day(1, 0))
    assert Notice.objects.get(user=cast.security_lead, key__contains=":escalate:").level == "urgent"


def test_while_it_waits_for_recheck_nothing_escalates(cast, rectification):
    submit_rectification(rectification=rectification, by=cast.engineering, at=DUE, measures="换灯")
    sweep(at=DUE + timedelta(days=9))
    assert steps(rectification) == []


def test_a_failed_recheck_brings_what_passed_meanwhile_at_once(cast, rectification):
    submit_rectification(rectification=rectification, by=cast.engineering, at=DUE - SECOND, measures="换灯")
    fail_recheck(rectification=rectification, by=cast.engineering_lead, at=DUE + timedelta(days=1), reason="仍不亮")
    assert steps(rectification) == ["部门主管", "项目经理"]
    verbs = [entry.verb for entry in Entry.objects.about(rectification)]
    assert verbs[-3:] == ["rectification.fail", "rectification.escalate", "rectification.escalate"]
    sweep(at=DUE + timedelta(days=3))
    assert steps(rectification)[2:] == ["分公司督导"]


def test_handed_in_late_records_first_what_was_due_before(cast, rectification):
    """What a record says does not depend on when the sweep ran."""
    submit_rectification(rectification=rectification, by=cast.engineering, at=DUE + SECOND, measures="换灯")
    assert steps(rectification) == ["部门主管"]


def test_an_extension_begins_a_new_ladder(cast, rectification):
    sweep(at=DUE)
    at = DUE + timedelta(hours=1)
    extension = ask_extension(
        rectification=rectification, by=cast.engineering, at=at, due_on=TODAY + timedelta(days=9), reason="等配件"
    )
    decide_extension(extension=extension, by=cast.estate_manager, at=at, grant=True)
    new_due = day(10, 0)
    sweep(at=new_due - SECOND)
    assert steps(rectification) == ["部门主管"]
    sweep(at=new_due)
    assert steps(rectification) == ["部门主管", "部门主管"]
    assert told(cast.engineering_lead) == 2


def test_a_clock_keeps_the_ladder_it_was_started_with(cast, rectification):
    EscalationStep.objects.all().delete()
    sweep(at=DUE)
    assert steps(rectification) == ["部门主管"]


def test_a_waiting_request_goes_on_to_the_role_that_is_next_now(cast, rectification):
    extension = ask_extension(
        rectification=rectification, by=cast.engineering, at=day(1), due_on=TODAY + timedelta(days=9), reason="等配件"
    )
    key = f"extension:{extension.pk}:asked"
    assert list(Notice.objects.filter(key=key).values_list("user", flat=True)) == [cast.engineering_lead.pk]
    sweep(at=DUE)
    assert Notice.objects.filter(key=key, user=cast.estate_manager).exists()


def test_many_at_once_cost_few_queries(cast, django_assert_max_num_queries):
    for _ in range(3):
        make_rectification(cast.estate_a1, by=cast.engineering)
    with django_assert_max_num_queries(12 + 3):
        sweep(at=DUE)
