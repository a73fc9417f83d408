"""ui.md: a clock says in words what is left or how late it is, its rule and its due moment."""

import pytest
from django.template import engines

from foundation.timers import services
from foundation.timers.looks import look_of
from foundation.timers.registry import handler
from foundation.timers.values import Calendar, Limit, Unit
from foundation.worktime.local import parse_at
from tests.timers.clocks import DAY, HOUR, KIND, SECOND, SHARES, START, subject

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(db):
    return services.start(kind=KIND, subject=subject(), node=7, at=START, limit=Limit(2), ladder=SHARES)


def show(clock, at, options=""):
    template = engines["django"].from_string("{% load clocks %}{% clock clock at " + options + " %}")
    return " ".join(template.render({"clock": clock, "at": at}).split())


def test_a_running_clock_counts_down_and_opens_its_rule(clock, django_assert_num_queries):
    with django_assert_num_queries(0):
        html = show(clock, START + HOUR)
    assert "处理时限" in html
    assert "剩 1 天 23 小时" in html
    assert "时限 2 天（自然时间）" in html
    assert "2026-11-04 10:00" in html
    assert 'class="clock running"' in html
    assert 'data-due="2026-11-04T10:00:00+08:00" data-now="2026-11-02T11:00:00+08:00"' in html


def test_it_is_soon_in_the_last_quarter_and_overdue_after_the_due_moment(clock):
    assert 'class="clock soon"' in show(clock, START + 36 * HOUR)
    assert 'class="clock soon"' in show(clock, START + 2 * DAY)
    html = show(clock, START + 4 * DAY)
    assert 'class="clock overdue"' in html
    assert "已超时 2 天" in html


def test_a_limit_without_a_length_says_it_as_its_kind_does(clock):
    given = services.start(kind=KIND, subject=subject(3), node=7, at=START, due_at=START + DAY)
    assert given.rule() == "按指定时间到期"
    handler("tests.by_evening", name="当晚", rule=lambda start, due_at: f"{due_at - start} 内")(print)
    evening = services.start(kind="tests.by_evening", subject=subject(3), node=7, at=START, due_at=START + 2 * HOUR)
    assert evening.rule() == "2:00:00 内"


@pytest.mark.parametrize(
    ("length", "left", "look"),
    [
        (4 * HOUR, HOUR + SECOND, "running"),
        (4 * HOUR, HOUR, "soon"),
        (40 * DAY, 3 * DAY + SECOND, "running"),
        (40 * DAY, 3 * DAY, "soon"),
        (4 * HOUR, 0 * HOUR, "soon"),
        (4 * HOUR, -SECOND, "overdue"),
    ],
)
def test_soon_is_the_last_quarter_within_three_days(length, left, look):
    assert look_of(START, START + length, START + length - left) == look


def test_a_paused_clock_looks_paused_and_does_not_count(clock):
    clock = services.pause(clock=clock, at=START + DAY, by=None, reason="等客户")
    html = show(clock, START + 9 * DAY)
    assert 'class="clock paused"' in html
    assert "已暂停，剩 1 天" in html
    assert "data-clock" not in html


def test_a_held_clock_says_so(clock):
    clock = services.hold(clock=clock, at=START + DAY)
    assert "已搁置，剩 1 天" in show(clock, START + DAY)


def test_a_stopped_clock_says_whether_it_was_in_time(clock):
    done = services.stop(clock=clock, at=START + DAY)
    assert "按时完成" in show(done, START + 9 * DAY)
    late = services.start(kind=KIND, subject=subject(2), node=7, at=START, limit=Limit(2), ladder=SHARES)
    late = services.stop(clock=late, at=START + 2 * DAY + 3 * HOUR)
    html = show(late, START + 9 * DAY)
    assert "超时 3 小时完成" in html
    assert "data-clock" not in html


@pytest.mark.usefixtures("workdays")
def test_gen_3_a_clock_without_data_says_why():
    clock = services.start(
        kind=KIND,
        subject=subject(),
        node=7,
        at=parse_at("2026-12-30T10:00"),
        limit=Limit(9, Unit.DAYS, Calendar.WORKDAY),
        ladder=SHARES,
    )
    html = show(clock, START)
    assert "无法计算：缺少2027年工作日数据" in html
    assert 'class="clock unknown"' in html


def test_inside_a_link_it_has_no_part_that_opens(clock):
    html = show(clock, START, "plain=True")
    assert "<details" not in html
    assert "剩 2 天" in html
