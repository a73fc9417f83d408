"""Processes on the test's database, each forked off one that has loaded the product: real ones to kill, and begun at once.

    with Loaded(["config.celery"], environment()) as loaded:   # what is imported, and the environment for all of them
        one = loaded.fork("celery.__main__:main", "celery", "-A", "config", "worker", out=tmp_path / "log")
        one.kill()

Each is a process group of its own with connections of its own; what it shares with its siblings is imported code.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Self

from django.conf import settings


class Loaded:
    """The process that forks. It is started at the first fork and ends with the `with`."""

    def __init__(self, modules: list[str], environment: dict[str, str]) -> None:
        self.modules, self.environment = modules, environment
        self.process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        if self.process:
            self.process.stdin.close()
            self.process.wait(60)
            self.process.stdout.close()

    def ask(self, **order: Any) -> Any:
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", *self.modules],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def fork(self, run: str, *arguments: str, out: Path) -> Forked:
        """Calls the function `module:name` with these arguments as its command line; what it says is added to `out`."""
        return Forked(self, self.ask(fork=run, arguments=arguments, out=str(out)))


class Forked:
    """As much of Popen as the tests need."""

    def __init__(self, parent: Loaded, pid: int) -> None:
        self.parent, self.pid = parent, pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self.parent.ask(poll=self.pid)
        return self.returncode

    def kill(self) -> None:
        """It and what it has forked itself, at once, as the machine's power would."""
        if self.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)

    def wait(self, seconds: float = 60) -> int:
        until = time.monotonic() + seconds
        while self.poll() is None:
            assert time.monotonic() < until, "it has not ended"
            time.sleep(0.005)
        return self.returncode


# --- in the process that forks ----------------------------------------------------------------------------------------


def serve(modules: list[str]) -> None:
    import django

    django.setup()
    for name in modules:
        import_module(name)
    for line in sys.stdin:
        order = json.loads(line)
        if "poll" in order:
            pid, status = os.waitpid(order["poll"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                become(order)
            # By whichever of the two comes first: the group is there before anybody can kill it.
            with suppress(OSError):
                os.setpgid(answer, answer)
        print(json.dumps(answer), flush=True)


def become(order: dict[str, Any]) -> None:
    """Never returns."""
    code = 1
    try:
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDONLY)
        out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for ours, its in ((nothing, 0), (out, 1), (out, 2)):
            os.dup2(ours, its)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        module, name = order["fork"].split(":")
        sys.argv = order["arguments"]
        getattr(import_module(module), name)()
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        os._exit(code)


if __name__ == "__main__":
    serve(sys.argv[1:])
