"""Checklists from draft to numbered version (INS-6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from foundation.journal.services import record
from foundation.records.refusals import Refused
from foundation.worktime.local import local_date
from inspections.content import SectionContent, content_of
from inspections.models import Checklist, ChecklistVersion, Item, Section
from inspections.models.checklists import BEGINNING

if TYPE_CHECKING:
    from accounts.models import User


def create_draft(*, checklist: Checklist, by: User | None, at: datetime, note: str = "") -> ChecklistVersion:
    """A draft with the newest version's content; the one that exists, if there is one (one draft per checklist)."""
    with transaction.atomic():
        checklist = Checklist.objects.select_for_update().get(pk=checklist.pk)
        draft = checklist.versions.filter(state=ChecklistVersion.State.DRAFT).first()
        if draft:
            return draft
        newest = checklist.versions.order_by("-number").first()
        draft = ChecklistVersion.objects.create(
            checklist=checklist, number=newest.number + 1 if newest else 1, created_at=at, created_by=by, note=note
        )
        if newest:
            write_content(draft, content_of(newest))
        record(draft, "checklist.draft", by=by, at=at, number=draft.number)
    return draft


def write_content(version: ChecklistVersion, sections: list[SectionContent]) -> int:
    """Replace a draft's sections and items by these; returns the number of items."""
    if version.state != ChecklistVersion.State.DRAFT:
        raise Refused("已发布的版本不能修改，请先新建草稿。")
    version.items.all().delete()
    version.sections.all().delete()
    rows = Section.objects.bulk_create(
        Section(version=version, code=section.code, name=section.name, position=position)
        for position, section in enumerate(sections, start=1)
    )
    items = [
        Item(version=version, section=row, position=position, **item.fields())
        for row, section in zip(rows, sections, strict=True)
        for position, item in enumerate(section.items, start=1)
    ]
    Item.objects.bulk_create(items)
    return len(items)


def publish_version(*, version: ChecklistVersion, by: User | None, at: datetime) -> ChecklistVersion:
    """Freeze a draft; periods that begin from tomorrow on use it, the first version of a checklist at once (INS-6)."""
    with transaction.atomic():
        Checklist.objects.select_for_update().get(pk=version.checklist_id)
        version = (
            ChecklistVersion.objects.select_for_update(of=("self",)).select_related("checklist").get(pk=version.pk)
        )
        if version.state == ChecklistVersion.State.PUBLISHED:
            raise Refused("这个版本已经发布。")
        if not version.items.exists():
            raise Refused("检查表里还没有检查项，不能发布。")
        empty = version.sections.filter(items=None).first()
        if empty:
            raise Refused(f"主题“{empty.name}”下没有检查项，请补充或删除该主题。")
        is_first = not version.checklist.versions.published().exists()
        version.effective_on = BEGINNING if is_first else local_date(at) + timedelta(days=1)
        version.state = ChecklistVersion.State.PUBLISHED
        version.published_at, version.published_by = at, by
        version.save()
        record(
            version,
            "checklist.publish",
            by=by,
            at=at,
            number=version.number,
            effective_on=version.effective_on.isoformat(),
            items=version.items.count(),
        )
    return version


def discard_draft(*, version: ChecklistVersion, by: User, at: datetime) -> None:
    """Throw a draft away; what it was is on the checklist's journal."""
    with transaction.atomic():
        version = (
            ChecklistVersion.objects.select_for_update(of=("self",)).select_related("checklist").get(pk=version.pk)
        )
        if version.state == ChecklistVersion.State.PUBLISHED:
            raise Refused("已发布的版本不能放弃。")
        record(version.checklist, "checklist.discard", by=by, at=at, number=version.number)
        version.items.all().delete()
        version.sections.all().delete()
        version.delete()


def import_items(*, checklist: Checklist, sections: list[SectionContent], by: User, at: datetime) -> ChecklistVersion:
    """Put an imported content into the draft, making one if there is none."""
    with transaction.atomic():
        draft = create_draft(checklist=checklist, by=by, at=at)
        count = write_content(draft, sections)
        record(draft, "checklist.import", by=by, at=at, number=draft.number, items=count)
    return draft
