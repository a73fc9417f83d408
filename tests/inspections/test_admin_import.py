"""Importing a checklist in the admin: shown first, saved as a whole or not at all."""

from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from foundation.journal.models import Entry
from inspections.checklist_xlsx import MAX_BYTES, export
from inspections.content import content_of, fingerprint
from inspections.services.checklists import create_draft
from tests.inspections.content import published, sections
from tests.inspections.test_checklist_xlsx import GOOD, sheet


@pytest.fixture
def checklist(cast):
    return published().checklist


@pytest.fixture
def admin(cast):
    return cast.client(cast.administrator)


def upload(admin, checklist, content: bytes, name: str = "检查表.xlsx"):
    url = reverse("admin:inspections_checklist_import", args=[checklist.pk])
    return admin.post(url, {"file": SimpleUploadedFile(name, content)})


def confirm(admin, checklist, packed: str):
    url = reverse("admin:inspections_checklist_confirm", args=[checklist.pk])
    return admin.post(url, {"packed": packed}, follow=True)


def changed() -> bytes:
    content = sections()
    content[0].items[0].what = "疏散出口畅通"
    return export(content)


def test_the_differences_are_shown_and_nothing_is_saved(admin, checklist):
    page = upload(admin, checklist, changed())
    assert "疏散出口畅通" in page.content.decode()
    assert page.context["differences"].figures["修改"] == 1
    assert not checklist.versions.filter(state="draft").exists()


def test_confirmed_it_is_the_draft(cast, admin, checklist):
    packed = upload(admin, checklist, changed()).context["packed"]
    assert "已导入到第 2 版的草稿，共 3 项" in confirm(admin, checklist, packed).content.decode()
    draft = checklist.versions.get(state="draft")
    assert draft.items.get(code="exit").what == "疏散出口畅通"
    assert Entry.objects.about(draft).get(verb="checklist.import").by == cast.administrator


def test_confirming_is_a_post(admin, checklist):
    assert admin.get(reverse("admin:inspections_checklist_confirm", args=[checklist.pk])).status_code == 405


def test_a_draft_changed_since_the_preview_is_not_overwritten(cast, admin, checklist):
    packed = upload(admin, checklist, changed()).context["packed"]
    draft = create_draft(checklist=checklist, by=cast.administrator, at=timezone.now())
    draft.items.filter(code="exit").update(what="刚改的")
    assert "又被改过" in confirm(admin, checklist, packed).content.decode()
    assert draft.items.get(code="exit").what == "刚改的"


def test_a_preview_belongs_to_its_checklist_and_its_hour(admin, checklist):
    packed = upload(admin, checklist, changed()).context["packed"]
    other = published("other").checklist
    assert "不属于这张检查表" in confirm(admin, other, packed).content.decode()
    assert "预览已过期" in confirm(admin, checklist, packed + "x").content.decode()
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert "预览已过期" in confirm(admin, checklist, packed).content.decode()
    assert not checklist.versions.filter(state="draft").exists()


def test_faults_are_listed_and_nothing_is_offered(admin, checklist):
    page = upload(admin, checklist, sheet(GOOD | {"方法": "闻", "权重": 0}))
    text = page.content.decode()
    assert "有 2 处错误" in text
    assert "“闻”不在选项里" in text
    assert "packed" not in page.context


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no table", "不是 .xlsx 文件"),
        (b"", "这个文件是空的"),
        (b"x" * (MAX_BYTES + 10), "超过 5 MB"),
        (sheet(), "只有表头"),
    ],
)
def test_what_is_no_table_is_refused_at_the_file(admin, checklist, content, said):
    page = upload(admin, checklist, content)
    assert said in page.context["form"].errors["file"][0]


def test_no_file_is_refused(admin, checklist):
    page = admin.post(reverse("admin:inspections_checklist_import", args=[checklist.pk]))
    assert "请选择要导入的文件" in page.content.decode()


def test_the_template_can_be_downloaded(admin):
    assert admin.get(reverse("admin:inspections_checklist_template")).status_code == 200


def test_what_was_exported_is_no_difference(admin, checklist):
    version = checklist.versions.get()
    page = upload(admin, checklist, export(content_of(version)))
    assert "没有差异" in page.content.decode()
    confirm(admin, checklist, page.context["packed"])
    assert fingerprint(content_of(checklist.versions.get(state="draft"))) == fingerprint(content_of(version))
