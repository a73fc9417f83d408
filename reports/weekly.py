"""《部门日、周汇报表》: drafted every Friday at 17:00, holiday or not, for each estate and branch (CMP-14)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from accounts.rights import Right
from estates.models import Kind, Node
from foundation.journal.services import change, record
from foundation.records.refusals import Refused
from foundation.worktime.weeks import Week
from reports.figures import Scope, complaints, compute
from reports.models import WeeklySheet
from reports.services import snapshot

if TYPE_CHECKING:
    from accounts.models import User

# Weeks that were missed while the tick was down are made up so far back.
MADE_UP = 4


@dataclass
class Drafted:
    """What one run did."""

    week: Week
    drafted: int = 0

    def line(self) -> str:
        return f"{self.week.label}：新起草周汇报表 {self.drafted} 份"


def draft_weekly_sheets(*, at: datetime, weeks: int = MADE_UP) -> Drafted:
    """The sheets that are missing of the last weeks, the newest week first; the constraint makes each exactly once."""
    done = Drafted(Week.before(at))
    for back in range(weeks):
        week = done.week.shift(-back)
        nodes = Node.objects.active().exclude(kind=Kind.GROUP)
        # What was opened after the week was over has nothing to tell of it.
        begun = nodes.filter(pk__in=_with_cases(week)) if back else nodes
        missing = begun.exclude(pk__in=WeeklySheet.objects.filter(friday=week.friday).values("node"))
        for node in missing.select_related("parent").order_by("code"):
            done.drafted += _draft(node, week, at)
    return done


def _with_cases(week: Week) -> Any:
    """Estates that had a case by then, and their branches."""
    from complaints.models import Case

    of = Case.objects.filter(received_at__lt=week.end).order_by()
    estates = set(of.values_list("estate_id", flat=True).distinct())
    return estates | set(Node.objects.filter(pk__in=estates).values_list("parent_id", flat=True))


def _draft(node: Node, week: Week, at: datetime) -> bool:
    figures = count_week(node, week, at)
    with transaction.atomic():
        sheet, is_new = WeeklySheet.objects.get_or_create(
            node_id=node.pk, friday=week.friday, defaults={"figures": figures, "computed_at": at}
        )
        if is_new:
            record(sheet, "weekly.draft", by=None, at=at, node=node.pk)
    return is_new


def count_week(node: Node, week: Week, at: datetime) -> dict[str, Any]:
    """All figures of one moment, so that they add up (RPT-3)."""
    with snapshot():
        return compute(Scope(node=node, month=week, at=at), chapters=(complaints.weekly,))


def edit_weekly(*, sheet: WeeklySheet, by: User, at: datetime, remark: str) -> WeeklySheet:
    """本周说明, in words."""
    with transaction.atomic():
        sheet = WeeklySheet.objects.select_for_update(of=("self",)).select_related("node__parent").get(pk=sheet.pk)
        may_edit(sheet, by)
        before, sheet.remark = sheet.remark, remark.strip()
        if before != sheet.remark:
            sheet.save(update_fields=["remark"])
            record(sheet, "weekly.edit", by=by, at=at, node=sheet.node_id, remark=change(before, sheet.remark))
    return sheet


def may_edit(sheet: WeeklySheet, user: User) -> None:
    if not user.may(Right.EDIT_WEEKLY, sheet.node):
        raise Refused("由项目经理或客服主管填写本周说明。")
