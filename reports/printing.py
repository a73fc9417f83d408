"""《品质督导月度简报》 for A4: the stored figures laid out by templates/reports/bulletin_pdf.html."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import TYPE_CHECKING

from foundation import pdf
from foundation.attachments.models import Attachment
from foundation.attachments.services import photo_for_print
from reports.presenting import Shown, present

if TYPE_CHECKING:
    from reports.models import Bulletin, WeeklySheet

# A list longer than this is printed with its top only (a row costs 14 ms).
RANKED = 40


def bulletin_pdf(bulletin: Bulletin) -> bytes:
    """An issued bulletin, or a draft, which says so on its cover."""
    shown = present(bulletin, rows=RANKED, links=False)
    images = photos(shown.photos)
    return pdf.render("reports/bulletin_pdf.html", context(bulletin, shown, images), images=images)


def context(bulletin: Bulletin, shown: Shown, images: Collection[str]) -> dict[str, object]:
    keyed = [{**photo, "key": f"photo-{photo['attachment']}"} for photo in shown.photos]
    return {
        "bulletin": bulletin,
        "shown": shown,
        "charts": [chart for part in shown.parts for chart in part.charts],
        "photos": [photo for photo in keyed if photo["key"] in images],
        "title": f"{bulletin.node} {bulletin.period.label}品质督导月度简报",
        "number": bulletin.number or "草稿",
        "issuer": bulletin.node.name,
    }


def photos(listed: list[dict]) -> dict[str, bytes]:
    """The photos of the failures, scaled; one whose file is gone is left out."""
    found = Attachment.objects.in_bulk([photo["attachment"] for photo in listed])
    images = {}
    for photo in listed:
        attachment = found.get(photo["attachment"])
        if attachment is None:
            continue
        with suppress(FileNotFoundError):
            images[f"photo-{photo['attachment']}"] = photo_for_print(attachment)
    return images


def weekly_pdf(sheet: WeeklySheet) -> bytes:
    """《部门日、周汇报表》 on A4 (CMP-14)."""
    values = {
        "sheet": sheet,
        "shown": present(sheet, rows=RANKED, links=False),
        "title": f"{sheet.node} 部门日、周汇报表",
        "number": sheet.period.label,
        "issuer": sheet.node.name,
    }
    return pdf.render("reports/weekly_pdf.html", values)
