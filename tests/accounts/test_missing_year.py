"""GEN-3: an administrator is told that a year of the working calendar is missing."""

from django.utils import timezone

from foundation.notices.models import Notice
from foundation.timers.models import Clock
from foundation.timers.services import start
from foundation.timers.values import Calendar, Limit, Unit


def test_a_clock_without_its_year_tells_the_administrators_once(cast):
    at = timezone.now()
    limit = Limit(1, Unit.DAYS, Calendar.WORKDAY)
    for subject in (cast.estate_a1, cast.estate_a2):
        clock = start(kind="test.approval", subject=subject, node=subject, at=at, limit=limit)
        assert clock.due_at is None
    notice = Notice.objects.get(key=f"workdays:{at.astimezone().year}")
    assert notice.user == cast.administrator
    assert "工作日数据" in notice.title
    assert Clock.objects.waiting_for_data().count() == 2
