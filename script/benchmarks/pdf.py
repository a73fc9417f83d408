"""One estate's bulletin as PDF: beside WeasyPrint's own time for the same HTML; its size; a worker's memory after 200."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path
from unittest import mock

from weasyprint import HTML

from foundation.pdf import rendering
from foundation.pdf.rendering import Fetcher, font_configuration, stylesheet
from reports.models import Bulletin
from reports.months import Month
from reports.printing import bulletin_pdf
from script.benchmarks.measuring import Row, in_turns, timed

ROUNDS = 7
PRINTED = 200
TEMPLATE = "reports/bulletin_pdf.html"


def bulletins(at: datetime):
    """Of estates, last month: their photos are of this month, so these have none."""
    of_month = Bulletin.objects.filter(month=Month.before(at).first, node__kind="estate")
    return of_month.select_related("node__parent", "issued_by").order_by("pk")


def run(at: datetime) -> list[Row]:
    bulletin = bulletins(at)[0]
    with mock.patch.object(rendering, "render_to_string", wraps=rendering.render_to_string) as rendered:
        printed: list[str] = []
        rendered.side_effect = lambda *args: printed.append(mock_free(*args)) or printed[-1]
        content = bulletin_pdf(bulletin)
    ours, floor = in_turns(ROUNDS, lambda: timed(lambda: bulletin_pdf(bulletin)), lambda: timed(lambda: _weasyprint(printed[0])))
    memory = _memory_of_worker()
    return [
        Row("项目简报 PDF(热)", ours, ROUNDS, floor, times=1.3, about="下限为 WeasyPrint 排版同一 HTML"),
        Row("  文件(无照片)", round(len(content) / 1e6, 3), unit="MB", most=1),
        Row(f"  工作进程打印 {PRINTED} 份后的内存", memory[-1], unit="MB", most=400, about="第 1、20、100、200 份后:" + "、".join(map(str, memory))),
    ]


mock_free = rendering.render_to_string


def _weasyprint(html: str) -> None:
    document = HTML(string=html, url_fetcher=Fetcher({}, TEMPLATE))
    document.write_pdf(stylesheets=[stylesheet()], font_config=font_configuration())


def _memory_of_worker() -> list[int]:
    """A process of its own, with all that a web process has loaded."""
    done = subprocess.run(
        [sys.executable, "-m", "script.benchmarks.pdf"], env=dict(os.environ), stdout=subprocess.PIPE, text=True, check=True
    )
    return [int(word) for word in done.stdout.split()]


def print_many() -> None:
    """In the worker: print, and say the resident megabytes after the 1st, 20th, 100th and 200th."""
    from django.core.handlers.wsgi import WSGIHandler
    from django.utils import timezone

    from script.benchmarks.database import Scratch

    WSGIHandler()
    at = Scratch(os.environ["DATABASE_URL"]).stamp() or timezone.now()
    rows = list(bulletins(at)[:30])
    for number, bulletin in enumerate(islice(cycle(rows), PRINTED), start=1):
        bulletin_pdf(bulletin)
        if number in (1, 20, 100, PRINTED):
            status = Path("/proc/self/status").read_text()
            print(round(int(status.split("VmRSS:")[1].split()[0]) / 1024), flush=True)


if __name__ == "__main__":
    from script.benchmarks.__main__ import setup_django

    setup_django(os.environ["DATABASE_URL"])
    print_many()
