"""INS-1…5 as delivered: complete, idempotent to load, and never over what an administrator changed."""

from collections import Counter
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from inspections.choices import Frequency, Tier
from inspections.content import ContentError
from inspections.models import Checklist, EscalationStep, Schedule
from inspections.services.checklists import create_draft, publish_version
from inspections.services.standards import STANDARDS, load_standards, read_checklist

SUBJECTS = [
    "员工工作环境",
    "消防安全管理",
    "安防管理",
    "设备房与管理井安全管理",
    "给排水系统安全管理",
    "供电系统安全管理",
    "升降系统安全管理（电梯）",
    "顶楼屋面安全管理",
    "休闲娱乐设施安全管理",
    "水系及泳池安全管理",
]
FILES = sorted((STANDARDS / "checklists").glob("*.yaml"))


def test_the_ten_subjects_are_there_in_order_each_with_at_least_eight_items():
    """INS-1."""
    head, sections = read_checklist(STANDARDS / "checklists" / "ten-checks.yaml")
    assert head["name"] == "十必查"
    assert [_plain(section.name) for section in sections] == [_plain(name) for name in SUBJECTS]
    assert all(len(section.items) >= 8 for section in sections)
    assert sum(len(section.items) for section in sections) >= 96


def _plain(name: str) -> str:
    return name.replace("（", "(").replace("）", ")")


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_delivered_checklist_is_complete(path):
    head, sections = read_checklist(path)
    assert head["basis"]
    assert len(sections) >= 2
    for item in (item for section in sections for item in section.items):
        assert item.days <= 1 or item.risk != "redline", item.code
        assert len(item.criterion) >= 10, item.code


def test_every_node_and_every_cadence_has_its_checklist():
    """INS-3, INS-4, INS-5."""
    ways = Counter(read_checklist(path)[0]["way"] for path in FILES)
    assert ways["node"] >= 10
    assert ways["fire"] == 4
    assert {"safety", "touchpoint", "owner", "staff", "mystery"} <= set(ways)


def test_loading_twice_changes_nothing(cast):
    first = load_standards(at=timezone.now())
    assert first.versions == len(FILES)
    assert first.schedules > 0
    second = load_standards(at=timezone.now())
    assert (second.versions, second.items, second.schedules, second.kept) == (0, 0, 0, 0)


def test_the_default_schedules_are_those_of_the_domain(cast):
    """INS-2, INS-3, INS-4, INS-5."""
    load_standards(at=timezone.now())

    def cadence(checklist):
        return set(Schedule.objects.filter(checklist__code=checklist).values_list("tier", "frequency", "estate_scope"))

    assert cadence("ten-checks") == {
        (Tier.ESTATE, Frequency.DAY, "all"),
        (Tier.BRANCH, Frequency.MONTH, "all"),
        (Tier.GROUP, Frequency.QUARTER, "all"),
    }
    assert cadence("node-sprint") == {(Tier.GROUP, Frequency.MONTH, "all"), (Tier.BRANCH, Frequency.HALF_MONTH, "all")}
    assert cadence("node-coaching") == {
        (Tier.GROUP, Frequency.MONTH, "key"),
        (Tier.GROUP, Frequency.QUARTER, "other"),
        (Tier.BRANCH, Frequency.WEEK, "all"),
    }
    assert cadence("fire-weekly") == {(Tier.ESTATE, Frequency.WEEK, "all")}
    fire = Schedule.objects.filter(checklist__way="fire")
    assert dict(fire.values_list("checklist__code", "frequency")) == {
        "fire-weekly": "week",
        "fire-monthly": "month",
        "fire-halfyearly": "half_year",
        "fire-yearly": "year",
    }


def test_what_an_administrator_changed_is_kept(cast, monkeypatch):
    load_standards(at=timezone.now())
    checklist = Checklist.objects.get(code="ten-checks")
    draft = create_draft(checklist=checklist, by=cast.administrator, at=timezone.now())
    draft.items.filter(code=draft.items.first().code).update(what="本公司自己的写法")
    again = load_standards(at=timezone.now())
    assert draft.items.filter(what="本公司自己的写法").exists()
    assert (again.versions, again.kept) == (0, 0)
    publish_version(version=draft, by=cast.administrator, at=timezone.now())
    _deliver_a_change(monkeypatch)
    changed = load_standards(at=timezone.now())
    assert changed.kept == 1
    assert checklist.versions.count() == 2
    EscalationStep.objects.filter(audience="group_supervisor").update(days_after=10)
    Schedule.objects.filter(code__startswith="ten-checks").update(is_active=False)
    load_standards(at=timezone.now())
    assert EscalationStep.objects.get(audience="group_supervisor").days_after == 10
    assert not Schedule.objects.filter(code__startswith="ten-checks", is_active=True).exists()


def test_a_delivered_change_becomes_a_new_version_where_nobody_edited(cast, monkeypatch):
    load_standards(at=timezone.now())
    _deliver_a_change(monkeypatch)
    changed = load_standards(at=timezone.now())
    assert changed.versions == len(FILES)
    assert Checklist.objects.get(code="ten-checks").versions.count() == 2


def _deliver_a_change(monkeypatch):
    """As if the next release had changed every checklist's first item."""

    def newer(path):
        head, sections = read_checklist(path)
        sections[0].items[0].criterion += "（修订）"
        return head, sections

    monkeypatch.setattr("inspections.services.standards.read_checklist", newer)


def test_the_command_says_what_it_did_in_one_line_of_figures(cast):
    out = StringIO()
    call_command("load_standards", stdout=out)
    assert out.getvalue().startswith(f"检查表 {len(FILES)} 个，新发布版本 {len(FILES)} 个")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("code: a2", "code: a1"), "检查项代码重复"),
        (("low: 1", "low: 3"), "上下限颠倒"),
        (("unit: MPa", "unit: ''"), "单位"),
        (("role: security", "role: nobody"), "责任岗位"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path, change, sentence):
    text = """
code: x
name: 某检查表
way: safety
basis: 试
sections:
  - code: s
    name: 主题
    items:
      - {code: a1, what: 甲, criterion: 判定标准写明, role: security}
      - code: a2
        what: 乙
        criterion: 判定标准写明
        role: security
        evidence: reading
        unit: MPa
        low: 1
        high: 2
"""
    path = tmp_path / "x.yaml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(ContentError, match=sentence) as error:
        read_checklist(path)
    assert "x.yaml 主题" in error.value.place
