"""提交整改 (INS-10, INS-11, INS-12)."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.roles import Role
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from foundation.records.refusals import Refused
from foundation.timers.models import Clock
from inspections.choices import Tier
from inspections.services.rectifications import attach_evidence, evidence_of, fail_recheck, submit_rectification
from tests.inspections.factories import day, make_rectification, photo


@pytest.fixture
def rectification(cast):
    return make_rectification(cast.estate_a1, by=cast.security)


def hand_in(rectification, by, at=None, photos=(), **fields):
    """As the page does: the photos are kept first, then what was done is handed in."""
    if photos:
        attach_evidence(rectification=rectification, photos=photos, by=by, at=at or day(1))
    return submit_rectification(
        rectification=rectification, by=by, at=at or day(1), **{"measures": "已更换灯管"} | fields
    )


class TestService:
    def test_it_waits_for_recheck_and_its_clock_is_held(self, cast, rectification):
        done = hand_in(rectification, cast.engineering, measures="  已更换灯管 ")
        assert (done.state, done.measures, done.rectified_by, done.rectified_at) == (
            "recheck", "已更换灯管", cast.engineering, day(1),
        )  # fmt: skip
        clock = Clock.objects.about(rectification).get()
        assert (clock.state, clock.due_at, clock.next_at) == ("held", day(4, 0), None)
        entry = Entry.objects.about(rectification).last()
        assert (entry.verb, entry.by, entry.data) == (
            "rectification.submit", cast.engineering, {"measures": "已更换灯管"},
        )  # fmt: skip

    def test_twice_changes_nothing(self, cast, rectification):
        hand_in(rectification, cast.engineering)
        with pytest.raises(Refused, match="正在等待复查"):
            hand_in(rectification, cast.engineering, measures="又一次")
        rectification.refresh_from_db()
        assert rectification.measures == "已更换灯管"
        assert Entry.objects.about(rectification).filter(verb="rectification.submit").count() == 1

    @pytest.mark.parametrize("role", ["engineering", "engineering_lead", "estate_manager"])
    def test_the_role_its_lead_and_the_manager_may(self, cast, rectification, role):
        assert hand_in(rectification, getattr(cast, role)).state == "recheck"

    @pytest.mark.parametrize("role", ["security", "security_lead", "branch_supervisor", "auditor", "administrator"])
    def test_others_may_not(self, cast, rectification, role):
        with pytest.raises(Refused, match="由工程负责"):
            hand_in(rectification, getattr(cast, role))

    def test_the_same_role_elsewhere_may_not(self, cast, rectification):
        with pytest.raises(Refused):
            hand_in(rectification, cast.foreign_engineering)

    def test_measures_are_asked_for(self, cast, rectification):
        with pytest.raises(Refused, match="请写明采取的整改措施"):
            hand_in(rectification, cast.engineering, measures=" \n")

    @pytest.mark.parametrize(
        ("tier", "by", "asked"),
        [
            (Tier.ESTATE, "security", {"engineering_lead", "estate_manager"}),
            (Tier.BRANCH, "branch_supervisor", {"branch_supervisor"}),
            (Tier.GROUP, "group_supervisor", {"group_supervisor"}),
        ],
    )
    def test_who_is_asked_to_recheck(self, cast, tier, by, asked):
        found = make_rectification(cast.estate_a1, by=getattr(cast, by), tier=tier)
        hand_in(found, cast.engineering)
        notices = Notice.objects.filter(key=f"rectification:{found.pk}:recheck:0")
        assert set(notices.values_list("user__username", flat=True)) == asked

    def test_who_hands_in_is_not_asked_the_branch_is_where_nobody_else_is(self, cast):
        manager = cast.hire(Role.ESTATE_MANAGER, cast.estate_a2, "manager2")
        found = make_rectification(cast.estate_a2, by=manager)
        hand_in(found, manager)
        users = Notice.objects.filter(key=f"rectification:{found.pk}:recheck:0").values_list("user", flat=True)
        assert list(users) == [cast.branch_supervisor.pk]


class TestEvidence:
    @pytest.fixture
    def rectification(self, cast):
        return make_rectification(cast.estate_a1, by=cast.security, code="photo")

    def test_an_item_that_asks_for_a_photo_needs_one_of_after(self, cast, rectification):
        with pytest.raises(Refused, match="请附上整改后的照片"):
            hand_in(rectification, cast.engineering)
        hand_in(rectification, cast.engineering, photos=[photo()])
        assert evidence_of(rectification).count() == 1

    def test_photos_stay_when_the_words_are_refused_and_are_kept_once(self, cast, rectification):
        for _ in range(2):
            with pytest.raises(Refused):
                hand_in(rectification, cast.engineering, measures="", photos=[photo(), photo("2.jpg", color="red")])
        assert evidence_of(rectification).count() == 2
        assert hand_in(rectification, cast.engineering).state == "recheck"

    def test_good_photos_stay_when_one_of_them_is_none(self, cast, rectification):
        text = SimpleUploadedFile("说明.jpg", b"no picture")
        with pytest.raises(Refused, match=r"说明\.jpg"):
            hand_in(rectification, cast.engineering, photos=[text, photo()])
        assert evidence_of(rectification).count() == 1

    def test_who_may_not_hand_in_leaves_no_photo(self, cast, rectification):
        with pytest.raises(Refused):
            hand_in(rectification, cast.security, photos=[photo()])
        assert not Attachment.objects.for_owner(rectification).exists()

    def test_after_a_failed_recheck_the_old_photo_does_not_count_again(self, cast, rectification):
        hand_in(rectification, cast.engineering, photos=[photo()])
        fail_recheck(rectification=rectification, by=cast.engineering_lead, at=day(2), reason="仍有积灰")
        rectification.refresh_from_db()
        with pytest.raises(Refused, match="请附上整改后的照片"):
            hand_in(rectification, cast.engineering, at=day(3))
        assert hand_in(rectification, cast.engineering, at=day(3), photos=[photo()]).state == "recheck"


def test_at_exactly_the_due_moment_it_is_in_time(cast, rectification):
    """GEN-1."""
    done = hand_in(rectification, cast.engineering, at=rectification.due_at)
    assert not done.is_overdue(day(9))
    assert not Entry.objects.about(rectification).filter(verb="rectification.escalate").exists()


def test_a_second_later_it_is_late(cast, rectification):
    done = hand_in(rectification, cast.engineering, at=rectification.due_at + timedelta(seconds=1))
    assert done.is_overdue(day(9))
