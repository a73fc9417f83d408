from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache

from foundation.notices import posting, tasks
from foundation.notices.models import Robot
from foundation.notices.services import send
from tests.notices.outside import ChatServer, Mailbox, chat_server, mail_server

# 9 o'clock in Shanghai: no quiet hours.
AT = datetime(2026, 11, 3, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def woken(monkeypatch) -> list[int]:
    """How many wake-up calls went to the workers, in seconds from now. Here the tests themselves deliver."""
    calls: list[int] = []
    monkeypatch.setattr(tasks.deliver, "apply_async", lambda countdown: calls.append(countdown))
    cache.delete("notices:woken")
    return calls


@pytest.fixture
def at():
    return AT


@pytest.fixture
def people(db):
    users = get_user_model().objects
    return [
        users.create_user(name, name=name.title(), email=f"{name}@example.cn", phone=f"1380000000{number}")
        for number, name in enumerate(("zhang", "wang", "li"))
    ]


@pytest.fixture
def zhang(people):
    return people[0]


@pytest.fixture
def wang(people):
    return people[1]


@pytest.fixture
def mailbox(settings) -> Iterator[Mailbox]:
    """A real SMTP server, and the product set to use it."""
    with mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.NOTICES_BY_EMAIL = True
        settings.SITE_URL = "https://dudao.example.cn"
        yield server


@pytest.fixture
def chat(settings) -> Iterator[ChatServer]:
    """A real HTTP server in the place of 企业微信 and 钉钉."""
    with chat_server() as server:
        settings.NOTICE_ROBOT_PLAIN_HTTP = True
        settings.NOTICE_ROBOT_HOSTS = [f"127.0.0.1:{server.port}"]
        settings.SITE_URL = "https://dudao.example.cn"
        yield server


NODE = 7


@pytest.fixture
def wecom(chat, db) -> Robot:
    return Robot.objects.create(node_id=NODE, kind=Robot.Kind.WECOM, name="项目管理群", url=chat.url())


@pytest.fixture
def dingtalk(chat, db) -> Robot:
    url = chat.url("/robot/send?access_token=sesame")
    return Robot.objects.create(node_id=NODE, kind=Robot.Kind.DINGTALK, name="分公司群", url=url, secret="SECret")


def deliver(at: datetime) -> posting.Run:
    return posting.deliver(now=lambda: at)


@pytest.fixture
def tell(zhang) -> Callable[..., None]:
    """So many notices to 张, each with a key of its own."""

    def tell(number: int, at: datetime, prefix: str = "zg", **more: Any) -> None:
        for one in range(number):
            send(**{"to": [zhang], "title": f"第{one}条", "at": at, "key": f"{prefix}:{at:%H%M%S}:{one}", **more})

    return tell
