"""Server time and queries of each page for three people, in process, through all the middleware.

Warm: every address is asked once before it is measured. The floor is the frame alone: a page with nothing on it. Beside
the time on the clock stands the time on a processor (ours and the database's): what is left of it on a busy machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from time import process_time
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Post, User
from accounts.roles import Role
from complaints.models import Case
from estates.models import Estate
from foundation.worktime.local import local_date
from foundation.worktime.months import Month
from inspections.models import Inspection, Rectification
from reports.models import Bulletin, WeeklySheet
from script.benchmarks.measuring import Row, percentile, timed

REQUESTS = 40
RECORDS = 10
QUERIES, MILLISECONDS = 15, 150


class Page(NamedTuple):
    """Addresses that are asked in turn; `limited` where the issue names a limit for the page: `most` ms, `queries`."""

    name: str
    addresses: list[str]
    limited: bool = True
    most: float = MILLISECONDS
    queries: int = QUERIES


class Person(NamedTuple):
    title: str
    user: User
    estate: Estate  # one that the person sees


def run(at: datetime) -> list[Row]:
    return measured(people(), lambda person: pages(person, at))


def measured(persons: list[Person], pages_of: Callable[[Person], list[Page]]) -> list[Row]:
    rows = []
    for person in persons:
        client = Client(raise_request_exception=False)
        client.force_login(person.user)
        with counting() as asked:
            frame = measure(client, [reverse("accounts:profile")], asked).median
            for page in pages_of(person):
                rows.append(row(person, page, client, asked, frame))
                print("  " + "  ".join(filter(None, rows[-1].cells())), file=sys.stderr, flush=True)
    return rows


def people() -> list[Person]:
    estate = Estate.objects.select_related("parent").order_by("code")[7]
    places = [
        (Role.GROUP_SUPERVISOR, estate.parent.parent_id),
        (Role.BRANCH_SUPERVISOR, estate.parent_id),
        (Role.ESTATE_MANAGER, estate.pk),
        (Role.SERVICE_LEAD, estate.pk),
    ]
    posts = [Post.objects.select_related("user").get(role=role, node=node) for role, node in places]
    return [Person(Role(post.role).label, post.user, estate) for post in posts]


def pages(person: Person, at: datetime) -> list[Page]:
    user, today = person.user, local_date(at)
    inspections = Inspection.objects.visible_to(user)
    rectifications = Rectification.objects.visible_to(user)
    last = -(-inspections.count() // 50)
    month = Month.before(at)
    bulletins = (
        Bulletin.objects.visible_to(user).filter(month__in=[month.first, month.shift(-1).first]).order_by("-month")
    )
    listed = reverse("inspections:records")
    found = [
        Page("首页", [reverse("reports:home")]),
        Page("今日检查", [reverse("inspections:today")]),
        Page("检查记录", [listed, f"{listed}?page=2"]),
        Page("检查记录 · 筛选", list(filters(listed, today))),
        Page("检查记录 · 最后一页", [f"{listed}?page={last}"]),
        Page("检查", [reverse("inspections:record", args=[pk]) for pk in some(inspections.submitted())]),
        Page(
            "检查执行",
            [reverse("inspections:fill", args=[pk]) for pk in some(inspections.for_team(user).open(at))],
            limited=False,
        ),
        Page("整改单", [reverse("inspections:rectifications")]),
        Page("整改单 · 筛选", list(rectification_filters())),
        Page("整改单（一张）", [reverse("inspections:rectification", args=[pk]) for pk in some(rectifications)]),
        Page("督导计划", [reverse("inspections:schedules")], limited=False),
        Page("督导覆盖", list(coverage(today))),
        Page("重复发生", [reverse("inspections:repeats")]),
        Page("月度简报（列表）", [reverse("reports:bulletins"), reverse("reports:bulletins") + "?page=2"]),
        Page(
            "房屋与业主",
            [reverse("estates:houses"), reverse("estates:houses") + "?q=1502", reverse("estates:houses") + "?page=9"],
        ),
    ]
    found += case_pages(user)
    if person.user.may("view_credibility"):
        found.append(Page("自查可信度", [reverse("inspections:credibility")]))
    for kind in ("group", "branch", "estate"):
        of_kind = bulletins.filter(node__kind=kind)[:4]
        found.append(
            Page(f"简报 · {kind_label(kind)}", [reverse("reports:bulletin", args=[one.pk]) for one in of_kind])
        )
    return [page for page in found if page.addresses]


def case_list() -> Page:
    """Its limits are its own: 12 statements, 120 ms."""
    path = reverse("complaints:cases")
    asked: list[dict[str, str]] = [
        {},
        {"page": "2"},
        {"status": "overdue"},
        {"status": "closed"},
        {"status": "all"},
        {"status": "all", "page": "999999"},
        {"kind": "complaint", "grade": "major"},
        {"department": "engineering"},
        {"q": "电梯"},
        {"mine": "on"},
    ]
    return Page("诉求单", [f"{path}?{urlencode(one)}" for one in asked], most=120, queries=12)


def case_pages(user: User) -> list[Page]:
    cases, sheets = Case.objects.visible_to(user), WeeklySheet.objects.visible_to(user)
    listed = reverse("reports:weekly")
    found = [
        case_list(),
        Page("诉求单（一张）", [reverse("complaints:case", args=[pk]) for pk in [*some(cases.open()), *some(cases)]]),
        Page("客户访问", [reverse("complaints:visits")]),
        Page("周汇报表（列表）", [listed, f"{listed}?page=2"]),
        Page("周汇报表", [reverse("reports:weekly_sheet", args=[pk]) for pk in some(sheets)]),
    ]
    if user.may("register_case"):
        found.append(Page("登记诉求", [reverse("complaints:register")]))
    if user.may("call_back"):
        due = cases.to_call_back()
        found.append(Page("待回访", [reverse("complaints:callbacks")]))
        found.append(Page("回访台", [reverse("complaints:desk", args=[pk]) for pk in some(due)]))
    return found


def kind_label(kind: str) -> str:
    return {"group": "集团", "branch": "分公司", "estate": "项目"}[kind]


def some(rows) -> list[int]:
    """Newer and older ones, spread evenly over the newest two thousand."""
    keys = list(rows.order_by("-pk").values_list("pk", flat=True)[:2000])
    return keys[:: max(1, len(keys) // RECORDS)][:RECORDS]


def filters(path: str, today) -> Iterator[str]:
    weeks = {"since": (today - timedelta(days=21)).isoformat(), "until": today.isoformat()}
    for asked in (
        {"status": "missed"},
        {"tier": "branch"},
        {"checklist": "ten-checks", "grade": "poor"},
        {"way": "fire", **weeks},
        {"redline": "on"},
        {"q": "E05-2026"},
        {"sort": "score"},
        {"subject": "fire", **weeks},
    ):
        yield f"{path}?{urlencode(asked)}"


def rectification_filters() -> Iterator[str]:
    path = reverse("inspections:rectifications")
    for asked in (
        {"status": "overdue"},
        {"status": "closed"},
        {"status": "all", "risk": "redline"},
        {"status": "all", "repeat": "on"},
        {"status": "all", "page": "999999"},
        {"status": "recheck", "role": "engineering"},
        {"status": "all", "q": "消防"},
    ):
        yield f"{path}?{urlencode(asked)}"


def coverage(today) -> Iterator[str]:
    path = reverse("inspections:coverage")
    yield path
    yield f"{path}?{urlencode({'checklist': 'ten-checks', 'frequency': 'month', 'on': Month.of(today).shift(-1).first})}"
    yield f"{path}?{urlencode({'checklist': 'ten-checks', 'frequency': 'quarter', 'on': Month.of(today).shift(-3).first})}"


# --- asking ----------------------------------------------------------------------------------------------------------


class Measured(NamedTuple):
    times: list[float]
    busy: list[float]
    queries: int
    slowest: str
    refused: int

    @property
    def median(self) -> float:
        return percentile(self.times, 0.5)


@contextmanager
def counting() -> Iterator[list[str]]:
    """Every statement of the connection, as it is sent."""
    asked: list[str] = []

    def note(execute: Callable, sql: str, params: object, many: bool, context: dict) -> object:
        asked.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked


def on_processor() -> float:
    """Milliseconds that this process and its database session have computed so far; parallel workers not counted."""
    session = Path(f"/proc/{connection.connection.info.backend_pid}/schedstat")
    try:
        theirs = int(session.read_text().split()[0]) / 1e6
    except OSError:
        theirs = 0.0
    return process_time() * 1000 + theirs


def measure(client: Client, addresses: list[str], asked: list[str]) -> Measured:
    """Each address once to warm up, then all of them in turns."""
    queries, refused = 0, 0
    for address in addresses:
        asked.clear()
        status = client.get(address).status_code
        refused = refused or (status if status != 200 else 0)
        queries = max(queries, len(asked))
    if refused:
        return Measured([0.0], [0.0], 0, "", refused)
    times, busy = [], []
    for address in islice(cycle(addresses), max(REQUESTS, len(addresses))):
        began = on_processor()
        times.append((timed(lambda address=address: client.get(address)), address))
        busy.append(on_processor() - began)
    by_address: dict[str, list[float]] = {}
    for time, address in times:
        by_address.setdefault(address, []).append(time)
    slowest = max(addresses, key=lambda address: percentile(by_address[address], 0.5))
    return Measured([time for time, _ in times], busy, queries, slowest if len(addresses) > 1 else "", 0)


def row(person: Person, page: Page, client: Client, asked: list[str], frame: float) -> Row:
    """The 95th percentile against the limit; half of them, the queries and the slowest address beside it."""
    found = measure(client, page.addresses, asked)
    if found.refused:
        return Row(f"{person.title} · {page.name}", float("nan"), 0, about=f"未测：HTTP {found.refused}")
    slowest = f"，最慢 {found.slowest}" if found.slowest else ""
    over = f" > {page.queries}!" if found.queries > page.queries else ""
    return Row(
        f"{person.title} · {page.name}",
        percentile(found.times, 0.95),
        len(found.times),
        frame,
        most=page.most if page.limited else None,
        about=f"p50 {found.median:,.0f} ms，处理器 p95 {percentile(found.busy, 0.95):,.0f} ms，查询 {found.queries}{over}{slowest}",
    )
