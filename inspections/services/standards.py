"""Loading the delivered standard content (INS-1…5): idempotent, and never over what an administrator changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from django.db import transaction

from estates.models import Group
from foundation.worktime.local import local_date
from inspections.content import ContentError, ItemContent, SectionContent, bound, check, content_of, fingerprint
from inspections.models import Checklist, EscalationStep, InspectionPolicy, Schedule
from inspections.services.checklists import create_draft, publish_version, write_content

STANDARDS = Path(__file__).resolve().parent.parent / "standards"

# INS-11's defaults.
LADDER = {"department_lead": 0, "estate_manager": 1, "branch_supervisor": 3, "group_supervisor": 7}


@dataclass
class Loaded:
    """What one run wrote."""

    checklists: int = 0
    versions: int = 0
    items: int = 0
    kept: int = 0
    schedules: int = 0

    def line(self) -> str:
        return (
            f"检查表 {self.checklists} 个，新发布版本 {self.versions} 个（检查项 {self.items} 项），"
            f"管理员改过而保留 {self.kept} 个，新建计划 {self.schedules} 个"
        )


def read_checklist(path: Path) -> tuple[dict[str, Any], list[SectionContent]]:
    """A YAML file's head (code, name, way, basis) and content; ContentError where it can't be a checklist."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    sections = [
        SectionContent(
            code=section["code"],
            name=section["name"],
            items=[
                ItemContent(**{**item, "low": bound(item.get("low")), "high": bound(item.get("high"))})
                for item in section["items"]
            ],
        )
        for section in data.pop("sections")
    ]
    try:
        check(sections)
    except ContentError as error:
        raise ContentError(f"{path.name} {error.place}", error.sentence) from None
    return data, sections


def load_standards(*, at: datetime) -> Loaded:
    """Write new and changed standard checklists as published versions, and the default ladder, policy and schedules.

    A checklist is touched only while its newest version is the one that this function wrote last and it has no draft.
    Existing ladder, policy and schedule rows are left as they are; schedules wait for a group to be for.
    """
    done = Loaded()
    with transaction.atomic():
        for path in sorted((STANDARDS / "checklists").glob("*.yaml")):
            head, sections = read_checklist(path)
            _load_checklist(head, sections, at, done)
        InspectionPolicy.objects.get_or_create(pk=1)
        if not EscalationStep.objects.exists():
            EscalationStep.objects.bulk_create(
                EscalationStep(audience=to, days_after=days) for to, days in LADDER.items()
            )
        _load_schedules(at, done)
    return done


def _load_checklist(head: dict[str, Any], sections: list[SectionContent], at: datetime, done: Loaded) -> None:
    done.checklists += 1
    digest = fingerprint(sections)
    checklist, _ = Checklist.objects.get_or_create(code=head["code"], defaults=head)
    newest = checklist.versions.order_by("-number").first()
    if newest is not None:
        if checklist.standard_hash == digest:
            return
        edited = newest.state != newest.State.PUBLISHED or fingerprint(content_of(newest)) != checklist.standard_hash
        if edited:
            done.kept += 1
            return
    draft = create_draft(checklist=checklist, by=None, at=at, note="标准内容")
    done.items += write_content(draft, sections)
    publish_version(version=draft, by=None, at=at)
    Checklist.objects.filter(pk=checklist.pk).update(standard_hash=digest)
    done.versions += 1


def _load_schedules(at: datetime, done: Loaded) -> None:
    """The default cadence (INS-2…5) for all groups there are; written once, by code."""
    groups = list(Group.objects.all())
    if not groups:
        return
    checklists = dict(Checklist.objects.values_list("code", "pk"))
    for row in yaml.safe_load((STANDARDS / "schedules.yaml").read_text(encoding="utf-8")):
        schedule, created = Schedule.objects.get_or_create(
            code=row["code"],
            defaults={
                "name": row["name"],
                "checklist_id": checklists[row["checklist"]],
                "tier": row["tier"],
                "frequency": row["frequency"],
                "phase": row["phase"],
                "estate_scope": row["estates"],
                "is_active": row["active"],
                "starts_on": local_date(at),
            },
        )
        if created:
            schedule.nodes.set(groups)
            done.schedules += 1
