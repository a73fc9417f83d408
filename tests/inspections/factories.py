"""What tests of inspections start from, made by the services themselves, in UTC moments that `day()` names.

    inspection = make_inspection(cast.estate_a1)                     # 每日: from 00:00 of TODAY to its 24:00
    answer_all(inspection, by=cast.engineering, fail={"plain": "灯不亮"})
    submit(inspection, by=cast.engineering)                          # → rectifications
    rectification = make_rectification(cast.estate_a1, by=cast.engineering, code="plain")

The checklist `SAMPLE` has one item of each kind; `code` names them:
    plain    一般, no evidence, 工程, 3 days        photo    重要, photo, 工程, 2 days
    reading  重要, 0.10–0.20 MPa, 工程, 1 day       redline  红线, no evidence, 秩序, 0 days
"""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from estates.models import Estate
from foundation.attachments.services import attach
from foundation.timers import services as timers
from foundation.timers.values import Subject
from foundation.worktime.local import end_of_day, start_of_day
from inspections.choices import Evidence, Frequency, Result, Tier
from inspections.content import ItemContent, SectionContent
from inspections.models import Checklist, ChecklistVersion, EscalationStep, Inspection, Item, Rectification
from inspections.periods import period_of
from inspections.services.checklists import create_draft, publish_version, write_content
from inspections.services.escalation import current_ladder
from inspections.services.filling import Given, photo_slot, save_answer
from inspections.services.standards import LADDER
from inspections.services.submission import items_of, submit_inspection

TODAY = date(2026, 11, 18)
START = start_of_day(date(2026, 1, 1))

SAMPLE = [
    SectionContent(
        "power",
        "供电系统安全管理",
        [
            ItemContent("plain", "配电房照明", "灯具完好，照度足够。", "engineering"),
            ItemContent(
                "photo", "配电柜外观", "柜门关闭，无积灰。", "engineering", risk="major", evidence="photo", days=2
            ),
        ],
    ),
    SectionContent(
        "fire",
        "消防安全管理",
        [
            ItemContent(
                "reading", "喷淋末端压力", "压力在允许范围内。", "engineering", risk="major", evidence="reading",
                unit="MPa", low=Decimal("0.10"), high=Decimal("0.20"), days=1,
            ),
            ItemContent("redline", "疏散通道", "通道畅通，未上锁。", "security", risk="redline", days=0),
        ],
    ),
]  # fmt: skip


def day(days: int = 0, hour: int = 9, minute: int = 0, second: int = 0) -> datetime:
    """A moment in Asia/Shanghai, `days` after TODAY."""
    return start_of_day(TODAY + timedelta(days=days)) + timedelta(hours=hour, minutes=minute, seconds=second)


def make_version(
    code: str = "sample", *, name: str = "样例检查表", way: str = "safety", sections: list[SectionContent] | None = None
) -> ChecklistVersion:
    """The published version of a checklist, made once per code."""
    checklist, _ = Checklist.objects.get_or_create(code=code, defaults={"name": name, "way": way})
    found = checklist.versions.published().first()
    if found:
        return found
    draft = create_draft(checklist=checklist, by=None, at=START)
    write_content(draft, sections or SAMPLE)
    return publish_version(version=draft, by=None, at=START)


def make_ladder() -> None:
    """INS-11's ladder: 主管 at the due moment, 项目经理 +1, 分公司督导 +3, 集团督导 +7 days."""
    if not EscalationStep.objects.exists():
        EscalationStep.objects.bulk_create(EscalationStep(audience=to, days_after=days) for to, days in LADDER.items())


def make_inspection(
    estate: Estate, *, tier: str = Tier.ESTATE, version: ChecklistVersion | None = None, on: date = TODAY, **fields: Any
) -> Inspection:
    """One day's open inspection, without a schedule."""
    version = version or make_version()
    period = period_of(Frequency.DAY, on)
    values = {
        "number": f"JC-{estate.code}-{uuid.uuid4().hex[:8]}",
        "frequency": Frequency.DAY,
        "period_start": period.start,
        "period_end": period.end,
        "opens_at": start_of_day(on),
        "closes_at": end_of_day(on),
        "item_total": version.items.count(),
    }
    return Inspection.objects.create(estate=estate, tier=tier, version=version, **values | fields)


def item(inspection: Inspection, code: str) -> Item:
    return inspection.version.items.get(code=code)


def answer_all(
    inspection: Inspection, *, by: User, fail: Mapping[str, str] | None = None, at: datetime | None = None
) -> None:
    """Answer every item: 合格, or 不合格 with the note where its code is in `fail` (with the photo it may need)."""
    at = at or inspection.opens_at + timedelta(hours=8)
    for one in items_of(inspection):
        note = (fail or {}).get(one.code)
        bad = note is not None
        reading = None
        if one.evidence == Evidence.READING:
            reading = Decimal("0.05") if bad else Decimal("0.15")
        given = Given(uuid.uuid4(), Result.FAIL if bad else Result.PASS, note or "", reading, at)
        save_answer(inspection=inspection, item=one, given=given, by=by, at=at)
        if bad and one.evidence == Evidence.PHOTO:
            attach(owner=inspection, slot=photo_slot(one), upload=photo(), by=by, at=at)


def submit(inspection: Inspection, *, by: User, at: datetime | None = None) -> Inspection:
    return submit_inspection(inspection=inspection, by=by, at=at or inspection.opens_at + timedelta(hours=9))


def make_rectification(
    estate: Estate,
    *,
    by: User,
    code: str = "plain",
    note: str = "不符合要求",
    at: datetime | None = None,
    **fields: Any,
) -> Rectification:
    """The rectification that one failed item of a submitted inspection opened, with its clock and ladder.

    `at` is when it was submitted (09:00 of TODAY by default), `fields` are the inspection's.
    """
    make_ladder()
    at = at or day()
    fields.setdefault("on", (at - timedelta(seconds=1)).astimezone(START.tzinfo).date())
    inspection = make_inspection(estate, **fields)
    answer_all(inspection, by=by, fail={code: note}, at=at)
    submit(inspection, by=by, at=at)
    return inspection.rectifications.get(item__code=code)


def make_rectifications(estate: Estate, count: int, *, opened_at: datetime, due_at: datetime) -> list[Rectification]:
    """Many open rectifications at once (`count` a multiple of SAMPLE's four items), not yet with clocks."""
    make_ladder()
    version = make_version()
    items = list(version.items.all())
    inspections = [make_inspection(estate, version=version) for _ in range(count // len(items))]
    return Rectification.objects.bulk_create(
        Rectification(
            number=f"ZG-{one.pk}-{item.pk}",
            inspection=one,
            item=item,
            item_key=f"sample/{item.code}",
            estate=estate,
            tier="estate",
            risk=item.risk,
            role=item.role,
            problem="逾期未整改",
            opened_at=opened_at,
            due_at=due_at,
        )
        for one in inspections
        for item in items
    )


def start_clocks(rectifications: Sequence[Rectification]) -> None:
    """Their clocks, with INS-11's ladder, as they start when a rectification is opened."""
    timers.start_many(
        kind=Rectification.CLOCK,
        model=Rectification,
        subjects=[Subject(id=row.pk, node_id=row.estate_id, due_at=row.due_at) for row in rectifications],
        at=min(row.opened_at for row in rectifications),
        ladder=current_ladder(),
    )


def photo(name: str = "IMG_0001.jpg", *, color: str = "green") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(out, "JPEG")
    return SimpleUploadedFile(name, out.getvalue(), "image/jpeg")
