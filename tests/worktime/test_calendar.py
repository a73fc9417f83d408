from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from foundation.journal.models import Entry
from foundation.worktime.arithmetic import NoWorkdayData, add_working_days
from foundation.worktime.local import parse_at
from foundation.worktime.models import CalendarDay
from foundation.worktime.services import delete_days, edit_day, known_years, load_calendar, seed_year
from foundation.worktime.signals import calendar_changed, calendar_changing

AT = parse_at("2026-11-21T09:00")

pytestmark = pytest.mark.django_db


def test_a_year_is_seeded_once():
    assert seed_year(2026, at=AT) == 365
    assert seed_year(2026, at=AT) == 0
    assert known_years() == (2026, 2026)


def test_an_edited_day_is_never_overwritten():
    seed_year(2026, at=AT)
    day = CalendarDay.objects.get(date=date(2026, 11, 23))
    day.is_workday, day.note = False, "园区活动"
    edit_day(day=day, by=None, at=AT)
    assert seed_year(2026, at=AT) == 0
    day.refresh_from_db()
    assert (day.is_workday, day.note, day.edited) == (False, "园区活动", True)


def test_a_row_that_differs_from_what_was_published_is_put_right():
    seed_year(2026, at=AT)
    CalendarDay.objects.filter(date=date(2026, 11, 23)).update(is_workday=False)
    assert seed_year(2026, at=AT) == 1
    day = CalendarDay.objects.get(date=date(2026, 11, 23))
    assert day.is_workday
    entry = Entry.objects.get()
    assert (entry.subject_id, entry.by, entry.verb) == (day.pk, None, "workday.change")
    assert entry.data == {"date": "2026-11-23", "is_workday": {"before": False, "after": True}}


def test_org_5_who_changed_the_calendar_in_the_admin_is_journalled(cast):
    client = cast.client(cast.administrator)
    add = reverse("admin:worktime_calendarday_add")
    assert client.post(add, {"date": "2026-10-01", "is_workday": "on", "note": ""}).status_code == 302
    day = CalendarDay.objects.get()
    change = reverse("admin:worktime_calendarday_change", args=[day.pk])
    for _ in range(2):
        assert client.post(change, {"note": "国庆节"}).status_code == 302
    twice = client.post(add, {"date": "2026-10-01", "note": ""})
    assert "这一天已经在日历里。" in twice.content.decode()
    assert client.post(reverse("admin:worktime_calendarday_delete", args=[day.pk]), {"post": "yes"}).status_code == 302

    entries = list(Entry.objects.about(day))
    assert [entry.verb for entry in entries] == ["workday.create", "workday.change", "workday.remove"]
    assert {entry.by for entry in entries} == {cast.administrator}
    assert [str(line) for line in entries[1].lines] == [
        "日期：2026-10-01",
        "说明：国庆节",
        "工作日：是 → 否",
    ]
    assert not CalendarDay.objects.exists()


def test_several_days_are_deleted_as_one_action_and_journalled_each(cast):
    seed_year(2026, at=AT)
    days = CalendarDay.objects.filter(date__month=10, date__day__lte=3)
    data = {"action": "delete_selected", "_selected_action": [day.pk for day in days], "post": "yes"}
    cast.client(cast.administrator).post(reverse("admin:worktime_calendarday_changelist"), data)

    assert CalendarDay.objects.count() == 362
    assert {entry.data["date"] for entry in Entry.objects.filter(verb="workday.remove", by=cast.administrator)} == {
        "2026-10-01",
        "2026-10-02",
        "2026-10-03",
    }


def test_gen_3_a_year_that_is_not_published_is_refused():
    with pytest.raises(NoWorkdayData, match="无法计算：缺少2031年工作日数据"):
        seed_year(2031, at=AT)
    assert not CalendarDay.objects.exists()


def test_the_calendar_is_read_in_one_query(django_assert_num_queries):
    seed_year(2025, at=AT)
    seed_year(2026, at=AT)
    with django_assert_num_queries(1):
        calendar = load_calendar(date(2026, 3, 1))
    assert len(calendar.days) == 366, "the year, and the night before it"
    assert add_working_days(parse_at("2026-09-30T12:00"), 3, calendar) == parse_at("2026-10-10T12:00")


def test_every_change_is_announced_before_and_after():
    seen = []

    def before(*, at, **_):
        seen.append(("before", at, CalendarDay.objects.count()))

    def after(*, at, **_):
        seen.append(("after", at, CalendarDay.objects.count()))

    calendar_changing.connect(before)
    calendar_changed.connect(after)
    try:
        seed_year(2026, at=AT)
        delete_days(days=[date(2026, 1, 1)], by=None, at=AT)
    finally:
        calendar_changing.disconnect(before)
        calendar_changed.disconnect(after)
    assert seen == [("before", AT, 0), ("after", AT, 365), ("before", AT, 365), ("after", AT, 364)]


def test_load_workdays_says_what_it_did_in_one_line(capsys):
    call_command("load_workdays", year=2026)
    assert capsys.readouterr().out == "2026年写入 365 天\n"
    with pytest.raises(CommandError, match="缺少2031年工作日数据"):
        call_command("load_workdays", year=2031)
