"""One estate's bulletin as PDF: beside WeasyPrint's own time for the same HTML; its size; a worker's memory after 200."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from unittest import mock

from django.template.loader import render_to_string
from weasyprint import HTML

from foundation.pdf import rendering
from foundation.pdf.rendering import Fetcher, font_configuration, stylesheet
from reports.printing import bulletin_pdf
from script.benchmarks.measuring import Row, in_turns, timed
from script.benchmarks.pdf_worker import PRINTED, bulletins

ROUNDS = 7
TEMPLATE = "reports/bulletin_pdf.html"


def run(at: datetime) -> list[Row]:
    bulletin = bulletins(at)[0]
    printed: list[str] = []
    with mock.patch.object(
        rendering, "render_to_string", lambda *args: printed.append(render_to_string(*args)) or printed[-1]
    ):
        content = bulletin_pdf(bulletin)
    ours, floor = in_turns(
        ROUNDS, lambda: timed(lambda: bulletin_pdf(bulletin)), lambda: timed(lambda: _weasyprint(printed[0]))
    )
    memory = _memory_of_worker()
    return [
        Row("项目简报 PDF(热)", ours, ROUNDS, floor, times=1.3, about="下限为 WeasyPrint 排版同一 HTML"),
        Row("  文件（无照片）", round(len(content) / 1e6, 3), unit="MB", most=1),
        Row(
            f"  工作进程打印 {PRINTED} 份后的内存",
            memory[-1],
            unit="MB",
            most=400,
            about="第 1、20、100、200 份后：" + "、".join(map(str, memory)),
        ),
    ]


def _weasyprint(html: str) -> None:
    document = HTML(string=html, url_fetcher=Fetcher({}, TEMPLATE))
    document.write_pdf(stylesheets=[stylesheet()], font_config=font_configuration())


def _memory_of_worker() -> list[int]:
    """A process of its own, with all that a web process has loaded."""
    done = subprocess.run(
        [sys.executable, "-m", "script.benchmarks.pdf_worker"],
        env=dict(os.environ),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return [int(word) for word in done.stdout.split()]
