"""Red lines and the most frequent failures of a month, with photos (RPT-1)."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import Count, Max

from foundation.attachments.models import Attachment
from inspections.models import Inspection, Item
from inspections.services.filling import photo_slot
from reports.figures.rectifications.rows import rows_of
from reports.figures.values import Chapter, Column, Row, Scope, Slice, Table

TOP_FAILURES = 10
PHOTOS = 6
REDLINES_LISTED = 50


def redlines(scope: Scope) -> list[dict[str, Any]]:
    rows = rows_of("redline")(scope).select_related("item", "estate").order_by("opened_at", "pk")
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


def failures(scope: Scope, chapter: Chapter) -> Table:
    """The items that failed most often, with up to six photos of the newest failures."""
    top = list(
        rows_of("opened")(scope)
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
        rows_of("opened")(scope)
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
