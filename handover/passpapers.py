"""出门条 on paper and as a list (HND-7, RPT-5); phones are masked (ORG-4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from foundation import pdf
from foundation.pdf.qr import qr_svg
from foundation.records.workbooks import workbook, yes
from foundation.worktime.local import local_date
from handover.models import Pass

HEAD = (
    "编号", "项目", "分子公司", "房屋", "状态", "有效日期", "出门原因", "携带人", "身份", "电话", "车牌", "物品",
    "同意人", "去电号码", "去电时间", "核实意见", "截至当日欠费（元）", "频繁放行", "决定人", "决定时间", "决定说明",
    "开具人", "开具时间", "放行人", "放行时间",
)  # fmt: skip


def gate_address(release: Pass) -> str:
    """The absolute address in the QR: it opens the gate page, which asks for a login and a post at the gate."""
    return f"{settings.SITE_URL}{reverse('handover:gate')}?code={release.code}"


def pass_pdf(release: Pass, printed_at: datetime) -> bytes:
    """For the carrier's hand and the gate's file; the code stands only on one that may still be used."""
    is_good = release.state == Pass.State.READY and not release.is_late(local_date(printed_at))
    context = {
        "is_good": is_good,
        "state": _state(release, local_date(printed_at)),
        "release": release,
        "items": list(release.items.all()),
        "title": "物品放行出门条",
        "number": release.number,
        "issuer": release.estate.name,
        "printed_at": printed_at,
    }
    return pdf.render("handover/pdf/pass.html", context, images={"qr": qr_svg(gate_address(release))})


def passes_xlsx(rows: Iterable[Pass], today: date) -> bytes:
    """With estate and branch, house, people and items at hand; expired as of `today`."""
    return workbook("出门条", HEAD, (_row(one, today) for one in rows))


def _row(one: Pass, today: date) -> Sequence[Any]:
    return (
        one.number, one.estate.name, one.estate.branch.name, one.house.code, _state(one, today), one.valid_on,
        one.get_reason_display(), one.carrier, one.get_carrier_kind_display(), one.masked_phone, one.vehicle,
        "、".join(str(item) for item in one.items.all()), one.consent_by, one.masked_consent_phone, one.consent_at,
        one.consent, one.arrears or "", yes(one.is_frequent), one.decided_by, one.decided_at, one.decision,
        one.made_by, one.made_at, one.used_by, one.used_at,
    )  # fmt: skip


def _state(release: Pass, today: date) -> str:
    return Pass.State.EXPIRED.label if release.is_late(today) else release.get_state_display()
