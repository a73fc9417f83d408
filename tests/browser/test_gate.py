"""岗亭放行 on the guard's phone (HND-7): by camera where the browser reads codes itself, by typing always."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.handover.passes import make_home, make_release

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A camera that shows nothing, and a reader that finds one code in it.
CAMERA = """(code) => {
    navigator.mediaDevices.getUserMedia = async () => document.createElement("canvas").captureStream();
    HTMLMediaElement.prototype.play = async () => {};
    window.BarcodeDetector = class { async detect() { return [{ rawValue: code }]; } };
}"""


def test_a_pass_that_is_scanned_is_used_once(cast, browse):
    given = make_release(make_home(cast), cast.service)
    url = browse.url(reverse("handover:gate"))
    page = browse(cast.security)
    page.add_init_script(f"({CAMERA})({url + '?code=' + given.code!r})")
    page.goto(url)
    page.get_by_role("button", name="扫二维码").click()
    expect(page.get_by_role("heading", name="可以放行，请核对")).to_be_visible()
    expect(page.get_by_text("沙发 × 2")).to_be_visible()
    page.get_by_role("button", name="物品相符，放行").click()
    expect(page.get_by_text("已放行：3幢2单元1502 王某。")).to_be_visible()

    # The same pass at another gate, typed.
    other = browse(cast.control_room)
    other.goto(url)
    expect(other.get_by_role("button", name="扫二维码")).to_be_hidden()
    other.get_by_label("放行码").fill(given.code.lower())
    other.get_by_role("button", name="核验").click()
    expect(other.get_by_role("heading", name="不能放行")).to_be_visible()
    expect(other.get_by_role("alert")).to_contain_text(f"由{cast.security.name}放行，不能再次放行")
    expect(other.get_by_role("button", name="物品相符，放行")).to_have_count(0)


def test_without_a_camera_the_code_is_typed(cast, browse):
    page = browse(cast.security)
    page.add_init_script(
        "window.BarcodeDetector = class {};"
        "navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('no', 'NotAllowedError'); };"
    )
    page.goto(browse.url(reverse("handover:gate")))
    page.get_by_role("button", name="扫二维码").click()
    expect(page.get_by_text("打不开相机：请允许使用相机，或直接输入放行码。")).to_be_visible()
    expect(page.get_by_label("放行码")).to_be_editable()
