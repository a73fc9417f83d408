"""复查不通过 (INS-10, INS-11): back to 待整改 with a reason, the due day stays."""

from datetime import timedelta

import pytest

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.timers.models import Clock
from inspections.services.rectifications import fail_recheck, submit_rectification
from tests.inspections.factories import day, make_rectification


@pytest.fixture
def rectification(cast):
    opened = make_rectification(cast.estate_a1, by=cast.security)
    return submit_rectification(rectification=opened, by=cast.engineering_lead, at=day(1), measures="已更换灯管")


class TestService:
    def test_it_is_open_again_with_the_same_due_day(self, cast, rectification):
        due_at = rectification.due_at
        done = fail_recheck(rectification=rectification, by=cast.estate_manager, at=day(2), reason=" 仍不亮 ")
        assert (done.state, done.rejections, done.due_at) == ("open", 1, due_at)
        clock = Clock.objects.about(done).get()
        assert (clock.state, clock.due_at, clock.round) == ("running", due_at, 1)
        entry = Entry.objects.about(done).last()
        assert (entry.verb, entry.data) == ("rectification.fail", {"reason": "仍不亮"})

    def test_the_rectifier_and_the_responsible_person_hear(self, cast, rectification):
        fail_recheck(rectification=rectification, by=cast.estate_manager, at=day(2), reason="仍不亮")
        told = Notice.objects.filter(title="复查不通过：配电房照明").values_list("user", flat=True)
        assert set(told) == {cast.engineering_lead.pk, cast.engineering.pk}

    def test_a_reason_is_asked_for(self, cast, rectification):
        with pytest.raises(Refused, match="请写明复查不通过的原因"):
            fail_recheck(rectification=rectification, by=cast.estate_manager, at=day(2), reason=" ")

    def test_not_by_the_person_who_rectified(self, cast, rectification):
        with pytest.raises(Refused, match="由另一人复查"):
            fail_recheck(rectification=rectification, by=cast.engineering_lead, at=day(2), reason="仍不亮")

    def test_twice_changes_nothing(self, cast, rectification):
        fail_recheck(rectification=rectification, by=cast.estate_manager, at=day(2), reason="仍不亮")
        with pytest.raises(Refused, match="还没有提交整改"):
            fail_recheck(rectification=rectification, by=cast.branch_supervisor, at=day(2), reason="仍不亮")
        rectification.refresh_from_db()
        assert rectification.rejections == 1

    def test_every_round_is_told_anew(self, cast, rectification):
        for number in (1, 2):
            fail_recheck(rectification=rectification, by=cast.estate_manager, at=day(2 * number), reason="仍不亮")
            submit_rectification(
                rectification=rectification, by=cast.engineering_lead, at=day(2 * number, 12), measures="再换"
            )
        assert Notice.objects.filter(user=cast.engineering_lead, title="复查不通过：配电房照明").count() == 2
        assert Notice.objects.filter(user=cast.estate_manager, title="待复查：配电房照明").count() == 3

    def test_at_the_due_moment_itself_the_step_is_due(self, cast, rectification):
        """GEN-1: a step of a ladder is due from that moment on."""
        fail_recheck(rectification=rectification, by=cast.estate_manager, at=rectification.due_at, reason="仍不亮")
        assert Entry.objects.about(rectification).filter(verb="rectification.escalate").count() == 1

    def test_a_second_before_nothing_escalates(self, cast, rectification):
        at = rectification.due_at - timedelta(seconds=1)
        fail_recheck(rectification=rectification, by=cast.estate_manager, at=at, reason="仍不亮")
        assert not Entry.objects.about(rectification).filter(verb="rectification.escalate").exists()
