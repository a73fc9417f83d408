"""Versions in the admin: looked at, compared, published, thrown away; what is published stays (INS-6)."""

import re
from datetime import timedelta

import pytest
from django.db import Error, transaction
from django.urls import reverse
from django.utils import timezone

from foundation.journal.models import Entry
from foundation.worktime.local import local_date
from inspections.content import content_of, fingerprint
from inspections.models import Answer, ChecklistVersion, Inspection, Item
from inspections.services.checklists import create_draft
from tests.inspections import factories
from tests.inspections.admin_forms import draft_form
from tests.inspections.content import published
from tests.inspections.test_admin_draft import address


@pytest.fixture
def version(cast):
    return published()


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


def make_draft(version, cast) -> ChecklistVersion:
    return create_draft(checklist=version.checklist, by=cast.administrator, at=timezone.now())


def publish(admin, draft):
    stamp = admin.get(address(draft, "publish")).context["stamp"]
    return admin.post(address(draft, "publish"), {"stamp": stamp}, follow=True)


def test_a_draft_is_made_by_post_only(cast, admin, version):
    url = reverse("admin:inspections_checklist_draft", args=[version.checklist_id])
    assert admin.get(url).status_code == 405
    for _ in range(2):
        assert admin.post(url).status_code == 302
    assert version.checklist.versions.filter(state="draft").count() == 1


def test_the_checklist_lists_its_versions(cast, admin, version):
    make_draft(version, cast)
    page = admin.get(reverse("admin:inspections_checklist_change", args=[version.checklist_id])).content.decode()
    for words in ("第 1 版", "第 2 版", "已发布", "编辑草稿", "与上一版差异", "导出 xlsx", "导入 xlsx"):
        assert words in page


def test_the_preview_shows_it_as_the_phone_does_without_inline_script(admin, version):
    frame = admin.get(address(version, "preview")).content.decode()
    assert 'width="390"' in frame
    screen = admin.get(address(version, "screen"))
    text = screen.content.decode()
    assert screen["X-Frame-Options"] == "SAMEORIGIN"
    assert "安全出口畅通" in text
    assert "允许 0.1–1.2 MPa" in text
    assert "<script>" not in text
    for icon in set(re.findall(r'href="#([\w-]+)"', text)):
        assert f'id="{icon}"' in text


def test_differences_are_shown(cast, admin, version):
    draft = make_draft(version, cast)
    draft.items.filter(code="exit").update(what="疏散出口畅通")
    page = admin.get(address(draft, "compare")).content.decode()
    assert "安全出口畅通" in page
    assert "疏散出口畅通" in page


def test_publishing_is_confirmed_with_its_day_and_journalled(cast, admin, version):
    draft = make_draft(version, cast)
    tomorrow = local_date(timezone.now()) + timedelta(days=1)
    page = admin.get(address(draft, "publish")).content.decode()
    assert f"自 {tomorrow:%Y-%m-%d} 起的周期使用" in page
    draft.refresh_from_db()
    assert draft.is_draft, "GET publishes nothing"

    assert "第 2 版已发布" in publish(admin, draft).content.decode()
    draft.refresh_from_db()
    assert (draft.state, draft.effective_on, draft.published_by) == ("published", tomorrow, cast.administrator)
    assert Entry.objects.about(draft).filter(verb="checklist.publish").count() == 1
    assert admin.post(address(draft, "publish")).status_code == 403, "there is nothing left to publish"


def test_what_was_not_shown_is_not_published(cast, admin, version):
    draft = make_draft(version, cast)
    stamp = admin.get(address(draft, "publish")).context["stamp"]
    draft.items.filter(code="exit").update(what="又改了")
    page = admin.post(address(draft, "publish"), {"stamp": stamp})
    assert "又被改过，请重新核对" in page.content.decode()
    draft.refresh_from_db()
    assert draft.is_draft


def test_an_empty_subject_is_refused_with_a_sentence(cast, admin, version):
    draft = make_draft(version, cast)
    draft.items.filter(section__code="lifts").delete()
    page = publish(admin, draft).content.decode()
    assert "升降系统安全管理" in page
    assert "下没有检查项，请补充或删除该主题" in page


def test_a_half_saved_inspection_keeps_its_version_and_its_answers(cast, admin):
    """Nothing is published away from under somebody who is filling in."""
    inspection = factories.make_inspection(cast.estate_a1)
    item = factories.item(inspection, "plain")
    at = inspection.opens_at + timedelta(hours=1)
    given = factories.Given(factories.uuid.uuid4(), "p", "", None, at)
    factories.save_answer(inspection=inspection, item=item, given=given, by=cast.engineering, at=at)

    draft = make_draft(inspection.version, cast)
    draft.items.filter(code="plain").delete()
    assert "正在进行的 1 次检查继续使用" in admin.get(address(draft, "publish")).content.decode()
    publish(admin, draft)

    kept = Inspection.objects.get(pk=inspection.pk)
    assert kept.version_id == inspection.version_id
    assert Answer.objects.get(inspection=inspection).item == item
    factories.answer_all(kept, by=cast.engineering)
    assert factories.submit(kept, by=cast.engineering).state == "submitted"


def test_a_draft_is_thrown_away_after_asking(cast, admin, version):
    draft = make_draft(version, cast)
    assert "不能找回" in admin.get(address(draft, "discard")).content.decode()
    assert ChecklistVersion.objects.filter(pk=draft.pk).exists()
    admin.post(address(draft, "discard"))
    assert not ChecklistVersion.objects.filter(pk=draft.pk).exists()
    assert Entry.objects.about(version.checklist).filter(verb="checklist.discard").exists()


def test_a_published_version_is_not_changed_by_the_admin(admin, version):
    stamp = fingerprint(content_of(version))
    page = admin.get(address(version)).content.decode()
    assert "安全出口畅通" in page
    assert "items-0-what" not in page
    data = draft_form(version, **{"items-0-what": "偷改", "note": "偷改"})
    assert "不能再修改" in admin.post(address(version), data, follow=True).content.decode()
    assert admin.get(address(version, "discard")).status_code == 403
    assert admin.post(reverse("admin:inspections_checklistversion_delete", args=[version.pk])).status_code == 403
    version.refresh_from_db()
    assert (version.note, fingerprint(content_of(version))) == ("", stamp)


@pytest.mark.parametrize(
    "write",
    [
        lambda item: item.save(),
        lambda item: Item.objects.filter(pk=item.pk).update(what="偷改"),
        lambda item: Item.objects.bulk_update([item], ["what"]),
        lambda item: Item.objects.bulk_create([Item(version=item.version, section=item.section, code="new")]),
        lambda item: item.version.sections.update(name="偷改"),
        lambda item: ChecklistVersion.objects.filter(pk=item.version_id).update(state="draft"),
    ],
)
def test_a_published_version_is_not_changed_by_the_orm(version, write):
    item = version.items.first()
    with pytest.raises(Error, match=r"frozen|Cannot"), transaction.atomic():
        write(item)


def test_the_export_is_named_after_the_version(admin, version):
    answer = admin.get(address(version, "export"))
    assert answer["Content-Type"].endswith("spreadsheetml.sheet")
    assert "%E7%AC%AC1%E7%89%88.xlsx" in answer["Content-Disposition"]


def test_a_version_that_is_not_there_is_not_offered(admin, version):
    version.pk = 10**6
    assert admin.get(address(version, "screen")).status_code in {403, 404}
