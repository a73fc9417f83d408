"""延期批准 and refusal (INS-11, GEN-6)."""

from datetime import timedelta

import pytest

from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.timers.models import Clock
from foundation.timers.services import sweep
from inspections.services.extensions import ask_extension, decide_extension
from inspections.services.rectifications import pass_recheck, submit_rectification
from tests.inspections.factories import TODAY, day, make_rectification

LATER = TODAY + timedelta(days=9)
NEW_DUE = day(10, 0)


@pytest.fixture
def rectification(cast):
    return make_rectification(cast.estate_a1, by=cast.security)


@pytest.fixture
def extension(cast, rectification):
    return ask_extension(rectification=rectification, by=cast.engineering, at=day(1), due_on=LATER, reason="等配件")


def decide(extension, by, at=None, grant=True, note=""):
    return decide_extension(extension=extension, by=by, at=at or day(2), grant=grant, note=note)


class TestService:
    def test_granted_the_due_day_moves_and_a_new_round_begins(self, cast, rectification, extension):
        done = decide(extension, cast.engineering_lead, note="同意")
        assert (done.state, done.decided_by, done.decided_at) == ("granted", cast.engineering_lead, day(2))
        rectification.refresh_from_db()
        assert (rectification.due_at, rectification.extensions_granted) == (NEW_DUE, 1)
        clock = Clock.objects.about(rectification).get()
        assert (clock.due_at, clock.round, clock.extensions, clock.next_step) == (NEW_DUE, 2, 1, 0)
        assert clock.plan[:2] == [NEW_DUE, NEW_DUE + timedelta(days=1)]
        entry = Entry.objects.about(rectification).last()
        assert entry.verb == "rectification.grant_extension"
        assert entry.data["due_at"]["after"] == NEW_DUE.isoformat()
        assert Notice.objects.filter(user=cast.engineering, title="延期申请已批准：配电房照明").exists()

    def test_refused_nothing_moves(self, cast, rectification, extension):
        due_at = rectification.due_at
        done = decide(extension, cast.engineering_lead, grant=False, note="配件有库存")
        assert (done.state, done.decision_note) == ("refused", "配件有库存")
        rectification.refresh_from_db()
        assert (rectification.due_at, rectification.extensions_granted) == (due_at, 0)
        assert Clock.objects.about(rectification).get().round == 1
        assert Entry.objects.about(rectification).last().data == {"note": "配件有库存"}

    def test_a_refusal_says_why(self, cast, extension):
        with pytest.raises(Refused, match="不批准时请写明理由"):
            decide(extension, cast.engineering_lead, grant=False, note=" ")

    @pytest.mark.parametrize(
        ("at", "role"),
        [
            (day(4, 0), "engineering_lead"),
            (day(4, 0, 0, 1), "estate_manager"),
            (day(6), "branch_supervisor"),
            (day(8), "group_supervisor"),
        ],
    )
    @pytest.mark.parametrize("swept", [True, False])
    def test_the_role_of_the_next_step_decides_and_no_other(self, cast, rectification, extension, at, role, swept):
        if swept:
            sweep(at=at - timedelta(seconds=1))
        deciders = ["engineering_lead", "estate_manager", "branch_supervisor", "group_supervisor"]
        for other in deciders:
            if other != role:
                with pytest.raises(Refused, match="这份延期申请要由"):
                    decide(extension, getattr(cast, other), at=at)
        assert decide(extension, getattr(cast, role), at=at).state == "granted"

    def test_nobody_consents_to_their_own_request(self, cast, rectification):
        own = ask_extension(rectification=rectification, by=cast.engineering_lead, at=day(1), due_on=LATER, reason="等")
        with pytest.raises(Refused, match="不能批准自己的延期申请"):
            decide(own, cast.engineering_lead)
        assert decide(own, cast.estate_manager).state == "granted"

    def test_the_same_role_elsewhere_may_not(self, cast, rectification):
        extension = ask_extension(
            rectification=rectification, by=cast.engineering, at=day(4, 12), due_on=LATER, reason="等配件"
        )
        with pytest.raises(Refused):
            decide(extension, cast.foreign_manager, at=day(4, 13))

    def test_twice_changes_nothing(self, cast, rectification, extension):
        decide(extension, cast.engineering_lead)
        with pytest.raises(Refused, match="已经处理过了"):
            decide(extension, cast.engineering_lead, grant=False, note="改主意")
        rectification.refresh_from_db()
        assert rectification.extensions_granted == 1

    def test_in_its_last_second_the_day_can_still_be_granted(self, cast, extension):
        assert decide(extension, cast.group_supervisor, at=NEW_DUE - timedelta(seconds=1)).state == "granted"

    def test_a_day_that_has_passed_can_only_be_refused(self, cast, extension):
        with pytest.raises(Refused, match="新期限已经过了"):
            decide(extension, cast.group_supervisor, at=NEW_DUE)
        assert decide(extension, cast.group_supervisor, at=NEW_DUE, grant=False, note="已过期").state == "refused"

    def test_granted_while_it_waits_for_recheck_the_clock_stays_held(self, cast, rectification, extension):
        submit_rectification(rectification=rectification, by=cast.engineering, at=day(2), measures="换灯")
        decide(extension, cast.engineering_lead, at=day(3))
        clock = Clock.objects.about(rectification).get()
        assert (clock.state, clock.due_at, clock.next_at) == ("held", NEW_DUE, None)

    def test_not_when_it_is_closed(self, cast, rectification, extension):
        submit_rectification(rectification=rectification, by=cast.engineering, at=day(2), measures="换灯")
        pass_recheck(rectification=rectification, by=cast.estate_manager, at=day(3))
        with pytest.raises(Refused):
            decide(extension, cast.engineering_lead, at=day(3, 10))
