"""Chromium against the live server.

    def test_something(cast, browse):
        page = browse(cast.engineering)          # a phone of its own, logged in
        page.goto(browse.url("/inspections/"))

Without Chromium these tests are skipped on a developer's machine and fail in CI (`CI=true`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect

from accounts.models import User

# Playwright's synchronous interface runs a loop in this thread; Django would take our queries for asynchronous ones.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

PHONE = {"width": 390, "height": 844}
TABLET = {"width": 820, "height": 1180}
DESKTOP = {"width": 1280, "height": 900}


class Browse:
    """Devices. Each call is a new one: its own cookies, storage and service worker."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.contexts: list[BrowserContext] = []

    def __call__(self, user: User | None = None, *, viewport: dict[str, int] = PHONE, **options: Any) -> Page:
        context = self.browser.new_context(
            viewport=viewport,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            has_touch=viewport is PHONE or viewport is TABLET,
            # Motion is for eyes; a test waits for it in vain.
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(20_000)
        self.contexts.append(context)
        if user is not None:
            self.log_in(context, user)
        return context.new_page()

    def log_in(self, context: BrowserContext, user: User) -> None:
        client = Client()
        client.force_login(user)
        name = django_settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.address}])

    def url(self, path: str) -> str:
        return f"{self.address}{path}"


@pytest.fixture
def browse(chromium: Browser, live_server, settings, tmp_path) -> Iterator[Browse]:
    """Service workers need https or localhost."""
    settings.MEDIA_ROOT = tmp_path / "files"
    expect.set_options(timeout=20_000)
    devices = Browse(chromium, live_server.url.replace("127.0.0.1", "localhost"))
    yield devices
    for context in devices.contexts:
        context.close()
