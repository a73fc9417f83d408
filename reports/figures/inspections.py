"""Inspections of a month (RPT-1): due, done and missed by tier and subject, scores, ranking.

An inspection belongs to the month in which its period ends; 临时检查 (INS-13) have no period that anyone planned and
are counted apart. The score of several inspections is their mean; a subject's is passed / applicable weight × 100.
Estates are ranked by the upper tiers' scores alone: a self-check must not be able to lift its own estate.
An estate does not see a mystery visit coming (INS-3): its own bulletin counts one once it is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, DateField, ExpressionWrapper, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncMonth

from estates.models import Kind
from inspections.choices import Tier, Way
from inspections.models import Inspection, InspectionPolicy, Section, SectionResult
from inspections.querysets import InspectionQuerySet
from reports.figures.values import (
    UPPER,
    UPPER_TIERS,
    Cell,
    Chapter,
    Column,
    Figure,
    Places,
    Row,
    Scope,
    Slice,
    Table,
    mean,
    mean_score,
    percent,
    ratio_of,
    share_of,
)

State = Inspection.State
IN_TIME = Q(state=State.SUBMITTED, is_made_up=False)
TREND_MONTHS = 12


# --- the rows ---------------------------------------------------------------------------------------------------------


def inspections_of(scope: Scope) -> InspectionQuerySet:
    """Of all months: what the people of the bulletin's node may know of (INS-3)."""
    rows = Inspection.objects.filter(scope.at_estates())
    if scope.node.kind == Kind.ESTATE:
        rows = rows.exclude(version__checklist__way=Way.MYSTERY, state__in=Inspection.UNFINISHED)
    return rows


def _of_month(scope: Scope) -> InspectionQuerySet:
    return inspections_of(scope).filter(scope.of_tier()).due_in(scope.month.first, scope.last)


def due(scope: Scope) -> QuerySet:
    """Planned inspections whose period ends in the month."""
    rows, part = _of_month(scope).filter(schedule__isnull=False), scope.slice
    if part.checklist:
        rows = rows.filter(version__checklist__code=part.checklist)
    if part.subject:
        checklist, _, section = part.subject.partition("/")
        rows = rows.filter(
            version__in=Section.objects.filter(code=section, version__checklist__code=checklist).values("version")
        )
    return rows


def in_state(state: str) -> Callable[[Scope], QuerySet]:
    return lambda scope: due(scope).filter(state=state)


def scored(scope: Scope) -> QuerySet:
    return due(scope).filter(state=State.SUBMITTED, score__isnull=False)


def adhoc(scope: Scope) -> QuerySet:
    return _of_month(scope).filter(schedule__isnull=True)


def subject_results(scope: Scope) -> QuerySet:
    """What the subject came to in each submitted, planned inspection."""
    inspection = "inspection__"
    checklist, _, section = scope.slice.subject.partition("/")
    rows = SectionResult.objects.filter(
        scope.at_estates("inspection__estate"),
        scope.of_tier("inspection__tier"),
        inspection__schedule__isnull=False,
        inspection__state=State.SUBMITTED,
        **_ends_in(scope.month.first, scope.last, inspection),
    )
    return rows.filter(section__code=section, inspection__version__checklist__code=checklist)


def _ends_in(first: date, last: date, path: str = "") -> dict[str, Any]:
    return {f"{path}period_end__gt": first, f"{path}period_end__lte": date.fromordinal(last.toordinal() + 1)}


PERIOD = "一次检查计入其周期结束的月份;临时检查另计。"
FIGURES = (
    Figure("due", "应检", "次", f"按督导计划应完成的检查。{PERIOD}", due),
    Figure("done", "已检", "次", f"应检中已提交的检查。{PERIOD}", in_state(State.SUBMITTED), better="more"),
    Figure("missed", "漏检", "次", f"应检中到截止时间仍未提交的检查。{PERIOD}", in_state(State.MISSED), better="less"),
    Figure(
        "pending",
        "未结",
        "次",
        f"应检中补生成后尚在补检期限内的检查。{PERIOD}",
        lambda s: due(s).filter(state__in=Inspection.UNFINISHED),
    ),
    Figure(
        "done_rate", "检查完成率", "%", "已检 ÷ 应检 × 100。", due, share_of(Q(state=State.SUBMITTED)), better="more"
    ),
    Figure(
        "in_time_rate",
        "按时完成率",
        "%",
        "在周期内提交的检查 ÷ 应检 × 100;补生成的检查不算按时。",
        due,
        share_of(IN_TIME),
        better="more",
    ),
    Figure(
        "score",
        "平均得分",
        "分",
        f"已提交的计划检查得分的算术平均;督导得分只计集团和分子公司的检查。{PERIOD}",
        scored,
        mean_score,
        better="more",
    ),
    Figure(
        "subject_score",
        "主题得分",
        "分",
        "该主题在各次已提交的计划检查中,合格权重之和 ÷ 适用权重之和 × 100。",
        subject_results,
        ratio_of("passed_weight", "applicable_weight"),
        better="more",
    ),
    Figure("adhoc", "临时检查", "次", "期限在本月结束的临时检查。", adhoc),
    Figure(
        "adhoc_done",
        "临时检查已提交",
        "次",
        "期限在本月结束、已提交的临时检查。",
        lambda s: adhoc(s).filter(state=State.SUBMITTED),
    ),
)


# --- all of them at once ----------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """Counts over inspections."""

    due: int = 0
    done: int = 0
    missed: int = 0
    in_time: int = 0
    score_total: Decimal = field(default_factory=Decimal)
    score_count: int = 0

    def add(self, state: str, row: dict[str, Any]) -> None:
        self.due += row["n"]
        self.in_time += row["in_time"]
        if state == State.SUBMITTED:
            self.done += row["n"]
            self.score_total += row["score_total"] or 0
            self.score_count += row["score_count"]
        elif state == State.MISSED:
            self.missed += row["n"]

    def __getitem__(self, key: str) -> int | str | None:
        """The figure of that key."""
        match key:
            case "done_rate":
                return percent(self.done, self.due)
            case "in_time_rate":
                return percent(self.in_time, self.due)
            case "score":
                return mean(self.score_total, self.score_count)
            case "pending":
                return self.due - self.done - self.missed
        return int(getattr(self, key))


class Tallies(defaultdict[tuple, Tally]):
    """By tuples of one's choosing; a planned inspection is added to several."""

    def __init__(self) -> None:
        super().__init__(Tally)

    def add(self, keys: Iterable[tuple], row: dict[str, Any]) -> None:
        for key in keys:
            self[key].add(row["state"], row)


COUNTS = {
    "n": Count("pk"),
    "in_time": Count("pk", filter=IN_TIME),
    "score_total": Sum("score", filter=Q(state=State.SUBMITTED)),
    "score_count": Count("score", filter=Q(state=State.SUBMITTED)),
}


def _tiers(tier: str) -> tuple[str, ...]:
    return (tier, "", UPPER) if tier in UPPER_TIERS else (tier, "")


@dataclass
class Counted:
    """The month by (tier, subject or checklist, node), other months by (month, tier), and the ad-hoc ones."""

    month: Tallies
    by_month: Tallies
    subjects: dict[str, str]  # key → name, of the safety checklists, in their order
    checklists: dict[str, str]  # code → name, of the others
    scores: dict[tuple[str, str, str], tuple[int, int]]  # (month, tier, subject) → weights
    adhoc: int = 0
    adhoc_done: int = 0

    def subject_score(self, month: object, tier: str, subject: str) -> str | None:
        tiers = UPPER_TIERS if tier == UPPER else (tier,)
        found = [self.scores.get((str(month), one, subject), (0, 0)) for one in tiers]
        return percent(sum(passed for passed, _ in found), sum(applicable for _, applicable in found))


def count_all(scope: Scope, places: Places) -> Counted:
    """Four statements: this month by estate, thirteen months by tier, the versions' sections, the subjects' weights."""
    here = list(
        _of_month(scope)
        .order_by()
        .values("estate_id", "tier", "version_id", "state", is_adhoc=Q(schedule__isnull=True))
        .annotate(**COUNTS)
    )
    first = scope.month.shift(-TREND_MONTHS).first
    last_day = ExpressionWrapper(F("period_end") - Value(1), output_field=DateField())
    earlier = list(
        inspections_of(scope)
        .filter(schedule__isnull=False)
        .due_in(first, scope.last)
        .order_by()
        .values("tier", "state", month=TruncMonth(last_day))
        .annotate(**COUNTS)
    )
    versions = {row["version_id"] for row in here if not row["is_adhoc"]}
    sections = _sections(scope, versions)
    counted = Counted(Tallies(), Tallies(), {}, {}, {})
    subjects_of: dict[int, list[str]] = defaultdict(list)
    for section in sections:
        code, is_safety = section["version__checklist__code"], section["version__checklist__way"] == Way.SAFETY
        if is_safety:
            key = f"{code}/{section['code']}"
            counted.subjects.setdefault(key, section["name"])
        else:
            key = code
            counted.checklists.setdefault(code, section["version__checklist__name"])
        if key not in subjects_of[section["version_id"]]:
            subjects_of[section["version_id"]].append(key)
    branch_of = {estate.pk: estate.parent_id for estate in places.estates}
    for row in here:
        if row["is_adhoc"]:
            counted.adhoc += row["n"]
            counted.adhoc_done += row["n"] * (row["state"] == State.SUBMITTED)
            continue
        nodes = (None, row["estate_id"], branch_of.get(row["estate_id"]))
        parts = ("", *subjects_of[row["version_id"]])
        keys: list[tuple[str, str, Any]] = [(tier, part, None) for tier in _tiers(row["tier"]) for part in parts]
        keys += [(tier, "", node) for tier in _tiers(row["tier"]) for node in nodes[1:]]
        counted.month.add(keys, dict(row))
    for row in earlier:
        month = f"{row['month']:%Y-%m}"
        counted.by_month.add([(month, tier) for tier in _tiers(row["tier"])], dict(row))
    counted.scores = _subject_weights(scope, counted.subjects)
    return counted


def _sections(scope: Scope, versions: set[int]) -> list[dict[str, Any]]:
    rows = Section.objects.filter(version__in=versions).order_by(
        "version__checklist__way", "version__checklist__code", "-version__number", "position", "id"
    )
    names = (
        "version_id",
        "code",
        "name",
        "version__checklist__code",
        "version__checklist__name",
        "version__checklist__way",
    )
    return list(rows.values(*names))


def _subject_weights(scope: Scope, subjects: dict[str, str]) -> dict[tuple[str, str, str], tuple[int, int]]:
    """Passed and applicable weight by month, tier and subject: all tiers this month, the upper ones before."""
    if not subjects:
        return {}
    compared = [scope.month.shift(-1), scope.month.shift(-12)]
    ends = [(scope.month, _ends_in(scope.month.first, scope.last, "inspection__"))]
    ends += [(month, _ends_in(month.first, month.last, "inspection__")) for month in compared]
    wanted = Q(**ends[0][1])
    for _, bounds in ends[1:]:
        wanted |= Q(**bounds, inspection__tier__in=UPPER_TIERS)
    rows = (
        SectionResult.objects.filter(
            scope.at_estates("inspection__estate"),
            wanted,
            inspection__schedule__isnull=False,
            inspection__state=State.SUBMITTED,
        )
        .order_by()
        .values(
            "section_id",
            "inspection__tier",
            month=Case(
                *[When(Q(**bounds), then=Value(str(month))) for month, bounds in ends], output_field=CharField()
            ),
        )
        .annotate(passed=Sum("passed_weight"), applicable=Sum("applicable_weight"))
    )
    # Named in a statement of its own: joined to every row it made the group's bulletin half as slow again.
    sections = Section.objects.values_list("pk", "version__checklist__code", "code")
    subject_of = {pk: f"{checklist}/{code}" for pk, checklist, code in sections}
    found: dict[tuple[str, str, str], tuple[int, int]] = {}
    for row in rows:
        key = (row["month"], row["inspection__tier"], subject_of[row["section_id"]])
        passed, applicable = found.get(key, (0, 0))
        found[key] = (passed + row["passed"], applicable + row["applicable"])
    return found


# --- the chapter ------------------------------------------------------------------------------------------------------


def chapters(scope: Scope, places: Places) -> list[Chapter]:
    counted = count_all(scope, places)
    before, year_ago = scope.month.shift(-1), scope.month.shift(-12)

    def cell(figure: str, tier: str = "", label: str = "") -> Cell:
        return Cell(
            figure,
            counted.month[tier, "", None][figure],
            Slice(tier=tier),
            label,
            counted.by_month[str(before), tier][figure],
            counted.by_month[str(year_ago), tier][figure],
        )

    chapter = Chapter("inspections", "督导检查")
    chapter.headline = [cell("done_rate"), cell("score", UPPER, "督导得分"), cell("missed")]
    chapter.cells = [
        cell("due"),
        cell("done"),
        cell("in_time_rate"),
        cell("score", Tier.ESTATE, "自查得分"),
        cell("pending"),
        Cell("adhoc", counted.adhoc),
        Cell("adhoc_done", counted.adhoc_done),
    ]
    chapter.tables = [
        _by_tier(scope, counted, str(before), str(year_ago)),
        _by_subject(counted, scope, str(before), str(year_ago)),
        _by_checklist(counted),
    ]
    chapter.charts = {
        "trend": _trend(scope, counted),
        "completion": [
            {"label": tier.label, **{key: counted.month[tier, "", None][key] for key in ("done", "missed", "pending")}}
            for tier in Tier
            if counted.month[tier, "", None].due
        ],
        "subjects": [
            {
                "label": name,
                "score": counted.subject_score(scope.month, UPPER, key)
                or counted.subject_score(scope.month, Tier.ESTATE, key),
                "before": counted.subject_score(before, UPPER, key),
            }
            for key, name in counted.subjects.items()
        ],
    }
    if places.is_one_estate:
        return [chapter]
    return [chapter, _ranking(scope, places, counted)]


def _by_tier(scope: Scope, counted: Counted, before: str, year_ago: str) -> Table:
    plain = [
        ("due", "应检"),
        ("done", "已检"),
        ("missed", "漏检"),
        ("done_rate", "完成率 %"),
        ("in_time_rate", "按时率 %"),
    ]
    columns = [Column(key, label) for key, label in plain]
    columns += [Column("score", "本月", over="平均得分"), Column("score", "上月", Slice(month=before), "平均得分")]
    columns.append(Column("score", "去年同月", Slice(month=year_ago), "平均得分"))
    rows = []
    for tier in (*Tier, ""):
        now = counted.month[tier, "", None]
        values = [now[key] for key, _ in plain]
        values += [now["score"], counted.by_month[before, tier]["score"], counted.by_month[year_ago, tier]["score"]]
        rows.append(Row(Tier(tier).label if tier else "合计", Slice(tier=tier), values))
    return Table("tiers", "各层级检查完成情况", "层级", columns, rows)


def _by_subject(counted: Counted, scope: Scope, before: str, year_ago: str) -> Table:
    tiers = [tier for tier in Tier if counted.month[tier, "", None].due]
    columns = [
        Column(key, label, Slice(tier=tier), tier.label)
        for tier in tiers
        for key, label in (("due", "应"), ("done", "已"), ("missed", "漏"))
    ]
    columns += [
        Column("subject_score", "本月", Slice(tier=UPPER), "督导得分"),
        Column("subject_score", "上月", Slice(tier=UPPER, month=before), "督导得分"),
        Column("subject_score", "去年", Slice(tier=UPPER, month=year_ago), "督导得分"),
        Column("subject_score", "自查", Slice(tier=Tier.ESTATE), "得分"),
    ]
    rows = []
    for subject, name in counted.subjects.items():
        values = [counted.month[tier, subject, None][key] for tier in tiers for key in ("due", "done", "missed")]
        values += [counted.subject_score(month, UPPER, subject) for month in (scope.month, before, year_ago)]
        values.append(counted.subject_score(scope.month, Tier.ESTATE, subject))
        rows.append(Row(name, Slice(subject=subject), values))
    note = "应 = 应检,已 = 已检,漏 = 漏检(次)。一次检查覆盖其检查表的全部主题。"
    return Table("subjects", "要点督导各主题", "主题", columns, rows, note)


def _by_checklist(counted: Counted) -> Table:
    keys = (("due", "应检"), ("done", "已检"), ("missed", "漏检"), ("done_rate", "完成率 %"), ("score", "平均得分"))
    rows = [
        Row(name, Slice(checklist=code), [counted.month["", code, None][key] for key, _ in keys])
        for code, name in counted.checklists.items()
    ]
    return Table("checklists", "其他督导方式", "检查表", [Column(key, label) for key, label in keys], rows)


def _trend(scope: Scope, counted: Counted) -> dict[str, Any]:
    """Scores of the last twelve months by tier; a tier without a single score is left out."""
    months = [scope.month.shift(back) for back in range(1 - TREND_MONTHS, 1)]
    lines = [
        {"label": tier.label, "values": [counted.by_month[str(month), tier]["score"] for month in months]}
        for tier in Tier
    ]
    return {
        "months": [f"{month.first.month}月" for month in months],
        "lines": [line for line in lines if any(line["values"])],
    }


def _ranking(scope: Scope, places: Places, counted: Counted) -> Chapter:
    """RPT-1: estates by the upper tiers' score; with too few of their inspections an estate is listed, not ranked."""
    least = InspectionPolicy.current().rank_from
    columns = [
        Column("done", "督导次数", Slice(tier=UPPER)),
        Column("score", "督导得分", Slice(tier=UPPER)),
        Column("score", "自查得分", Slice(tier=Tier.ESTATE)),
        Column("done_rate", "完成率 %"),
        Column("missed", "漏检"),
    ]

    def row(node: Any) -> Row:
        values = [counted.month[c.slice.tier, "", node.pk][c.figure] for c in columns]
        return Row(node.label, Slice(node=node.pk), values)

    def place(row: Row) -> tuple:
        _, score, *_, missed = row.values
        return (-Decimal(str(score)), missed)

    rows = [row(estate) for estate in places.estates if counted.month["", "", estate.pk].due or estate.is_active]
    enough = [one for one in rows if one.values[0] >= least and one.values[1] is not None]  # type: ignore[operator]
    listed = [one for one in rows if one not in enough]
    enough.sort(key=place)
    previous, rank = None, 0
    for number, one in enumerate(enough, start=1):
        if one.values[1] != previous:
            previous, rank = one.values[1], number
        one.lead = str(rank)
    for one in listed:
        one.lead = "—"
        one.note = f"上级督导 {one.values[0]} 次,少于 {least} 次"
    note = f"按集团、分子公司本月检查的平均得分排名;上级督导少于 {least} 次的项目只列出,不排名。"
    tables = [Table("ranking", "项目排名", "项目", columns, [*enough, *listed], note, ranked=True)]
    if scope.node.kind == Kind.GROUP:
        branches = [row(branch) for branch in places.branches.values()]
        branches.sort(key=lambda one: (one.values[1] is None, -Decimal(str(one.values[1] or 0))))
        tables.insert(0, Table("branches", "分子公司对比", "分子公司", columns, branches))
    return Chapter("ranking", "排名", tables=tables)
