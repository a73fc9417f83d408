"""The main job from end to end, through the pages on a phone: the day's 十必查 with its failures, partly without network;
rectification and re-check by three people; the month's bulletin as a PDF (INS-7…10, RPT-1, RPT-2).

The content is the delivered one, the inspection is made by its schedule. The three people work now; the bulletin is
issued on the 3rd of the next month, to which the server's clock is moved.
"""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.worktime.local import local_date, parse_at
from foundation.worktime.months import Month
from inspections.models import AnswerRevision, Inspection, Item, Rectification
from inspections.services.filling import photo_slot
from inspections.services.generation import generate_inspections
from inspections.services.standards import load_standards
from reports.models import Bulletin
from tests.browser.conftest import Browse
from tests.browser.test_fill_offline import expect_state, wait_for_worker
from tests.cast import PASSWORD, Cast

pytestmark = pytest.mark.browser

ONLINE, OFFLINE = "fire-10", "power-09"
NOTES = {ONLINE: "3 号楼 2 单元防火门闭门器损坏，门不能自行关严", OFFLINE: "地下室配电箱漏电保护器试跳不动作"}
MEASURES = "已更换闭门器，逐层试关三次均能关严"
COMMENT = "本月防火门问题已整改到位，下月请各部门自查漏电保护器。"

# What the phone still has to send, as it keeps it.
WAITING = """async () => {
    const opening = indexedDB.open("dudao-fill");
    const database = await new Promise((done) => (opening.onsuccess = () => done(opening.result)));
    const rows = (table) => new Promise((done) => {
        const asked = database.transaction(table).objectStore(table).getAll();
        asked.onsuccess = () => done(asked.result.map(({ file, ...row }) => row));
    });
    const found = { answers: await rows("answers"), photos: await rows("photos") };
    database.close();
    return found;
}"""


def photo(name: str) -> dict[str, Any]:
    """As a camera gives it."""
    out = io.BytesIO()
    Image.effect_noise((1600, 1200), 60).convert("RGB").save(out, "JPEG", quality=70)
    return {"name": name, "mimeType": "image/jpeg", "buffer": out.getvalue()}


def log_in(browse: Browse, user: User) -> Page:
    """A phone of its own, from the login form on."""
    page = browse()
    page.goto(browse.url("/"))
    page.get_by_label("用户名或手机号").fill(user.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("h1")).to_have_text("今日待办")
    return page


def card(page: Page, item: Item) -> Locator:
    return page.locator(f"#item-{item.pk}")


def answer(page: Page, items: Iterable[Item]) -> None:
    """合格, each; with a reading in its range where one is asked for."""
    for item in items:
        if item.evidence == "reading":
            box = card(page, item).locator("[data-reading]")
            box.fill(str(item.low if item.low is not None else item.high))
            box.blur()
            expect(card(page, item).locator(".answer-pass input")).to_be_checked()
        else:
            card(page, item).locator(".answer-pass").click()


def fail(page: Page, item: Item, file: dict[str, Any]) -> None:
    """不合格 with a note and a photo from the camera."""
    card(page, item).locator(".answer-fail").click()
    note = card(page, item).locator("[data-note]")
    note.fill(NOTES[item.code])
    note.blur()
    card(page, item).locator("[data-camera]").set_input_files(file)
    expect(card(page, item).locator("figure")).to_have_count(1)


def open_today(page: Page, inspection: Inspection) -> None:
    """From 今日检查, the one of the ten checks."""
    page.get_by_role("link", name=f"{inspection.estate.label} {inspection.version.checklist.name}").click()
    expect(page.locator("#fill[data-ready]")).to_be_attached()
    expect(page.locator("h1")).to_have_text("十必查")


@pytest.fixture
def inspection(cast: Cast) -> Inspection:
    """The day's 十必查 of the estate, as load_standards and generate_inspections make it."""
    load_standards(at=timezone.now())
    call_command("generate_inspections")
    return Inspection.objects.select_related("estate", "version__checklist").get(
        estate=cast.estate_a1, schedule__code="ten-checks-estate-day"
    )


def test_from_the_days_inspection_to_the_months_bulletin(cast: Cast, browse: Browse, inspection: Inspection) -> None:
    fill(browse, cast.engineering, inspection)
    rectification = Rectification.objects.get(inspection=inspection, item__code=ONLINE)
    rectify(browse, cast.engineering_lead, rectification)
    recheck(browse, cast.estate_manager, rectification)
    month = Month.of(inspection.period_start)
    for at in (month.end + timedelta(minutes=5), month.end + timedelta(days=2, hours=9)):
        generate_inspections(at=at)
    with time_machine.travel(at):
        issue_bulletin(browse, cast.branch_supervisor, cast, month)


# --- 检查 ------------------------------------------------------------------------------------------------------------


def fill(browse: Browse, user: User, inspection: Inspection) -> None:
    items = {item.code: item for item in inspection.version.items.order_by("section__position", "position")}
    assert len(items) >= 96
    failed = items[ONLINE], items[OFFLINE]
    passed = [item for item in items.values() if item not in failed]
    at_first, without_network, reopened, at_last = passed[:8], passed[8:14], passed[14:16], passed[16:]

    page = log_in(browse, user)
    page.get_by_role("navigation", name="常用").get_by_role("link", name="检查").click()
    expect(page.locator("h1")).to_have_text("今日检查")
    open_today(page, inspection)
    path = page.evaluate("location.pathname")
    answer(page, at_first)
    fail(page, failed[0], photo("防火门.jpg"))
    expect_state(page, "已保存")
    wait_for_worker(page, path)
    wait_for_worker(page, reverse("inspections:today"))

    since = timezone.now()
    context = page.context
    context.set_offline(True)
    answer(page, without_network)
    fail(page, failed[1], photo("漏电保护器.jpg"))
    waiting = len(without_network) + 2
    expect_state(page, f"离线，待上传 {waiting}")
    page.close()

    page = context.new_page()
    response = page.goto(browse.url(reverse("inspections:today")))
    assert response.from_service_worker
    open_today(page, inspection)
    expect_state(page, f"离线，待上传 {waiting}")
    expect(card(page, failed[1]).locator("[data-note]")).to_have_value(NOTES[OFFLINE])
    expect(card(page, failed[1]).locator("figure")).to_have_count(1)
    expect(card(page, at_first[0]).locator(".answer-pass input")).to_be_checked()
    answer(page, reopened)
    expect_state(page, f"离线，待上传 {waiting + len(reopened)}")
    kept = page.evaluate(WAITING)
    until = timezone.now()
    assert inspection.answers.count() == len(at_first) + 1
    page.wait_for_timeout(1100)

    context.set_offline(False)
    expect_state(page, "已保存")
    check_arrival(inspection, kept, [*without_network, *reopened, failed[1]], since, until)
    page.reload()
    expect(page.locator("#fill-count")).to_have_text(f"{len(kept['answers']) + len(at_first) + 1}/{len(items)}")
    expect_state(page, "已保存")

    answer(page, at_last)
    expect_state(page, "已保存")
    page.get_by_role("button", name="提交检查").click()
    expect(page.locator("#submit-dialog")).to_contain_text(f"合格 {len(passed)} 项，不合格 2 项")
    page.get_by_role("button", name="确认提交").click()
    page.wait_for_url(browse.url(reverse("inspections:record", args=[inspection.pk])))
    inspection.refresh_from_db()
    assert (inspection.state, inspection.passed, inspection.failed) == ("submitted", len(passed), 2)
    assert inspection.submitted_by == user
    assert inspection.answers.count() == len(items)
    assert Attachment.objects.count() == 2
    assert sorted(inspection.rectifications.values_list("item__code", flat=True)) == sorted(NOTES)


def check_arrival(inspection: Inspection, kept: dict, items: list[Item], since: datetime, until: datetime) -> None:
    """What was given without network has arrived once, under the phone's keys and with the phone's times."""
    assert {row["item"] for row in kept["answers"]} == {item.pk for item in items}
    stored = {answer.item_id: answer for answer in inspection.answers.filter(item__in=items)}
    for row in kept["answers"]:
        arrived = stored[row["item"]]
        assert str(arrived.key) == row["key"]
        assert (arrived.result, arrived.note, arrived.rev) == (row["result"], row["note"], 1)
        assert arrived.answered_at == parse_at(row["answered_at"])
        assert since.replace(microsecond=0) <= arrived.answered_at <= until < arrived.saved_at
    assert not AnswerRevision.objects.filter(item__in=items).exists()
    (shot,) = kept["photos"]
    item = next(item for item in items if item.code == OFFLINE)
    attached = Attachment.objects.for_owner(inspection, photo_slot(item)).get()
    assert (str(attached.client_key), attached.name) == (shot["key"], "漏电保护器.jpg")
    assert attached.taken_at == parse_at(shot["taken_at"])
    assert since.replace(microsecond=0) <= attached.taken_at <= until < attached.at


# --- 整改和复查 -------------------------------------------------------------------------------------------------------


def rectify(browse: Browse, user: User, rectification: Rectification) -> None:
    """Measures and a photo; then the re-check is refused to the same person, on the page and by the URL."""
    page = log_in(browse, user)
    page.get_by_role("link", name=rectification.item.what).click()
    expect(page.locator("dd", has_text=NOTES[ONLINE])).to_be_visible()
    page.get_by_label("整改措施").fill(MEASURES)
    page.locator("#id_photos").set_input_files(photo("闭门器.jpg"))
    page.locator("#submit").get_by_role("button", name="提交整改").click()
    expect(page.locator(".toast-success")).to_contain_text("整改已提交")
    expect(page.locator(".record-bar")).to_contain_text("待复查")

    refused = page.get_by_role("button", name="复查通过")
    expect(refused).to_have_attribute("aria-disabled", "true")
    expect(refused).to_have_accessible_description("不能复查自己提交的整改，请由另一人复查。")
    token = page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    url = browse.url(reverse("inspections:pass_recheck", args=[rectification.pk]))
    response = page.request.post(url, form={"csrfmiddlewaretoken": token, "note": ""})
    assert response.status == 422
    assert "不能复查自己提交的整改" in response.text()
    rectification.refresh_from_db()
    assert (rectification.state, rectification.rectified_by) == ("recheck", user)
    assert rectification.measures == MEASURES
    assert [one.name for one in Attachment.objects.for_owner(rectification)] == ["闭门器.jpg"]


def recheck(browse: Browse, user: User, rectification: Rectification) -> None:
    page = log_in(browse, user)
    page.get_by_role("link", name=rectification.item.what).click()
    expect(page.locator("dd", has_text=MEASURES)).to_be_visible()
    page.get_by_role("button", name="复查通过").click()
    dialog = page.get_by_role("dialog", name="复查通过")
    dialog.get_by_label("复查说明").fill("现场试关三次，门能关严")
    dialog.get_by_role("button", name="复查通过").click()
    expect(page.locator(".record-bar")).to_contain_text("已关闭")
    rectification.refresh_from_db()
    assert (rectification.state, rectification.closed_by) == ("closed", user)
    verbs = [(entry.verb, entry.by) for entry in Entry.objects.about(rectification)]
    assert verbs[-2:] == [("rectification.submit", rectification.rectified_by), ("rectification.pass", user)]


# --- 简报 ------------------------------------------------------------------------------------------------------------


def issue_bulletin(browse: Browse, user: User, cast: Cast, month: Month) -> None:
    """Drafted, commented, issued and downloaded; the paper says what the database says."""
    page = log_in(browse, user)
    page.get_by_role("link", name="更多").click()
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="月度简报").click()
    page.get_by_role("link", name="起草").first.click()
    page.get_by_label("组织").fill(cast.estate_a1.code)
    page.get_by_label("月份").fill(str(month))
    page.get_by_role("button", name="起草").click()
    expect(page.locator("h1")).to_have_text(f"{cast.estate_a1.name} {month.label}品质督导简报")
    page.get_by_role("link", name="编辑文字").click()
    page.get_by_label("督导点评").fill(COMMENT)
    page.get_by_role("button", name="保存").click()
    expect(page.locator(".bulletin-words")).to_contain_text(COMMENT)
    page.get_by_role("button", name="签发").click()
    page.get_by_role("dialog", name="签发简报").get_by_role("button", name="签发").click()
    expect(page.locator(".record-bar")).to_contain_text("已签发")

    bulletin = Bulletin.objects.get(node=cast.estate_a1.pk, month=month.first)
    assert (bulletin.state, bulletin.issued_by, bulletin.comments) == ("issued", user, COMMENT)
    # Chromium shows it in its own viewer; the same request, with the page's cookies, gives the file.
    response = page.request.get(browse.url(page.get_by_role("link", name="PDF").get_attribute("href")))
    assert response.headers["content-type"] == "application/pdf"
    text = words_of(response.body())
    for expected in (cast.estate_a1.name, month.label, bulletin.number, COMMENT, *figures(cast, month)):
        assert expected.replace(" ", "") in text, expected


def words_of(pdf: bytes) -> str:
    """Its text, without the spaces and line breaks that the layout makes."""
    text = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return re.sub(r"\s", "", text)


def figures(cast: Cast, month: Month) -> list[str]:
    """Counted here from the rows, in the words of the bulletin."""
    ended = Inspection.objects.filter(estate=cast.estate_a1, schedule__isnull=False)
    due = [one for one in ended if month.first < one.period_end <= local_date(month.end)]
    done = [one for one in due if one.state == "submitted"]
    missed = [one for one in due if one.state == "missed"]
    rectifications = list(Rectification.objects.filter(estate=cast.estate_a1))
    opened = [one for one in rectifications if month.start <= one.opened_at < month.end]
    closed = [one for one in opened if one.closed_at and one.closed_at < month.end]
    assert (len(done), len(opened), len(closed)) == (1, 2, 1)
    assert len(due) > len(missed) > 0
    return [
        f"应检 {len(due)} 次",
        f"已检 {len(done)} 次",
        # In a cell of its own, with the word below it.
        f"{len(missed)} 次",
        f"新开整改单 {len(opened)} 张",
        f"关闭整改单 {len(closed)} 张",
    ]
