"""A calendar month of local (Asia/Shanghai) days; its moments include the first and exclude the last."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from foundation.worktime.local import add_months, local_date, start_of_day

EARLIEST = date(2000, 1, 1)


@dataclass(frozen=True, order=True)
class Month:
    """`first` is its first day."""

    first: date

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.replace(day=1))

    @classmethod
    def before(cls, at: datetime) -> Month:
        """The last month that is over at `at`."""
        return cls.of(local_date(at)).shift(-1)

    @classmethod
    def parse(cls, text: str) -> Month:
        """From 2026-10; ValueError with a sentence otherwise."""
        match = re.fullmatch(r"(20\d{2})-(\d{1,2})", text.strip())
        if not match or not 1 <= int(match[2]) <= 12:
            raise ValueError(f"看不懂的月份“{text[:20]}”，请写成 2026-10。")
        return cls(date(int(match[1]), int(match[2]), 1))

    def shift(self, months: int) -> Month:
        return Month(add_months(self.first, months))

    @property
    def next_first(self) -> date:
        return add_months(self.first, 1)

    @property
    def last(self) -> date:
        return self.next_first - timedelta(days=1)

    @property
    def start(self) -> datetime:
        """00:00 of its first day."""
        return start_of_day(self.first)

    @property
    def end(self) -> datetime:
        """24:00 of its last day, which belongs to the next month."""
        return start_of_day(self.next_first)

    def is_over(self, at: datetime) -> bool:
        return at >= self.end

    @property
    def code(self) -> str:
        return f"{self.first:%Y%m}"

    @property
    def label(self) -> str:
        return f"{self.first.year}年{self.first.month}月"

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"
