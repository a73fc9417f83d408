"""A letter through the chat robots of 企业微信 and 钉钉: JSON to a webhook; an answer is good when its errcode is 0."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote_plus

import httpx

from foundation.notices import webhooks
from foundation.notices.errors import NotDelivered
from foundation.notices.letters import Letter
from foundation.notices.models import Robot

TIMEOUT = 5  # seconds
# Of the text, in bytes; 企业微信 refuses more than 2048.
LONGEST = {Robot.Kind.WECOM: 2048, Robot.Kind.DINGTALK: 4096}


class Chat:
    """One HTTP client for all posts of a run, made by the first: reading the certificates takes longer than a post."""

    @cached_property
    def client(self) -> httpx.Client:
        """Redirects are not followed: they would lead past the known hosts."""
        return httpx.Client(timeout=TIMEOUT, follow_redirects=False)

    def close(self) -> None:
        if "client" in vars(self):
            self.client.close()

    def post(self, letter: Letter, robot: Robot, *, at: datetime) -> None:
        """Raises `NotDelivered`, whose sentence never holds the address: the robot's key stands in it."""
        if fault := webhooks.fault(robot.url):
            raise NotDelivered(f"机器人地址不能用：{fault}", is_down=True)
        try:
            answer = self.client.post(
                signed_url(robot, at), json=payload(letter, robot), headers={"Idempotency-Key": letter.key}
            )
        except httpx.TimeoutException:
            raise NotDelivered(f"机器人 {TIMEOUT} 秒内没有回答。", is_down=True) from None
        except httpx.HTTPError as error:
            raise NotDelivered(f"连接不上机器人：{type(error).__name__}", is_down=True) from None
        if not answer.is_success:
            raise NotDelivered(f"机器人回答 HTTP {answer.status_code}", is_down=True)
        _check(answer)


def _check(answer: httpx.Response) -> None:
    try:
        said = answer.json()
        code, words = said["errcode"], str(said.get("errmsg", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotDelivered("机器人的回答看不懂。", is_down=True) from None
    if code != 0:
        raise NotDelivered(f"机器人拒绝：{code} {words}", is_down=True)


def payload(letter: Letter, robot: Robot) -> dict[str, Any]:
    """Plain text in both, so that nothing in a title is taken for markup."""
    words = text(letter, LONGEST[Robot.Kind(robot.kind)])
    mobiles = list(letter.mobiles)
    if robot.kind == Robot.Kind.WECOM:
        return {"msgtype": "text", "text": {"content": words, "mentioned_mobile_list": mobiles}}
    return {"msgtype": "text", "text": {"content": words}, "at": {"atMobiles": mobiles, "isAtAll": False}}


def text(letter: Letter, longest: int) -> str:
    """Subject, lines and link, in at most `longest` bytes; of a long digest the first lines, and how many there are."""
    if not letter.is_digest:
        line = letter.lines[0]
        end = f"\n{line.link}"
        return _cut(f"{letter.subject}\n{line.body}".rstrip(), longest - len(end.encode())) + end
    end = f"\n查看全部：{letter.link}"
    words = letter.subject
    for number, line in enumerate(letter.lines, start=1):
        entry = f"\n{number}. {line.title}"
        more = f"\n……等 {len(letter.lines)} 条"
        rest = more if number < len(letter.lines) else ""
        if len(f"{words}{entry}{rest}{end}".encode()) > longest:
            return words + more + end
        words += entry
    return words + end


def signed_url(robot: Robot, at: datetime) -> str:
    """钉钉's 加签: the time in ms and an HMAC of it, which hold for an hour. 企业微信 has its key in the address."""
    if robot.kind != Robot.Kind.DINGTALK or not robot.secret:
        return robot.url
    stamp = int(at.timestamp() * 1000)
    digest = hmac.digest(robot.secret.encode(), f"{stamp}\n{robot.secret}".encode(), hashlib.sha256)
    return f"{robot.url}&timestamp={stamp}&sign={quote_plus(base64.b64encode(digest))}"


def _cut(words: str, longest: int) -> str:
    if len(words.encode()) <= longest:
        return words
    return words.encode()[: longest - len("……".encode())].decode(errors="ignore") + "……"
