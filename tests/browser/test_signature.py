"""Signing on the screen: with the mouse at a counter, with a finger on a phone, and without either (HND-5)."""

from __future__ import annotations

import json
import math
from datetime import datetime

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from foundation.signatures.services import signed
from handover.choices import StepKind
from handover.models import Handover
from tests.browser.conftest import PHONE, Browse
from tests.browser.test_main_job import photo
from tests.cast import Cast
from tests.handover.factories import HOUR, MONDAY, at_step

pytestmark = pytest.mark.browser

NOW = MONDAY + 3 * HOUR
TABLET = {"width": 820, "height": 1180}
DONE = "《安全责任书》已签字。"


@pytest.fixture
def now(db: None) -> datetime:
    """The server's clock stands there."""
    with time_machine.travel(NOW, tick=False):
        yield NOW


@pytest.fixture
def handover(cast: Cast) -> Handover:
    return at_step(cast, StepKind.SAFETY)


def page_of(browse: Browse, cast: Cast, handover: Handover, viewport: dict[str, int]) -> Page:
    page = browse(cast.service, viewport=viewport)
    page.goto(browse.url(reverse("handover:sign", args=[handover.pk, "safety"])))
    return page


def pad_of(page: Page) -> Locator:
    pad = page.locator(".signature-pad")
    pad.scroll_into_view_if_needed()
    return pad


def stroke(page: Page, start: float, end: float, *, height: float = 0.3) -> None:
    """With the mouse, from left to right: shares of the pad's width and height."""
    box = pad_of(page).bounding_box()
    steps = 24
    for step in range(steps + 1):
        x = box["x"] + box["width"] * (start + (end - start) * step / steps)
        y = box["y"] + box["height"] * (0.5 + height * math.sin(step / 2.5))
        page.mouse.move(x, y)
        if not step:
            page.mouse.down()
    page.mouse.up()


def name(page: Page) -> None:
    stroke(page, 0.15, 0.45)
    stroke(page, 0.5, 0.85, height=0.2)


def drawn(page: Page) -> list[list[list[float]]]:
    value = page.locator("[data-signature] input").input_value()
    return json.loads(value)["strokes"] if value else []


def submit(page: Page) -> None:
    page.get_by_role("button", name="确认签名").click()


@pytest.mark.parametrize("viewport", [TABLET, {"width": 360, "height": 740}], ids=["tablet", "phone"])
def test_a_name_is_drawn_and_kept(cast, browse, handover, now, viewport) -> None:
    page = page_of(browse, cast, handover, viewport)
    name(page)
    assert len(drawn(page)) == 2
    expect(page.get_by_role("img", name="签名框，已写 2 笔")).to_be_visible()
    submit(page)
    expect(page.get_by_text(DONE)).to_be_visible()
    found = signed(handover, "safety").drawing
    assert (found.width, len(found.strokes)) == (600, 2)
    left, _, right, _ = found.box
    # Where it was drawn, whatever the width of the screen.
    assert (left, right) == (pytest.approx(90, abs=4), pytest.approx(510, abs=4))


def test_a_stroke_is_undone_and_all_is_cleared(cast, browse, handover, now) -> None:
    page = page_of(browse, cast, handover, TABLET)
    undo, clear = page.get_by_role("button", name="撤销一笔"), page.get_by_role("button", name="清除")
    expect(undo).to_be_disabled()
    name(page)
    undo.click()
    assert len(drawn(page)) == 1
    expect(page.locator(".signature-pad path")).to_have_count(1)
    clear.click()
    assert drawn(page) == []
    expect(page.get_by_role("img", name="签名框，尚未签名")).to_be_visible()
    expect(clear).to_be_disabled()


def test_a_dot_is_refused_and_stays_to_be_completed(cast, browse, handover, now) -> None:
    page = page_of(browse, cast, handover, TABLET)
    pad_of(page).click(position={"x": 200, "y": 80})
    page.get_by_label("签名人").fill("王小芳")
    submit(page)
    expect(page.locator(".field-error")).to_contain_text("这不像一个签名")
    expect(page.locator(".signature-pad path")).to_have_count(1)
    assert signed(handover, "safety") is None
    # The rest of the name, beside what came back.
    name(page)
    submit(page)
    expect(page.get_by_text(DONE)).to_be_visible()
    found = signed(handover, "safety")
    assert (found.signer, len(found.drawing.strokes)) == ("王小芳", 3)
    moments = [stroke[0][2] for stroke in found.drawing.strokes]
    assert moments == sorted(moments)


def test_a_finger_draws_and_does_not_scroll(cast, browse, handover, now) -> None:
    page = page_of(browse, cast, handover, PHONE)
    box = pad_of(page).bounding_box()
    before = page.evaluate("scrollY")
    touch = page.context.new_cdp_session(page)

    def send(kind: str, x: float, y: float) -> None:
        points = [] if kind == "touchEnd" else [{"x": box["x"] + x, "y": box["y"] + y}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    send("touchStart", 40, 30)
    for step in range(1, 40):
        send("touchMove", 40 + 5 * step, 30 + 3 * step)
    send("touchEnd", 0, 0)
    assert len(drawn(page)) == 1
    assert page.evaluate("scrollY") == before
    submit(page)
    expect(page.get_by_text(DONE)).to_be_visible()


def test_the_heel_of_the_hand_beside_a_pen_draws_nothing(cast, browse, handover, now) -> None:
    page = browse(cast.service, viewport=PHONE)
    page.goto(browse.url(reverse("handover:sign", args=[handover.pk, "safety"])))
    box = pad_of(page).bounding_box()
    device = page.context.new_cdp_session(page)

    def hand(kind: str, *places: float) -> None:
        points = [{"x": box["x"] + place, "y": box["y"] + 180} for place in places]
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def pen(kind: str, x: float, y: float) -> None:
        event = {"type": kind, "x": box["x"] + x, "y": box["y"] + y, "button": "left", "buttons": 1, "clickCount": 1}
        device.send("Input.dispatchMouseEvent", event | {"pointerType": "pen"})

    hand("touchStart", 300)
    hand("touchMove", 305)
    pen("mousePressed", 40, 60)
    for step in range(1, 40):
        pen("mouseMoved", 40 + 5 * step, 60 + step)
        hand("touchMove", 305 + step % 3)
    pen("mouseReleased", 235, 99)
    hand("touchEnd")
    (stroke,) = drawn(page)
    assert len(stroke) > 10
    assert max(x for x, _, _ in stroke) < 600 * 250 / box["width"], "the pen's, not the hand's"
    expect(page.locator(".signature-pad path")).to_have_count(1)


def test_who_cannot_draw_uploads_a_paper_without_the_mouse(cast, browse, handover, now) -> None:
    page = page_of(browse, cast, handover, TABLET)
    page.get_by_label("或上传签好字的纸质件").set_input_files(photo("责任书.jpg"))
    page.get_by_role("button", name="确认签名").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(DONE)).to_be_visible()
    assert not signed(handover, "safety").is_drawn
