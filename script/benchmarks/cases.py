"""The case list, the desk's search, a registration, and the ladder with ten thousand open cases (CMP-1, CMP-9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from time import perf_counter
from typing import Any

from django.db import connection, transaction

from accounts.models import Post, User
from accounts.roles import Role
from complaints.choices import Channel, Kind
from complaints.models import Case
from complaints.services.registering import Caller, register_case
from complaints.services.upgrading import sweep_weeks
from estates.models import Branch, Estate, House, NameKey, Owner
from estates.search import callers
from foundation.timers.sweeping import sweep
from foundation.worktime.weeks import Week
from reports.weekly import count_week
from script.benchmarks.measuring import Row, in_turns, percentile, timed
from script.benchmarks.pages import case_list, counting, measured, people

SEARCH_ROUNDS, REGISTERED = 12, 40
OPEN, MINUTES, WEEK_ROUNDS = 10_000, 20, 7
TICK = timedelta(minutes=1)


def run(at: datetime) -> list[Row]:
    return [*_lists(), *_searches(), *_registrations(at), *_ladder(at), *_weeks(at)]


# --- the list ---------------------------------------------------------------------------------------------------------


def _lists() -> list[Row]:
    """As each of the people of the pages, with its filters."""
    return measured(people(), lambda person: [case_list()])


# --- who is calling ---------------------------------------------------------------------------------------------------

# What any search reads at least: the keys that begin with the word, their houses and the people of these.
BARE_SEARCH = """
SELECT * FROM (SELECT house_id FROM estates_namekey WHERE key >= %(word)s AND key < %(after)s AND estate_id = ANY(%(estates)s)
               ORDER BY key LIMIT 36) AS hit
JOIN estates_house h ON h.id = hit.house_id LEFT JOIN estates_owner o ON o.house_id = h.id AND o.until IS NULL
LEFT JOIN estates_tenant t ON t.house_id = h.id AND t.until IS NULL LIMIT 12
"""


def _searches() -> list[Row]:
    """As the front desk of one estate, and as the group, who sees all of them."""
    front = Post.objects.filter(role=Role.SERVICE).select_related("user").order_by("node__code", "pk")[7].user
    group = Post.objects.select_related("user").get(role=Role.GROUP_SUPERVISOR).user
    total = House.objects.count() + NameKey.objects.values("house", "kind", "name").distinct().count()
    return [_search(user, name, total) for user, name in ((front, "一个项目的前台"), (group, "集团"))]


def _search(user: User, name: str, total: int) -> Row:
    words = list(_words(user))
    estates = list(Estate.objects.visible_to(user, "view_houses").values_list("pk", flat=True))
    with counting() as asked:
        for word in words:
            asked.clear()
            found = callers(user, word)
            assert found, word
        queries = len(asked)
    taken: list[tuple[float, str]] = []
    floors = []
    for _ in range(SEARCH_ROUNDS):
        for word in words:
            # Each search is another request: what a user may see is read anew.
            asking = User.objects.get(pk=user.pk)
            taken.append((timed(lambda asking=asking, word=word: callers(asking, word)), word))
        floors.append(timed(lambda: _execute(BARE_SEARCH, {"word": "wang", "after": "wanh", "estates": estates})))
    slowest = max(taken)
    times = [time for time, _ in taken]
    return Row(
        f"来电查找 · {name}",
        percentile(times, 0.95),
        len(times),
        percentile(floors, 0.5),
        most=50,
        about=f"{total:,} 处房屋和住户，p50 {percentile(times, 0.5):,.1f} ms，最慢 “{slowest[1]}” {slowest[0]:,.0f} ms，查询 {queries}",
    )


def _words(user: User) -> Iterator[str]:
    """A whole phone, its end, a door, a house, a name, pinyin, initials, a surname with a building."""
    houses = House.objects.visible_to(user)
    owners = Owner.objects.filter(house__in=houses, name__regex="^.{3}$")
    owner = owners.select_related("house__building").order_by("pk")[20]
    keys = list(
        NameKey.objects.filter(house=owner.house, name=owner.name).order_by("key").values_list("key", flat=True)
    )
    latin = sorted((key for key in keys if key.isascii()), key=len)
    yield from (
        owner.phone,
        owner.phone[-4:],
        owner.house.number,
        owner.house.code,
        "3-2-1502",
        owner.name,
        owner.name[1:],
    )
    yield from (latin[0], latin[-1], latin[-1][:3], owner.name[0], f"{owner.house.building.name} {owner.name[0]}")


# --- a registration ---------------------------------------------------------------------------------------------------

# The rows that one registration leaves, written bare: the same columns of the same tables, in one statement.
BARE_ROWS = """
WITH made AS (
    INSERT INTO complaints_case ({case}) SELECT {case_values} FROM bench_case RETURNING id
), rounds AS (
    INSERT INTO complaints_round (case_id, {round}) SELECT made.id, {round} FROM bench_round, made
), clocks AS (
    INSERT INTO timers_clock (subject_id, {clock}) SELECT made.id, {clock} FROM bench_clock, made
), entries AS (
    INSERT INTO journal_entry (subject_id, {entry}) SELECT made.id, {entry} FROM bench_entry, made
)
INSERT INTO notices_notice (subject_id, key, {notice}) SELECT made.id, 'bench:' || gen_random_uuid(), {notice} FROM bench_notice, made
"""
TABLES = {
    "case": ("complaints_case", "id = {pk}", {"id", "number"}),
    "round": ("complaints_round", "case_id = {pk}", {"id", "case_id"}),
    "clock": ("timers_clock", "subject_kind = 'complaints.case' AND subject_id = {pk}", {"id", "subject_id"}),
    "entry": ("journal_entry", "subject_kind = 'complaints.case' AND subject_id = {pk}", {"id", "subject_id"}),
    "notice": ("notices_notice", "subject_kind = 'complaints.case' AND subject_id = {pk}", {"id", "subject_id", "key"}),
}


def _registrations(at: datetime) -> list[Row]:
    """Committed one by one, as they come; each with its number, its clocks and what it tells."""
    post = Post.objects.filter(role=Role.SERVICE).select_related("user").order_by("node__code", "pk")[9]
    estate = Estate.objects.select_related("parent").get(pk=post.node_id)
    houses = list(House.objects.filter(estate=estate).select_related("building")[:REGISTERED])
    rows = []
    for kind, to, name in ((Kind.COMPLAINT, "", "投诉"), (Kind.REPAIR, "engineering", "报修并转派")):
        one = _register(estate, post.user, houses, kind, to, at)
        with counting() as asked:
            last = one()
            queries = len(asked)
        bare, made = _bare_rows(last)
        times, floors = [], []
        for _ in range(REGISTERED):
            times.append(timed(one))
            floors.append(timed(bare))
        about = f"{made};p50 {percentile(times, 0.5):,.0f} ms，查询 {queries}；下限为裸 INSERT 同样的行"
        rows.append(
            Row(
                f"登记一张诉求单 · {name}",
                percentile(times, 0.95),
                REGISTERED,
                percentile(floors, 0.5),
                most=60,
                about=about,
            )
        )
    return rows


def _register(estate: Estate, user: User, houses: list[House], kind: str, to: str, at: datetime) -> Callable[[], Case]:
    numbers = count()

    def one() -> Case:
        number = next(numbers)
        house = houses[number % len(houses)]
        # A request's own user: posts and rights are read anew.
        by = User.objects.get(pk=user.pk)
        return register_case(
            estate=Estate.objects.select_related("parent").get(pk=estate.pk),
            caller=Caller(house=house, name="王秀英", phone=f"1380000{number:04d}"),
            channel=Channel.PHONE,
            kind=kind,
            text="厨房水管漏水，请尽快来修",
            cause="water",
            urgent=kind == Kind.REPAIR,
            by=by,
            at=at + timedelta(seconds=number),
            transfer_to=to,
        )

    return one


def _bare_rows(case: Case) -> tuple[Callable[[], None], str]:
    columns, counts = {}, {}
    with connection.cursor() as cursor:
        for key, (table, where, without) in TABLES.items():
            cursor.execute(f"DROP TABLE IF EXISTS bench_{key}")
            cursor.execute(f"CREATE TEMP TABLE bench_{key} AS SELECT * FROM {table} WHERE {where.format(pk=case.pk)}")
            counts[key] = cursor.rowcount
            cursor.execute(f"SELECT * FROM bench_{key} LIMIT 0")
            columns[key] = ", ".join(f'"{one.name}"' for one in cursor.description if one.name not in without)
    values = {
        **columns,
        "case": f"number, {columns['case']}",
        "case_values": f"'B' || gen_random_uuid(), {columns['case']}",
    }
    sql = BARE_ROWS.format(**values)
    made = f"计时 {counts['clock']} 个，通知 {counts['notice']} 条"
    return lambda: _execute(sql), made


# --- the ladder -------------------------------------------------------------------------------------------------------

# Closed cases of the last weeks are open again, so that there are ten thousand. No complaints: a week without a result
# makes them 重大, and their clocks are counted anew (CMP-8).
REOPEN = """
UPDATE complaints_case SET state = 'handling', closed_at = NULL, outcome = '', result_at = NULL, satisfaction = NULL
WHERE id IN (SELECT id FROM complaints_case WHERE state = 'closed' AND kind = 'repair' ORDER BY id DESC LIMIT %(missing)s);
UPDATE timers_clock SET state = 'running', stopped_at = NULL
WHERE kind = 'complaints.handle' AND state = 'stopped'
AND subject_id IN (SELECT id FROM complaints_case WHERE state = 'handling' AND kind = 'repair');
"""
# A step of each comes within ten minutes, whichever of a clock's ladder it is; its other clocks stay as they are.
SPREAD = """
WITH chosen AS (
    SELECT DISTINCT ON (subject_id) id, least(subject_id %% 4, cardinality(plan) - 1)::int AS step,
           %(at)s + (10 + abs(hashint8(subject_id)) %% 600) * interval '1 second' AS due
    FROM timers_clock WHERE state = 'running' AND subject_kind = 'complaints.case'
    AND subject_id IN (SELECT id FROM complaints_case WHERE kind <> 'complaint') ORDER BY subject_id, id
)
UPDATE timers_clock c SET next_step = step, next_at = due,
       plan = ARRAY(SELECT due + (n - 1 - step) * interval '1 day' FROM generate_series(1, cardinality(c.plan)) AS n)
FROM chosen WHERE chosen.id = c.id
"""
QUIET = "UPDATE timers_clock SET state = 'held' WHERE state = 'running'"
FORGET = """
DELETE FROM timers_clockstep s USING timers_clock c
WHERE c.id = s.clock_id AND c.state = 'running' AND c.subject_kind = 'complaints.case';
"""


def _ladder(at: datetime) -> list[Row]:
    """Twenty minutes of the sweep each minute, in which every open case takes a step; rolled back."""
    try:
        with transaction.atomic():
            return _swept(at)
    finally:
        _execute("VACUUM timers_clock")


def _swept(at: datetime) -> list[Row]:
    _execute(QUIET)
    missing = OPEN - Case.objects.open().count()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE timers_clock SET state = 'running' WHERE state = 'held' AND subject_kind = 'complaints.case'"
        )
        cursor.execute(REOPEN, {"missing": max(0, missing)})
        cursor.execute(SPREAD, {"at": at})
        cursor.execute(FORGET)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            "SELECT count(*) FROM timers_clock WHERE state = 'running' AND next_at <= %s", [at + MINUTES * TICK]
        )
        due = cursor.fetchone()[0]
    weeks, trip = in_turns(9, lambda: timed(lambda: sweep_weeks(at=at)), lambda: timed(lambda: _execute("SELECT 1")))
    late, took, steps = [], [], 0
    for minute in range(1, MINUTES + 1):
        tick = at + minute * TICK
        began = perf_counter()
        steps += sweep(at=tick).steps
        took.append(perf_counter() - began)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT extract(epoch FROM taken_at - due_at) FROM timers_clockstep WHERE taken_at = %s", [tick]
            )
            # Every step of a sweep is told when the last of it commits.
            late += [float(seconds) + took[-1] for (seconds,) in cursor.fetchall()]
    assert steps >= due, (steps, due)
    transaction.set_rollback(True)
    return [
        Row(
            f"时限阶梯：{OPEN:,} 张未关闭的诉求单，每分钟一扫，一步的延迟 p99",
            round(percentile(late, 0.99), 2),
            len(late),
            60.0,
            unit="s",
            most=65,
            about=f"{MINUTES} 分钟里 {steps:,} 步，最忙的一扫 {max(took):.2f} s；下限为扫描的间隔",
        ),
        Row("  满七天升为重大：没有到点的", weeks, 9, trip, about="每次扫描之前；下限为一次往返"),
    ]


# --- the weekly sheet -------------------------------------------------------------------------------------------------


def _weeks(at: datetime) -> list[Row]:
    """What each Friday's sheet takes, of which there is one for every branch and estate."""
    week = Week.before(at)
    rows = []
    for node in (Branch.objects.first(), Estate.objects.first()):
        taken = in_turns(WEEK_ROUNDS, lambda node=node: timed(lambda: count_week(node, week, at)))[0]
        about = f"{node.estates().count()} 个项目"
        rows.append(Row(f"周汇报表的统计 · {node.get_kind_display()}", taken, WEEK_ROUNDS, about=about))
    return rows


def _execute(sql: str, values: dict[str, Any] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
