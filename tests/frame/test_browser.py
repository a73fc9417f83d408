"""The frame in Chromium: accessible, no sideways scroll, and forms that forget nothing."""

import time

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture
def visit(chromium, live_server, client, cast):
    contexts = []

    def of(path, *, user=None, viewport=DESKTOP, scheme="light"):
        client.force_login(user or cast.admin)
        context = chromium.new_context(
            viewport=viewport, color_scheme=scheme, has_touch=viewport is PHONE, service_workers="block"
        )
        contexts.append(context)
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield of
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    ("path", "viewport", "scheme"),
    [
        ("/styleguide/", DESKTOP, "light"),
        ("/styleguide/", DESKTOP, "dark"),
        ("/styleguide/", PHONE, "light"),
        ("/styleguide/", PHONE, "dark"),
        ("/notices/", PHONE, "light"),
        ("/no/such/page/", PHONE, "dark"),
    ],
)
def test_accessible_and_within_the_screen(visit, path, viewport, scheme):
    page = visit(path, viewport=viewport, scheme=scheme)
    # All of the page at once: what a bar that stays in place happens to cover is no small target.
    page.set_viewport_size({**viewport, "height": page.evaluate("document.documentElement.scrollHeight")})
    violations = Axe().run(page, options=WCAG).response["violations"]
    assert [(found["id"], [node["html"] for node in found["nodes"]]) for found in violations] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert [text for text in page.complaints if "404 (Not Found)" not in text] == []


def test_targets_are_large_enough_on_a_phone(visit):
    page = visit("/styleguide/", viewport=PHONE)
    targets = ".btn, .icon-button:not(.photo-thumb *), .bottombar a, .tabs a, .answers label, .field select"
    small = page.locator(targets).evaluate_all(
        "all => all.filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)"
    )
    assert small == []


def test_the_place_is_chosen_by_search_and_stays(visit, cast, live_server):
    page = visit("/notices/", user=cast.supervisor, viewport=PHONE)
    page.click(".place-button")
    page.fill("#places-q", "b2")
    page.click("#places-list a:has-text('花园b2')")
    page.wait_for_url("**/notices/?place=b2")
    page.goto(live_server.url + "/notices/")
    assert page.inner_text(".place-name") == "花园b2"


def test_more_opens_the_whole_navigation_and_escape_closes_it(visit):
    page = visit("/notices/", viewport=PHONE)
    assert not page.is_visible("#nav")
    page.click("text=更多")
    assert page.is_visible("#nav")
    page.keyboard.press("Escape")
    page.wait_for_selector("#nav", state="hidden")


def test_typed_text_survives_a_reload_and_can_be_dropped(visit):
    page = visit("/styleguide/")
    page.fill("#blank_measures", "清理通道并张贴标识")
    page.reload()
    assert page.input_value("#blank_measures") == "清理通道并张贴标识"
    page.click("text=放弃，重新填写")
    assert page.input_value("#blank_measures") == ""
    page.reload()
    assert page.input_value("#blank_measures") == ""


def test_a_draft_stays_after_a_lost_session_and_goes_after_success(visit, live_server):
    page = visit("/styleguide/")
    answers = ["/account/login/", "/notices/"]

    def redirect(route):
        if route.request.method == "POST":
            route.fulfill(status=303, headers={"Location": answers.pop(0)})
        else:
            route.continue_()

    page.route("**/styleguide/", redirect)
    page.fill("#blank_measures", "清理通道")
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.click("form[data-draft] button[type=submit]")
    page.wait_for_url("**/account/login/**")
    page.context.add_cookies(cookies)
    page.goto(live_server.url + "/styleguide/")
    assert page.input_value("#blank_measures") == "清理通道"
    page.click("form[data-draft] button[type=submit]")
    page.wait_for_url("**/notices/**")
    page.goto(live_server.url + "/styleguide/")
    assert page.input_value("#blank_measures") == ""


def test_a_double_click_sends_once(visit):
    page = visit("/styleguide/")
    sent = []

    def slow(route):
        if route.request.method == "POST":
            sent.append(route.request.post_data)
            time.sleep(0.3)
            route.fulfill(status=204)
        else:
            route.continue_()

    page.route("**/styleguide/", slow)
    page.dblclick("form[data-draft] button[type=submit]")
    page.wait_for_timeout(600)
    assert len(sent) == 1


def test_photos_gather_over_several_takes(visit):
    page = visit("/styleguide/", viewport=PHONE)
    png = b"\x89PNG\r\n\x1a\n"
    for name in ("a.png", "b.png"):
        page.set_input_files("#id_photos", {"name": name, "mimeType": "image/png", "buffer": png})
    assert page.evaluate("document.querySelector('#id_photos').files.length") == 2
    page.click("[aria-label='移除 a.png']")
    assert page.evaluate("[...document.querySelector('#id_photos').files].map(f => f.name)") == ["b.png"]


def test_the_dialog_opens_with_the_keyboard_and_escape_gives_the_focus_back(visit, cast):
    page = visit("/styleguide/")
    page.focus("text=打开对话框")
    page.keyboard.press("Enter")
    assert page.is_visible("#extend-dialog")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.textContent").strip() == "打开对话框"


def test_a_session_that_ended_swaps_no_login_page_into_a_fragment(visit):
    page = visit("/notices/")
    page.context.clear_cookies()
    page.evaluate("htmx.ajax('GET', '/notices/bell/', {target: '#bell', swap: 'outerHTML'})")
    page.wait_for_selector(".toast-error:has-text('登录已过期')")
    assert page.locator("#bell").count() == 1
    assert page.locator("input[type=password]").count() == 0


def test_offline_the_bell_stays_silent_and_a_form_does_not(visit):
    page = visit("/notices/")
    page.context.set_offline(True)
    page.evaluate("htmx.ajax('GET', '/notices/bell/', {target: '#bell'}).catch(() => null)")
    page.wait_for_timeout(300)
    assert page.locator(".toast-note").count() == 0
    page.evaluate("htmx.ajax('POST', '/notices/read/', {target: '#bell'}).catch(() => null)")
    page.wait_for_selector(".toast-error:has-text('没有保存')")
