"""TOTP: required of administrators while the setting says so, open to everyone."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.cast import PASSWORD


@pytest.fixture(autouse=True)
def _no_attempts_so_far():
    cache.clear()


def code_of(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.fixture
def required(settings):
    settings.REQUIRE_ADMIN_MFA = True


def test_an_administrator_without_totp_is_sent_to_set_it_up(cast, required):
    answer = cast.client(cast.administrator).get(reverse("estates:estates"))

    assert answer.status_code == 302
    assert answer.url == reverse("mfa_activate_totp")


def test_the_pages_of_the_account_stay_open_to_them(cast, required):
    client = cast.client(cast.administrator)

    assert client.get(reverse("accounts:profile")).status_code == 200
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302


def test_the_admin_is_closed_to_them_too(cast, required):
    assert cast.client(cast.administrator).get("/admin/").url == reverse("mfa_activate_totp")


def test_others_need_no_second_factor(cast, required):
    assert cast.client(cast.estate_manager).get(reverse("estates:estates")).status_code == 200


def test_without_the_setting_administrators_come_in(cast, settings):
    settings.REQUIRE_ADMIN_MFA = False

    assert cast.client(cast.administrator).get(reverse("estates:estates")).status_code == 200


def test_setting_it_up_asks_the_password_then_a_code_and_opens_the_door(cast, required):
    client = Client()
    client.post(reverse("account_login"), {"login": "administrator", "password": PASSWORD})
    asked = client.get(reverse("mfa_activate_totp"), follow=True)
    assert "请再输入一次密码" in asked.content.decode()

    page = client.post(
        reverse("account_reauthenticate"), {"password": PASSWORD, "next": reverse("mfa_activate_totp")}, follow=True
    )
    wrong = client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    secret = page.context["form"].secret
    done = client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)}, follow=True)

    assert "验证码不对。" in wrong.content.decode()
    assert "备用码" in done.content.decode()
    assert client.get(reverse("estates:estates")).status_code == 200


def test_login_with_totp_asks_for_the_code(cast):
    secret = generate_totp_secret()
    TOTP.activate(cast.engineering, secret)
    client = Client()

    asked = client.post(reverse("account_login"), {"login": "engineering", "password": PASSWORD})
    assert asked.url == reverse("mfa_authenticate")
    assert client.get(reverse("accounts:profile")).status_code == 302
    assert "动态验证码" in client.get(reverse("mfa_authenticate")).content.decode()

    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert client.get(reverse("accounts:profile")).status_code == 200


def test_the_secret_is_encrypted_at_rest(cast):
    secret = generate_totp_secret()
    TOTP.activate(cast.engineering, secret)

    stored = Authenticator.objects.get(user=cast.engineering).data["secret"]

    assert secret not in stored
    assert stored.startswith("gAAAA")
