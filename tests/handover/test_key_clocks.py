"""A key that is not back in time goes up: 客服主管 at the moment it was due, 项目经理 a day later (HND-3, GEN-1, GEN-6)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Post
from foundation.notices.models import Notice
from foundation.timers.services import sweep
from handover.forms.keys import LendForm
from handover.services.keyclocks import clock_of, usual_return
from handover.services.keys import hand_key, lend_key, return_key
from tests.handover.factories import DAY, HOUR, MINUTE, MONDAY, SECOND, entry, journal, make_handover, moment
from tests.handover.houses import make_key

pytestmark = pytest.mark.django_db
AT = MONDAY + HOUR
DUE = MONDAY + 9 * HOUR


def lent(cast, key=None, **options):
    key = key or make_key(cast)
    given = {
        "holder": "周工",
        "phone": "13800008888",
        "reason": "维修墙面",
        "due_at": DUE,
        "by": cast.service,
        "at": AT,
    }
    lend_key(key=key, **{**given, **options})
    return key


def told(key):
    return sorted(
        Notice.objects.filter(subject_kind="handover.housekey", subject_id=key.pk).values_list("user__name", flat=True)
    )


@pytest.mark.parametrize(
    ("at", "back"),
    [
        (moment("2026-03-02T09:00"), moment("2026-03-02T18:00")),
        (moment("2026-03-02T16:59"), moment("2026-03-02T18:00")),
        (moment("2026-03-02T17:00"), moment("2026-03-03T18:00")),
        (moment("2026-03-02T20:00"), moment("2026-03-03T18:00")),
        (moment("2026-03-02T23:59"), moment("2026-03-03T18:00")),
        (moment("2026-03-03T00:00"), moment("2026-03-03T18:00")),
    ],
)
def test_a_key_is_due_back_when_the_office_closes(at, back):
    assert usual_return(at) == back


def test_the_form_and_the_service_propose_the_same_moment(cast):
    handover = make_handover(cast)
    key = make_key(cast, handover=handover)
    form = LendForm(key=key, handover=handover, at=AT)
    assert form.fields["due_at"].initial == usual_return(AT) == DUE
    move = lend_key(key=key, holder="周工", reason="维修", by=cast.service, at=AT)
    assert move.due_at == DUE
    clock = clock_of(key)
    assert clock is not None
    assert clock.due_at == DUE


def test_late_it_is_the_service_lead_s_and_after_a_day_the_manager_s(cast):
    key = lent(cast)
    sweep(at=DUE - SECOND)
    assert told(key) == []
    sweep(at=DUE)
    assert told(key) == [cast.service_lead.name]
    sweep(at=DUE + DAY - SECOND)
    assert told(key) == [cast.service_lead.name]
    sweep(at=DUE + DAY)
    sweep(at=DUE + DAY)
    assert told(key) == sorted([cast.service_lead.name, cast.estate_manager.name])
    assert journal(key, prefix="key.") == ["register", "move", "escalate", "escalate"]
    assert entry(key, "key.escalate").data["to"] == "项目经理"
    notice = Notice.objects.filter(user=cast.service_lead, subject_id=key.pk).get()
    assert "1502-1" in notice.title
    assert "周工 13800008888" in notice.body
    assert "应还 2026-03-02 18:00" in notice.body


def test_without_a_service_lead_the_manager_hears_at_once(cast):
    Post.objects.filter(user=cast.service_lead).update(ends_on=(MONDAY - DAY).date())
    key = lent(cast)
    sweep(at=DUE)
    assert told(key) == [cast.estate_manager.name]


def test_a_key_that_is_back_in_time_tells_nobody(cast):
    key = lent(cast)
    return_key(key=key, by=cast.service, at=DUE)
    sweep(at=DUE + 2 * DAY)
    assert told(key) == []
    assert clock_of(key) is None


def test_each_loan_has_its_own_time(cast):
    key = lent(cast)
    sweep(at=DUE)
    return_key(key=key, by=cast.service, at=DUE + MINUTE)
    later = DUE + 3 * DAY
    lent(cast, key, at=DUE + HOUR, due_at=later)
    sweep(at=later - SECOND)
    assert told(key) == [cast.service_lead.name]
    sweep(at=later)
    assert told(key) == [cast.service_lead.name] * 2


def test_what_was_missed_is_told_once_to_each(cast):
    key = lent(cast)
    sweep(at=DUE + timedelta(days=3))
    assert told(key) == sorted([cast.service_lead.name, cast.estate_manager.name])
    sweep(at=DUE + timedelta(days=3))
    assert len(told(key)) == 2


def test_the_notice_leads_to_the_page_where_it_is_taken_back(cast):
    handover = make_handover(cast)
    lent(cast, make_key(cast, handover=handover))
    sweep(at=DUE)
    assert Notice.objects.get(user=cast.service_lead).url == reverse("handover:house_keys", args=[handover.pk])


def test_a_key_with_the_owner_has_no_clock(cast):
    key = make_key(cast)
    hand_key(key=key, holder="王芳", by=cast.service, at=AT)
    assert clock_of(key) is None
