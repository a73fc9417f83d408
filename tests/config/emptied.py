"""For tests that build the demo a second time."""

from __future__ import annotations

from django.apps import apps
from django.db import connection


def forget() -> None:
    """An empty database again, inside the test's transaction."""
    tables = ", ".join(connection.ops.quote_name(model._meta.db_table) for model in apps.get_models())
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("SET LOCAL dudao.allow_truncate = 'on'")
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
