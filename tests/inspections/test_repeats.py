"""INS-12: the same item failing again at the same estate within 90 days."""

from datetime import timedelta

import pytest

from foundation.records.refusals import Refused
from inspections.choices import Tier
from inspections.models import InspectionPolicy
from inspections.services.rectifications import submit_rectification
from tests.inspections.factories import SAMPLE, day, make_rectification, make_version

WINDOW = timedelta(days=90)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("after", "is_repeat"), [(WINDOW, True), (WINDOW + SECOND, False)])
def test_the_window_includes_its_last_moment(cast, after, is_repeat):
    first = make_rectification(cast.estate_a1, by=cast.engineering, at=day())
    again = make_rectification(cast.estate_a1, by=cast.engineering, at=day() + after)
    assert again.is_repeat is is_repeat
    assert again.repeat_of == (first if is_repeat else None)


def test_the_link_leads_to_the_newest_one(cast):
    make_rectification(cast.estate_a1, by=cast.engineering, at=day(-20))
    second = make_rectification(cast.estate_a1, by=cast.engineering, at=day(-10))
    assert make_rectification(cast.estate_a1, by=cast.engineering, at=day()).repeat_of == second


def test_another_tier_s_finding_of_the_same_item_repeats_it(cast):
    first = make_rectification(cast.estate_a1, by=cast.engineering, at=day(-5))
    found = make_rectification(cast.estate_a1, by=cast.branch_supervisor, tier=Tier.BRANCH)
    assert found.repeat_of == first


def test_another_item_estate_or_checklist_is_no_repeat(cast):
    make_rectification(cast.estate_a1, by=cast.engineering, at=day(-5))
    other = make_version("other", sections=SAMPLE)
    assert not make_rectification(cast.estate_a1, by=cast.engineering, code="photo").is_repeat
    assert not make_rectification(cast.estate_a1, by=cast.engineering, version=other).is_repeat
    assert not make_rectification(cast.estate_a2, by=cast.branch_supervisor, tier=Tier.BRANCH).is_repeat


def test_the_policy_s_number_counts(cast):
    InspectionPolicy.objects.update_or_create(pk=1, defaults={"repeat_days": 30})
    make_rectification(cast.estate_a1, by=cast.engineering, at=day(-31))
    late = make_rectification(cast.estate_a1, by=cast.engineering, at=day())
    assert not late.is_repeat
    repeat = make_rectification(cast.estate_a1, by=cast.engineering, at=day(1))
    with pytest.raises(Refused, match="30 天内重复发生"):
        submit_rectification(rectification=repeat, by=cast.engineering, at=day(1, 10), measures="换灯")


@pytest.mark.parametrize(("cause", "prevention"), [("", ""), ("老化", ""), ("", "每季度更换"), ("  ", "每季度更换")])
def test_a_repeat_asks_for_its_cause_and_a_preventive_measure(cast, cause, prevention):
    make_rectification(cast.estate_a1, by=cast.engineering, at=day(-5))
    repeat = make_rectification(cast.estate_a1, by=cast.engineering)
    with pytest.raises(Refused, match="90 天内重复发生，必须填写原因分析和预防措施"):
        submit_rectification(
            rectification=repeat, by=cast.engineering, at=day(), measures="换灯", cause=cause, prevention=prevention
        )
    done = submit_rectification(
        rectification=repeat, by=cast.engineering, at=day(), measures="换灯", cause="老化", prevention="每季度更换"
    )
    assert (done.state, done.cause, done.prevention) == ("recheck", "老化", "每季度更换")
