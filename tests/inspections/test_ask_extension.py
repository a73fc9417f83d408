"""延期申请 (INS-11)."""

from datetime import date, timedelta

import pytest

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from inspections.models import Extension
from inspections.services.extensions import ask_extension
from inspections.services.rectifications import submit_rectification
from tests.inspections.factories import TODAY, day, make_rectification

LATER = TODAY + timedelta(days=9)


@pytest.fixture
def rectification(cast):
    return make_rectification(cast.estate_a1, by=cast.security)


def ask(rectification, by, at=None, due_on=LATER, reason="等配件"):
    return ask_extension(rectification=rectification, by=by, at=at or day(1), due_on=due_on, reason=reason)


def asked_to(extension):
    return set(Notice.objects.filter(key=f"extension:{extension.pk}:asked").values_list("user__username", flat=True))


class TestService:
    def test_it_waits_and_is_journalled_and_the_due_day_stays(self, cast, rectification):
        extension = ask(rectification, cast.engineering)
        assert (extension.state, extension.due_on, extension.reason) == ("asked", LATER, "等配件")
        entry = Entry.objects.about(rectification).last()
        assert (entry.verb, entry.data) == (
            "rectification.ask_extension", {"due_on": LATER.isoformat(), "reason": "等配件"},
        )  # fmt: skip
        before = rectification.due_at
        rectification.refresh_from_db()
        assert rectification.due_at == before

    @pytest.mark.parametrize(
        ("at", "role"),
        [
            (day(1), "engineering_lead"),
            (day(4, 0), "engineering_lead"),  # at the very moment of the step it is still the next one
            (day(4, 0, 0, 1), "estate_manager"),
            (day(5, 0, 0, 1), "branch_supervisor"),
            (day(7, 0, 0, 1), "group_supervisor"),
            (day(30), "group_supervisor"),
        ],
    )
    def test_the_role_of_the_next_step_is_asked_whether_or_not_the_sweep_ran(self, cast, rectification, at, role):
        extension = ask(rectification, cast.engineering, at=at, due_on=TODAY + timedelta(days=40))
        assert asked_to(extension) == {role}

    def test_who_would_decide_on_their_own_asks_the_step_after(self, cast, rectification):
        assert asked_to(ask(rectification, cast.engineering_lead)) == {"estate_manager"}

    def test_a_lead_does_not_decide_what_the_manager_asks(self, cast, rectification):
        assert asked_to(ask(rectification, cast.estate_manager)) == {"branch_supervisor"}

    def test_an_empty_post_is_passed_over(self, cast, rectification):
        cast.engineering_lead.posts.update(ends_on=TODAY)
        assert asked_to(ask(rectification, cast.engineering)) == {"estate_manager"}

    def test_one_request_at_a_time(self, cast, rectification):
        ask(rectification, cast.engineering)
        with pytest.raises(Refused, match="已经有一份延期申请在等待批准"):
            ask(rectification, cast.engineering_lead)
        assert Extension.objects.count() == 1

    @pytest.mark.parametrize(
        ("due_on", "at", "sentence"),
        [
            (TODAY + timedelta(days=3), day(1), "必须晚于现在的期限"),
            (TODAY + timedelta(days=4), day(6), "不能早于今天"),
            (TODAY + timedelta(days=400), day(1), "不能晚于一年以后"),
            (date.max, day(1), "不能晚于一年以后"),
        ],
    )
    def test_the_day_must_be_possible(self, cast, rectification, due_on, at, sentence):
        with pytest.raises(Refused, match=sentence):
            ask(rectification, cast.engineering, at=at, due_on=due_on)

    def test_the_day_after_the_due_day_will_do(self, cast, rectification):
        assert ask(rectification, cast.engineering, due_on=TODAY + timedelta(days=4)).pk

    def test_a_reason_is_asked_for(self, cast, rectification):
        with pytest.raises(Refused, match="请写明申请延期的理由"):
            ask(rectification, cast.engineering, reason=" ")

    @pytest.mark.parametrize(
        ("role", "sentence"),
        [
            ("branch_supervisor", "岗位不能申请延期"),
            ("foreign_engineering", "岗位不能申请延期"),
            ("security", "由工程负责"),
        ],
    )
    def test_only_those_who_have_to_rectify(self, cast, rectification, role, sentence):
        with pytest.raises(Refused, match=sentence):
            ask(rectification, getattr(cast, role))

    def test_not_while_it_waits_for_recheck(self, cast, rectification):
        submit_rectification(rectification=rectification, by=cast.engineering, at=day(1), measures="换灯")
        with pytest.raises(Refused, match="正在等待复查"):
            ask(rectification, cast.engineering)
