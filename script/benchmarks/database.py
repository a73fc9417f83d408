"""The scratch database: made beside the one that DATABASE_URL names, kept between runs while its stamp fits."""

from __future__ import annotations

import hashlib
import os
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parents[2]
NAME = os.environ.get("DUDAO_BENCH_DB", "dudao_bench")


def fingerprint(volume: object) -> str:
    """Changes with what the data are made of and of what shape: the builder, the migrations, the standard content."""
    files = [
        *Path(__file__).parent.glob("scale*"),
        *ROOT.glob("*/migrations/*.py"),
        *ROOT.glob("foundation/*/migrations/*.py"),
    ]
    files += ROOT.glob("*/standards/**/*.yaml")
    parts = [repr(volume).encode(), *(path.read_bytes() for path in sorted(files) if path.is_file())]
    return hashlib.sha256(b"".join(parts)).hexdigest()


class Scratch:
    """Superuser's work: the builder switches the foreign keys' triggers off while it writes what it knows to fit."""

    def __init__(self, server_url: str, volume: object) -> None:
        self.server_url, self.volume = server_url, volume
        self.url = urlunsplit(urlsplit(server_url)._replace(path=f"/{NAME}"))

    def stamp(self) -> datetime | None:
        """The moment for which the data were built; None where there are none, or others than would be built now."""
        try:
            with psycopg.connect(self.url) as connection:
                row = connection.execute("SELECT fingerprint, at FROM bench_stamp").fetchone()
        except (psycopg.OperationalError, psycopg.errors.UndefinedTable):
            return None
        return row[1] if row and row[0] == fingerprint(self.volume) else None

    def put_stamp(self, at: datetime) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute("CREATE TABLE bench_stamp (fingerprint text, at timestamptz)")
            connection.execute("INSERT INTO bench_stamp VALUES (%s, %s)", [fingerprint(self.volume), at])

    def make(self) -> None:
        self.drop()
        self._on_server(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(NAME)))

    def drop(self) -> None:
        self._on_server(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(NAME)))

    def _on_server(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.server_url, autocommit=True) as connection:
            connection.execute(statement)
