"""Shows 1: every example of sla_examples.yaml, on the real services, database and sweep (CMP-3…10, CMP-12, CMP-17, GEN-1…6)."""

from __future__ import annotations

import pytest

from complaints.choices import ClockKind
from complaints.models import Case
from complaints.services.clocks import clocks_of
from foundation.records.refusals import Refused
from foundation.timers import services as timers
from foundation.timers.models import ClockState
from foundation.worktime.arithmetic import NoWorkdayData
from tests.complaints.examples import CLOCKS, GRADES, IN_TIME, Limit, Play, examples, ladder, moment, walked
from tests.complaints.factories import SECOND, fresh, text_of

EXAMPLES = list(examples())
# Twice where something happens meanwhile: with a sweep before each event, as every minute, and with none but the last.
PLAYED = [
    pytest.param(row, swept, id=f"{number}-{'swept' if swept else 'unswept'}")
    for number, row in EXAMPLES
    for swept in ([True, False] if "经过" in row else [False])
]
WALKED = [
    pytest.param(row, id=number)
    for number, row in EXAMPLES
    if "时限" in row and "经过" not in row and "无法计算" not in str(row["到期"])
]


def test_there_are_enough_of_them():
    assert len(EXAMPLES) >= 60


@pytest.mark.parametrize(("row", "swept"), PLAYED)
def test_example(cast, row, swept):
    play = Play(cast, row, swept)
    play.begin()
    lines = row.get("经过", [])
    if "拒绝" in row:
        play.go(lines[:-1])
        with pytest.raises(Refused, match=row["拒绝"]):
            play.go(lines[-1:])
    else:
        play.go(lines)
    if "升级" in row:
        becomes_major(play, row["升级"])
        play.go(row.get("经过以后", []))
    due_moments(play, row.get("到期"))
    outcomes(play, row.get("结果", {}))
    grades(play, row)
    steps(play, row.get("阶梯", {}))


@pytest.mark.parametrize("row", WALKED)
def test_example_walked_minute_by_minute(row):
    for name, text in row["时限"].items():
        limit = Limit.read(text)
        assert walked(moment(row["受理"]), limit, row.get("服务时间", "")) == moment(row["到期"][name])


def becomes_major(play, text):
    """The second before it is not yet 重大, in that second it is (CMP-8)."""
    at = moment(text)
    timers.sweep(at=at - SECOND)
    assert fresh(play.case).grade != GRADES["重大"]
    timers.sweep(at=at)
    play.case, play.now = fresh(play.case), at
    assert play.case.get_grade_display() == "重大"


def due_moments(play, expected):
    """When the clocks are due; a second later they are overdue, at that moment they are not (GEN-1)."""
    clocks = clocks_of(play.case)
    running = [clock for clock in clocks.values() if clock.state == ClockState.RUNNING and clock.due_at]
    first = min((clock.due_at for clock in running), default=None)
    assert play.case.due_at == first, "the case shows the earliest of its clocks"
    if expected == {}:
        assert not running
    for name, text in (expected or {}).items():
        clock = clocks[CLOCKS[name]]
        if "无法计算" in text:
            assert clock.due_at is None
            assert str(NoWorkdayData(clock.missing_year)) == text
            continue
        due_at = moment(text)
        assert text_of(clock.due_at) == text_of(due_at), name
        if not clock.is_stopped:
            assert [clock.is_overdue(due_at + delta) for delta in (-SECOND, 0 * SECOND, SECOND)] == [False, False, True]
    if first:
        listed = [
            Case.objects.overdue(first + delta).filter(pk=play.case.pk).exists() for delta in (0 * SECOND, SECOND)
        ]
        assert listed == [False, True]


def outcomes(play, expected):
    round_ = play.case.rounds.last()
    for name, text in expected.items():
        kind = CLOCKS[name]
        in_time = {"及时": True, "超时": False}[text]
        assert clocks_of(play.case)[kind].is_overdue(play.now) is not in_time, name
        if kind != ClockKind.JUDGE:
            assert getattr(round_, IN_TIME[kind]) is in_time, name


def grades(play, row):
    if "等级" in row:
        assert (play.case.get_grade_display() if play.case.grade else "无") == row["等级"]
    if "同事件等级" in row:
        found = {case.get_grade_display() for case in play.event.cases.all()}
        assert found == {row["同事件等级"]}


def steps(play, expected):
    """Each step of the ladder happens at its moment and not a second before, and no other does."""
    ladders = {CLOCKS[name]: ladder(text) for name, text in expected.items()}
    due = sorted({at for steps in ladders.values() for _, at in steps})
    for at in due:
        new = {(kind, code) for kind, steps in ladders.items() for code, step_at in steps if step_at == at}
        if at > play.now:
            timers.sweep(at=at - SECOND)
            assert not new & set(taken(play, ladders))
        timers.sweep(at=max(at, play.now))
        assert new <= set(taken(play, ladders))
    assert taken(play, ladders) == {(kind, code): at for kind, steps in ladders.items() for code, at in steps}
    for kind, steps in ladders.items():
        clock = clocks_of(play.case)[kind]
        if not clock.is_stopped:
            assert [step["code"] for step in clock.ladder] == [code for code, _ in steps]


def taken(play, kinds):
    """The steps of the present round of these clocks, with the moment at which they were due."""
    clocks = clocks_of(play.case)
    return {
        (kind, step.code): step.due_at for kind in kinds for step in clocks[kind].taken.filter(round=clocks[kind].round)
    }
