from datetime import date, timedelta

import pytest
from django.template import Context, Template
from django.utils.html import strip_tags

from foundation.journal import verbs
from foundation.journal.models import Entry
from foundation.journal.services import change, record


@pytest.fixture
def timeline(subject):
    def shown() -> str:
        html = Template("{% load journal %}{% timeline entries %}").render(
            Context({"entries": Entry.objects.about(subject)})
        )
        return " ".join(strip_tags(html).split())

    return shown


def test_a_change_reads_as_before_and_after(subject, zhang, at, timeline):
    record(subject, "test.extend", by=zhang, at=at, due_on=change(date(2026, 11, 3), date(2026, 11, 6)))
    text = timeline()
    assert "延期 张工 2026-11-03 09:15" in text
    assert "整改期限：2026-11-03 →改为 2026-11-06" in text


def test_the_system_and_values_in_words(subject, at, timeline):
    record(
        subject, "test.open", by=None, at=at, urgent=True, measures=["清理", "上锁"], code=17, reason=change(None, "漏")
    )
    text = timeline()
    assert "开单 系统" in text
    assert "加急：是" in text
    assert "整改措施：清理、上锁" in text
    assert "原因：漏" in text
    assert "17" not in text.replace("09:17", "")


def test_a_first_value_has_no_arrow_and_one_taken_away_is_empty(subject, at, timeline):
    record(subject, "test.extend", by=None, at=at, due_on=change(None, date(2026, 11, 6)))
    assert timeline().endswith("整改期限：2026-11-06")
    record(subject, "test.open", by=None, at=at, reason=change("漏", ""))
    assert "原因：漏 →改为 （空）" in timeline()


def test_what_people_typed_is_escaped(subject, at):
    record(subject, "test.open", by=None, at=at, reason="<script>alert(1)</script>")
    html = Template("{% load journal %}{% timeline e %}").render(Context({"e": Entry.objects.about(subject)}))
    assert "<script>" not in html


def test_a_describer_says_it_in_a_sentence(subject, at, timeline):
    verbs.describer("test.close")(lambda entry: f"共 {entry.data['items']} 项")
    record(subject, "test.close", by=None, at=at, items=12)
    assert "关闭" in timeline()
    assert "共 12 项" in timeline()


def test_what_a_phone_sent_later_says_so(subject, zhang, at, timeline):
    record(subject, "test.open", by=zhang, at=at)
    assert "上传" in timeline()


def test_what_the_system_caught_up_was_not_sent_by_a_phone(subject, at, timeline):
    record(subject, "test.open", by=None, at=at)
    assert "上传" not in timeline()


def test_local_time_of_a_time_in_the_data(at):
    assert verbs.in_words(at.isoformat()) == "2026-11-03 09:15"
    assert verbs.in_words("2026-13-40") == "2026-13-40"
    assert verbs.in_words("T-shirt") == "T-shirt"


def test_no_entries_says_so(timeline):
    assert timeline() == "还没有操作记录。"


def test_a_verb_has_one_label():
    with pytest.raises(ValueError, match=r"test\.open"):
        verbs.register({"test.open": "别的"})


def test_a_page_of_entries_needs_one_query(subject, zhang, at, timeline, django_assert_num_queries):
    for hour in range(20):
        record(subject, "test.open", by=zhang, at=at + timedelta(hours=hour))
    with django_assert_num_queries(1):
        timeline()
