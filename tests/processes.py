"""Processes of their own on the test's database, for tests that kill them. Such a test commits (`transaction=True`)."""

from __future__ import annotations

import os
import time
from typing import Any
from urllib.parse import quote

from django.db import connection

# By which their connections are known: a live server of this process may have others.
KILLED = "killed-by-a-test"


def environment(**more: str) -> dict[str, str]:
    """As in production, except that it is the test's database."""
    database = connection.settings_dict
    password = f":{quote(database['PASSWORD'], safe='')}" if database["PASSWORD"] else ""
    place = f"{quote(database['HOST'] or '', safe='')}:{database['PORT'] or 5432}"
    url = f"postgres://{quote(database['USER'] or '', safe='')}{password}@{place}/{database['NAME']}"
    ours = {"DJANGO_SETTINGS_MODULE": "config.settings_test", "DATABASE_URL": url, "PGAPPNAME": KILLED}
    return os.environ | ours | more


def rows(sql: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def wait_until_alone(seconds: float = 20) -> None:
    """The server may still be rolling back what a killed process had begun."""
    until = time.monotonic() + seconds
    while rows("SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND application_name = %s", KILLED):
        assert time.monotonic() < until, "what was killed still holds its connection"
        time.sleep(0.02)
