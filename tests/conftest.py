"""Fixtures that every test may use."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.cast import cast
from tests.database import django_db_setup

__all__ = ["cast", "django_db_setup"]

# Playwright runs its own event loop in this thread; the ORM of the fixtures is not called from within it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

# What takes a minute and more. Begun first, so that at the end no process sits over one of them while the others idle.
LONGEST = (
    "tests/browser/test_every_page.py",
    "tests/test_access.py",
    "tests/inspections/test_killed_worker.py",
    "tests/complaints/test_killed_worker.py",
    "tests/complaints/test_sla_examples.py",
    "tests/config/test_demo_cases.py",
    "tests/config/test_demo_handovers.py",
    "tests/timers/test_kill.py",
    "tests/notices/test_kill.py",
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first where several processes share the work; a single one keeps its order."""
    if hasattr(config, "workerinput"):
        place = {name: number for number, name in enumerate(LONGEST)}
        items.sort(key=lambda item: place.get(item.location[0], len(place)))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{CHROMIUM} is missing: CI must run the browser tests.")
        pytest.skip(f"no Chromium at {CHROMIUM}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()
