"""Ad-hoc inspections (INS-13)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

from estates.models import Estate
from foundation.journal.services import record
from foundation.numbering.services import format_number, take
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date, start_of_day
from inspections.choices import Tier
from inspections.guards import may_start_adhoc
from inspections.models import ChecklistVersion, Inspection

if TYPE_CHECKING:
    from accounts.models import User


def start_adhoc(
    *,
    estate: Estate,
    tier: str,
    version: ChecklistVersion,
    by: User,
    at: datetime,
    item_ids: Collection[int] | None = None,
    days: int = 1,
    reason: str = "",
    key: UUID | None = None,
) -> Inspection:
    """Open an inspection outside the schedule, of a published checklist or some of its items, for 1–31 days.

    The same `key` again gives the inspection that it started.
    """
    with transaction.atomic():
        may_start_adhoc(estate, tier, by)
        if version.state != ChecklistVersion.State.PUBLISHED:
            raise Refused("只能用已发布的检查表发起检查。")
        known = set(version.items.values_list("pk", flat=True))
        chosen = None if item_ids is None else sorted(set(item_ids))
        if chosen is not None and (not chosen or not known.issuperset(chosen)):
            raise Refused("请至少选择一个属于这张检查表的检查项。")
        if not 1 <= days <= 31:
            raise Refused("临时检查的期限为 1 至 31 天。")
        today = local_date(at)
        month = f"{today:%Y%m}"
        # The counter's lock lets one of two equal requests go first; the other then finds what it started.
        number = take(kind="adhoc", place=estate.code, period=month)[0]
        started = Inspection.objects.filter(key=key).first() if key else None
        if started:
            if (started.estate_id, started.created_by_id) != (estate.pk, by.pk):
                raise Refused("这张表单已经提交过，请刷新页面后重新填写。")
            transaction.set_rollback(True)
            return started
        inspection = Inspection.objects.create(
            number=format_number("LS", estate.code, month, number),
            version=version,
            estate=estate,
            tier=tier,
            period_start=today,
            period_end=today + timedelta(days=days),
            opens_at=at,
            closes_at=start_of_day(today + timedelta(days=days)),
            item_ids=None if chosen is None or len(chosen) == len(known) else chosen,
            item_total=len(known if chosen is None else chosen),
            reason=reason.strip(),
            created_by=by,
            key=key,
        )
        record(
            inspection, "inspection.adhoc", by=by, at=at, node=estate.pk, tier=Tier(tier).label, reason=reason.strip()
        )
    return inspection
