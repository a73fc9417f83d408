"""Input of the pages for supervisors: which period, which months, which rows. All of it in the URL (RPT-5)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.roles import Role
from foundation.records.fields import ALL, MonthField, date_field
from foundation.worktime.local import add_months, end_of_day, start_of_day
from foundation.worktime.months import Month
from inspections.choices import Frequency, Risk, Tier, Way
from inspections.models import Checklist, Schedule
from inspections.periods import Period, period_of
from inspections.querysets import RectificationQuerySet, ScheduleQuerySet

STANDARD = "ten-checks"
FREQUENCIES = (
    (Frequency.DAY, "日"),
    (Frequency.WEEK, "周"),
    (Frequency.MONTH, "月"),
    (Frequency.QUARTER, "季度"),
    (Frequency.HALF_YEAR, "半年"),
    (Frequency.YEAR, "年"),
)


class CoverageFilter(forms.Form):
    """Checklist and period; what cannot be read falls back to this month's 十必查."""

    checklist = forms.ModelChoiceField(
        label="检查表", queryset=Checklist.objects.none(), to_field_name="code", empty_label=None, required=False
    )
    frequency = forms.ChoiceField(label="周期", choices=FREQUENCIES, required=False)
    on = date_field("日期")

    def __init__(self, data: Any, *, checklists: QuerySet, today: date) -> None:
        given = {name: data.get(name) for name in ("checklist", "frequency", "on") if data.get(name)}
        self.today = today
        super().__init__({"checklist": STANDARD, "frequency": Frequency.MONTH, "on": f"{today:%Y-%m-%d}"} | given)
        self.fields["checklist"].queryset = checklists  # type: ignore[attr-defined]
        self.checklists = checklists
        self.is_valid()

    @property
    def chosen(self) -> Checklist | None:
        return self.cleaned_data.get("checklist") or self.checklists.order_by("way", "code").first()

    @property
    def period(self) -> Period:
        given = self.cleaned_data
        return period_of(given.get("frequency") or Frequency.MONTH, given.get("on") or self.today)


class MonthsFilter(forms.Form):
    """A span of whole months, both included; by default the last three."""

    since = MonthField(label="月份从", required=False)
    until = MonthField(label="到", required=False)

    DEFAULT = 3

    def __init__(self, data: Any, *, today: date) -> None:
        this = Month.of(today)
        given = {name: data.get(name) for name in ("since", "until") if data.get(name)}
        super().__init__({"since": str(this.shift(1 - self.DEFAULT)), "until": str(this)} | given)
        self.is_valid()
        last = self.cleaned_data.get("until") or this
        first = self.cleaned_data.get("since") or last.shift(1 - self.DEFAULT)
        if first > last:
            self.add_error("until", "结束月份不能早于开始月份。")
            first = last
        self.first, self.end = first.first, last.next_first

    @property
    def months(self) -> int:
        return (self.end.year - self.first.year) * 12 + self.end.month - self.first.month

    @property
    def before(self) -> date:
        """First day of the span of equal length that lies before."""
        return add_months(self.first, -self.months)

    @property
    def label(self) -> str:
        first, last = f"{self.first.year}年{self.first.month}月", add_months(self.end, -1)
        return first if self.months == 1 else f"{first}至{last.year}年{last.month}月"

    @property
    def query(self) -> str:
        return f"since={self.first:%Y-%m}&until={add_months(self.end, -1):%Y-%m}"


class ScheduleFilter(forms.Form):
    way = forms.ChoiceField(label="督导方式", required=False, choices=ALL + Way.choices)
    tier = forms.ChoiceField(label="督导层级", required=False, choices=ALL + Tier.choices)
    frequency = forms.ChoiceField(label="频次", required=False, choices=ALL + Frequency.choices)

    def apply(self, found: ScheduleQuerySet) -> ScheduleQuerySet:
        """A value that cannot be read filters nothing out."""
        self.is_valid()
        lookups = {"way": "checklist__way", "tier": "tier", "frequency": "frequency"}
        return found.filter(**{lookups[name]: value for name, value in self.cleaned_data.items() if value})


class RepeatFilter(forms.Form):
    """Repeated failures by day of opening; without dates the last `DAYS`."""

    q = forms.CharField(label="检查内容", required=False, max_length=60)
    role = forms.ChoiceField(label="责任岗位", required=False, choices=ALL + Role.choices)
    risk = forms.ChoiceField(label="风险等级", required=False, choices=ALL + Risk.choices)
    tier = forms.ChoiceField(label="发现层级", required=False, choices=ALL + Tier.choices)
    since = date_field("开单日期从")
    until = date_field("到")

    DAYS = 90

    def __init__(self, data: Any, *, today: date) -> None:
        given = data.dict() if hasattr(data, "dict") else dict(data)
        super().__init__({"since": f"{today - timedelta(days=self.DAYS):%Y-%m-%d}"} | given)

    def apply(self, found: RectificationQuerySet) -> RectificationQuerySet:
        """A value that cannot be read filters nothing out."""
        self.is_valid()
        given = self.cleaned_data
        found = found.filter(**{name: given[name] for name in ("role", "risk", "tier") if given.get(name)})
        if text := given.get("q", "").replace("\0", "").strip():
            found = found.filter(Q(item__what__icontains=text) | Q(item__section__name__icontains=text))
        if since := given.get("since"):
            found = found.filter(opened_at__gte=start_of_day(since))
        if until := given.get("until"):
            found = found.filter(opened_at__lt=end_of_day(until))
        return found


class RoundFilter(forms.Form):
    """Rounds of the schedules; without dates those that began in the last `DAYS`."""

    schedule = forms.ModelChoiceField(
        label="督导计划", required=False, queryset=Schedule.objects.none(), empty_label="全部"
    )
    frequency = forms.ChoiceField(label="频次", required=False, choices=ALL + Frequency.choices)
    since = date_field("周期开始从")
    until = date_field("到")

    DAYS = 92

    def __init__(self, data: Any, *, schedules: ScheduleQuerySet, today: date) -> None:
        given = data.dict() if hasattr(data, "dict") else dict(data)
        super().__init__({"since": f"{today - timedelta(days=self.DAYS):%Y-%m-%d}"} | given)
        self.fields["schedule"].queryset = schedules.order_by("name")  # type: ignore[attr-defined]

    def lookups(self) -> dict[str, Any]:
        """What the inspections of the rounds are narrowed by; a value that cannot be read narrows nothing."""
        self.is_valid()
        days = {"since": "period_start__gte", "until": "period_start__lte"}
        return {days.get(name, name): value for name, value in self.cleaned_data.items() if value}
