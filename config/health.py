"""Is the installation alive? Six checks, read by /healthz (for machines) and by the page /system/ (in words).

A check never shows an exception's text: addresses and passwords stand in those.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection

from foundation.notices.models import Parcel
from foundation.timers.models import Clock

WORKER = "health:worker"
BEAT = "health:beat"

# The heartbeat goes out every 30 seconds; four of them lost in a row is no hiccup.
SILENCE = timedelta(minutes=2)
# A clock's step is taken within a minute of being due. A quarter of an hour late means that nobody sweeps.
LATENESS = timedelta(minutes=15)
# Three tries take seven minutes: longer than a mail server's restart.
MANY_ATTEMPTS = 3
FAILED_SHOWN = timedelta(days=7)
QUEUE_LIMIT = 500
COUNT_LIMIT = 1000


@dataclass(frozen=True)
class Check:
    """One thing looked at: what was seen, and what to do when it is not as it should be."""

    code: str
    name: str
    ok: bool
    says: str
    advice: str = ""
    facts: dict[str, str | int | None] = field(default_factory=dict)


def mark(key: str, *, at: datetime) -> None:
    """Remember that `key` (WORKER or BEAT) was seen at `at`, for a day, so that a silence has a length."""
    cache.set(key, at.isoformat(), timeout=24 * 60 * 60)


def examine(*, at: datetime) -> list[Check]:
    """All checks as of `at`. Takes at most a few seconds, also when everything is down."""
    database = check_database()
    broker, queued = check_broker()
    return [
        database,
        broker,
        check_seen(WORKER, "worker", "后台进程", "请检查 celery worker 服务及其日志。", broker.ok, at),
        check_seen(BEAT, "beat", "定时调度", "请检查 celery beat 服务及其日志，并确认只运行了一个。", broker.ok, at),
        check_backlog(queued, database.ok, at),
        check_notices(database.ok, at),
    ]


def is_green(checks: Iterable[Check]) -> bool:
    return all(check.ok for check in checks)


def check_database() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        advice = "请检查 PostgreSQL 是否在运行、DATABASE_URL 是否正确、磁盘是否已满。"
        return Check("database", "数据库", False, "连接不上数据库。", advice)
    return Check("database", "数据库", True, "连接正常。")


def check_broker() -> tuple[Check, int | None]:
    """The broker, and how many messages wait in it."""
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        queued = client.llen(settings.CELERY_TASK_DEFAULT_QUEUE)
    except redis.RedisError:
        advice = "请检查 Redis(或 Valkey)是否在运行、REDIS_URL 是否正确。恢复后任务会自动补上，数据不会丢失。"
        return Check("broker", "消息队列", False, "连接不上消息队列。", advice), None
    finally:
        client.close()
    return Check("broker", "消息队列", True, "连接正常。"), queued


def check_seen(key: str, code: str, name: str, advice: str, reachable: bool, at: datetime) -> Check:
    """`key` was seen less than SILENCE ago."""
    if not reachable:
        return Check(code, name, False, "消息队列恢复后才能知道。", facts={"seen": None})
    stamp = cache.get(key)
    if stamp is None:
        return Check(code, name, False, "最近一天没有动静。", advice, {"seen": None})
    seconds = max(0, round((at - datetime.fromisoformat(stamp)).total_seconds()))
    ok = timedelta(seconds=seconds) <= SILENCE
    return Check(code, name, ok, f"最近一次动静在 {in_words(seconds)}前。", "" if ok else advice, {"seen": stamp})


def check_backlog(queued: int | None, database_ok: bool, at: datetime) -> Check:
    """Messages not yet taken, and clocks whose step is overdue although someone should have swept them."""
    overdue = Clock.objects.due_steps(at - LATENESS)[:COUNT_LIMIT].count() if database_ok else None
    facts: dict[str, str | int | None] = {"queued": queued, "overdue_clocks": overdue}
    if queued is None or overdue is None:
        return Check("backlog", "积压", False, "数据库和消息队列都恢复后才能知道。", facts=facts)
    ok = queued <= QUEUE_LIMIT and overdue == 0
    many = " 个以上" if overdue == COUNT_LIMIT else " 个"
    says = f"排队的任务 {queued} 个，到点超过 15 分钟还没处理的时钟 {overdue}{many}。"
    advice = "积压会在几分钟内自动补上；若一直不减少，请检查后台进程的日志，或增加 worker 的并发数。"
    return Check("backlog", "积压", ok, says, "" if ok else advice, facts)


def check_notices(database_ok: bool, at: datetime) -> Check:
    """E-mails and chat messages that nobody tries to send. One that was tried and refused is not this process's fault."""
    if not database_ok:
        return Check(
            "notices", "通知发送", False, "数据库恢复后才能知道。", facts={"unsent": None, "undelivered": None}
        )
    unsent = Parcel.objects.due(at - LATENESS)[:COUNT_LIMIT].count()
    retried = Parcel.objects.waiting().filter(attempts__gte=MANY_ATTEMPTS)[:COUNT_LIMIT].count()
    undelivered = Parcel.objects.failed().filter(made_at__gt=at - FAILED_SHOWN)[:COUNT_LIMIT].count()
    says = f"等待超过 15 分钟没人处理的邮件和群消息 {unsent} 条，反复发送不成的 {retried} 条，最近 7 天未送达的 {undelivered} 条。"
    advice = ""
    if unsent:
        advice = "请检查后台进程的日志。"
    elif retried or undelivered:
        advice = (
            "请在管理后台的“外发消息”里看原因：通常是邮件服务器、邮箱地址或群机器人的设置不对。改好后可以重新发送。"
        )
    facts: dict[str, str | int | None] = {"unsent": unsent, "undelivered": undelivered}
    return Check("notices", "通知发送", unsent == 0, says, advice, facts)


def in_words(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} 秒"
    if seconds < 60 * 60:
        return f"{seconds // 60} 分钟"
    return f"{seconds // 3600} 小时 {seconds % 3600 // 60} 分钟"
