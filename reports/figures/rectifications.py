"""Rectifications of a month (RPT-1, INS-10…12): opened, closed, late, repeated, escalated; frequent failures.

What happens belongs to the month in which it happens, in Asia/Shanghai; a due moment of 24:00 belongs to its day.
Whether a rectification was in time is judged by when it was handed in (GEN-1), as on its own page.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet

from accounts.roles import Role
from estates.models import Kind
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from inspections.choices import Risk
from inspections.models import Inspection, Item, Rectification
from inspections.services.filling import photo_slot
from reports.figures.values import Cell, Chapter, Column, Figure, Places, Row, Scope, Slice, Table, percent, share_of

State = Rectification.State
ESCALATED = "rectification.escalate"
KIND = Rectification._meta.label_lower
HANDED_IN_TIME = Q(rectified_at__lte=F("due_at")) & ~Q(state=State.OPEN)
TOP_FAILURES = 10
PHOTOS = 6
REDLINES_LISTED = 50
PLACES_LISTED = 30


# --- the rows ---------------------------------------------------------------------------------------------------------


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


def _rows(key: str) -> Callable[[Scope], QuerySet]:
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
    Figure("opened", "新开整改单", "张", "本月检查提交时开出的整改单,每个不合格项一张。", _rows("opened")),
    Figure("closed", "关闭整改单", "张", "本月复查通过的整改单。", _rows("closed"), better="more"),
    Figure(
        "rect_due",
        "到期整改单",
        "张",
        "整改期限在本月内的整改单,月末最后一天 24:00 到期的计入本月。",
        _rows("rect_due"),
    ),
    Figure(
        "in_time_rate_rect",
        "整改按时率",
        "%",
        "本月到期的整改单中,在期限内提交整改且未被退回的 ÷ 到期数 × 100。",
        _rows("rect_due"),
        share_of(HANDED_IN_TIME),
        better="more",
    ),
    Figure(
        "overdue",
        "超期整改单",
        "张",
        "到月末已过期限、没有按时提交整改、也没有关闭的整改单。",
        _rows("overdue"),
        better="less",
        late=True,
    ),
    Figure(
        "closed_late", "逾期关闭", "张", "本月关闭、但超过期限才提交整改的整改单。", _rows("closed_late"), better="less"
    ),
    Figure("redline", "红线不合格", "项", "本月检查中判为不合格的红线项。", _rows("redline"), better="less", late=True),
    Figure(
        "repeats",
        "重复发生",
        "张",
        "本月新开、同一项目同一检查项在规定天数内再次不合格的整改单。",
        _rows("repeats"),
        better="less",
    ),
    Figure(
        "escalations", "超期升级", "次", "本月整改单因超期向上级升级的次数,每张每级一次。", escalations, better="less"
    ),
)


# --- all of them at once ----------------------------------------------------------------------------------------------


def _count(scope: Scope) -> dict[tuple[str, str | int], dict[str, int]]:
    """One statement: this month and (before_<key>) the one before, summed by ("", ""), ("role", …), ("node", …)."""
    before = scope.narrowed(Slice(month=str(scope.month.shift(-1))))
    counts = {key: Count("pk", filter=condition(scope)) for key, condition in CONDITIONS.items()}
    counts |= {f"before_{key}": Count("pk", filter=condition(before)) for key, condition in CONDITIONS.items()}
    touched = Q(opened_at__lt=scope.until) & (
        Q(closed_at=None) | Q(closed_at__gte=before.start) | Q(due_at__gt=before.start)
    )
    rows = (
        Rectification.objects.filter(scope.at_estates(), touched)
        .order_by()
        .values("estate_id", "role")
        .annotate(**counts)
    )
    sums: dict[tuple[str, str | int], dict[str, int]] = defaultdict(lambda: dict.fromkeys(counts, 0))
    for row in rows:
        for part in (("", ""), ("role", row["role"]), ("node", row["estate_id"])):
            total = sums[part]
            for key in counts:
                total[key] += row[key]  # type: ignore[literal-required]
    return sums


def _value(sums: dict[str, int], key: str, before: bool = False) -> int | str | None:
    prefix = "before_" if before else ""
    if key == "in_time_rate_rect":
        return percent(sums[f"{prefix}in_time"], sums[f"{prefix}rect_due"])
    return sums[f"{prefix}{key}"]


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    sums = _count(scope)
    total = sums["", ""]

    def cell(key: str) -> Cell:
        return Cell(key, _value(total, key), before=_value(total, key, before=True))

    before = scope.narrowed(Slice(month=str(scope.month.shift(-1))))
    steps = Entry.objects.filter(
        scope.at_estates("node_id"), subject_kind=KIND, verb=ESCALATED, at__gte=before.start, at__lt=scope.until
    ).aggregate(now=Count("pk", filter=Q(at__gte=scope.start)), before=Count("pk", filter=Q(at__lt=before.until)))
    found = Chapter("findings", "红线与高频问题", headline=[cell("redline")])
    found.tables = [_failures(scope, found)]
    found.lists["redlines"] = _redlines(scope)
    mended = Chapter("rectifications", "整改")
    mended.headline = [cell("in_time_rate_rect"), cell("overdue")]
    mended.cells = [
        *(cell(key) for key in ("opened", "closed", "rect_due", "closed_late", "repeats")),
        Cell("escalations", steps["now"], before=steps["before"]),
    ]
    mended.tables = [_by_role(sums), *_by_place(scope, places, sums)]
    mended.charts["roles"] = [
        {"label": Role(str(role)).label, "in_time": part["in_time"], "late": part["rect_due"] - part["in_time"]}
        for (kind, role), part in sorted(sums.items(), key=lambda one: -one[1]["rect_due"])
        if kind == "role" and part["rect_due"]
    ]
    return [found, mended]


COLUMNS = (
    ("opened", "新开"),
    ("closed", "关闭"),
    ("rect_due", "到期"),
    ("in_time_rate_rect", "按时率 %"),
    ("overdue", "月末超期"),
    ("closed_late", "逾期关闭"),
    ("repeats", "重复发生"),
)


def _by_role(sums: dict) -> Table:
    parts = {role: part for (kind, role), part in sums.items() if kind == "role"}
    rows = [
        Row(role.label, Slice(role=role), [_value(parts[role], key) for key, _ in COLUMNS])
        for role in Role
        if role in parts and any(parts[role][key] for key in CONDITIONS)
    ]
    return Table("roles", "按责任岗位", "岗位", [Column(key, label) for key, label in COLUMNS], rows)


def _by_place(scope: Scope, places: Places, sums: dict) -> list[Table]:
    """The estates with the most overdue and red-line findings, worst first."""
    if scope.node.kind == Kind.ESTATE:
        return []
    keys = (*COLUMNS[:5], ("redline", "红线"))
    names = {estate.pk: estate.label for estate in places.estates}
    parts = [(node, part) for (kind, node), part in sums.items() if kind == "node" and node in names]
    parts = [(node, part) for node, part in parts if any(part[key] for key in CONDITIONS)]
    parts.sort(key=lambda one: (-one[1]["overdue"], -one[1]["redline"], -one[1]["opened"], names[one[0]]))
    rows = [
        Row(names[node], Slice(node=node), [_value(part, key) for key, _ in keys])
        for node, part in parts[:PLACES_LISTED]
    ]
    note = f"月末超期多的在前,最多列 {PLACES_LISTED} 个项目。" if len(parts) > PLACES_LISTED else ""
    return [Table("places", "按项目", "项目", [Column(key, label) for key, label in keys], rows, note)]


# --- lists ------------------------------------------------------------------------------------------------------------


def _redlines(scope: Scope) -> list[dict[str, Any]]:
    rows = _rows("redline")(scope).select_related("item", "estate").order_by("opened_at", "pk")
    return [
        {
            "pk": row.pk,
            "number": row.number,
            "estate": row.estate.label,
            "tier": row.get_tier_display(),
            "what": row.item.what,
            "problem": row.problem,
            "opened_at": row.opened_at.isoformat(),
            "state": row.get_state_display(),
        }
        for row in rows[:REDLINES_LISTED]
    ]


def _failures(scope: Scope, chapter: Chapter) -> Table:
    """The items that failed most often, with up to six photos of the newest failures."""
    top = list(
        _rows("opened")(scope)
        .order_by()
        .values("item_key")
        .annotate(n=Count("pk"), again=Count("repeat_of"), item=Max("item_id"))
        .order_by("-n", "item_key")[:TOP_FAILURES]
    )
    items = Item.objects.select_related("section").in_bulk([row["item"] for row in top])
    rows = [
        Row(
            items[row["item"]].what,
            Slice(item=row["item_key"]),
            [row["n"], row["again"]],
            lead=str(number),
            note=items[row["item"]].section.name,
        )
        for number, row in enumerate(top, start=1)
    ]
    chapter.lists["photos"] = _photos(scope, [row["item_key"] for row in top])
    columns = [Column("opened", "不合格次数"), Column("repeats", "其中重复")]
    return Table("failures", "最常见的不合格项", "检查项", columns, rows, ranked=True, noted="主题")


def _photos(scope: Scope, keys: list[str]) -> list[dict[str, Any]]:
    """The newest photo of each of the top items first, then more of the first ones."""
    if not keys:
        return []
    newest = (
        _rows("opened")(scope)
        .filter(item_key__in=keys)
        .select_related("item", "estate")
        .order_by("-opened_at", "-pk")[: TOP_FAILURES * 6]
    )
    by_slot = {(row.inspection_id, photo_slot(row.item)): row for row in newest}
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    attached = Attachment.objects.for_owners(Inspection, {inspection for inspection, _ in by_slot})
    for attachment in attached.exclude(shown="").order_by("-at", "-pk"):
        row = by_slot.get((attachment.owner_id, attachment.slot))
        if row is not None:
            found[row.item_key].append(
                {
                    "attachment": attachment.pk,
                    "uuid": str(attachment.uuid),
                    "estate": row.estate.label,
                    "what": row.item.what,
                    "problem": row.problem,
                    "opened_at": row.opened_at.isoformat(),
                    "rectification": row.pk,
                    "width": attachment.thumb_size[0],
                    "height": attachment.thumb_size[1],
                }
            )
    chosen: list[dict[str, Any]] = []
    for turn in range(PHOTOS):
        chosen += [found[key][turn] for key in keys if len(found[key]) > turn]
    return chosen[:PHOTOS]
