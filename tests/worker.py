"""The product's worker, Celery's, started by the command of script/server, for tests that kill it."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings

from config.celery import app
from tests.forks import Forked, Loaded
from tests.processes import environment, rows, wait_until_alone

PATIENCE = 60  # seconds until a worker that was started must have come so far

# What a worker imports when it starts, and when it first has something to do (the addresses in notices).
LOADED = ["celery.__main__", "celery.bin.worker", "celery.apps.worker", "celery.concurrency.prefork", "config.urls"]
LOADED += ["foundation.timers.tasks", "foundation.notices.tasks"]


class Worker:
    """Celery on the test's database and broker, in a process group of its own. `more` is put into its environment."""

    def __init__(self, command: list[str], log: Path) -> None:
        self.command, self.log = command, log
        self.more: dict[str, str] = {}
        self.loaded: Loaded | None = None
        self.process: Forked | None = None

    def start(self) -> None:
        """At once: it is forked off a process that has loaded what a worker loads."""
        if self.loaded is None:
            self.loaded = Loaded(LOADED, environment(**self.more))
        self.process = self.loaded.fork("celery.__main__:main", *self.command, out=self.log)

    def kill(self) -> None:
        """The parent and its pool at once, as the machine's power would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None
            wait_until_alone()

    def end(self) -> None:
        self.kill()
        if self.loaded:
            self.loaded.end()

    def kill_pool(self) -> None:
        """The processes that do the work, as the kernel does when memory runs out; the parent lives on."""
        pool = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in pool:
            os.kill(int(pid), signal.SIGKILL)

    def wait_until(self, happened: Callable[[], bool], *, each_second: Callable[[], object] | None = None) -> None:
        """`each_second` stands in for beat, where what is waited for may need its next tick."""
        until, tick = time.monotonic() + PATIENCE, time.monotonic() + 1
        while not happened():
            if each_second and time.monotonic() > tick:
                each_second()
                tick += 1
            assert self.process.poll() is None, f"the worker ended by itself:\n{self.log.read_text()}"
            assert time.monotonic() < until, f"the worker did not come so far:\n{self.log.read_text()}"
            time.sleep(0.002)


@pytest.fixture
def worker(monkeypatch, tmp_path) -> Iterator[Worker]:
    monkeypatch.syspath_prepend(str(settings.BASE_DIR / "script" / "local"))
    one = Worker(import_module("serve").WORKER, tmp_path / "worker.log")
    was_eager, app.conf.task_always_eager = app.conf.task_always_eager, False
    yield one
    app.conf.task_always_eager = was_eager
    one.end()
    forget_messages()


def forget_messages() -> None:
    """What the killed workers had taken and not acknowledged would come again in an hour."""
    queue = settings.CELERY_TASK_DEFAULT_QUEUE
    with app.connection_for_write() as connection:
        broker = connection.default_channel.client
        for tag, taken in broker.hgetall("unacked").items():
            if json.loads(taken)[2] == queue:
                broker.hdel("unacked", tag)
                broker.zrem("unacked_index", tag)
        broker.delete(queue)


def notices_written() -> int:
    """Committed or not: a sequence knows no rollback, so from outside it shows how far a sweep has come."""
    ((last, is_called),) = rows("SELECT last_value, is_called FROM notices_notice_id_seq")
    return last if is_called else last - 1
