"""The process that prints 200 bulletins and says how large it has grown: `python -m script.benchmarks.pdf_worker`."""

from __future__ import annotations

import os
from datetime import datetime
from itertools import cycle, islice
from pathlib import Path

PRINTED = 200
TOLD_AT = (1, 20, 100, PRINTED)


def bulletins(at: datetime):
    """Of estates, last month: the photos are of this month, so these have none."""
    from foundation.worktime.months import Month
    from reports.models import Bulletin

    of_month = Bulletin.objects.filter(month=Month.before(at).first, node__kind="estate")
    return of_month.select_related("node__parent", "issued_by").order_by("pk")


def run() -> None:
    """Resident megabytes on stdout, after some of them."""
    from script.benchmarks.__main__ import setup_django

    setup_django(os.environ["DATABASE_URL"])
    from django.core.handlers.wsgi import WSGIHandler
    from django.utils import timezone

    from reports.printing import bulletin_pdf

    # Loads what a web process has loaded: middleware, URLs, views.
    WSGIHandler().resolve_request  # noqa: B018
    rows = list(bulletins(timezone.now())[:30])
    for number, bulletin in enumerate(islice(cycle(rows), PRINTED), start=1):
        bulletin_pdf(bulletin)
        if number in TOLD_AT:
            status = Path("/proc/self/status").read_text()
            print(round(int(status.split("VmRSS:")[1].split()[0]) / 1024), flush=True)


if __name__ == "__main__":
    run()
