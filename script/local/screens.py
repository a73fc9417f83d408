"""The pictures of docs/screens/, taken from a running demo group: what README and the manual show."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "screens"
PASSWORD = "dudao-demo-2026"
PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
DESKTOP = {"viewport": {"width": 1280, "height": 860}}
PDF_PAGES = 2
LIMIT = 250_000
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
# Date fields speak the browser's own language: shown as a Chinese Chromium does.
DATES = """() => document.querySelectorAll("input[type=date], input[type=month]").forEach((input) => {
    const [year, month, day] = input.value.split("-");
    input.type = "text";
    input.value = day ? `${year}/${month}/${day}` : month ? `${year}年${month}月` : "";
})"""

WORDS = {
    "督导点评": "消防与供电主题得分继续提高；各项目周末自查完成率偏低，漏检集中在月末三天。",
    "良好做法": "运河里项目把防火门闭门器列入每周巡检，连续三个月没有同类问题。",
    "下月重点": "冬季用电用火检查；漏电保护器试跳记录；屋面雨水口落叶清理。",
}


class Camera:
    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address.rstrip("/")

    @contextmanager
    def window(self, user: str | None, device: dict) -> Iterator[Page]:
        context = self.browser.new_context(
            **device, locale="zh-CN", timezone_id="Asia/Shanghai", reduced_motion="reduce", service_workers="block"
        )
        page = context.new_page()
        self.go(page, "/account/login/")
        if user:
            page.get_by_label("用户名或手机号").fill(user)
            page.get_by_label("密码").fill(PASSWORD)
            page.get_by_role("button", name="登录").click()
            page.wait_for_url(self.address + "/")
        yield page
        context.close()

    def go(self, page: Page, path: str) -> None:
        page.goto(self.address + path, wait_until="networkidle")

    def take(self, page: Page, name: str) -> None:
        page.evaluate(DATES)
        keep(page.screenshot(animations="disabled", caret="hide"), name)


def keep(png: bytes, name: str) -> None:
    """256 colours are enough for pages; fewer where that is still too large."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    path = FOLDER / f"{name}.png"
    for colors in (256, 128, 64, 32):
        picture.quantize(colors, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= LIMIT:
            break
    print(f"{path.name}: {path.stat().st_size // 1000} kB", flush=True)


def photo() -> dict:
    """A fire door whose closer hangs down, drawn."""
    picture = Image.new("RGB", (1200, 900), "#b9b4aa")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 720, 1200, 900), fill="#8d8679")
    draw.rectangle((330, 90, 870, 800), fill="#5d6b73")
    draw.rectangle((360, 120, 840, 800), fill="#8f2f25")
    draw.rectangle((500, 180, 700, 300), fill="#f4f1e8")
    draw.rectangle((520, 220, 680, 260), fill="#1e6b46")
    draw.line((380, 150, 560, 110), fill="#d8d8d8", width=16)
    draw.rectangle((375, 130, 470, 175), fill="#c7c9cc")
    draw.ellipse((770, 460, 810, 500), fill="#d9b84a")
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return {"name": "IMG_2041.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


# --- one function per picture or group of pictures --------------------------------------------------------------------


def login(camera: Camera) -> None:
    with camera.window(None, PHONE) as page:
        camera.take(page, "login-phone")


def today_and_fill(camera: Camera) -> None:
    """Thirty items answered, one of them 不合格 with its note and photo."""
    with camera.window("gc-hz01", PHONE) as page:
        camera.go(page, "/inspections/")
        ten_checks = page.get_by_role("link", name="检查 :云栖风荷苑 十必查")
        camera.go(page, ten_checks.get_attribute("href") or "")
        expect(page.locator("#fill[data-ready]")).to_be_attached()
        items = page.locator(".item").all()
        for item in items[:30]:
            if not item.locator(".answers input:checked").count():
                answer(item)
        failed = page.locator(".item", has_text="防火门、防火卷帘").first
        failed.locator(".answer-fail").click()
        note = failed.locator("[data-note]")
        note.fill("3 号楼 2 单元防火门闭门器脱落，门不能自行关严")
        note.blur()
        if not failed.locator("figure").count():
            failed.locator("[data-camera]").set_input_files(photo())
        expect(page.locator("#save-state")).to_contain_text("已保存", timeout=30_000)
        expect(failed.locator("figure img").first).to_be_visible()
        failed.evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 235)")
        page.wait_for_timeout(500)
        camera.take(page, "fill-phone")
        camera.go(page, "/inspections/")
        camera.take(page, "today-phone")


def answer(item: Locator) -> None:
    reading = item.locator("[data-reading]")
    if reading.count():
        reading.fill(item.get_attribute("data-low") or item.get_attribute("data-high") or "1")
        reading.blur()
    else:
        item.locator(".answer-pass").click()


def rectification(camera: Camera) -> None:
    """One that waits for the re-check, on a desktop; one that is to be rectified, on a phone."""
    with camera.window("fgsdd-hz", DESKTOP) as page:
        camera.go(page, "/inspections/rectifications/?status=recheck")
        open_first(camera, page)
        camera.take(page, "rectification-desktop")
    with camera.window("xmjl-hz01", PHONE) as page:
        camera.go(page, "/inspections/rectifications/?status=open")
        open_first(camera, page)
        camera.take(page, "rectification-phone")


def open_first(camera: Camera, page: Page) -> None:
    camera.go(page, page.locator("tbody th a").first.get_attribute("href") or "")


def supervision(camera: Camera) -> None:
    with camera.window("fgsdd-hz", DESKTOP) as page:
        camera.go(page, "/")
        camera.take(page, "home-desktop")
        camera.go(page, "/inspections/records/?tier=branch&status=submitted&checklist=ten-checks&grade=good")
        open_first(camera, page)
        camera.take(page, "record-desktop")
    with camera.window("jtdd", DESKTOP) as page:
        camera.go(page, "/inspections/coverage/")
        camera.take(page, "coverage-desktop")
        camera.go(page, "/inspections/credibility/")
        camera.take(page, "credibility-desktop")


def house(camera: Camera) -> None:
    with camera.window("kfzg-hz01", DESKTOP) as page:
        camera.go(page, "/estates/houses/")
        open_first(camera, page)
        camera.take(page, "house-desktop")


def cases(camera: Camera) -> None:
    """The desk's list, a late complaint with its ladder and conversation, and what the engineer has in hand."""
    with camera.window("kfzg-hz01", DESKTOP) as page:
        camera.go(page, "/cases/")
        camera.take(page, "cases-desktop")
        camera.go(page, "/cases/?kind=complaint&status=handling")
        open_first(camera, page)
        camera.take(page, "case-desktop")
        camera.go(page, "/cases/events/?status=all")
        open_first(camera, page)
        camera.take(page, "event-desktop")
    with camera.window("gc-hz01", PHONE) as page:
        camera.go(page, "/cases/?kind=repair&status=handling")
        open_first(camera, page)
        camera.take(page, "case-phone")


def intake(camera: Camera) -> None:
    """A caller found by the house, with what it had lately beside the form."""
    with camera.window("kf-hz01", DESKTOP) as page:
        camera.go(page, "/cases/?kind=repair&status=all")
        house = page.locator("td[data-label=位置]", has_text="单元").first.inner_text().split()[0]
        camera.go(page, "/cases/register/")
        page.locator("#id_q").press_sequentially(house)
        page.locator("#caller-list [role=option]").first.wait_for()
        camera.take(page, "intake-search-desktop")
        page.keyboard.press("Enter")
        page.locator("#intake-recent [data-chosen]").wait_for()
        page.keyboard.press("2")
        page.keyboard.insert_text("厨房水槽下面的水管一直在滴水，柜子已经泡湿了。")
        camera.take(page, "intake-desktop")


def callbacks(camera: Camera) -> None:
    with camera.window("kfzg-hz01", DESKTOP) as page:
        camera.go(page, "/cases/callbacks/")
        camera.take(page, "callbacks-desktop")
        page.get_by_role("link", name="开始回访").click()
        page.wait_for_load_state("networkidle")
        camera.take(page, "callback-desk-desktop")
    with camera.window("kf-hz01", PHONE) as page:
        camera.go(page, "/cases/visits/")
        camera.take(page, "visits-phone")


def report_by_scan(camera: Camera) -> None:
    """What an owner sees who scans the code of a house: the form, then the progress of what was reported."""
    with camera.window("da-hz01", DESKTOP) as page:
        camera.go(page, "/cases/codes/")
        camera.take(page, "codes-desktop")
        path = page.locator("tbody a").first.get_attribute("href") or ""
    with camera.window(None, PHONE) as page:
        camera.go(page, path)
        page.get_by_label("内容").fill("2 单元门口的路灯不亮，晚上看不清台阶。")
        page.get_by_label("联系电话").fill("13800001234")
        page.evaluate("scrollTo(0, 0)")
        camera.take(page, "report-phone")
        page.get_by_role("button", name="提交").click()
        page.wait_for_load_state("networkidle")
        camera.take(page, "report-progress-phone")


def weekly(camera: Camera) -> None:
    with camera.window("fgsdd-hz", DESKTOP) as page:
        camera.go(page, "/weekly/?kind=branch")
        open_first(camera, page)
        camera.take(page, "weekly-desktop")
        pdf = page.request.get(camera.address + page.evaluate("location.pathname") + "weekly.pdf").body()
    pages_of(pdf, "weekly-pdf", 1)


def bulletin(camera: Camera) -> None:
    """Last month's of a branch: drafted and issued unless it is."""
    with camera.window("fgsdd-hz", DESKTOP) as page:
        camera.go(page, "/bulletins/draft/")
        page.get_by_label("组织").fill("HZ")
        page.get_by_role("button", name="起草").click()
        page.wait_for_url("**/bulletins/*/")
        if page.get_by_text("草稿", exact=True).count():
            issue(page)
        path = page.evaluate("location.pathname")
        camera.go(page, path)
        camera.take(page, "bulletin-desktop")
        pdf = page.request.get(camera.address + path + "bulletin.pdf").body()
    with camera.window("fgsdd-hz", PHONE) as page:
        camera.go(page, path)
        camera.take(page, "bulletin-phone")
    pages_of(pdf, "bulletin-pdf", PDF_PAGES)


def pages_of(pdf: bytes, name: str, last: int) -> None:
    """The first pages of what is printed."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["pdftoppm", "-r", "80", "-png", "-l", str(last), "-", f"{folder}/page"]
        subprocess.run(command, input=pdf, check=True)
        for number, path in enumerate(sorted(Path(folder).iterdir()), 1):
            keep(path.read_bytes(), f"{name}-{number}")


def issue(page: Page) -> None:
    page.get_by_role("link", name="编辑文字").click()
    for label, words in WORDS.items():
        page.get_by_label(label).fill(words)
    page.get_by_role("button", name="保存").click()
    page.get_by_role("button", name="签发").click()
    page.get_by_role("dialog", name="签发简报").get_by_role("button", name="签发").click()
    page.get_by_text("已签发", exact=True).wait_for()


def checklist(camera: Camera) -> None:
    """The newest version of the 十必查 as an administrator edits or reads it."""
    with camera.window("admin", DESKTOP) as page:
        camera.go(page, "/admin/inspections/checklist/?q=ten-checks")
        page.get_by_role("link", name="十必查").first.click()
        page.wait_for_load_state("networkidle")
        draft = page.get_by_role("button", name="编辑草稿").or_(page.get_by_role("link", name="编辑草稿"))
        draft.or_(page.get_by_role("button", name="新建草稿")).first.click()
        page.wait_for_load_state("networkidle")
        camera.take(page, "admin-checklist-desktop")


PICTURES: tuple[Callable[[Camera], None], ...] = (
    login, today_and_fill, rectification, supervision, house, cases, intake, callbacks, report_by_scan, weekly, bulletin,
    checklist,
)  # fmt: skip


def run(address: str = "http://localhost:8000", *only: str) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        camera = Camera(browser, address)
        for picture in PICTURES:
            if not only or picture.__name__ in only:
                picture(camera)
        browser.close()


if __name__ == "__main__":
    run(*sys.argv[1:])
