"""A draft in the admin: subjects and items on one page, every refusal at its field, nothing lost (INS-6)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from foundation.journal.models import Entry
from inspections.content import ItemContent, SectionContent, content_of
from inspections.services.checklists import create_draft, publish_version, write_content
from tests.inspections.admin_forms import draft_form, new_item
from tests.inspections.content import published


@pytest.fixture
def draft(cast):
    return create_draft(checklist=published().checklist, by=cast.administrator, at=timezone.now())


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


def address(version, name="change") -> str:
    return reverse(f"admin:inspections_checklistversion_{name}", args=[version.pk])


def codes(version) -> list[list[str]]:
    return [[item.code for item in section.items] for section in content_of(version)]


def saved(admin, draft, **changes):
    page = admin.post(address(draft), draft_form(draft, **changes))
    assert page.status_code == 302, errors(page)
    return page


def errors(page) -> list:
    formsets = [one.formset for one in page.context["inline_admin_formsets"]]
    return [formset.errors + formset.non_form_errors() for formset in formsets]


def refused(admin, draft, field: str, sentence: str, **changes) -> None:
    before = content_of(draft)
    page = admin.post(address(draft), draft_form(draft, **changes))
    assert page.status_code == 200
    form = page.context["inline_admin_formsets"][1].formset.forms[int(field.split("-")[1])]
    assert any(sentence in error for error in form.errors[field.split("-")[2]]), form.errors
    assert sentence in page.content.decode()
    assert content_of(draft) == before


def test_the_page_shows_all_items_of_the_draft(admin, draft):
    page = admin.get(address(draft)).content.decode()
    for what in ("安全出口畅通", "末端试水压力", "轿厢张贴使用标志"):
        assert page.count(f">{what}<") == 1
    assert "x-sort" in page


def test_a_change_is_saved_and_journalled_before_and_after(cast, admin, draft):
    saved(admin, draft, **{"items-0-what": "疏散通道畅通", "items-0-days": 1})
    assert draft.items.get(code="exit").what == "疏散通道畅通"
    entry = Entry.objects.about(draft).get(verb="checklist.edit")
    assert entry.by == cast.administrator
    assert entry.data["fields"] == ["修改 exit 疏散通道畅通；检查内容：安全出口畅通 → 疏散通道畅通；整改天数：0 → 1"]


def test_saving_without_a_change_writes_nothing(admin, draft):
    saved(admin, draft)
    assert not Entry.objects.about(draft).filter(verb="checklist.edit").exists()


def test_items_are_put_in_order_and_into_another_subject(admin, draft):
    lifts = draft.sections.get(code="lifts").pk
    saved(admin, draft, **{"items-0-position": 2, "items-1-position": 1})
    assert codes(draft) == [["pressure", "exit"], ["notice"]]
    saved(admin, draft, **{"items-0-section": lifts, "items-0-position": 2})
    assert codes(draft) == [["exit"], ["notice", "pressure"]]


def test_a_new_item_gets_code_and_weight(admin, draft):
    saved(admin, draft, **new_item(draft, 3))
    item = draft.items.get(what="新检查项")
    assert (item.code, item.weight, item.section.code) == ("fire-01", 3, "fire")


def test_items_and_subjects_are_removed_together(admin, draft):
    saved(admin, draft, **{"sections-1-DELETE": "on", "items-2-DELETE": "on"})
    assert codes(draft) == [["exit", "pressure"]]


def test_a_subject_with_items_is_not_removed(admin, draft):
    refused(admin, draft, "items-2-section", "要删除", **{"sections-1-DELETE": "on"})


def test_a_new_subject_comes_last(admin, draft):
    row = {"sections-2-version": draft.pk, "sections-2-name": "水系及泳池", "sections-2-position": 0}
    saved(admin, draft, **{"sections-TOTAL_FORMS": 3}, **row)
    assert [(one.code, one.name) for one in draft.sections.all()][-1] == ("subject-01", "水系及泳池")


def test_a_code_stays_what_it_is(admin, draft):
    saved(admin, draft, **{"items-0-code": "other"})
    assert codes(draft)[0] == ["exit", "pressure"]


def test_a_code_twice_is_refused(admin, draft):
    refused(admin, draft, "items-3-code", "代码与“安全出口畅通”重复", **new_item(draft, 3, code="exit"))


def test_two_new_items_with_one_code_are_refused(admin, draft):
    rows = new_item(draft, 3, code="twin") | new_item(draft, 4, code="twin")
    refused(admin, draft, "items-4-code", "重复", **rows)


def test_a_range_upside_down_is_refused(admin, draft):
    refused(admin, draft, "items-1-high", "上下限颠倒", **{"items-1-high": "0.05"})


def test_a_reading_without_unit_or_bounds_is_refused(admin, draft):
    refused(admin, draft, "items-1-unit", "必须填写单位", **{"items-1-unit": ""})
    refused(admin, draft, "items-1-low", "至少填写一个界限", **{"items-1-low": "", "items-1-high": ""})


def test_a_weight_of_nothing_is_refused(admin, draft):
    refused(admin, draft, "items-0-weight", "权重至少为 1", **{"items-0-weight": "0"})


def test_an_item_that_needs_no_reading_has_no_range(admin, draft):
    saved(admin, draft, **{"items-1-evidence": "photo"})
    item = draft.items.get(code="pressure")
    assert (item.unit, item.low, item.high) == ("", None, None)


def test_what_was_typed_survives_the_refusal(admin, draft):
    changes = {"items-0-weight": "0", "items-0-criterion": "刚写的判定标准"}
    page = admin.post(address(draft), draft_form(draft, **changes))
    assert "刚写的判定标准" in page.content.decode()


def test_another_persons_save_in_between_is_not_overwritten(admin, draft):
    mine = draft_form(draft, **{"items-0-what": "我的改动"})
    saved(admin, draft, **{"items-0-what": "别人的改动"})
    page = admin.post(address(draft), mine)
    assert "被别人改过" in page.content.decode()
    assert "我的改动" in page.content.decode()
    assert draft.items.get(code="exit").what == "别人的改动"


def test_a_draft_published_meanwhile_is_not_written(cast, admin, draft):
    mine = draft_form(draft, **{"items-0-what": "迟到的改动"})
    publish_version(version=draft, by=cast.administrator, at=timezone.now())
    page = admin.post(address(draft), mine, follow=True)
    assert "已经发布，不能再修改" in page.content.decode()
    assert draft.items.get(code="exit").what == "安全出口畅通"


def test_queries_do_not_grow_with_the_items(admin, draft):
    def queries() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as shown:
            admin.get(address(draft))
        with CaptureQueriesContext(connection) as posted:
            saved(admin, draft, **{"items-0-what": f"第 {draft.items.count()} 次", "items-1-days": 5})
        return len(shown), len(posted)

    few = queries()
    many = [ItemContent(f"i-{n}", f"检查 {n}", "合格", "security") for n in range(60)]
    write_content(draft, [SectionContent("a", "甲", many[:30]), SectionContent("b", "乙", many[30:])])
    assert queries() == few


def test_others_do_not_get_in(cast, draft):
    for user in (cast.estate_manager, cast.group_supervisor, cast.auditor):
        assert cast.client(user).get(address(draft)).status_code in {302, 403}
        assert cast.client(user).post(address(draft, "publish")).status_code in {302, 403}
    assert draft.checklist.versions.filter(state="draft").exists()
