"""Quiet hours: times of the day in Asia/Shanghai, which may lie across midnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from foundation.worktime.local import SHANGHAI, local_date


@dataclass(frozen=True)
class QuietHours:
    """From `start` up to `end`; at the end itself they are over. The same time twice means none."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}" if self.start != self.end else "不设"

    def until(self, at: datetime) -> datetime | None:
        """When the quiet hours in which the moment lies are over; None outside of them."""
        if self.start == self.end:
            return None
        today = local_date(at)
        for day in (today - timedelta(days=1), today):
            begins = datetime.combine(day, self.start, SHANGHAI)
            ends = datetime.combine(day + timedelta(days=self.end < self.start), self.end, SHANGHAI)
            if begins <= at < ends:
                return ends
        return None
