"""Fields as the browser sends them."""

from datetime import UTC, date, datetime

import pytest
from django import forms

from foundation.records.fields import MonthField, date_field, moment_field, text_field
from foundation.worktime.months import Month


class Sample(forms.Form):
    on = date_field("日期")
    since = moment_field("时间")
    month = MonthField(label="月份", required=False)
    reason = text_field("原因", "请写明原因。")
    note = text_field("说明")


def filled(**values: str) -> Sample:
    form = Sample({"reason": "停电"} | values)
    form.is_valid()
    return form


def test_each_reads_what_its_input_sends():
    given = filled(on="2026-11-03", since="2026-11-03T00:30", month="2026-10").cleaned_data

    assert given["on"] == date(2026, 11, 3)
    # Half past midnight in Shanghai is still the day before in UTC.
    assert given["since"] == datetime(2026, 11, 2, 16, 30, tzinfo=UTC)
    assert given["month"] == Month(date(2026, 10, 1))


def test_a_moment_is_shown_in_local_time_to_the_minute():
    form = Sample(initial={"since": datetime(2026, 11, 2, 16, 30, 59, tzinfo=UTC)})

    assert 'type="datetime-local"' in str(form["since"])
    assert 'value="2026-11-03T00:30"' in str(form["since"])


def test_a_field_without_a_sentence_may_stay_empty():
    form = filled(reason="")

    assert form.errors == {"reason": ["请写明原因。"]}
    assert form.cleaned_data["note"] == ""
    assert form.cleaned_data["since"] is None


@pytest.mark.parametrize("text", ["2026-13", "2026-00", "1999-12", "十月", "2026-1-1", "2026"])
def test_what_is_no_month_is_told_in_a_sentence(text):
    assert "请写成 2026-10。" in filled(month=text).errors["month"][0]


@pytest.mark.parametrize(
    ("day", "is_known"),
    [
        ("1999-12-31", False),
        ("2000-01-01", True),
        ("2099-12-31", True),
        ("2100-01-01", False),
        ("0026-11-03", False),
        ("9999-12-31", False),
    ],
)
def test_a_day_that_no_calendar_is_counted_to_is_refused(day, is_known):
    form = filled(on=day)

    assert form.errors.get("on", []) == ([] if is_known else ["请选择 2000 年至 2099 年之间的日期。"])
    assert ("since" in filled(since=f"{day}T00:00").errors) is not is_known
