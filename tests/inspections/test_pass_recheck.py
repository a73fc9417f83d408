"""复查通过 (INS-10): closed by another than who rectified."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.timers.models import Clock
from inspections.models import Extension, Rectification
from inspections.services.extensions import ask_extension
from inspections.services.rectifications import pass_recheck, submit_rectification
from tests.inspections.factories import TODAY, day, make_rectification


@pytest.fixture
def rectification(cast):
    opened = make_rectification(cast.estate_a1, by=cast.security)
    return submit_rectification(rectification=opened, by=cast.engineering_lead, at=day(1), measures="已更换灯管")


class TestService:
    def test_it_is_closed_and_journalled_and_the_rectifier_told(self, cast, rectification):
        done = pass_recheck(rectification=rectification, by=cast.estate_manager, at=day(2), note="已看现场")
        assert (done.state, done.closed_by, done.closed_at) == ("closed", cast.estate_manager, day(2))
        entry = Entry.objects.about(done).last()
        assert (entry.verb, entry.by, entry.data) == ("rectification.pass", cast.estate_manager, {"note": "已看现场"})
        assert Notice.objects.filter(user=cast.engineering_lead, title="复查通过：配电房照明").exists()

    def test_the_clock_ends_when_it_was_handed_in(self, cast, rectification):
        """Handed in in time and re-checked after the due day is in time."""
        pass_recheck(rectification=rectification, by=cast.estate_manager, at=day(20))
        clock = Clock.objects.about(rectification).get()
        assert (clock.state, clock.stopped_at) == ("stopped", day(1))
        assert not clock.is_overdue(day(30))

    def test_not_by_the_person_who_rectified(self, cast, rectification):
        with pytest.raises(Refused, match="不能复查自己提交的整改，请由另一人复查。"):
            pass_recheck(rectification=rectification, by=cast.engineering_lead, at=day(2))

    def test_nor_past_the_services(self, cast, rectification):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rectification.objects.filter(pk=rectification.pk).update(
                state="closed", closed_by=cast.engineering_lead, closed_at=day(2)
            )

    @pytest.mark.parametrize("role", ["estate_manager", "security_lead", "branch_supervisor", "group_supervisor"])
    def test_leads_managers_and_supervisors_may(self, cast, rectification, role):
        assert pass_recheck(rectification=rectification, by=getattr(cast, role), at=day(2)).state == "closed"

    @pytest.mark.parametrize("role", ["engineering", "service", "general_manager", "auditor", "foreign_manager"])
    def test_others_may_not(self, cast, rectification, role):
        with pytest.raises(Refused, match="您的岗位不能复查"):
            pass_recheck(rectification=rectification, by=getattr(cast, role), at=day(2))

    def test_twice_changes_nothing(self, cast, rectification):
        pass_recheck(rectification=rectification, by=cast.estate_manager, at=day(2))
        with pytest.raises(Refused, match="已经关闭"):
            pass_recheck(rectification=rectification, by=cast.branch_supervisor, at=day(3))
        rectification.refresh_from_db()
        assert rectification.closed_by == cast.estate_manager

    def test_not_before_it_was_handed_in(self, cast):
        opened = make_rectification(cast.estate_a1, by=cast.security)
        with pytest.raises(Refused, match="还没有提交整改"):
            pass_recheck(rectification=opened, by=cast.estate_manager, at=day(2))

    def test_a_request_for_more_time_ends_with_it(self, cast):
        opened = make_rectification(cast.estate_a1, by=cast.security)
        ask_extension(
            rectification=opened, by=cast.engineering, at=day(1), due_on=TODAY + timedelta(days=9), reason="等配件"
        )
        submit_rectification(rectification=opened, by=cast.engineering, at=day(2), measures="已更换灯管")
        pass_recheck(rectification=opened, by=cast.estate_manager, at=day(3))
        extension = Extension.objects.get()
        assert (extension.state, extension.decided_by) == ("refused", None)
