"""Posts to a real HTTP server in the place of 企业微信 and 钉钉: their formats, their answers, whom they may reach."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from foundation.notices import webhooks
from foundation.notices.letters import Letter, Line
from foundation.notices.models import Delivery, Parcel, Robot
from foundation.notices.robots import LONGEST, text
from foundation.notices.services import send
from tests.notices.conftest import AT, NODE, deliver
from tests.notices.outside import free_port

MINUTE = timedelta(minutes=1)


def tell_group(people, key: str = "k", **more) -> None:
    told = {"title": "整改超期：消防栓漏水", "body": "桂语江南 · ZG-2026-0001", "url": "/x/1/", "at": AT, "node": NODE}
    send(to=people, key=key, **(told | more))


def test_wecoms_format(chat, wecom, people):
    tell_group(people)
    assert deliver(AT).sent == 1
    (post,) = chat.posts
    assert (post.path, post.query) == ("/cgi-bin/webhook/send", {"key": "sesame"})
    assert post.headers["content-type"] == "application/json"
    assert post.body == {
        "msgtype": "text",
        "text": {
            "content": "【督导台】整改超期：消防栓漏水\n桂语江南 · ZG-2026-0001\nhttps://dudao.example.cn/x/1/",
            "mentioned_mobile_list": [person.phone for person in people],
        },
    }
    assert chat.keys == [str(Parcel.objects.get().key)]


def test_dingtalks_format_and_its_sign(chat, dingtalk, people):
    tell_group(people[:1], level="urgent")
    deliver(AT)
    (post,) = chat.posts
    assert post.path == "/robot/send"
    stamp = "1793667600000"
    sign = base64.b64encode(hmac.new(b"SECret", f"{stamp}\nSECret".encode(), hashlib.sha256).digest()).decode()
    assert post.query == {"access_token": "sesame", "timestamp": stamp, "sign": sign}
    assert post.body["msgtype"] == "text"
    assert post.body["text"]["content"].startswith("【督导台】紧急：整改超期：消防栓漏水\n")
    assert post.body["at"] == {"atMobiles": [people[0].phone], "isAtAll": False}


def test_without_a_secret_dingtalks_address_is_left_alone(chat, dingtalk, people):
    dingtalk.secret = None
    dingtalk.save()
    tell_group(people)
    deliver(AT)
    assert chat.posts[0].query == {"access_token": "sesame"}


def test_a_group_is_told_once_however_many_are_told(chat, wecom, people):
    tell_group(people[:1])
    tell_group(people)
    deliver(AT)
    tell_group(people)
    deliver(AT + MINUTE)
    assert len(chat.posts) == 1


def test_only_the_place_of_those_who_are_told_hears_of_it(chat, wecom, people):
    tell_group(people, node=NODE + 1)
    tell_group(people, node=None, key="k2")
    assert Delivery.objects.count() == 0


def test_every_robot_of_a_place_posts_it(chat, wecom, dingtalk, people):
    tell_group(people)
    deliver(AT)
    assert sorted(post.path for post in chat.posts) == ["/cgi-bin/webhook/send", "/robot/send"]


def test_a_robot_may_be_for_urgent_ones_only(chat, wecom, people):
    Robot.objects.update(min_level="urgent")
    tell_group(people)
    tell_group(people, key="red", level="urgent")
    deliver(AT)
    assert len(chat.posts) == 1
    assert "紧急" in chat.posts[0].body["text"]["content"]


def test_one_that_is_switched_off_posts_nothing_of_what_waits(chat, wecom, people):
    tell_group(people)
    Robot.objects.update(is_active=False)
    assert deliver(AT).dropped == 1
    tell_group(people, key="k2")
    assert deliver(AT + MINUTE).sent == 0
    assert chat.posts == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, {}), "机器人回答 HTTP 500"),
        ((404, "not here"), "机器人回答 HTTP 404"),
        ((200, {"errcode": 93000, "errmsg": "invalid webhook url"}), "机器人拒绝：93000 invalid webhook url"),
        ((200, {"errcode": 310000, "errmsg": "sign not match"}), "机器人拒绝：310000 sign not match"),
        ((200, "<html>"), "机器人的回答看不懂。"),
        ((200, []), "机器人的回答看不懂。"),
        ((200, {}), "机器人的回答看不懂。"),
    ],
)
def test_another_answer_than_errcode_0_is_tried_again_with_the_same_key(chat, wecom, people, answer, error):
    chat.answers = [answer]
    tell_group(people)
    assert deliver(AT).failed == 1
    assert Parcel.objects.get().error == error
    assert deliver(AT + MINUTE - timedelta(seconds=1)).sent == 0
    assert deliver(AT + MINUTE).sent == 1
    first, second = chat.keys
    assert first == second
    assert Parcel.objects.get().state == Parcel.State.SENT


def test_a_robot_that_does_not_answer_is_given_up_and_tried_again(chat, wecom, people, monkeypatch):
    monkeypatch.setattr("foundation.notices.robots.TIMEOUT", 0.3)
    chat.slow = 1
    tell_group(people)
    assert deliver(AT).failed == 1
    assert Parcel.objects.get().error == "机器人 0.3 秒内没有回答。"
    chat.slow = 0
    assert deliver(AT + MINUTE).sent == 1


def test_a_broken_robot_rests_for_the_run_and_the_other_posts(chat, wecom, dingtalk, people):
    Robot.objects.filter(pk=wecom.pk).update(url=chat.url().replace(str(chat.port), str(free_port())))
    for number in range(3):
        tell_group(people, key=f"k{number}")
    run = deliver(AT)
    assert (run.sent, run.failed) == (3, 1)
    assert {post.path for post in chat.posts} == {"/robot/send"}


def test_a_redirect_is_not_followed(chat, wecom, people):
    chat.answers, chat.headers = [(302, {})], {"Location": chat.url("/elsewhere")}
    tell_group(people)
    deliver(AT)
    assert [post.path for post in chat.posts] == ["/cgi-bin/webhook/send"]
    assert Parcel.objects.get().error == "机器人回答 HTTP 302"


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", ""),
        ("https://oapi.dingtalk.com/robot/send?access_token=1", ""),
        ("https://OAPI.dingtalk.com:443/robot/send", ""),
        ("https://chat.example.cn:8443/send", ""),
        ("http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1", "https://"),
        ("ftp://qyapi.weixin.qq.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://127.0.0.1/send", "只能发往"),
        ("https://169.254.169.254/latest/meta-data", "只能发往"),
        ("https://qyapi.weixin.qq.com.evil.cn/", "只能发往"),
        ("https://qyapi.weixin.qq.com:8443/", "只能发往"),
        ("https://chat.example.cn/send", "只能发往"),
        ("https://qyapi.weixin.qq.com@evil.cn/", "用户名"),
        ("https://evil.cn\\@qyapi.weixin.qq.com/", ("用户名", "只能发往")),
        ("https://[::1/", "看不懂"),
        ("https://qyapi.weixin.qq.com:99999/", "看不懂"),
        ("qyapi.weixin.qq.com", "https://"),
    ],
)
def test_an_address_leads_to_known_hosts_only(settings, url, fault):
    settings.NOTICE_ROBOT_HOSTS = ["qyapi.weixin.qq.com", "oapi.dingtalk.com", "chat.example.cn:8443"]
    said = webhooks.fault(url)
    assert any(words in said for words in ([fault] if isinstance(fault, str) else fault)) if fault else said == ""
    if fault:
        with pytest.raises(ValidationError):
            Robot(node_id=NODE, kind=Robot.Kind.WECOM, name="群", url=url).clean()


def test_an_address_that_is_no_longer_allowed_is_not_called(chat, wecom, people, settings):
    tell_group(people)
    settings.NOTICE_ROBOT_HOSTS = ["qyapi.weixin.qq.com"]
    assert deliver(AT).failed == 1
    assert chat.posts == []


def test_the_robots_key_is_neither_logged_nor_kept_in_the_error_nor_readable_in_the_database(
    chat, wecom, people, caplog
):
    chat.answers = [(500, {})]
    with caplog.at_level(logging.INFO):
        tell_group(people)
        deliver(AT)
        Robot.objects.filter(pk=wecom.pk).update(url=chat.url().replace(str(chat.port), str(free_port())))
        deliver(AT + MINUTE)
    assert "sesame" not in caplog.text
    assert "sesame" not in Parcel.objects.get().error
    with connection.cursor() as cursor:
        cursor.execute("SELECT url FROM notices_robot")
        assert "sesame" not in cursor.fetchone()[0]


def letter(*titles: str, body: str = "") -> Letter:
    lines = [Line(title=title, body=body, link="https://dudao.example.cn/x/1/", at=AT) for title in titles]
    return Letter(key="k", lines=lines, is_urgent=False)


def test_a_long_text_is_cut_and_keeps_its_link():
    words = text(letter("消防栓漏水", body="漏" * 3000), 2048)
    assert len(words.encode()) <= 2048
    assert words.endswith("漏……\nhttps://dudao.example.cn/x/1/")


@pytest.mark.parametrize("number", [11, 60, 1000])
def test_a_long_digest_names_the_first_and_says_how_many_there_are(settings, number):
    settings.SITE_URL = "https://dudao.example.cn"
    words = text(letter(*[f"第{n}条整改单超期未完成" for n in range(number)]), LONGEST[Robot.Kind.WECOM])
    assert len(words.encode()) <= 2048
    assert words.startswith(f"【督导台】{number} 条通知\n1. 第0条整改单超期未完成\n")
    assert ("……等" in words) == (number > 11)
    assert words.endswith("查看全部：https://dudao.example.cn/notices/")
