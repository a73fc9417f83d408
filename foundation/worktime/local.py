"""Local dates and spoken durations: times are stored in UTC, days are days in Asia/Shanghai."""

import calendar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def local_date(at: datetime) -> date:
    """The day in Asia/Shanghai on which the moment lies."""
    return at.astimezone(SHANGHAI).date()


def start_of_day(day: date) -> datetime:
    """00:00 of the day in Asia/Shanghai."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)


def end_of_day(day: date) -> datetime:
    """24:00 of the day, which is 00:00 of the next."""
    return start_of_day(day + timedelta(days=1))


def format_deadline(at: datetime) -> str:
    """A due moment as people say it: midnight is 24:00 of the day that it ends (2026-11-21 24:00)."""
    local = at.astimezone(SHANGHAI)
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return f"{local.date() - timedelta(days=1):%Y-%m-%d} 24:00"
    return f"{local:%Y-%m-%d %H:%M}"


def parse_at(text: str) -> datetime:
    """A moment from ISO 8601; without an offset it is Asia/Shanghai. ValueError with a sentence otherwise."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"看不懂的时间：{text}。请写成 2026-11-21T08:30。") from None
    return at if at.tzinfo else at.replace(tzinfo=SHANGHAI)


def add_months(day: date, months: int) -> date:
    """The corresponding day `months` later (or earlier), or that month's last day where there is none (GEN-4)."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    month += 1
    return date(years, month, min(day.day, calendar.monthrange(years, month)[1]))


def format_duration(span: timedelta) -> str:
    """A length of time in its two largest units: 2 天 3 小时, 3 小时 20 分, 20 分, 不到 1 分. The sign is dropped."""
    minutes = int(abs(span).total_seconds()) // 60
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [(days, "天"), (hours, "小时"), (minutes, "分")]
    while parts and not parts[0][0]:
        parts.pop(0)
    return " ".join(f"{number} {unit}" for number, unit in parts[:2] if number) or "不到 1 分"


def format_left(due_at: datetime, at: datetime) -> str:
    """剩 3 小时 20 分 up to and including the due moment (GEN-1), 已超时 2 天 after it."""
    words = format_duration(due_at - at)
    return ("剩" if at <= due_at else "已超时") + (f" {words}" if words[0].isdigit() else words)
