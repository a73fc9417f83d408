"""A handover hall for tests in the browser: people with a window each, their papers, a name drawn by finger (HND-1, HND-5)."""

from __future__ import annotations

import io
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.urls import reverse
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from accounts.models import User
from accounts.roles import Role
from handover.choices import StepKind
from tests.browser.conftest import DESKTOP, PHONE, TABLET, Browse
from tests.cast import Cast

GoTo = Callable[[datetime], None]
# What a finger has to hit, and is lower than 44 px.
SMALL = """() => [...document.querySelectorAll("main :is(.btn, button, summary, select, .paper-tick, .field > input)")]
    .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
    .map((one) => `${one.getBoundingClientRect().height} ${one.outerHTML.slice(0, 160)}`)"""


@dataclass
class Hall:
    """The people behind the counters, each with a window; `seen` keeps what a step looks like on a tablet and a phone."""

    browse: Browse
    cast: Cast
    pictures: Path
    go_to: GoTo
    # Papers are kept and their step finished at one click.
    in_one: bool = False
    names: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.office = self.window(self.cast.service_lead)
        self.counter = self.window(self.cast.service)
        self.second = self.window(self.cast.hire(Role.SERVICE, self.cast.estate_a1, "陈二柜"))
        self.inspector = self.window(self.cast.engineering)
        self.cashier = self.window(self.cast.cashier, DESKTOP)

    def window(self, user: User, viewport: dict[str, int] = TABLET) -> Page:
        return self.browse(user, viewport=viewport, is_mobile=viewport is TABLET)

    def open(self, page: Page, name: str, *args: object) -> None:
        page.goto(self.browse.url(reverse(f"handover:{name}", args=args)))

    def seen(self, page: Page, name: str) -> None:
        """Nothing is cut off at either width, nothing is too small for a finger. Looked at once."""
        if name in self.names:
            return
        self.names.add(name)
        size = page.viewport_size
        for label, viewport in (("tablet", TABLET), ("phone", PHONE)):
            page.set_viewport_size(viewport)
            page.screenshot(path=self.pictures / f"{name}-{label}.png", full_page=True)
            wide = page.evaluate("document.documentElement.scrollWidth")
            assert wide <= viewport["width"], f"{name} is {wide} px wide on a {label}"
            small = [] if page is self.cashier else page.evaluate(SMALL)
            assert not small, f"{name} on a {label}: {small}"
        page.set_viewport_size(size)

    def pdf(self, page: Page, link: Locator, name: str) -> str:
        """What a PDF says that this person opens by its link; kept beside the pictures."""
        response = page.context.request.get(self.browse.url(link.get_attribute("href")))
        assert response.headers["content-type"] == "application/pdf", response.url
        (self.pictures / f"{name}.pdf").write_bytes(response.body())
        return text_of(self.pictures / f"{name}.pdf")


def text_of(pdf: Path) -> str:
    """Without the line breaks and blanks of the layout."""
    return re.sub(r"\s+", "", subprocess.check_output(["pdftotext", "-layout", pdf, "-"], text=True))


def signature_in(pdf: Path) -> int:
    """How high the drawing under the word 签名 is, in points: a line of text would be 9."""
    words = subprocess.check_output(["pdftotext", "-bbox", pdf, "-"], text=True)
    left, top = re.findall(r'<word xMin="([\d.]+)" yMin="[\d.]+" xMax="[\d.]+" yMax="([\d.]+)">签名</word>', words)[-1]
    where = ["-x", str(int(float(left))), "-y", str(int(float(top))), "-W", "310", "-H", "66"]
    image = subprocess.check_output(["pdftoppm", "-r", "72", "-l", "1", "-gray", *where, pdf])
    picture = Image.open(io.BytesIO(image)).point(lambda grey: 255 * (grey < 128))
    box = picture.getbbox()
    return box[3] - box[1] if box else 0


def dialog(page: Page, label: str) -> Locator:
    page.get_by_role("button", name=label, exact=True).click()
    return page.get_by_role("dialog", name=label)


def step(page: Page, kind: str) -> Locator:
    return page.locator(f"#{kind}")


def finish(page: Page, kind: str) -> None:
    """完成这一步; the page goes on to the next one."""
    step(page, kind).get_by_role("button", name="完成这一步").click()
    expect(step(page, kind).get_by_text("已完成")).to_be_visible()


def draw(page: Page) -> None:
    """A name by finger, in two strokes."""
    pad = page.locator(".signature-pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    finger = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        given = [{"x": box["x"] + box["width"] * x, "y": box["y"] + box["height"] * y} for x, y in points]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": given})

    for start in (0.15, 0.5):
        touch("touchStart", (start, 0.3))
        for number in range(1, 20):
            touch("touchMove", (start + number * 0.015, 0.3 + 0.4 * (number % 5) / 5))
        touch("touchEnd")


def sign(hall: Hall, page: Page, kind: StepKind) -> None:
    """The paper is read and signed, and the step finished: after a look at it, or in one."""
    step(page, kind).get_by_role("link", name="阅读并签名").click()
    hall.seen(page, f"sign-{kind}")
    draw(page)
    if hall.in_one:
        page.get_by_role("button", name="签名并完成这一步").click()
        expect(step(page, kind).get_by_text("已完成")).to_be_visible()
        return
    page.get_by_role("button", name="确认签名").click()
    expect(step(page, kind).get_by_text("已签字")).to_be_visible()
    hall.seen(page, f"signed-{kind}")
    finish(page, kind)
