"""The rows behind the figures of rectifications (RPT-3).

What happens belongs to the month in which it happens, in Asia/Shanghai; a due moment of 24:00 belongs to its day.
Whether a rectification was in time is judged by when it was handed in (GEN-1), as on its own page.
"""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import F, Q, QuerySet

from foundation.journal.models import Entry
from inspections.choices import Risk
from inspections.models import Rectification
from reports.figures.values import Figure, Scope, share_of

State = Rectification.State
ESCALATED = "rectification.escalate"
KIND = Rectification._meta.label_lower
HANDED_IN_TIME = Q(rectified_at__lte=F("due_at")) & ~Q(state=State.OPEN)


def _opened(scope: Scope) -> Q:
    return Q(opened_at__gte=scope.start, opened_at__lt=scope.until)


def _closed(scope: Scope) -> Q:
    return Q(closed_at__gte=scope.start, closed_at__lt=scope.until)


def _due(scope: Scope) -> Q:
    # 24:00 of the month's last day is still this month's.
    return Q(due_at__gt=scope.start, due_at__lte=scope.until)


def _overdue(scope: Scope) -> Q:
    """Past its due moment when the month ended, and neither closed nor handed in in time."""
    left = Q(opened_at__lt=scope.until, due_at__lt=scope.until) & (Q(closed_at=None) | Q(closed_at__gte=scope.until))
    return left & (Q(rectified_at=None) | Q(rectified_at__gt=F("due_at")) | Q(state=State.OPEN))


CONDITIONS: dict[str, Callable[[Scope], Q]] = {
    "opened": _opened,
    "closed": _closed,
    "rect_due": _due,
    "in_time": lambda scope: _due(scope) & HANDED_IN_TIME,
    "overdue": _overdue,
    "closed_late": lambda scope: _closed(scope) & Q(rectified_at__gt=F("due_at")),
    "redline": lambda scope: _opened(scope) & Q(risk=Risk.REDLINE),
    "repeats": lambda scope: _opened(scope) & Q(repeat_of__isnull=False),
}


def rows_of(key: str) -> Callable[[Scope], QuerySet]:
    return lambda scope: _narrowed(scope).filter(CONDITIONS[key](scope))


def _narrowed(scope: Scope) -> QuerySet:
    rows, part = Rectification.objects.filter(scope.at_estates(), scope.of_tier()), scope.slice
    if part.role:
        rows = rows.filter(role=part.role)
    if part.item:
        rows = rows.filter(item_key=part.item)
    return rows


def escalations(scope: Scope) -> QuerySet:
    """The journal's entries of steps taken: one per step, round and rectification."""
    return Entry.objects.filter(
        scope.at_estates("node_id"), subject_kind=KIND, verb=ESCALATED, at__gte=scope.start, at__lt=scope.until
    )


FIGURES = (
    Figure("opened", "新开整改单", "张", "本月检查提交时开出的整改单，每个不合格项一张。", rows_of("opened")),
    Figure("closed", "关闭整改单", "张", "本月复查通过的整改单。", rows_of("closed"), better="more"),
    Figure(
        "rect_due",
        "到期整改单",
        "张",
        "整改期限在本月内的整改单，月末最后一天 24:00 到期的计入本月。",
        rows_of("rect_due"),
    ),
    Figure(
        "in_time_rate_rect",
        "整改按时率",
        "%",
        "本月到期的整改单中，在期限内提交整改且未被退回的 ÷ 到期数 × 100。",
        rows_of("rect_due"),
        share_of(HANDED_IN_TIME),
        better="more",
    ),
    Figure(
        "overdue",
        "超期整改单",
        "张",
        "到月末已过期限、没有按时提交整改、也没有关闭的整改单。",
        rows_of("overdue"),
        better="less",
        late=True,
    ),
    Figure(
        "closed_late",
        "逾期关闭",
        "张",
        "本月关闭、但超过期限才提交整改的整改单。",
        rows_of("closed_late"),
        better="less",
    ),
    Figure(
        "redline", "红线不合格", "项", "本月检查中判为不合格的红线项。", rows_of("redline"), better="less", late=True
    ),
    Figure(
        "repeats",
        "重复发生",
        "张",
        "本月新开、同一项目同一检查项在规定天数内再次不合格的整改单。",
        rows_of("repeats"),
        better="less",
    ),
    Figure(
        "escalations", "超期升级", "次", "本月整改单因超期向上级升级的次数，每张每级一次。", escalations, better="less"
    ),
)
