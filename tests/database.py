"""The test database: migrated once, and copied from then on while no migration changes.

Beside `test_dudao` (or DUDAO_TEST_DB) stands `test_dudao_template`. The comment on it says what it was made from. Every
run and each of its processes copies it, which takes half a second; the migrations take twelve.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from psycopg import sql


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """In the place of pytest-django's; --reuse-db and --create-db mean what they mean there."""
    verbosity = request.config.option.verbose
    name = connection.creation._get_test_db_name()
    with django_db_blocker.unblock():
        with on_server() as server:
            if django_db_createdb or not (django_db_keepdb and exists(server, name)):
                make(server, name, verbosity)
        old = setup_databases(verbosity=verbosity, interactive=False, serialized_aliases=set(), keepdb=True)
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(old, verbosity=verbosity)


@contextmanager
def on_server() -> Iterator[psycopg.Connection]:
    """A connection to the server's own database."""
    with connection.creation._nodb_cursor() as cursor:
        yield cursor.connection


def make(server: psycopg.Connection, name: str, verbosity: int) -> None:
    """A fresh database of that name: a copy of the template, which is made where there is none that fits."""
    template = f"{os.environ.get('DUDAO_TEST_DB', 'test_dudao')}_template"
    wanted = fingerprint()
    # One process of the run makes it, the others wait; the lock ends with the connection.
    server.execute("SELECT pg_advisory_lock(hashtext(%s))", [template])
    if comment(server, template) == wanted:
        drop(server, name)
        copy(server, template, name)
        return
    old = setup_databases(verbosity=verbosity, interactive=False, serialized_aliases=set())
    connection.close()
    # Django's own name for the database, until it is set up again.
    connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = old[0][1]
    drop(server, template)
    copy(server, name, template)
    server.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(template), sql.Literal(wanted)))


def fingerprint() -> str:
    """Changes with every migration of ours, and with the versions of those that come with packages."""
    ours = [path for folder in ("*", "foundation/*") for path in settings.BASE_DIR.glob(f"{folder}/migrations/*.py")]
    content = [path.read_bytes() for path in sorted([*ours, settings.BASE_DIR / "requirements.lock"])]
    return hashlib.sha256(b"".join(content)).hexdigest()


def exists(server: psycopg.Connection, name: str) -> bool:
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def comment(server: psycopg.Connection, name: str) -> str | None:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
    row = server.execute(query, [name]).fetchone()
    return row[0] if row else None


def drop(server: psycopg.Connection, name: str) -> None:
    server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def copy(server: psycopg.Connection, source: str, name: str) -> None:
    query = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    server.execute(query.format(sql.Identifier(name), sql.Identifier(source)))
