"""试算: when a limit would be due and its steps would happen, asked in the words that people use. Nothing is written.

    @answers("整改", options={"days"})
    def terms(question: Question) -> Terms: ...

A chapter registers for a kind of record the function that says how it would start the clock that is asked for; what
follows from that is computed here exactly as a running clock computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from foundation.records.refusals import Refused
from foundation.timers.arranging import timekeeping_since
from foundation.timers.plan import Plan, plan, running_segments
from foundation.timers.values import Calendar, Limit, Step
from foundation.worktime.arithmetic import NoWorkdayData, ServiceHours
from foundation.worktime.local import SHANGHAI, parse_at

Pause = tuple[datetime, datetime]

# What a kind may be asked with, besides its clock and the moment, and what it is called.
OPTIONS = {
    "grade": "等级",
    "pauses": "暂停",
    "calendar": "日历",
    "hours": "服务时段",
    "days": "天数",
    "promise": "承诺时间",
}
YEARS = range(1990, 2200)


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked. `days` is as written, since kinds mean different things by it; empty options are as the rule says."""

    kind: str
    clock: str
    at: datetime
    grade: str = ""
    pauses: tuple[Pause, ...] = ()
    calendar: Calendar | None = None
    hours: ServiceHours | None = None
    days: str = ""
    promise: datetime | None = None


@dataclass(frozen=True)
class Terms:
    """How the chapter would start the clock: by a limit, or up to a due moment that is given (a promise, 24:00)."""

    limit: Limit | None
    ladder: Sequence[Step]
    due_at: datetime | None = None


Answer = Callable[[Question], Terms]

_answers: dict[str, tuple[Answer, Collection[str]]] = {}


def answers(kind: str, *, options: Collection[str] = ()) -> Callable[[Answer], Answer]:
    """Register the function that knows the limits of this kind of record; it raises `Refused` for what it has not."""

    def register(function: Answer) -> Answer:
        if _answers.setdefault(kind, (function, options))[0] is not function:
            raise ValueError(f"{kind} is already registered")
        return function

    return register


def answer(question: Question) -> Plan:
    """The due moment and the steps. Refused with a sentence where there is no such limit, or it can't be computed."""
    try:
        terms, options = _answers[question.kind]
    except KeyError:
        raise Refused(f"没有这一类时限：{question.kind}（可以试算{'、'.join(_answers)}）。") from None
    for name, label in OPTIONS.items():
        if getattr(question, name) and name not in options:
            raise Refused(f"{question.kind}的时限不用“{label}”。")
    return planned(terms(question), at=question.at, pauses=question.pauses)


def planned(terms: Terms, *, at: datetime, pauses: Sequence[Pause] = ()) -> Plan:
    """The plan of a clock that starts at `at` on these terms and is paused so."""
    check_pauses(pauses)
    time = timekeeping_since(terms.limit, at)
    if terms.due_at is None:
        assert terms.limit, "a limit or a due moment is given"
        whole = terms.limit.span(time.day)
    else:
        try:
            whole = time.used(at, terms.due_at)
        except NoWorkdayData as error:
            return Plan(terms.due_at, tuple((step, None) for step in terms.ladder), error.year)
    found = plan(whole=whole, time=time, ladder=terms.ladder, running=running_segments(at, pauses), due_at=terms.due_at)
    if found.due_at is None:
        raise Refused(f"{NoWorkdayData(found.missing_year or at.year)}。")
    return found


def check_pauses(pauses: Sequence[Pause]) -> None:
    """CMP-10: each ends after it begins, and one at a time."""
    for begin, end in pauses:
        if end <= begin:
            raise Refused(f"暂停的结束必须晚于开始：{spoken(begin)} 到 {spoken(end)}。")
    for (_, end), (begin, _) in pairwise(sorted(pauses)):
        if begin < end:
            raise Refused(f"两次暂停重叠：前一次到 {spoken(end)} 才结束，后一次 {spoken(begin)} 已开始。")


def lines(found: Plan) -> list[str]:
    """到期 and the steps as they are printed, one line each; a step that can't be computed says why."""
    rows = [f"到期 {spoken(found.due_at)}" if found.due_at else "到期"]
    for step, at in found.steps:
        when = spoken(at) if at else str(NoWorkdayData(found.missing_year or 0))
        rows.append(f"{share(step)} {when} {step.name}")
    return rows


def share(step: Step) -> str:
    """Where on the ladder a step stands: 50%, +1天."""
    return f"{step.percent}%" if step.percent is not None else f"+{step.days_after}天"


def spoken(at: datetime) -> str:
    """ISO 8601 in Asia/Shanghai."""
    return at.astimezone(SHANGHAI).isoformat()


# --- reading what was typed -------------------------------------------------------------------------------------------


def read_moment(text: str) -> datetime:
    """A moment of this age; without an offset it is Asia/Shanghai."""
    try:
        at = parse_at(text)
    except ValueError:
        raise Refused(f"看不懂的时间：{text}（要写成 2026-11-21T08:30）。") from None
    if at.year not in YEARS:
        raise Refused(f"时间超出可以计算的范围：{text}。")
    return at


def read_pause(text: str) -> Pause:
    """A pause written FROM/TO."""
    begin, slash, end = text.partition("/")
    if not slash:
        raise Refused(f"看不懂的暂停：{text}（要写成 开始/结束，如 2026-03-02T10:00/2026-03-02T15:00）。")
    return read_moment(begin), read_moment(end)


def read_calendar(text: str) -> Calendar | None:
    """The kind of time by its name; none for an empty text."""
    for calendar in Calendar:
        if text.strip() == calendar.label:
            return calendar
    if text.strip():
        raise Refused(f"没有这种日历：{text}（可以写{'、'.join(Calendar.labels)}）。")
    return None


def read_hours(text: str) -> ServiceHours | None:
    """Hours of service written 08:30-12:00,14:00-18:00; none for an empty text."""
    if not text.strip():
        return None
    try:
        return ServiceHours.parse(text)
    except ValueError as error:
        raise Refused(str(error)) from None
