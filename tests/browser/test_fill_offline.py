"""检查执行 on a phone whose network comes and goes (INS-8): what was answered arrives once, with its own times."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.worktime.local import local_date
from inspections.models import Answer, AnswerRevision, Inspection
from inspections.services.filling import photo_slot
from tests.browser.conftest import DESKTOP, PHONE, Browse
from tests.cast import Cast
from tests.inspections import factories as make

pytestmark = pytest.mark.browser


@pytest.fixture
def inspection(cast: Cast) -> Inspection:
    return make.make_inspection(cast.estate_a1, on=local_date(timezone.now()))


def open_page(page: Page, browse: Browse, inspection: Inspection) -> Page:
    page.goto(browse.url(reverse("inspections:fill", args=[inspection.pk])))
    expect(page.locator("#fill[data-ready]")).to_be_attached()
    return page


KEPT = """async (path) => {
    const kept = async (address) => Boolean(await caches.match(address, { ignoreVary: true }));
    const needed = [path, "/static/js/fill/page.js", "/static/js/fill/queue.js", "/static/css/fill.css"];
    return (await Promise.all(needed.map(kept))).every(Boolean);
}"""


def wait_for_worker(page: Page, path: str | None = None) -> None:
    """The worker has kept the page (this one by default) and all that it needs."""
    path = path or page.evaluate("location.pathname")
    # Not wait_for_function: it takes the promise itself for true.
    for _ in range(100):
        if page.evaluate(KEPT, path):
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the worker has not kept {path}")


def card(page: Page, inspection: Inspection, code: str):
    return page.locator(f"#item-{make.item(inspection, code).pk}")


def answer(page: Page, inspection: Inspection, code: str, result: str) -> None:
    card(page, inspection, code).locator(f".answer-{result} input").click()


def expect_state(page: Page, words: str) -> None:
    expect(page.locator("#save-state")).to_contain_text(words)


def stored(inspection: Inspection, code: str) -> Answer:
    return Answer.objects.get(inspection=inspection, item=make.item(inspection, code))


def picture(name: str = "IMG_0001.jpg") -> dict[str, object]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": make.photo().read()}


def check_axe(page: Page) -> None:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert not found.response["violations"], found.generate_report()


def test_answers_and_photos_given_offline_arrive_once_with_their_own_times(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    answer(page, inspection, "plain", "pass")
    expect_state(page, "已保存")
    wait_for_worker(page)

    context = page.context
    context.set_offline(True)
    offline_since = datetime.now(tz=timezone.get_current_timezone()).replace(microsecond=0)
    answer(page, inspection, "photo", "fail")
    card(page, inspection, "photo").locator("[data-note]").fill("柜门未关")
    card(page, inspection, "photo").locator("[data-note]").fill("柜门未关，柜内有积灰")
    card(page, inspection, "photo").locator("[data-album]").set_input_files([picture("1.jpg"), picture("2.jpg")])
    expect_state(page, "离线，待上传 3")
    page.close()
    offline_until = timezone.now() + timedelta(seconds=1)
    assert not Answer.objects.filter(item=make.item(inspection, "photo")).exists()

    page = open_page(context.new_page(), browse, inspection)
    expect_state(page, "离线，待上传 3")
    expect(card(page, inspection, "plain").locator(".answer-pass input")).to_be_checked()
    expect(card(page, inspection, "photo").locator("[data-note]")).to_have_value("柜门未关，柜内有积灰")
    expect(card(page, inspection, "photo").locator("figure")).to_have_count(2)
    answer(page, inspection, "redline", "pass")
    expect_state(page, "离线，待上传 4")
    page.wait_for_timeout(1100)

    context.set_offline(False)
    expect_state(page, "已保存")
    failed = stored(inspection, "photo")
    assert (failed.result, failed.note, failed.rev) == ("f", "柜门未关，柜内有积灰", 1)
    assert offline_since <= failed.answered_at <= offline_until < failed.saved_at
    assert not AnswerRevision.objects.exists()
    photos = Attachment.objects.for_owner(inspection, photo_slot(failed.item))
    assert [photo.name for photo in photos] == ["1.jpg", "2.jpg"]
    assert all(photo.taken_at <= offline_until for photo in photos)
    assert inspection.answers.count() == 3

    page.reload()
    expect(card(page, inspection, "photo").locator("figure")).to_have_count(2)
    expect_state(page, "已保存")
    assert Attachment.objects.count() == 2


def shots(page: Page, inspection: Inspection):
    return card(page, inspection, "photo").locator("figure")


def take_photos(page: Page, inspection: Inspection, *names: str) -> None:
    answer(page, inspection, "photo", "fail")
    card(page, inspection, "photo").locator("[data-note]").fill("柜门未关")
    card(page, inspection, "photo").locator("[data-album]").set_input_files([picture(name) for name in names])
    expect(shots(page, inspection)).to_have_count(len(names))


def remove_first_photo(page: Page, inspection: Inspection) -> None:
    """What is on the server takes a second press."""
    button = shots(page, inspection).first.get_by_role("button")
    button.click()
    expect(button).to_have_accessible_name("再按一次，移除 1.2 照片 1")
    button.click()


def kept_photos(inspection: Inspection) -> list[str]:
    return [photo.name for photo in Attachment.objects.for_owner(inspection)]


def test_a_photo_taken_by_mistake_is_removed_on_every_device(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    take_photos(page, inspection, "1.jpg", "2.jpg")
    expect_state(page, "已保存")
    other = open_page(browse(cast.security), browse, inspection)
    expect(shots(other, inspection)).to_have_count(2)

    first = shots(page, inspection).first.get_by_role("button", name="移除 1.2 照片 1")
    first.click()
    check_axe(page)
    # Only asked for: whoever goes elsewhere has not removed it.
    page.locator("h1").click()
    expect(first).to_have_accessible_name("移除 1.2 照片 1")
    remove_first_photo(page, inspection)
    expect(shots(page, inspection)).to_have_count(1)
    expect_state(page, "已保存")
    assert kept_photos(inspection) == ["2.jpg"]
    page.reload()
    expect(shots(page, inspection)).to_have_count(1)

    other.evaluate("window.dispatchEvent(new Event('online'))")
    expect(shots(other, inspection)).to_have_count(1)
    remove_first_photo(other, inspection)
    expect(shots(other, inspection)).to_have_count(0)
    other.locator("#fill-submit").click()
    expect(other.locator("#missing-dialog")).to_contain_text("不合格项缺少照片")


def test_a_photo_removed_offline_goes_when_the_network_returns(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    take_photos(page, inspection, "1.jpg", "2.jpg")
    expect_state(page, "已保存")
    wait_for_worker(page)
    page.reload()
    expect(shots(page, inspection)).to_have_count(2)
    context = page.context
    context.set_offline(True)
    remove_first_photo(page, inspection)
    expect(shots(page, inspection)).to_have_count(1)
    expect_state(page, "离线，待上传 1")
    page.close()
    assert len(kept_photos(inspection)) == 2

    page = open_page(context.new_page(), browse, inspection)
    expect(shots(page, inspection)).to_have_count(1)
    expect_state(page, "离线，待上传 1")
    context.set_offline(False)
    expect_state(page, "已保存")
    assert kept_photos(inspection) == ["2.jpg"]
    expect(shots(page, inspection)).to_have_count(1)
    assert Entry.objects.about(inspection).filter(verb="inspection.remove_photo").count() == 1


def test_a_photo_whose_arrival_is_unknown_is_removed_there_too(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering, service_workers="block"), browse, inspection)

    def lose(route) -> None:
        route.fetch()
        route.abort()

    page.route("**/photos/", lose)
    take_photos(page, inspection, "1.jpg")
    expect_state(page, "待上传 1")
    expect(shots(page, inspection).locator("figcaption")).to_have_text("待上传")
    assert kept_photos(inspection) == ["1.jpg"]
    # It is still here, so one press is enough.
    shots(page, inspection).get_by_role("button", name="移除 1.2 照片 1").click()
    expect(shots(page, inspection)).to_have_count(0)
    page.unroute("**/photos/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect_state(page, "已保存")
    expect(shots(page, inspection)).to_have_count(0)
    assert kept_photos(inspection) == []


def test_a_removal_that_came_too_late_shows_the_photo_again(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    take_photos(page, inspection, "1.jpg")
    expect_state(page, "已保存")
    page.context.set_offline(True)
    remove_first_photo(page, inspection)
    expect(shots(page, inspection)).to_have_count(0)
    make.answer_all(inspection, by=cast.security, at=timezone.now())
    make.submit(inspection, by=cast.security, at=timezone.now())

    page.context.set_offline(False)
    expect(page.locator(".leftovers")).to_contain_text("移除照片")
    expect(shots(page, inspection)).to_have_count(1)
    expect(shots(page, inspection).get_by_role("button")).to_have_count(0)
    check_axe(page)
    page.get_by_role("button", name="已抄录，从本机删除").click()
    page.get_by_role("button", name="再按一次确认删除").click()
    expect(page.locator(".leftovers")).to_have_count(0)
    assert kept_photos(inspection) == ["1.jpg"]


def test_a_write_whose_answer_was_lost_is_no_conflict_with_oneself(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering, service_workers="block"), browse, inspection)

    def lose(route) -> None:
        route.fetch()
        route.abort()

    page.route("**/answers/", lose)
    answer(page, inspection, "plain", "pass")
    expect_state(page, "待上传 1")
    assert stored(inspection, "plain").result == "p"
    answer(page, inspection, "plain", "na")
    page.wait_for_timeout(500)
    page.unroute("**/answers/")
    # As the phone does when the network is back: the next try by itself may be a minute away.
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect_state(page, "已保存")
    assert (stored(inspection, "plain").result, stored(inspection, "plain").rev) == ("n", 2)


@pytest.mark.parametrize(("choice", "kept"), [("mine", "f"), ("theirs", "p")])
def test_a_conflict_of_two_devices_is_shown_and_decided(cast, browse, inspection, choice, kept) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    other = open_page(browse(cast.security), browse, inspection)
    page.context.set_offline(True)
    answer(page, inspection, "plain", "fail")
    card(page, inspection, "plain").locator("[data-note]").fill("两盏灯不亮")
    expect_state(page, "离线，待上传 1")
    page.locator("h1").click()
    answer(other, inspection, "plain", "pass")
    expect_state(other, "已保存")

    page.context.set_offline(False)
    dialog = page.locator("#conflict-dialog")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("两盏灯不亮")
    expect(dialog).to_contain_text(f"另一台设备，{cast.security.name}")
    expect_state(page, "有冲突 1")
    check_axe(page)
    dialog.locator(f"[data-keep-{choice}]").click()
    expect_state(page, "已保存")
    assert stored(inspection, "plain").result == kept
    expect(card(page, inspection, "plain").locator(f"input[value={kept}]")).to_be_checked()


def test_submitting_shows_what_is_missing_and_jumps_there(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    answer(page, inspection, "plain", "pass")
    answer(page, inspection, "photo", "fail")
    card(page, inspection, "reading").locator("[data-reading]").fill("0.05")
    expect(card(page, inspection, "reading").locator(".answer-fail input")).to_be_checked()
    answer(page, inspection, "redline", "pass")
    page.locator("#fill-submit").click()
    missing = page.locator("#missing-dialog")
    expect(missing).to_contain_text("还有 2 项没有填完")
    check_axe(page)
    missing.get_by_role("button", name="配电柜外观").click()
    note = card(page, inspection, "photo").locator("[data-note]")
    expect(note).to_be_focused()
    note.fill("柜门未关")
    card(page, inspection, "photo").locator("[data-camera]").set_input_files(picture())
    card(page, inspection, "reading").locator("[data-note]").fill("压力偏低")
    expect_state(page, "已保存")

    page.locator("#fill-submit").click()
    expect(page.locator("#submit-dialog")).to_contain_text("合格 2 项，不合格 2 项")
    page.locator("#submit-confirm").click()
    page.wait_for_url(browse.url(reverse("inspections:record", args=[inspection.pk])))
    inspection.refresh_from_db()
    assert inspection.state == "submitted"
    assert inspection.rectifications.count() == 2


def test_a_submission_asked_for_offline_follows_the_answers(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    page.context.set_offline(True)
    for code in ("plain", "photo", "redline"):
        answer(page, inspection, code, "pass")
    card(page, inspection, "reading").locator("[data-reading]").fill("0.15")
    page.locator("#fill-submit").click()
    page.locator("#submit-confirm").click()
    expect(page.locator("#fill-notices")).to_contain_text("联网上传完后自动提交")
    page.context.set_offline(False)
    page.wait_for_url(browse.url(reverse("inspections:record", args=[inspection.pk])))
    inspection.refresh_from_db()
    assert (inspection.state, inspection.passed) == ("submitted", 4)


def test_what_comes_after_anothers_submission_stays_in_sight(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    page.context.set_offline(True)
    answer(page, inspection, "plain", "fail")
    card(page, inspection, "plain").locator("[data-note]").fill("两盏灯不亮")
    expect_state(page, "离线，待上传 1")
    make.answer_all(inspection, by=cast.security, at=timezone.now())
    make.submit(inspection, by=cast.security, at=timezone.now())

    page.context.set_offline(False)
    left = page.locator(".leftovers")
    expect(left).to_contain_text("未能并入")
    expect(left).to_contain_text("两盏灯不亮")
    expect(card(page, inspection, "plain").locator(".answer-pass input")).to_be_checked()
    check_axe(page)
    page.reload()
    expect(page.locator(".leftovers")).to_contain_text("两盏灯不亮")
    assert stored(inspection, "plain").result == "p"


def test_a_session_that_ended_loses_nothing(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    answer(page, inspection, "plain", "pass")
    notices = page.locator("#fill-notices")
    expect(notices).to_contain_text("登录已过期，内容已保存在本机")
    expect(notices.get_by_role("link", name="登录")).to_have_attribute("target", "_blank")
    page.context.add_cookies(cookies)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect_state(page, "已保存")
    assert stored(inspection, "plain").result == "p"


def test_the_next_user_of_the_phone_neither_sees_nor_sends_what_waits(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    wait_for_worker(page)
    page.context.set_offline(True)
    answer(page, inspection, "plain", "pass")
    expect_state(page, "离线，待上传 1")
    page.context.clear_cookies()
    browse.log_in(page.context, cast.security)
    page.context.set_offline(False)
    expect(page.locator("#fill-notices")).to_contain_text("现在登录的是另一位用户")

    open_page(page, browse, inspection)
    expect(page.locator("#fill-notices")).to_contain_text("本机还有工程甲没有上传的内容 1 条")
    expect(card(page, inspection, "plain").locator("input:checked")).to_have_count(0)
    assert not inspection.answers.exists()
    names = page.evaluate("caches.keys()")
    assert f"dudao-pages-1-user-{cast.engineering.pk}" not in names

    page.context.clear_cookies()
    browse.log_in(page.context, cast.engineering)
    open_page(page, browse, inspection)
    expect_state(page, "已保存")
    assert stored(inspection, "plain").by == cast.engineering


def test_logging_out_leaves_no_page_on_the_phone(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    wait_for_worker(page)
    page.reload()
    page.locator(".menu > summary").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/login/**")
    assert not [name for name in page.evaluate("caches.keys()") if name.startswith("dudao-pages-")]
    page.context.set_offline(True)
    page.goto(browse.url(reverse("inspections:fill", args=[inspection.pk])))
    expect(page.locator("h1")).to_have_text("现在没有网络")


def test_the_worker_sends_what_waits_when_the_tab_is_closed(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering), browse, inspection)
    wait_for_worker(page)
    other = page.context.new_page()
    other.goto(browse.url("/static/img/logo.svg"))
    page.context.set_offline(True)
    answer(page, inspection, "plain", "pass")
    expect_state(page, "离线，待上传 1")
    page.close()
    other.context.set_offline(False)
    registrations: list[dict[str, str]] = []
    workers = other.context.new_cdp_session(other)
    workers.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    for _ in range(50):
        workers.send("ServiceWorker.enable")
        other.wait_for_timeout(200)
        if registrations:
            break
        workers.send("ServiceWorker.disable")
    event = {"origin": browse.address, "registrationId": registrations[0]["registrationId"], "tag": "fill"}
    workers.send("ServiceWorker.dispatchSyncEvent", event | {"lastChance": False})
    for _ in range(50):
        if inspection.answers.exists():
            break
        other.wait_for_timeout(100)
    assert stored(inspection, "plain").result == "p"


def test_a_browser_that_keeps_nothing_still_saves_and_says_so(cast, browse, inspection) -> None:
    page = browse(cast.engineering, service_workers="block")
    page.add_init_script("IDBFactory.prototype.open = () => { throw new DOMException('full', 'QuotaExceededError'); };")
    open_page(page, browse, inspection)
    page.context.set_offline(True)
    answer(page, inspection, "plain", "pass")
    expect(page.locator("#fill-notices")).to_contain_text("不要关闭页面")
    answer(page, inspection, "plain", "na")
    page.context.set_offline(False)
    expect_state(page, "已保存")
    expect(page.locator("#fill-notices")).not_to_contain_text("不要关闭页面")
    answer(page, inspection, "plain", "pass")
    expect_state(page, "已保存")
    expect(page.locator("#save-state")).not_to_contain_text("冲突")
    page.wait_for_timeout(300)
    assert stored(inspection, "plain").result == "p"


def test_the_keyboard_answers_and_moves(cast, browse, inspection) -> None:
    page = open_page(browse(cast.engineering, viewport=DESKTOP), browse, inspection)
    card(page, inspection, "plain").locator(".answer-pass input").focus()
    page.keyboard.press("1")
    expect(card(page, inspection, "photo").locator(".answer-pass input")).to_be_focused()
    page.keyboard.press("3")
    page.keyboard.type("0.15")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    expect(card(page, inspection, "reading").locator(".answer-pass input")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("2")
    expect(card(page, inspection, "redline").locator("[data-note]")).to_be_focused()
    expect_state(page, "已保存")
    assert sorted(inspection.answers.values_list("item__code", "result")) == [
        ("photo", "n"),
        ("plain", "p"),
        ("reading", "p"),
        ("redline", "f"),
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_page_passes_axe_and_has_no_sideways_scroll(cast, browse, inspection, viewport, scheme) -> None:
    page = open_page(browse(cast.engineering, viewport=viewport, color_scheme=scheme), browse, inspection)
    answer(page, inspection, "plain", "pass")
    answer(page, inspection, "photo", "fail")
    card(page, inspection, "photo").locator("[data-album]").set_input_files(picture())
    card(page, inspection, "reading").locator("[data-reading]").fill("0.3")
    expect_state(page, "已保存")
    check_axe(page)
    page.set_viewport_size({"width": 360 if viewport is PHONE else 1280, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
