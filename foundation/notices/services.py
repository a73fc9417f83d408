"""Telling people something once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.db import connection, models, transaction
from django.utils.http import url_has_allowed_host_and_scheme

from foundation.journal.services import record
from foundation.notices import tasks
from foundation.notices.models import Channel, Level, Notice, Preference, Robot

# Deliveries follow from the notices that are new, so that nothing is sent of what had been told before. Sorted: two
# transactions that tell the same people the same do not wait for each other in a circle.
SEND = """
WITH message AS (
    SELECT * FROM unnest(
        %(keys)s::text[], %(titles)s::text[], %(bodies)s::text[], %(urls)s::text[], %(urgent)s::boolean[],
        %(subject_kinds)s::text[], %(subject_ids)s::bigint[], %(ats)s::timestamptz[], %(nodes)s::bigint[],
        %(by_email)s::boolean[], %(by_robot)s::boolean[], %(steps)s::text[]
    ) AS message (key, title, body, url, urgent, subject_kind, subject_id, at, node_id, by_email, by_robot, step)
), told AS (
    INSERT INTO notices_notice (user_id, key, title, body, url, level, subject_kind, subject_id, at)
    SELECT user_id, key, title, body, url, CASE WHEN urgent THEN 'urgent' ELSE 'info' END, subject_kind, subject_id, at
    FROM unnest(%(people)s::bigint[], %(people_keys)s::text[]) AS person (user_id, key) JOIN message USING (key)
    ORDER BY user_id, key
    ON CONFLICT (user_id, key) DO NOTHING
    RETURNING id, user_id, key
), mailed AS (
    INSERT INTO notices_delivery (notice_id, user_id, key, mentions, is_urgent, next_at, held)
    SELECT told.id, told.user_id, key, '{{}}', urgent, at, false
    FROM told JOIN message USING (key)
    JOIN {users} AS person ON person.id = told.user_id AND person.is_active AND person.{email} <> ''
    LEFT JOIN notices_preference AS wish ON wish.user_id = told.user_id
    LEFT JOIN notices_stepchannels AS ladder USING (step)
    WHERE message.by_email AND coalesce(ladder.by_email, true)
    AND (coalesce(wish.email, 'all') = 'all' OR wish.email = 'urgent' AND urgent)
    RETURNING 1
), posted AS (
    INSERT INTO notices_delivery (notice_id, robot_id, key, mentions, is_urgent, next_at, held)
    SELECT min(told.id), robot.id, key, array_agg(user_id ORDER BY user_id), urgent, at, false
    FROM told JOIN message USING (key) JOIN notices_robot AS robot USING (node_id)
    LEFT JOIN notices_stepchannels AS ladder USING (step)
    WHERE message.by_robot AND coalesce(ladder.by_robot, true) AND robot.is_active AND (robot.min_level = 'info' OR urgent)
    GROUP BY robot.id, key, urgent, at
    ORDER BY robot.id, key
    ON CONFLICT (robot_id, key) DO NOTHING
    RETURNING 1
)
SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM mailed) + (SELECT count(*) FROM posted)
"""

# One wake-up call serves what is committed within these seconds; the call comes after them. Beat's tick finds the rest.
WAKE_EVERY = 2
WAKE_AFTER = 3


@dataclass(frozen=True, kw_only=True)
class Message:
    """What `send` takes."""

    to: Iterable[AbstractBaseUser]
    title: str
    key: str
    at: datetime
    body: str = ""
    url: str = ""
    level: str = Level.INFO
    subject: models.Model | None = None
    node: models.Model | int | None = None
    step: str = ""
    channels: Collection[str] | None = None

    def __post_init__(self) -> None:
        Level(self.level)
        if self.url and not url_has_allowed_host_and_scheme(self.url, allowed_hosts=None):
            raise ValueError(f"A notice leads to a page of this site, not to {self.url!r}")

    def takes(self, channel: Channel) -> bool:
        return self.channels is None or channel in self.channels


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
    node: models.Model | int | None = None,
    step: str = "",
    channels: Collection[str] | None = None,
) -> int:
    """Put one message under the bell of each user; returns how many had not been told before.

    `key` names what is told ("rectification:17:step:2"): the same key reaches the same user once, however often it is
    sent. `url` is a path of this site. Level.URGENT (红线, 重大) passes quiet hours. `node` is the place at which those
    who are told hold their posts: the chat robots of exactly that place post it too, once. `channels` narrows what users
    and robots take, as a ladder's step may say: () is the bell alone. What leaves the house leaves after the commit.
    """
    message = Message(
        to=to,
        title=title,
        body=body,
        url=url,
        at=at,
        key=key,
        level=level,
        subject=subject,
        node=node,
        step=step,
        channels=channels,
    )
    return send_many([message])


def send_many(messages: Iterable[Message]) -> int:
    """Send all of them in one statement. Two with one key are one message, to everyone whom either names."""
    by_key: dict[str, Message] = {}
    people: set[tuple[int, str]] = set()
    for message in messages:
        by_key.setdefault(message.key, message)
        people |= {(user.pk, message.key) for user in message.to}
    if not people:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_statement(), _values(list(by_key.values()), sorted(people)))
        told, leaving = cursor.fetchone()
    if leaving:
        transaction.on_commit(wake, robust=True)
    return told


def _statement() -> str:
    user = get_user_model()
    return SEND.format(users=user._meta.db_table, email=user.get_email_field_name())


def _values(messages: list[Message], people: list[tuple[int, str]]) -> dict[str, Any]:
    subjects = [message.subject for message in messages]
    return {
        "keys": [message.key for message in messages],
        "titles": [message.title for message in messages],
        "bodies": [message.body for message in messages],
        "urls": [message.url for message in messages],
        "urgent": [message.level == Level.URGENT for message in messages],
        "subject_kinds": [(row._meta.concrete_model or row)._meta.label_lower if row else "" for row in subjects],
        "subject_ids": [row.pk if row else None for row in subjects],
        "ats": [message.at for message in messages],
        "nodes": [message.node.pk if isinstance(message.node, models.Model) else message.node for message in messages],
        "by_email": [settings.NOTICES_BY_EMAIL and message.takes(Channel.EMAIL) for message in messages],
        "by_robot": [message.takes(Channel.ROBOT) for message in messages],
        "steps": [message.step for message in messages],
        "people": [pk for pk, _ in people],
        "people_keys": [key for _, key in people],
    }


def wake() -> None:
    """Let a worker send what was just committed; without broker or cache the next tick does."""
    if cache.add("notices:woken", True, timeout=WAKE_EVERY):
        tasks.deliver.apply_async(countdown=WAKE_AFTER)


# --- under the bell -------------------------------------------------------------------------------------------------


def unread_count(user: AbstractBaseUser | AnonymousUser) -> int:
    """The number on the bell."""
    return Notice.objects.visible_to(user).unread().count() if user.is_authenticated else 0


def mark_read(*, notice: Notice, at: datetime) -> bool:
    """The user opened it. False where it had been read before; the first time stays."""
    return bool(Notice.objects.filter(pk=notice.pk).unread().update(read_at=at))


def mark_all_read(*, user: AbstractBaseUser | AnonymousUser, at: datetime) -> int:
    """How many there were to read. What arrives after `at` stays unread."""
    return Notice.objects.visible_to(user).unread().filter(at__lte=at).update(read_at=at)


# --- by which channels ----------------------------------------------------------------------------------------------


def preference_of(user: Any) -> Preference:
    """What the user has set, or the defaults, not yet saved."""
    return Preference.objects.filter(user=user.pk).first() or Preference(user_id=user.pk)


def set_preference(*, preference: Preference) -> None:
    """Holds from now on; what was put off to the end of quiet hours stays so."""
    values = {name: getattr(preference, name) for name in ("email", "quiet", "quiet_from", "quiet_until")}
    Preference.objects.update_or_create(user_id=preference.user_id, defaults=values)


@transaction.atomic
def save_robot(*, robot: Robot, by: AbstractBaseUser, at: datetime, fields: list[str]) -> None:
    """Add or change a robot; the journal names what was changed, never the address or the secret."""
    verb = "robot.change" if robot.pk else "robot.create"
    robot.save()
    if verb == "robot.create" or fields:
        record(robot, verb, by=by, at=at, node=robot.node_id, robot=robot.name, fields=fields)


@transaction.atomic
def delete_robot(*, robot: Robot, by: AbstractBaseUser, at: datetime) -> None:
    """Take it away with what still waits for it; the notices stay under the bells."""
    record(robot, "robot.remove", by=by, at=at, node=robot.node_id, robot=robot.name)
    robot.delete()
