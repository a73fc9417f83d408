"""指派责任人 (INS-10)."""

import pytest

from accounts.roles import Role
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from inspections.services.rectifications import assign, pass_recheck, submit_rectification
from tests.inspections.factories import day, make_rectification


@pytest.fixture
def second(cast):
    return cast.hire(Role.ENGINEERING, cast.estate_a1, "second")


@pytest.fixture
def rectification(cast, second):
    return make_rectification(cast.estate_a1, by=cast.security)


class TestService:
    @pytest.mark.parametrize("role", ["engineering_lead", "estate_manager"])
    def test_the_lead_or_the_manager_names_a_person(self, cast, rectification, second, role):
        done = assign(rectification=rectification, assignee=second, by=getattr(cast, role), at=day())
        assert done.assignee == second
        entry = Entry.objects.about(done).last()
        assert (entry.verb, entry.data) == ("rectification.assign", {"assignee": {"before": "", "after": "second"}})
        assert Notice.objects.filter(user=second, title="整改单指派给您：配电房照明").exists()

    def test_the_same_person_again_changes_nothing(self, cast, rectification, second):
        for hour in (9, 10):
            assign(rectification=rectification, assignee=second, by=cast.estate_manager, at=day(hour=hour))
        assert Entry.objects.about(rectification).filter(verb="rectification.assign").count() == 1
        assert Notice.objects.filter(user=second, title__startswith="整改单指派").count() == 1

    @pytest.mark.parametrize("role", ["security_lead", "engineering", "branch_supervisor", "foreign_manager"])
    def test_others_may_not(self, cast, rectification, second, role):
        with pytest.raises(Refused, match="只有部门主管或项目经理"):
            assign(rectification=rectification, assignee=second, by=getattr(cast, role), at=day())

    @pytest.mark.parametrize("role", ["foreign_engineering", "branch_supervisor", "cashier"])
    def test_not_to_someone_who_could_not_rectify_here(self, cast, rectification, role):
        with pytest.raises(Refused, match="本项目可以整改的在岗人员"):
            assign(rectification=rectification, assignee=getattr(cast, role), by=cast.estate_manager, at=day())

    def test_who_is_named_may_rectify_whatever_the_role(self, cast, rectification):
        assign(rectification=rectification, assignee=cast.security, by=cast.estate_manager, at=day())
        done = submit_rectification(rectification=rectification, by=cast.security, at=day(1), measures="换灯")
        assert done.rectified_by == cast.security

    def test_not_when_it_is_closed(self, cast, rectification, second):
        submit_rectification(rectification=rectification, by=cast.engineering, at=day(), measures="换灯")
        pass_recheck(rectification=rectification, by=cast.estate_manager, at=day(1))
        with pytest.raises(Refused, match="已经关闭"):
            assign(rectification=rectification, assignee=second, by=cast.estate_manager, at=day(2))
