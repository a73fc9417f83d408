"""Every page there is, on a desktop in light and on a narrow phone in dark: WCAG 2.2 AA by axe, no sideways scroll,
silent console (also of CSP), one h1, a title, and nothing left in English.

The pages are those of `tests.test_access.TABLE` that answer a GET with HTML; a new URL is visited without a line here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Error, Page

from accounts.rights import HOLDERS, Right
from accounts.roles import Role
from inspections.services.checklists import create_draft
from tests.browser.conftest import DESKTOP, Browse
from tests.cast import Cast
from tests.inspections.factories import day, make_version
from tests.test_access import ANYONE, PUBLIC, TABLE, at_estate

__all__ = ["at_estate"]

pytestmark = pytest.mark.browser

NARROW = {"width": 360, "height": 740}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
# Who sees most of a page, asked in this order for one who may.
FITTING = (Role.BRANCH_SUPERVISOR, Role.ESTATE_MANAGER, Role.ENGINEERING, Role.ADMINISTRATOR)
# The same page as another role sees it, or with what a query asks for.
MORE: tuple[tuple[str, Role, str], ...] = (
    ("reports:home", Role.ENGINEERING, ""),
    ("reports:home", Role.ESTATE_MANAGER, ""),
    ("reports:home", Role.GROUP_SUPERVISOR, ""),
    ("inspections:today", Role.ENGINEERING, ""),
    ("inspections:today", Role.AUDITOR, ""),
    ("inspections:record", Role.ENGINEERING, ""),
    ("inspections:fill", Role.ENGINEERING, ""),
    ("inspections:rectification", Role.ENGINEERING, ""),
    ("inspections:rectification", Role.ESTATE_MANAGER, ""),
    ("inspections:rectification", Role.AUDITOR, ""),
    ("inspections:records", Role.BRANCH_SUPERVISOR, "?q=没有这个编号"),
    ("inspections:rectifications", Role.BRANCH_SUPERVISOR, "?status=overdue"),
    ("inspections:rectifications", Role.BRANCH_SUPERVISOR, "?q=没有这个编号"),
    ("inspections:coverage", Role.BRANCH_SUPERVISOR, "?tier=branch"),
    ("complaints:cases", Role.SERVICE, "?status=all"),
    ("complaints:cases", Role.SERVICE, "?q=没有这个编号"),
    ("complaints:case", Role.SERVICE, ""),
    ("complaints:case", Role.SERVICE_LEAD, ""),
    ("complaints:case", Role.ESTATE_MANAGER, ""),
    ("complaints:case", Role.ENGINEERING, ""),
    ("complaints:event", Role.SERVICE, ""),
    ("complaints:events", Role.SERVICE, "?status=closed"),
    ("reports:bulletin", Role.ESTATE_MANAGER, ""),
    ("account_logout", Role.ENGINEERING, ""),
    ("estates:houses", Role.BRANCH_SUPERVISOR, "?q=没有这个房号"),
    ("estates:house", Role.BRANCH_SUPERVISOR, ""),
    ("complaints:desk", Role.SERVICE_LEAD, ""),
    ("complaints:callbacks", Role.SERVICE_LEAD, "?status=dissatisfied"),
    ("complaints:visit", Role.SERVICE, ""),
    ("complaints:visits", Role.SERVICE, "?q=没有这个房号"),
    ("complaints:codes", Role.ARCHIVIST, "?q=没有这个房号"),
    ("handover:batch", Role.AUDITOR, "?q=没有这个房号"),
    ("handover:reports", Role.ESTATE_MANAGER, ""),
    ("handover:daily", Role.ESTATE_MANAGER, ""),
    ("handover:summary", Role.ESTATE_MANAGER, ""),
    ("handover:unaccepted", Role.ESTATE_MANAGER, "?reason=fees"),
    ("handover:house", Role.SERVICE, ""),
    ("handover:house", Role.SERVICE_LEAD, ""),
    ("handover:house", Role.CASHIER, ""),
    ("handover:bills", Role.CASHIER, "?q=没有这个房号"),
    ("handover:bill", Role.CASHIER, ""),
    ("handover:bill", Role.SERVICE, ""),
    ("handover:house_bill", Role.SERVICE, ""),
    ("handover:bills_due", Role.CASHIER, "?status=first"),
    ("handover:house_bills", Role.CASHIER, ""),
    ("handover:developer", Role.CASHIER, ""),
    ("handover:cash_sheet", Role.CASHIER, "?mine=on"),
    ("handover:passes", Role.SERVICE, "?status=all"),
    ("handover:passes", Role.SERVICE, "?q=没有这个编号"),
    ("handover:pass", Role.SERVICE, ""),
    ("handover:gate", Role.SECURITY, "?code=ABC"),
    ("handover:choose_pass_house", Role.SERVICE, "?q=没有这个房号"),
    ("handover:move_in", Role.SERVICE_LEAD, ""),
    ("handover:move_ins", Role.SERVICE, "?status=all"),
    ("handover:house_defects", Role.ENGINEERING, ""),
    ("handover:defects", Role.ENGINEERING, "?q=没有这个编号"),
    ("handover:defects", Role.ENGINEERING, "?status=all"),
    ("handover:defect", Role.ENGINEERING, ""),
    ("handover:house_keys", Role.SERVICE, ""),
    ("handover:keys", Role.SERVICE, "?status=all"),
    ("reports:weekly", Role.ESTATE_MANAGER, "?friday=2020-01-03"),
    ("reports:weekly_sheet", Role.ESTATE_MANAGER, ""),
)

# Latin words that a Chinese sentence keeps: formats, units, names of programs and of codes.
LATIN = re.compile(r"[A-Za-z]{4,}")
KEPT = {"jpeg", "webp", "heic", "xlsx", "javascript"}
# What the pages for administrators call the processes and files by.
KEPT |= {"celery", "worker", "beat", "healthz", "docs"}
# What is printed on the keys.
KEPT |= {"ctrl", "enter"}
# Numbers of records, file names, addresses, and codes of the content.
CODES = re.compile(
    r"\b(?:JC|ZG|JB|TS|SJ|JF|ZD|YL|FX|RZ)-[\w-]+|\S+\.(?:jpg|png|xlsx|pdf|svg)\b|https?://\S+|\b[a-z]+(?:-[a-z0-9]+)+\b"
)

# Everything that a person reads on the page or is told by a screen reader.
WORDS = """() => {
    const told = [...document.querySelectorAll("[aria-label], [title], [alt], [placeholder]")].flatMap((element) =>
        ["aria-label", "title", "alt", "placeholder"].map((name) => element.getAttribute(name) || ""));
    return [document.title, document.body.innerText, ...told].join("\\n");
}"""


@dataclass
class Visitor:
    """One role's browser window, kept from page to page, and what its console said since the last page."""

    page: Page
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: message.type == "error" and self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def visit(self, url: str) -> bool:
        """Open it; whether that is a page: no file, no JSON, no fragment, nothing that leads elsewhere."""
        self.said.clear()
        try:
            response = self.page.goto(url, wait_until="load")
        except Error as error:
            if "Download is starting" in str(error) or "ERR_ABORTED" in str(error):
                return False
            raise
        is_html = response.headers.get("content-type", "").startswith("text/html")
        if not is_html or response.status != 200 or response.request.redirected_from:
            return False
        self.page.wait_for_function("!document.querySelector('.htmx-request')")
        return self.page.evaluate("document.doctype !== null")


def log_in(client: Client, user: Any) -> None:
    """As if the password had been typed just now: the pages of the second factor ask for that."""
    client.force_login(user)
    session = client.session
    session["account_authentication_methods"] = [{"method": "password", "at": time.time(), "username": user.username}]
    session.save()


def fitting(right: Right | str) -> Role:
    if right == ANYONE:
        return FITTING[0]
    return next(role for role in (*FITTING, *Role) if role in HOLDERS[Right(right)])


def visits(things: dict[str, Any]) -> Iterator[tuple[str, Role | None, str]]:
    """Each URL that answers a GET, as one who may, then `MORE`."""
    wanted: list[tuple[str, Role | None, str]] = [
        (name, None if access.right == PUBLIC else fitting(access.right), "")
        for name, access in TABLE.items()
        if not access.post
    ]
    for name, role, query in (*wanted, *MORE):
        about = TABLE[name].about
        yield name, role, reverse(name, kwargs=about(things) if about else None) + query


def faults(page: Page, said: list[str], names: set[str]) -> Iterator[str]:
    # All of it at once: what a bar that stays in place happens to cover is no small target.
    width = page.viewport_size["width"]
    page.set_viewport_size(
        {"width": width, "height": min(page.evaluate("document.documentElement.scrollHeight"), 12000)}
    )
    for found in Axe().run(page, options=RULES).response["violations"]:
        yield f"axe {found['id']}: {[node['html'][:160] for node in found['nodes'][:3]]}"
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        yield f"scrolls sideways: {wide} px"
    if said:
        yield f"console: {said}"
    if (headings := page.locator("h1").count()) != 1:
        yield f"{headings} h1"
    title = page.title()
    if not re.search(r"[\u4e00-\u9fff]", title) or title.strip().startswith("·"):
        yield f"title: {title!r}"
    left = english(page.evaluate(WORDS), names)
    if left:
        yield f"English: {sorted(left)}"


def english(text: str, names: set[str]) -> set[str]:
    return {word for word in LATIN.findall(CODES.sub(" ", text)) if word.lower() not in KEPT | names}


@pytest.fixture
def things(cast: Cast, at_estate: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return at_estate(cast.estate_a1, cast.engineering)


def test_a_bad_page_is_found_out(browse) -> None:
    visitor = Visitor(browse(viewport=NARROW))
    visitor.page.goto("about:blank")
    visitor.page.set_content(
        "<html><body><h1>一</h1><h1>二</h1><p style='width: 999px'>Sorry, 没有</p><img src='data:,' width=9>"
        "<script>console.error('refused')</script></body></html>"
    )
    wrong = "\n".join(faults(visitor.page, visitor.said, set()))
    for fault in ("axe image-alt", "axe html-has-lang", "sideways", "console", "2 h1", "title", "['Sorry']"):
        assert fault in wrong, wrong


def windows(cast: Cast, browse: Browse, **options: Any) -> Callable[[Role | None], Visitor]:
    """A window for each role, opened when it is first needed."""
    opened: dict[Role | None, Visitor] = {}

    def window(role: Role | None) -> Visitor:
        if role not in opened:
            page = browse(service_workers="block", **options)
            if role is not None:
                client = Client()
                log_in(client, cast.everyone[role])
                name = django_settings.SESSION_COOKIE_NAME
                page.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": browse.address}])
            opened[role] = Visitor(page)
        return opened[role]

    return window


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESKTOP, "light"), (NARROW, "dark")], ids=["desktop-light", "phone-dark"]
)
def test_every_page_is_accessible_fits_and_is_chinese(cast, browse, things, viewport, scheme) -> None:
    window = windows(cast, browse, viewport=viewport, color_scheme=scheme)
    names = {word.lower() for person in cast.people for word in LATIN.findall(person.username)}
    seen, wrong = set(), []
    for name, role, path in visits(things):
        visitor = window(role)
        visitor.page.set_viewport_size(viewport)
        if visitor.visit(browse.url(path)):
            seen.add(name)
            wrong += [f"{path} ({role}): {fault}" for fault in faults(visitor.page, visitor.said, names)]
    assert len(seen) >= 35, sorted(seen)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("viewport", [DESKTOP, NARROW], ids=["desktop", "phone"])
def test_what_is_not_there_and_not_allowed_says_so(cast, browse, things, viewport) -> None:
    window = windows(cast, browse, viewport=viewport)
    wrong = []
    for role, path in [
        (Role.ENGINEERING, "/inspections/999999/"),
        (Role.ENGINEERING, reverse("system")),
        (Role.CASHIER, reverse("inspections:today")),
    ]:
        visitor = window(role)
        assert not visitor.visit(browse.url(path))
        said = [text for text in visitor.said if "Failed to load resource" not in text]
        wrong += [f"{path}: {fault}" for fault in faults(visitor.page, said, set())]
    assert not wrong, "\n".join(wrong)


def test_the_admin_is_chinese_and_its_console_silent(cast, browse, things) -> None:
    """The theme's own look is not ours to prove."""
    version = make_version()
    draft = create_draft(checklist=version.checklist, by=cast.administrator, at=day())
    paths = [reverse("admin:index")]
    for model in admin.site._registry:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        paths += [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
        if (first := model._default_manager.first()) is not None:
            paths.append(reverse(f"{name}_change", args=[first.pk]))
    paths += [
        reverse(f"admin:inspections_checklistversion_{page}", args=[draft.pk])
        for page in ("change", "preview", "screen", "compare", "publish", "discard")
    ]
    paths.append(reverse("admin:inspections_checklist_import", args=[version.checklist_id]))
    visitor = windows(cast, browse, viewport=DESKTOP)(Role.ADMINISTRATOR)
    wrong = []
    for path in paths:
        # What nobody may add or change answers 403 or leads elsewhere.
        if not visitor.visit(browse.url(path)):
            continue
        title = visitor.page.title()
        if visitor.said:
            wrong.append(f"{path}: console {visitor.said}")
        if not re.search(r"[\u4e00-\u9fff]", title) or english(title, set()):
            wrong.append(f"{path}: title {title!r}")
    assert not wrong, "\n".join(wrong)
