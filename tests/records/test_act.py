"""`act`: do what a form asks, or show the record again with what is wrong."""

from datetime import UTC, datetime

import pytest
import time_machine
from django import forms
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse

from foundation.records.refusals import Refused, refusal
from foundation.records.verbs import act


class ReasonForm(forms.Form):
    reason = forms.CharField(error_messages={"required": "请写明原因。"})


@pytest.fixture
def request_(rf):
    request = rf.post("/")
    request._messages = CookieStorage(request)
    return request


def page(form: forms.Form) -> HttpResponse:
    return HttpResponse(f"{form['reason'].value()} {form.non_field_errors()}{form['reason'].errors}")


def test_what_a_valid_form_asks_is_done_now_and_said(request_):
    moments = []
    now = datetime(2026, 11, 3, 1, 15, tzinfo=UTC)

    with time_machine.travel(now, tick=False):
        response = act(
            request_, ReasonForm({"reason": "停电"}), moments.append, done="已登记。", back="/x/7/", again=page
        )

    assert moments == [now]
    assert (response.status_code, response.url) == (302, "/x/7/")
    assert [str(message) for message in get_messages(request_)] == ["已登记。"]


def test_a_refusal_is_shown_with_what_was_typed(request_):
    def do(at):
        raise Refused("这张单已经关闭。")

    response = act(request_, ReasonForm({"reason": "停电"}), do, done="已登记。", back="/x/7/", again=page)

    assert response.status_code == 422
    assert "停电" in response.content.decode()
    assert "这张单已经关闭。" in response.content.decode()
    assert not list(get_messages(request_))


def test_an_invalid_form_does_nothing(request_):
    done = []

    response = act(request_, ReasonForm({"reason": ""}), done.append, done="已登记。", back="/x/7/", again=page)

    assert response.status_code == 422
    assert "请写明原因。" in response.content.decode()
    assert not done


def test_a_guard_says_why_not_or_nothing():
    def guard(is_open):
        if not is_open:
            raise Refused("这张单已经关闭。")

    assert refusal(guard, False) == "这张单已经关闭。"
    assert refusal(guard, True) == ""
