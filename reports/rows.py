"""The rows behind a figure as a table: heads and cells by the kind of row, the record linked in the first (RPT-3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.rights import Right
from complaints.models import Call, Case, Round
from estates.models import Estate
from foundation.journal.models import Entry
from handover.models import Bill, Defect, Handover, MoveIn, Pass, Payment
from inspections.models import Discrepancy, Inspection, Rectification, SectionResult

if TYPE_CHECKING:
    from accounts.models import User


@dataclass(frozen=True)
class Listing:
    """`prepare` makes the queryset ready for listing; `cells` gives one page's rows: (url, texts)."""

    heads: Sequence[str]
    prepare: Callable[[QuerySet], QuerySet]
    cells: Callable[[Sequence[Any]], list[tuple[str, list[str]]]]


def moment(at: Any) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}" if at else "—"


def _inspection(row: Inspection) -> tuple[str, list[str]]:
    checks = [str(row.compared), str(row.contradicted)] if row.compared else ["—", "—"]
    return reverse("inspections:record", args=[row.pk]), [
        row.number,
        row.estate.label,
        row.version.checklist.name,
        row.get_tier_display(),
        row.period_label,
        row.get_state_display() + ("（补生成）" if row.is_made_up else ""),
        "—" if row.score is None else str(row.score),
        *checks,
    ]


def _section_result(row: SectionResult) -> tuple[str, list[str]]:
    inspection = row.inspection
    return reverse("inspections:record", args=[inspection.pk]), [
        inspection.number,
        inspection.estate.label,
        row.section.name,
        inspection.get_tier_display(),
        str(row.passed_weight),
        str(row.applicable_weight),
        str(row.failed),
    ]


def _rectification(row: Rectification) -> tuple[str, list[str]]:
    return reverse("inspections:rectification", args=[row.pk]), [
        row.number,
        row.estate.label,
        row.item.what,
        row.get_risk_display(),
        row.get_role_display(),
        row.get_state_display() + ("（重复）" if row.is_repeat else ""),
        moment(row.opened_at),
        moment(row.due_at),
        moment(row.rectified_at),
        moment(row.closed_at),
    ]


def _discrepancy(row: Discrepancy) -> tuple[str, list[str]]:
    return reverse("inspections:record", args=[row.upper_id]), [
        row.upper.number,
        row.estate.label,
        row.item.what,
        moment(row.passed_at),
        moment(row.failed_at),
        row.upper.get_tier_display(),
    ]


def _estate(row: Estate) -> tuple[str, list[str]]:
    return f"{reverse('inspections:records')}?place={row.code}", [row.code, row.name, row.branch.label]


def _case(row: Case) -> tuple[str, list[str]]:
    return reverse("complaints:case", args=[row.pk]), [
        row.number,
        row.estate.label,
        row.where,
        row.get_kind_display() + (f"({row.get_grade_display()})" if row.grade else ""),
        row.get_department_display() or "—",
        row.get_state_display(),
        moment(row.received_at),
        moment(row.due_at),
        moment(row.closed_at),
    ]


def _round(row: Round) -> tuple[str, list[str]]:
    return reverse("complaints:case", args=[row.case_id]), [
        f"{row.case.number} 第{row.number}轮",
        row.case.estate.label,
        row.case.get_kind_display(),
        moment(row.started_at),
        *(
            f"{moment(at)}{'' if in_time is None else ' 及时' if in_time else ' 超期'}"
            for at, in_time in (
                (row.transferred_at, row.transferred_in_time),
                (row.replied_at, row.replied_in_time),
                (row.result_at, row.handled_in_time),
                (row.answered_at, row.answered_in_time),
                (row.called_at, row.called_in_time),
            )
        ),
    ]


def _call(row: Call) -> tuple[str, list[str]]:
    return reverse("complaints:case", args=[row.case_id]), [
        row.case.number,
        row.case.estate.label,
        row.by.name if row.by else "客户自评",
        moment(row.at),
        "已解决" if row.solved else "未解决" if row.reached else "未接通",
        row.get_satisfaction_display() or "—",
    ]


def _handover(row: Handover) -> tuple[str, list[str]]:
    return reverse("handover:house", args=[row.pk]), [
        row.house.code,
        row.estate.label,
        row.batch.name,
        row.buyer_name,
        row.get_state_display() + (f"({row.get_reason_display()})" if row.reason else ""),
        moment(row.arrived_at),
        moment(row.done_at),
    ]


def _defect(row: Defect) -> tuple[str, list[str]]:
    return reverse("handover:defect", args=[row.pk]), [
        row.number,
        row.estate.label,
        row.house.code,
        row.what,
        row.builder.name if row.builder else "—",
        row.get_state_display(),
        *(moment(at) for at in (row.found_at, row.due_at, row.fixed_at, row.confirmed_at)),
    ]


def _bill(row: Bill) -> tuple[str, list[str]]:
    return reverse("handover:bill", args=[row.pk]), [
        row.number,
        row.estate.label,
        row.where,
        f"{row.payer_name}({row.get_payer_display()})",
        f"{row.starts_on} 至 {row.ends_on}",
        str(row.total),
        # Of a figure that asks for it: what was missing when the period ended.
        str(getattr(row, "owed", "—")),
        moment(row.made_at),
    ]


def _payment(row: Payment) -> tuple[str, list[str]]:
    return reverse("handover:bill", args=[row.bill_id]), [
        row.receipt,
        row.estate.label,
        row.bill.where,
        row.bill.payer_name,
        str(row.amount),
        row.get_method_display(),
        row.cashier.name,
        moment(row.at),
    ]


def _move_in(row: MoveIn) -> tuple[str, list[str]]:
    return reverse("handover:move_in", args=[row.pk]), [
        row.number,
        row.estate.label,
        row.house.code,
        row.name,
        "租户" if row.is_tenant else "业主",
        row.get_state_display(),
        moment(row.done_at),
    ]


def _pass(row: Pass) -> tuple[str, list[str]]:
    return reverse("handover:pass", args=[row.pk]), [
        row.number,
        row.estate.label,
        row.house.code,
        f"{row.carrier}({row.get_carrier_kind_display()})",
        row.get_reason_display(),
        row.get_state_display() + ("（频繁）" if row.is_frequent else ""),
        moment(row.made_at),
        moment(row.used_at),
    ]


def _escalations(entries: Sequence[Entry]) -> list[tuple[str, list[str]]]:
    """Steps of ladders, of rectifications and of cases."""
    ids = [entry.subject_id for entry in entries]
    mended = Rectification.objects.select_related("estate", "item").in_bulk(ids)
    cases = Case.objects.select_related("estate").in_bulk(ids)
    found = []
    for entry in entries:
        if entry.subject_kind == CASE:
            case = cases[entry.subject_id]
            url, cells = reverse("complaints:case", args=[case.pk]), [case.number, case.estate.label, case.text[:60]]
        else:
            row = mended[entry.subject_id]
            url, cells = (
                reverse("inspections:rectification", args=[row.pk]),
                [row.number, row.estate.label, row.item.what],
            )
        step = " ".join(str(entry.data[name]) for name in ("clock", "share") if entry.data.get(name))
        to = str(entry.data.get("to", ""))
        found.append((url, [*cells, f"{to}({step})" if step else to, moment(entry.at)]))
    return found


def _each(one: Callable[[Any], tuple[str, list[str]]]) -> Callable[[Sequence[Any]], list[tuple[str, list[str]]]]:
    return lambda rows: [one(row) for row in rows]


CASE = Case._meta.label_lower

LISTINGS: dict[type, Listing] = {
    Case: Listing(
        ("编号", "项目", "位置", "类型", "部门", "状态", "受理", "最近期限", "关闭"),
        lambda rows: rows.select_related("estate", "house").order_by("-received_at", "-pk"),
        _each(_case),
    ),
    Round: Listing(
        ("诉求单", "项目", "类型", "开始", "转派", "首次答复", "处理结果", "答复客户", "首次回访"),
        lambda rows: rows.select_related("case__estate").order_by("-started_at", "-pk"),
        _each(_round),
    ),
    Call: Listing(
        ("诉求单", "项目", "回访人", "时间", "结果", "满意度"),
        lambda rows: rows.select_related("case__estate", "by").order_by("-at", "-pk"),
        _each(_call),
    ),
    Handover: Listing(
        ("房屋", "项目", "批次", "购房人", "现在", "到场", "接房"),
        lambda rows: rows.select_related("estate", "batch", "house").order_by("estate__code", "house__code", "pk"),
        _each(_handover),
    ),
    Defect: Listing(
        ("编号", "项目", "房屋", "问题", "责任单位", "现在", "登记", "整改期限", "整改", "业主确认"),
        lambda rows: rows.select_related("estate", "house", "builder").order_by("due_at", "pk"),
        _each(_defect),
    ),
    Bill: Listing(
        ("账单", "项目", "房屋", "付款人", "费用期间", "合计（元）", "期末未收（元）", "生成"),
        lambda rows: rows.select_related("estate", "house", "batch").order_by("-made_at", "-pk"),
        _each(_bill),
    ),
    Payment: Listing(
        ("收据号", "项目", "房屋", "付款人", "金额（元）", "方式", "收银员", "时间"),
        lambda rows: rows.select_related("estate", "bill__house", "bill__batch", "cashier").order_by("-at", "-pk"),
        _each(_payment),
    ),
    MoveIn: Listing(
        ("编号", "项目", "房屋", "入住人", "身份", "现在", "入住"),
        lambda rows: rows.select_related("estate", "house").order_by("-done_at", "-pk"),
        _each(_move_in),
    ),
    Pass: Listing(
        ("编号", "项目", "房屋", "携带人", "事由", "现在", "开具", "放行"),
        lambda rows: rows.select_related("estate", "house").order_by("-made_at", "-pk"),
        _each(_pass),
    ),
    Inspection: Listing(
        ("编号", "项目", "检查表", "层级", "周期", "状态", "得分", "可比对项", "不符项"),
        lambda rows: rows.select_related("estate", "version__checklist").order_by("-period_end", "-pk"),
        _each(_inspection),
    ),
    SectionResult: Listing(
        ("检查", "项目", "主题", "层级", "合格权重", "适用权重", "不合格项"),
        lambda rows: rows.select_related("inspection__estate", "section").order_by("-pk"),
        _each(_section_result),
    ),
    Rectification: Listing(
        ("编号", "项目", "检查项", "风险", "责任岗位", "状态", "开单", "期限", "提交整改", "关闭"),
        lambda rows: rows.select_related("estate", "item").order_by("-opened_at", "-pk"),
        _each(_rectification),
    ),
    Discrepancy: Listing(
        ("上级检查", "项目", "检查项", "自查合格", "上级判不合格", "层级"),
        lambda rows: rows.select_related("estate", "item", "upper").order_by("-failed_at", "-pk"),
        _each(_discrepancy),
    ),
    Estate: Listing(
        ("编码", "项目", "分子公司"), lambda rows: rows.select_related("parent").order_by("code"), _each(_estate)
    ),
    Entry: Listing(("编号", "项目", "内容", "升级至", "时间"), lambda rows: rows.order_by("-at", "-pk"), _escalations),
}


def listing_of(rows: QuerySet) -> Listing:
    return LISTINGS[rows.model]


def visible_rows(rows: QuerySet, user: User) -> QuerySet:
    """ORG-2: those of a figure's rows that the user may see, as on the pages they lead to."""
    if rows.model is Entry:
        mended, cases = (user.estate_ids_with(right) for right in (Right.VIEW_INSPECTIONS, Right.VIEW_CASES))
        return rows.filter(Q(node_id__in=cases, subject_kind=CASE) | ~Q(subject_kind=CASE) & Q(node_id__in=mended))
    return rows.visible_to(user)  # type: ignore[attr-defined]
