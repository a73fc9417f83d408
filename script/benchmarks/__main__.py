"""`script/bench [part …] [--keep] [--rebuild]`: build the data where they are not there yet, measure, print the table."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from unittest import mock

from script.benchmarks.database import Scratch
from script.benchmarks.measuring import Row, table
from script.benchmarks.scale_volume import FULL, SMALL, Volume

# In this order: the sweep's million clocks first, the two hundred PDFs last.
PARTS = {
    "sweep": "100 万个计时的扫描",
    "generation": "3,000 个项目一天的检查",
    "size": "300 个项目 × 12 个月的大小",
    "bulletin": "集团简报的统计",
    "cases": "10 万张诉求单：列表、来电查找、登记、时限阶梯",
    "handover": "1 万户的交付名单、500 户的交付现场",
    "pages": "各页面",
    "pdf": "简报 PDF",
}


def run() -> int:
    parser = argparse.ArgumentParser(
        prog="script/bench", description="在满负荷的数据上测量主要工作；不是测试，不会失败。"
    )
    parser.add_argument(
        "parts", nargs="*", metavar="部分", help="、".join(f"{key}({about})" for key, about in PARTS.items())
    )
    parser.add_argument("--keep", action="store_true", help="保留数据库 dudao_bench，下次不再生成（约 4 GB）")
    parser.add_argument("--rebuild", action="store_true", help="重新生成数据")
    parser.add_argument("--small", action="store_true", help="少量数据，只为试运行，数字没有意义")
    given = parser.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        parser.error(f"没有这个部分：{'、'.join(sorted(unknown))}")
    volume = SMALL if given.small else FULL
    scratch = Scratch(os.environ["DATABASE_URL"], volume)
    at = None if given.rebuild else scratch.stamp()
    if at is None:
        scratch.make()
    setup_django(scratch.url)
    if at is None:
        at = built_now(scratch, volume)
    rows: list[Row] = []
    try:
        # Each part's rows are kept as they come: what was measured is printed, also when a later part breaks off.
        for found in measure(given.parts or list(PARTS), at):
            rows += found
    finally:
        print(f"\n{machine()}\n\n{table(rows)}")
        if not given.keep:
            from django.db import connection

            connection.close()
            scratch.drop()
    return 0


def setup_django(database_url: str) -> None:
    os.environ["DATABASE_URL"] = database_url
    os.environ["LOG_LEVEL"] = "ERROR"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()


def built_now(scratch: Scratch, volume: Volume) -> datetime:
    from django.db import connection
    from django.utils import timezone

    from script.benchmarks import scale

    # Mid-afternoon: half of the day's inspections are handed in.
    at = timezone.localtime().replace(hour=16, minute=0, second=0, microsecond=0)
    if at > timezone.now():
        at -= timedelta(days=1)
    scale.build(at, volume)
    connection.close()
    scratch.put_stamp(at)
    return at


def measure(parts: list[str], at: datetime) -> Iterator[list[Row]]:
    """Each part's rows, at the moment for which the data were built."""
    with mock.patch("django.utils.timezone.now", return_value=at):
        for part in PARTS:
            if part in parts:
                print(f"· {PARTS[part]}", file=sys.stderr, flush=True)
                yield importlib.import_module(f"script.benchmarks.{part}").run(at)


def machine() -> str:
    from django.db import connection

    memory = next(
        line.split()[1] for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemTotal")
    )
    load = os.getloadavg()[0]
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        version = cursor.fetchone()[0]
    connection.close()
    return (
        f"{os.cpu_count()} 核，内存 {int(memory) / 2**20:.0f} GB,Python {platform.python_version()},PostgreSQL {version.split()[0]}"
        f"（默认设置），负载 {load:.1f}；下限与实测在同一次运行中交替测得"
    )


if __name__ == "__main__":
    sys.exit(run())
