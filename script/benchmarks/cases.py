"""Complaints at their volume: 100,000 cases of which 5,000 are open, over the year's 300 estates and 90,000 houses.

The list and a record for three people, the search for a caller, a registration with all its clocks and notices, and how
late the steps of 10,000 open cases are taken with a sweep each minute. What registers and sweeps is rolled back.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from itertools import cycle, islice
from urllib.parse import urlencode

from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from accounts.models import Post, User
from accounts.roles import Role
from complaints.models import Case, Policy
from complaints.services.registering import Caller, register_case
from estates.models import Estate, House
from estates.search import callers
from foundation.timers.models import ClockStep
from foundation.timers.sweeping import sweep
from foundation.worktime.weeks import Week
from reports.weekly import count_week
from script.benchmarks.measuring import Row, percentile, timed
from script.benchmarks.pages import Page, Person, counting, measure, people

CASES, OPEN = 100_000, 5_000
LIST_QUERIES, LIST_MS = 12, 120
SEARCHES, REGISTERED, MINUTES = 60, 30, 30
LADDER = """[
    {"code": "50", "name": "经办人", "to": "handler", "percent": 50},
    {"code": "100", "name": "项目经理", "to": "estate_manager", "percent": 100},
    {"code": "150", "name": "分公司督导", "to": "branch_supervisor", "percent": 150},
    {"code": "200", "name": "集团督导", "to": "group_supervisor", "percent": 200}
]"""

# One case every five minutes of a year; the newest 5,000 are open. Drawn from hashes of their number.
FILL = """
SET session_replication_role = replica;
CREATE TEMPORARY TABLE bench_estate AS
SELECT row_number() OVER (ORDER BY n.id) - 1 AS slot, n.id,
       (SELECT min(user_id) FROM accounts_post WHERE node_id = n.id AND role = 'service') AS service,
       (SELECT min(user_id) FROM accounts_post WHERE node_id = n.id AND role = 'engineering') AS engineer,
       (SELECT array_agg(h.id ORDER BY h.id) FROM estates_house h WHERE h.estate_id = n.id) AS houses
FROM estates_node n WHERE kind = 'estate';

INSERT INTO complaints_case (
    number, estate_id, building_id, house_id, place, caller_kind, caller_name, caller_phone, channel, kind, urgent, cause,
    text, received_at, registered_at, registered_by_id, responsible_id, department, handler_id, state, validity, judgement,
    grade, grade_reason, policy_id, round, result_at, answered_at, due_at, due_clock, closed_at, outcome, satisfaction,
    opinion
)
SELECT 'TS-' || e.id || '-' || n, e.id, h.building_id, h.id, '', 'owner', '黄女士', '139' || to_char(n, 'FM00000000'),
       'phone', k.kind, false, k.cause, k.text, r.at, r.at, e.service, e.service, 'engineering', e.engineer,
       CASE WHEN NOT o.open THEN 'closed'
            ELSE (ARRAY['to_transfer', 'handling', 'handling', 'to_answer', 'to_callback'])[1 + n %% 5] END,
       '', '', CASE WHEN k.kind = 'complaint' THEN (ARRAY['serious', 'minor', 'minor', 'major'])[1 + n / 6 %% 4] ELSE '' END,
       '', %(policy)s, 1, CASE WHEN NOT o.open OR n %% 5 > 2 THEN r.at + '5 hours'::interval END,
       CASE WHEN NOT o.open OR n %% 5 > 3 THEN r.at + '6 hours'::interval END,
       CASE WHEN o.open THEN %(at)s + make_interval(mins => (hashint4(n) %% 4000)) END,
       CASE WHEN o.open THEN 'handle' ELSE '' END, CASE WHEN NOT o.open THEN r.at + '1 day'::interval END,
       CASE WHEN NOT o.open THEN 'solved' ELSE '' END, CASE WHEN NOT o.open THEN 1 + abs(hashint4(n)) %% 5 END, ''
FROM generate_series(1, %(cases)s) AS n
JOIN bench_estate e ON e.slot = abs(hashint4(n)) %% 300
JOIN estates_house h ON h.id = e.houses[1 + abs(hashint4(n * 7)) %% array_length(e.houses, 1)],
LATERAL (SELECT %(at)s - make_interval(mins => 5 * (%(cases)s - n) + 5) AS at) AS r,
LATERAL (SELECT n > %(cases)s - %(open)s AS open) AS o,
LATERAL (SELECT (ARRAY['repair', 'complaint', 'need', 'question', 'repair', 'suggestion'])[1 + n %% 6] AS kind,
                (ARRAY['water', 'lift', 'power', 'parking', 'leak', 'noise'])[1 + n / 2 %% 6] AS cause,
                (ARRAY['厨房水管漏水', '电梯停在三楼不动', '楼道灯不亮', '车位被占', '卫生间渗水', '楼上装修太吵'])[1 + n / 2 %% 6]
                    AS text) AS k
ORDER BY n;

INSERT INTO complaints_round (case_id, number, started_at, department, transferred_at, transferred_in_time, accepted_at,
    accepted_by_id, replied_at, replied_by_id, replied_in_time, result, result_at, result_by_id, handled_in_time, used,
    answer, answered_at, answered_by_id, answered_in_time, called_at, called_in_time, ended_at, outcome)
SELECT id, 1, received_at, department, received_at + '8 minutes'::interval, id %% 9 <> 0, received_at + '20 minutes'::interval,
       handler_id, result_at, responsible_id, id %% 8 <> 0, '', result_at, handler_id,
       CASE WHEN kind IN ('repair', 'complaint') THEN id %% 7 <> 0 END, result_at - received_at, '', answered_at,
       responsible_id, id %% 11 <> 0, closed_at, closed_at IS NOT NULL, closed_at,
       CASE WHEN closed_at IS NULL THEN '' ELSE 'closed' END
FROM complaints_case ORDER BY id;

INSERT INTO complaints_call (case_id, round, at, by_id, reached, solved, satisfaction, remark)
SELECT id, 1, closed_at, responsible_id, true, true, satisfaction, '' FROM complaints_case WHERE closed_at IS NOT NULL;

INSERT INTO timers_clock (
    kind, subject_kind, subject_id, node_id, calendar, amount, unit, ladder, state, round, extensions, started_at,
    round_started_at, due_at, whole, used, counted_from, plan, next_step, next_at, failures, error
)
SELECT 'complaints.handle', 'complaints.case', id, estate_id, 'natural', 3, 'days', %(ladder)s::jsonb, 'running', 1, 0,
       due_at - '3 days'::interval, due_at - '3 days'::interval, due_at, '3 days', '0', due_at - '3 days'::interval,
       ARRAY[due_at - '36 hours'::interval, due_at, due_at + '36 hours'::interval, due_at + '72 hours'::interval],
       s.taken, (ARRAY[due_at - '36 hours'::interval, due_at, due_at + '36 hours'::interval])[s.taken + 1], 0, ''
FROM complaints_case, LATERAL (SELECT (due_at <= %(at)s)::int + (due_at <= %(at)s + '36 hours'::interval)::int AS taken) AS s
WHERE state <> 'closed';
SET session_replication_role = DEFAULT;
DROP TABLE bench_estate;
"""

# Ten thousand more clocks of open cases, one step of each due in the next half hour.
TEN_THOUSAND = """
INSERT INTO timers_clock (
    kind, subject_kind, subject_id, node_id, calendar, amount, unit, ladder, state, round, extensions, started_at,
    round_started_at, due_at, whole, used, counted_from, plan, next_step, next_at, failures, error
)
SELECT (ARRAY['complaints.answer', 'complaints.same_day'])[1 + part], 'complaints.case', id, estate_id, 'natural', 1,
       'days', %(ladder)s::jsonb, 'running', 1, 0, due - '1 day'::interval, due - '1 day'::interval, due, '1 day', '0',
       due - '1 day'::interval,
       ARRAY[due - '12 hours'::interval, due, due + '12 hours'::interval, due + '24 hours'::interval], 1, due, 0, ''
FROM complaints_case, generate_series(0, 1) AS part,
     LATERAL (SELECT %(at)s + make_interval(secs => (id * 2 + part) %% (%(minutes)s * 60)) AS due) AS m
WHERE state <> 'closed'
"""


def run(at: datetime) -> list[Row]:
    fill(at)
    rows = [*pages(at), *searching(), *registering(at), *ladder(at), weekly(at)]
    for row in rows:
        print("  " + "  ".join(filter(None, row.cells())), file=sys.stderr, flush=True)
    return rows


def fill(at: datetime) -> None:
    """Once for a database that is kept."""
    if Case.objects.exists():
        return
    policy = Policy.objects.published().latest("number")
    values = {"at": at, "policy": policy.pk, "cases": CASES, "open": OPEN, "ladder": LADDER}
    with connection.cursor() as cursor:
        cursor.execute(FILL, values)
        cursor.execute("VACUUM ANALYZE complaints_case; ANALYZE complaints_round; ANALYZE timers_clock")


def pages(at: datetime) -> list[Row]:
    rows = []
    for person in [*people(), desk()]:
        client = Client()
        client.force_login(person.user)
        with counting() as asked:
            frame = measure(client, [reverse("accounts:profile")], asked).median
            for page, queries, most in case_pages(person):
                found = measure(client, page.addresses, asked)
                over = f" > {queries}!" if found.queries > queries else ""
                about = (
                    f"p50 {found.median:.0f} ms,查询 {found.queries}{over}"
                    if not found.refused
                    else f"HTTP {found.refused}"
                )
                slowest = f",最慢 {found.slowest}" if found.slowest else ""
                name = f"{person.title} · {page.name}"
                rows.append(
                    Row(name, percentile(found.times, 0.95), len(found.times), frame, most=most, about=about + slowest)
                )
    return rows


def desk() -> Person:
    post = Post.objects.filter(role=Role.SERVICE).select_related("user").order_by("pk")[7]
    return Person(Role.SERVICE.label, post.user, Estate.objects.get(pk=post.node_id))


def case_pages(person: Person) -> list[tuple[Page, int, float]]:
    path = reverse("complaints:cases")
    some = Case.objects.visible_to(person.user).order_by("-pk").values_list("pk", flat=True)[:2000:200]
    lists = [path, *(f"{path}?{urlencode(asked)}" for asked in (
        {"status": "handling"}, {"status": "overdue"}, {"status": "all", "page": 2}, {"status": "all", "kind": "complaint"},
        {"status": "all", "q": "电梯"},
    ))]  # fmt: skip
    found = [
        (Page("诉求单列表", lists), LIST_QUERIES, LIST_MS),
        (Page("诉求单", [reverse("complaints:case", args=[pk]) for pk in some]), 30, 150),
    ]
    if person.user.may("register_case"):
        found.append((Page("登记诉求", [reverse("complaints:register")]), 15, 150))
    if person.user.may("call_back"):
        found.append((Page("回访", [reverse("complaints:callbacks")]), 15, 150))
    return found


def searching() -> list[Row]:
    """What a desk and the group type while on the phone; the floor is a house by its key."""
    typed = ["1502", "3幢1502", "3-2-1502", "王", "wjg", "13800012345", "2345", "刘 3幢"]
    floor = percentile([timed(lambda: House.objects.get(pk=1000)) for _ in range(SEARCHES)], 0.5)
    rows = []
    for title, user in (("客户助理", desk().user), ("集团督导", people()[0].user)):
        user = User.objects.get(pk=user.pk)
        for text in typed:
            callers(user, text)
        times = [
            (timed(lambda text=text, user=user: callers(user, text)), text) for text in islice(cycle(typed), SEARCHES)
        ]
        slowest = max(times)[1]
        rows.append(
            Row(
                f"{title} · 来电人查找",
                percentile([one for one, _ in times], 0.95),
                len(times),
                floor,
                most=50,
                about=f"房屋 {House.objects.count():,} 套;p50 {percentile([one for one, _ in times], 0.5):.0f} ms,最慢“{slowest}”",
            )
        )
    return rows


def registering(at: datetime) -> list[Row]:
    """With all its clocks and notices, transferred in the same breath; rolled back."""
    person = desk()
    house = House.objects.filter(estate=person.estate).first()
    times = []
    with transaction.atomic():
        for number in range(REGISTERED + 5):
            user = User.objects.get(pk=person.user.pk)
            kind = ("complaint", "repair")[number % 2]
            caller = Caller(house=house, name="黄女士", phone="13800001111")

            def register(user=user, kind=kind, caller=caller) -> None:
                register_case(
                    estate=person.estate, caller=caller, channel="phone", kind=kind, text="电梯停在三楼", by=user, at=at,
                    transfer_to="engineering",
                )  # fmt: skip

            times.append(timed(register))
        transaction.set_rollback(True)
    times = times[5:]
    about = f"含转派、计时和通知;p95 {percentile(times, 0.95):.0f} ms"
    return [Row("登记一张诉求单", percentile(times, 0.5), len(times), most=60, about=about)]


def ladder(at: datetime) -> list[Row]:
    """Half an hour of sweeps, one a minute; a step is as late as its sweep plus what the sweep takes. Rolled back."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(TEN_THOUSAND, {"at": at, "ladder": LADDER, "minutes": MINUTES})
        last, late = 0, []
        known = ClockStep.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        for minute in range(MINUTES + 1):
            now = at + timedelta(minutes=minute)
            took = timedelta(milliseconds=timed(lambda now=now: sweep(at=now)))
            steps = ClockStep.objects.filter(pk__gt=known, clock__kind__startswith="complaints.")
            for due_at, key in steps.values_list("due_at", "pk"):
                known = max(known, key)
                if due_at > at:
                    late.append((now + took - due_at).total_seconds())
            last = max(last, took.total_seconds())
        transaction.set_rollback(True)
    about = f"{len(late):,} 步,{MINUTES} 次扫描,最长一次 {last:.1f} 秒"
    return [Row("1 万张未关闭诉求单的升级延迟 p99", percentile(late, 0.99), len(late), unit="秒", most=65, about=about)]


def weekly(at: datetime) -> Row:
    week = Week.before(at)
    node = people()[1].estate.branch
    times = [timed(lambda: count_week(node, week, at)) for _ in range(7)]
    return Row("周汇报表 · 分公司", percentile(times, 0.5), len(times), about=f"{node.estates().count()} 个项目")
