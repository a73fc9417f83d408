"""登记诉求 while on the phone: by the keyboard alone, in few keys, and nothing is lost with the session (CMP-1)."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from complaints.models import Case
from estates.models import Owner
from tests.browser.conftest import DESKTOP
from tests.cast import PASSWORD
from tests.complaints.factories import make_case, make_house, standard_policy

pytestmark = pytest.mark.browser

REGISTER = reverse("complaints:register")
WORDS = "厨房水管漏水"
# Everything but the customer's own words: 4 for the house, Enter, the kind, Ctrl+Enter.
KEYS = 8
CASE = re.compile(r"/cases/\d+/$")
COUNT = """() => {
    window.keys = 0;
    window.clicks = 0;
    document.addEventListener("keydown", () => { window.keys += 1; }, true);
    document.addEventListener("mousedown", () => { window.clicks += 1; }, true);
}"""


@pytest.fixture
def house(cast):
    standard_policy()
    house = make_house(cast.estate_a1)
    Owner.objects.create(house=house, name="黄桂兰", phone="13812345678", since=timezone.localdate())
    return house


def test_a_case_is_typed_without_the_mouse_in_few_keys(cast, browse, house):
    make_case(cast, house=house, at=timezone.now(), text="上周的老问题")
    page = browse(cast.service, viewport=DESKTOP)
    page.goto(browse.url(REGISTER))
    expect(page.locator("#id_q")).to_be_focused()
    page.evaluate(COUNT)

    page.keyboard.type("1502")
    # Before the list has come: it waits for it.
    page.keyboard.press("Enter")
    expect(page.locator("#id_q")).to_have_value("3幢2单元1502 黄桂兰（业主）")
    expect(page.locator("#id_caller_name")).to_have_value("黄桂兰")
    expect(page.locator("#id_caller_phone")).to_have_attribute("placeholder", "138****5678")
    expect(page.locator("#intake-recent")).to_contain_text("上周的老问题")

    page.keyboard.press("2")
    expect(page.locator("#id_text")).to_be_focused()
    expect(page.get_by_role("radio", name="报修")).to_be_checked()
    expect(page.get_by_role("radio", name="工程部")).to_be_checked()
    page.keyboard.insert_text(WORDS)
    keys = page.evaluate("window.keys") + 2
    assert page.evaluate("window.clicks") == 0
    page.keyboard.press("Control+Enter")

    page.wait_for_url(CASE)
    case = Case.objects.get(text=WORDS)
    assert keys <= KEYS
    assert (case.house, case.caller_phone, case.kind, case.department) == (
        house, "13812345678", "repair", "engineering",
    )  # fmt: skip
    expect(page.locator("#toasts")).to_contain_text(f"已登记 {case.number}。")


def test_the_list_of_callers_works_as_a_combobox(cast, browse, house):
    for number, name in (("802", "黄大"), ("902", "黄二")):
        Owner.objects.create(house=make_house(cast.estate_a1, number), name=name, since=timezone.localdate())
    page = browse(cast.service, viewport=DESKTOP)
    page.goto(browse.url(REGISTER))
    box = page.get_by_role("combobox", name="来电人")
    page.keyboard.type("huang")
    options = page.locator("#caller-list [role=option]")
    expect(options).to_have_count(3)
    expect(box).to_have_attribute("aria-expanded", "true")
    first = box.get_attribute("aria-activedescendant")
    page.keyboard.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") != first
    page.keyboard.press("ArrowUp")
    assert box.get_attribute("aria-activedescendant") == first
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("huang")
    page.keyboard.press("Escape")
    expect(box).to_have_value("")
    page.keyboard.type("13800009999")
    expect(options).to_have_text(["没有找到“13800009999”。回车后以这个号码手工填写。"])
    page.keyboard.press("Enter")
    expect(page.locator("#id_caller_name")).to_be_focused()
    expect(page.locator("#id_caller_phone")).to_have_value("13800009999")


def test_what_was_typed_survives_a_lost_session(cast, browse, house):
    page = browse(cast.service, viewport=DESKTOP)
    page.goto(browse.url(REGISTER))
    page.keyboard.type("hgl")
    expect(page.locator("#caller-list [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("#intake-recent [data-chosen]")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.type(WORDS)
    key = page.locator("[name=client_key]").input_value()
    # The device keeps what was typed a moment after the last key.
    page.wait_for_timeout(500)
    Session.objects.all().delete()
    page.keyboard.press("Control+Enter")
    page.get_by_label("密码").wait_for()
    assert not Case.objects.exists()

    page.get_by_label("用户名或手机号").fill(cast.service.username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.goto(browse.url(REGISTER))
    expect(page.locator("#id_text")).to_have_value(WORDS)
    expect(page.locator("#id_q")).to_have_value("3幢2单元1502 黄桂兰（业主）")
    expect(page.locator("#intake-recent [data-chosen]")).to_be_visible()
    assert page.locator("[name=client_key]").input_value() == key
    page.locator("#id_text").press("Control+Enter")
    page.wait_for_url(CASE)
    case = Case.objects.get()
    assert (case.house, case.caller_name, case.kind) == (house, "黄桂兰", "complaint")
    page.goto(browse.url(REGISTER))
    expect(page.locator("#id_text")).to_have_value("")
