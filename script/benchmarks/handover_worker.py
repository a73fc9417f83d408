"""The process that works at one owner list, as Celery's does: `python -m script.benchmarks.handover_worker <pk>`."""

from __future__ import annotations

import json
import os
import sys
from itertools import pairwise
from pathlib import Path
from time import perf_counter
from unittest import mock


def megabytes(name: str) -> int:
    """Of /proc: getrusage would also count what the process that started this one was."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.split(f"{name}:")[1].split()[0]) / 1024)


def run(pk: int) -> None:
    """On stdout: milliseconds, megabytes before it and at its peak, how often it told of itself, the longest silence."""
    from script.benchmarks.__main__ import setup_django

    setup_django(os.environ["DATABASE_URL"])
    from config.celery import app
    from foundation.records import progress
    from handover.tasks import work_list

    app.loader.import_default_modules()
    told: list[float] = []
    tell = progress.tell

    def noted(key: str, done: int, total: int) -> None:
        told.append(perf_counter())
        tell(key, done, total)

    before = megabytes("VmRSS")
    began = perf_counter()
    with mock.patch.object(progress, "tell", noted):
        assert work_list(pk)
    ended = perf_counter()
    moments = [began, *told, ended]
    print(
        json.dumps(
            {
                "ms": (ended - began) * 1000,
                "before": before,
                "peak": megabytes("VmHWM"),
                "told": len(told),
                "silence": max(later - one for one, later in pairwise(moments)),
            }
        )
    )


if __name__ == "__main__":
    run(int(sys.argv[1]))
