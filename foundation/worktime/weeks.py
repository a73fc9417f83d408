"""The week of the weekly sheet: from Friday 17:00 to Friday 17:00 in Asia/Shanghai, the end excluded (CMP-14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from foundation.worktime.local import SHANGHAI

FRIDAY = 4
CLOSES = time(17)
SEVEN = timedelta(days=7)


@dataclass(frozen=True, order=True)
class Week:
    """`friday` is the day on which it ends."""

    friday: date

    @classmethod
    def before(cls, at: datetime) -> Week:
        """The last week that is over at `at`; at 17:00 itself it is (GEN-1)."""
        local = at.astimezone(SHANGHAI)
        day = local.date() - timedelta(days=(local.weekday() - FRIDAY) % 7)
        week = cls(day)
        return week if week.is_over(at) else week.shift(-1)

    @classmethod
    def parse(cls, text: str) -> Week:
        """From the day it ends on, 2026-11-20; ValueError with a sentence otherwise."""
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            raise ValueError(f"看不懂的日期“{text[:20]}”，请写成 2026-11-20。") from None
        if day.weekday() != FRIDAY:
            raise ValueError("一周以星期五结束，请选择星期五。")
        return cls(day)

    def shift(self, weeks: int) -> Week:
        return Week(self.friday + weeks * SEVEN)

    @property
    def start(self) -> datetime:
        return self.end - SEVEN

    @property
    def end(self) -> datetime:
        return datetime.combine(self.friday, CLOSES, SHANGHAI)

    @property
    def last(self) -> date:
        return self.friday

    def is_over(self, at: datetime) -> bool:
        return at >= self.end

    @property
    def code(self) -> str:
        return f"{self.friday:%Y%m%d}"

    @property
    def label(self) -> str:
        return f"{self.start:%Y-%m-%d} 至 {self.friday:%m-%d}"

    def __str__(self) -> str:
        return self.friday.isoformat()
