"""Telling people something once."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.db import connection, models
from django.utils.http import url_has_allowed_host_and_scheme

from foundation.notices.models import Level, Notice

SEND = """
    INSERT INTO notices_notice (user_id, key, title, body, url, level, subject_kind, subject_id, at)
    SELECT user_id, %(key)s, %(title)s, %(body)s, %(url)s, %(level)s, %(subject_kind)s, %(subject_id)s, %(at)s
    FROM unnest(%(users)s::bigint[]) AS user_id
    ON CONFLICT (user_id, key) DO NOTHING
"""


def send(
    *,
    to: Iterable[AbstractBaseUser],
    title: str,
    body: str = "",
    url: str = "",
    at: datetime,
    key: str,
    level: str = Level.INFO,
    subject: models.Model | None = None,
) -> int:
    """Put one message under the bell of each user, in one statement; returns how many had not been told before.

    `key` names what is told ("rectification:17:step:2"): the same key reaches the same user once, however often it is
    sent. `url` is a path of this site.
    """
    if url and not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        raise ValueError(f"A notice leads to a page of this site, not to {url!r}")
    users = sorted({user.pk for user in to})
    if not users:
        return 0
    values = {
        "users": users,
        "key": key,
        "title": title,
        "body": body,
        "url": url,
        "level": Level(level).value,
        "subject_kind": (subject._meta.concrete_model or subject)._meta.label_lower if subject else "",
        "subject_id": subject.pk if subject else None,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEND, values)
        return cursor.rowcount


def unread_count(user: AbstractBaseUser | AnonymousUser) -> int:
    """The number on the bell."""
    return Notice.objects.visible_to(user).unread().count() if user.is_authenticated else 0


def mark_read(*, notice: Notice, at: datetime) -> bool:
    """The user opened it. False where it had been read before; the first time stays."""
    return bool(Notice.objects.filter(pk=notice.pk).unread().update(read_at=at))


def mark_all_read(*, user: AbstractBaseUser | AnonymousUser, at: datetime) -> int:
    """How many there were to read. What arrives after `at` stays unread."""
    return Notice.objects.visible_to(user).unread().filter(at__lte=at).update(read_at=at)
