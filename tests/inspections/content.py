"""A small published checklist: one item of each kind of evidence and risk, in two subjects."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from inspections.content import ItemContent, SectionContent
from inspections.models import Checklist, ChecklistVersion
from inspections.services.checklists import create_draft, publish_version, write_content

LONG_AGO = datetime(2026, 1, 5, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


def sections() -> list[SectionContent]:
    return [
        SectionContent(
            "fire",
            "消防安全管理",
            [
                ItemContent(
                    "exit", "安全出口畅通", "无锁闭、无堆物", "security", risk="redline", evidence="photo", days=0
                ),
                ItemContent(
                    "pressure",
                    "末端试水压力",
                    "压力在范围内",
                    "engineering",
                    risk="major",
                    evidence="reading",
                    unit="MPa",
                    low=Decimal("0.10"),
                    high=Decimal("1.20"),
                    days=2,
                ),
            ],
        ),
        SectionContent(
            "lifts",
            "升降系统安全管理",
            [ItemContent("notice", "轿厢张贴使用标志", "在有效期内", "engineering", risk="minor", days=3)],
        ),
    ]


def published(code: str = "small", at: datetime = LONG_AGO) -> ChecklistVersion:
    """The first version of a checklist with this content, in force since ever."""
    checklist = Checklist.objects.create(code=code, name=f"检查表 {code}", way="safety")
    draft = create_draft(checklist=checklist, by=None, at=at)
    write_content(draft, sections())
    return publish_version(version=draft, by=None, at=at)
