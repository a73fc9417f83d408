"""Reads sla_examples.yaml and plays an example with the real services, database and sweep.

The words of the file are the actions and questions below; a word that is not among them is an error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import chinese_calendar
import yaml

from accounts.models import User
from complaints.choices import ClockKind, Department, Grade, Kind, Validity
from complaints.models import Case, Event
from complaints.services.calling import record_attempt
from complaints.services.closing import close_unreachable, reopen_case
from complaints.services.events import open_event, tie_case
from complaints.services.extending import ask_extension, decide_extension
from complaints.services.handling import arrive, pause_case, resume_case
from complaints.services.judging import grade_case, judge_case
from complaints.services.promising import promise_answer
from estates.models import House
from foundation.timers import services as timers
from foundation.timers.values import Calendar, Unit
from foundation.worktime.local import SHANGHAI
from foundation.worktime.services import seed_year
from tests.cast import Cast
from tests.complaints.factories import (
    DAY,
    MINUTE,
    REASON,
    SINCE,
    answered,
    called_back,
    close_all,
    fresh,
    make_case,
    make_house,
    policy_with,
    reported,
    transferred,
)

FILE = Path(__file__).with_name("sla_examples.yaml")
CLOCKS = {kind.label: kind for kind in ClockKind}
GRADES = {grade.label: grade for grade in Grade}
KINDS = {kind.label: kind for kind in Kind}
UNITS = {"分钟": Unit.MINUTES, "小时": Unit.HOURS, "天": Unit.DAYS}
CALENDARS = {
    "自然时间": (Calendar.NATURAL, False),
    "工作日": (Calendar.WORKDAY, False),
    "服务时间": (Calendar.SERVICE, False),
    "工作日的服务时间": (Calendar.SERVICE, True),
}
KEYS = {
    "例", "事项", "受理", "登记", "约定", "房屋", "时限", "服务时间", "同事件", "经过", "经过以后",
    "到期", "阶梯", "结果", "升级", "等级", "同事件等级", "拒绝",
}  # fmt: skip
# What a round says of a limit that has ended.
IN_TIME = {
    ClockKind.TRANSFER: "transferred_in_time",
    ClockKind.ANSWER: "replied_in_time",
    ClockKind.ARRIVE: "arrived_in_time",
    ClockKind.HANDLE: "handled_in_time",
    ClockKind.SAME_DAY: "answered_in_time",
    ClockKind.CALLBACK: "called_in_time",
}


def examples() -> Iterator[tuple[str, dict[str, Any]]]:
    """(number, example): 05-03 is the third example of the fifth chapter."""
    for chapter, rows in enumerate(yaml.safe_load(FILE.read_text(encoding="utf-8")).values(), start=1):
        for number, row in enumerate(rows, start=1):
            assert set(row) <= KEYS, f"{row['例']}: {set(row) - KEYS}"
            yield f"{chapter:02}-{number:02}", row


def moment(text: str) -> datetime:
    """03-02 09:00, 03-02 09:00:01 or 03-02 24:00, of 2026."""
    month, day, hour, minute, second = map(
        int, re.fullmatch(r"(\d\d)-(\d\d) (\d\d):(\d\d)(?::(\d\d))?", text).groups("0")
    )
    midnight = datetime(2026, month, day, tzinfo=SHANGHAI)
    return midnight + timedelta(hours=hour, minutes=minute, seconds=second)


def ladder(text: str) -> list[tuple[str, datetime]]:
    """The steps of `50% 03-02 09:05, 100% 03-02 09:10`: (code, moment)."""
    steps = [part.strip().split("% ") for part in text.split(",")]
    return [(percent, moment(at)) for percent, at in steps]


@dataclass
class Limit:
    """A limit as the file writes it: 3 天 工作日."""

    amount: int
    unit: Unit
    calendar: Calendar
    workdays_only: bool

    @classmethod
    def read(cls, text: str) -> Limit:
        amount, unit, calendar = text.split()
        return cls(int(amount), UNITS[unit], *CALENDARS[calendar])


@dataclass
class Play:
    """One example on its way. `swept`: a sweep comes before every action, as it does each minute."""

    cast: Cast
    row: dict[str, Any]
    swept: bool
    case: Case = field(init=False)
    event: Event | None = None
    now: datetime = field(init=False)

    def begin(self) -> None:
        row, cast = self.row, self.cast
        estate = cast.estate_a1
        estate.service_hours = row.get("服务时间", "")
        estate.save()
        if limits := row.get("时限"):
            seed_year(2026, at=SINCE)
            policy_with(**{CLOCKS[name].value: vars(Limit.read(text)) for name, text in limits.items()})
        received = moment(row["受理"])
        if "同事件" in row:
            others = [self.other(words, received) for words in row["同事件"]]
            self.event = open_event(cases=others, by=cast.service, at=received, title="同一事件")
            for case, words in zip(others, row["同事件"], strict=True):
                if "已关闭" in words:
                    close_all([fresh(case)], cast)
                if "无效" in words:
                    judge_case(
                        case=case, by=cast.service_lead, at=received, validity=Validity.INVALID, reason="与我方无关"
                    )
        self.now = moment(row["登记"]) if "登记" in row else received
        promised = {"promised_at": moment(row["约定"])} if "约定" in row else {}
        self.case = make_case(
            cast, at=self.now, received_at=received, **self.kind(row["事项"]), **self.caller(row), **promised
        )

    def other(self, words: str, at: datetime) -> Case:
        kind = {"kind": Kind.REPAIR} if "报修" in words else {"grade": Grade.MINOR}
        return make_case(self.cast, at=at, **kind, **self.caller({"房屋": words.split(" 已")[0].split(" 无")[0]}))

    def kind(self, words: str) -> dict[str, Any]:
        for label, kind in KINDS.items():
            if words.endswith(label):
                first = words.removesuffix(label)
                assert first in ("", "紧急", "一般", *GRADES), words
                return {"kind": kind, "urgent": first == "紧急", "grade": GRADES.get(first, "")}
        raise ValueError(words)

    def caller(self, row: dict[str, Any]) -> dict[str, Any]:
        where = row.get("房屋", "101室")
        if where.startswith("电话 "):
            return {"phone": where.split()[1]}
        return {"phone": "", "house": self.house(where.split("室")[0])}

    def house(self, number: str) -> House:
        return make_house(self.cast.estate_a1, number)

    def go(self, lines: list[str]) -> None:
        """What happened, one line after the other: `03-02 09:05 转派 工程部`."""
        for line in lines:
            day, hour, verb, *words = line.split()
            at = moment(f"{day} {hour}")
            assert at >= self.now, f"{line}: before what came before"
            if self.swept:
                timers.sweep(at=at - timedelta(seconds=1))
            self.now = at
            ACTIONS[verb](self, at, words)
            self.case = fresh(self.case)

    # --- what can happen

    def sweep(self, at: datetime, words: list[str]) -> None:
        timers.sweep(at=at)

    def transfer(self, at: datetime, words: list[str]) -> None:
        departments = {department.label: department for department in Department}
        transferred(self.case, self.cast, at=at, to=departments[words[0]] if words else Department.ENGINEERING)

    def arrive(self, at: datetime, words: list[str]) -> None:
        arrive(case=self.case, by=self.handler, at=at)

    def pause(self, at: datetime, words: list[str]) -> None:
        pause_case(case=self.case, by=self.handler, at=at, reason="等客户回家")

    def resume(self, at: datetime, words: list[str]) -> None:
        resume_case(case=self.case, by=self.handler, at=at)

    def report(self, at: datetime, words: list[str]) -> None:
        reported(self.case, self.cast, at=at, by=self.handler)

    def answer(self, at: datetime, words: list[str]) -> None:
        answered(self.case, self.cast, at=at)

    def settle(self, at: datetime, words: list[str]) -> None:
        answered(self.case, self.cast, at=at, settled=True)

    def promise(self, at: datetime, words: list[str]) -> None:
        by = self.cast.service_lead if "客服主管" in words else self.cast.service
        promise_answer(case=self.case, by=by, at=at, promised_at=moment(" ".join(words[:2])))

    def judge(self, at: datetime, words: list[str]) -> None:
        validity = {label: value for value, label in Validity.choices}[words[0]]
        judge_case(case=self.case, by=self.cast.service_lead, at=at, validity=validity, reason="经核实")

    def grade(self, at: datetime, words: list[str]) -> None:
        grade_case(case=self.case, by=self.cast.service_lead, at=at, reason=REASON[GRADES[words[0]]])

    def ask(self, at: datetime, words: list[str]) -> None:
        ask_extension(case=self.case, by=self.handler, at=at, due_at=moment(" ".join(words)), reason="配件要从外地调")

    def decide(self, at: datetime, words: list[str], *, grant: bool) -> None:
        extension = self.case.extensions.get(state="asked")
        decide_extension(extension=extension, by=self.cast.estate_manager, at=at, grant=grant, remark="请抓紧")

    def attempt(self, at: datetime, words: list[str]) -> None:
        record_attempt(case=self.case, by=self.cast.service_lead, at=at)

    def call(self, at: datetime, words: list[str]) -> None:
        solved = {"已解决": True, "未解决": False}[words[0]]
        called_back(self.case, self.cast, at=at, solved=solved, satisfaction=int(words[1]) if words[1:] else 4)

    def unreachable(self, at: datetime, words: list[str]) -> None:
        close_unreachable(case=self.case, by=self.cast.service_lead, at=at)

    def reopen(self, at: datetime, words: list[str]) -> None:
        reopen_case(case=self.case, by=self.cast.service_lead, at=at, reason="客户不满意")

    def tie(self, at: datetime, words: list[str]) -> None:
        tie_case(case=self.case, event=self.event, by=self.cast.service, at=at)

    def tie_another(self, at: datetime, words: list[str]) -> None:
        tie_case(case=self.other("109室", at - MINUTE), event=self.event, by=self.cast.service, at=at)

    def other_valid(self, at: datetime, words: list[str]) -> None:
        other = self.event.cases.get(validity=Validity.INVALID)
        judge_case(case=other, by=self.cast.service_lead, at=at, validity=Validity.VALID, reason="经核实")

    @property
    def handler(self) -> User:
        at_work = {Department.ENGINEERING: self.cast.engineering, Department.ENVIRONMENT: self.cast.environment}
        return at_work[Department(self.case.department)]


Action = Callable[[Play, datetime, list[str]], None]
ACTIONS: dict[str, Action] = {
    "巡查": Play.sweep,
    "转派": Play.transfer,
    "到场": Play.arrive,
    "暂停": Play.pause,
    "恢复": Play.resume,
    "上报结果": Play.report,
    "答复": Play.answer,
    "当场答复": Play.settle,
    "约定": Play.promise,
    "界定": Play.judge,
    "定级": Play.grade,
    "申请延期": Play.ask,
    "批准延期": lambda play, at, words: play.decide(at, words, grant=True),
    "不批准延期": lambda play, at, words: play.decide(at, words, grant=False),
    "未接通": Play.attempt,
    "回访": Play.call,
    "无法联系": Play.unreachable,
    "重新打开": Play.reopen,
    "归入": Play.tie,
    "另一户归入": Play.tie_another,
    "另一张有效": Play.other_valid,
}


def walked(start: datetime, limit: Limit, hours: str) -> datetime:
    """The due moment found by walking minute by minute through the published calendar: arithmetic of another kind.

    On 工作日 a limit that ends with a day ends at 00:00 of the next working day, on 服务时间 at closing time (GEN-2).
    """
    a_day = sum(length for _, length in _spans(hours)) if limit.calendar == Calendar.SERVICE else 24 * 60
    left = limit.amount * {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: a_day}[limit.unit]
    at = start.astimezone(SHANGHAI)
    while True:
        counts = _counts(at, limit, hours)
        if left == 0 and (counts or limit.calendar == Calendar.SERVICE):
            return at
        left -= counts
        at += MINUTE


def _counts(at: datetime, limit: Limit, hours: str) -> bool:
    """Whether the minute that begins at `at` counts."""
    if limit.calendar == Calendar.NATURAL:
        return True
    if limit.calendar == Calendar.WORKDAY:
        return chinese_calendar.is_workday(at.date())
    minute = at.hour * 60 + at.minute
    for opening, length in _spans(hours):
        # Of a shift that crosses midnight the minute belongs to the day on which it began.
        for began, into in ((at.date(), minute - opening), (at.date() - DAY, minute + 24 * 60 - opening)):
            if 0 <= into < length and (not limit.workdays_only or _is_workday(began)):
                return True
    return False


def _is_workday(day: date) -> bool:
    return chinese_calendar.is_workday(day)


def _spans(hours: str) -> list[tuple[int, int]]:
    """(opening minute, minutes of service) of each span; round the clock where nothing is written."""
    spans = []
    for span in (hours or "00:00-24:00").split(","):
        opening, closing = (int(part[:2]) * 60 + int(part[3:]) for part in span.split("-"))
        spans.append((opening, closing - opening if closing > opening else closing + 24 * 60 - opening))
    return spans
