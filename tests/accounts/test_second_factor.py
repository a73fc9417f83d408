"""TOTP: required of administrators while the setting says so, open to everyone."""

import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.roles import Role
from accounts.services import reset_second_factor
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
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


# --- lost phone, lost recovery codes ---------------------------------------------------------------------------------


@pytest.fixture
def locked_out(cast) -> User:
    TOTP.activate(cast.engineering, generate_totp_secret())
    RecoveryCodes.activate(cast.engineering)
    return cast.engineering


def reset_page(user: User) -> str:
    return reverse("admin:accounts_user_reset_second_factor", args=[user.pk])


def test_the_command_removes_it_ends_the_sessions_and_is_journalled(cast, locked_out, required, capsys):
    old = cast.client(locked_out)
    call_command("reset_second_factor", "Engineering")

    assert capsys.readouterr().out == "engineering 的动态验证码已重置，登录已全部退出。\n"
    assert not Authenticator.objects.filter(user=locked_out).exists()
    assert old.get(reverse("accounts:profile")).status_code == 302
    entry = Entry.objects.about(locked_out).get()
    assert (entry.label, entry.by) == ("重置动态验证码", None)
    client = Client()
    client.post(reverse("account_login"), {"login": "engineering", "password": PASSWORD})
    assert client.get(reverse("accounts:profile")).status_code == 200

    call_command("reset_second_factor", "engineering")
    assert "没有启用动态验证码" in capsys.readouterr().out
    assert Entry.objects.about(locked_out).count() == 1
    assert client.get(reverse("accounts:profile")).status_code == 200, "nothing was reset, nobody is thrown out"
    with pytest.raises(CommandError, match="没有用户名为 nobody 的人员"):
        call_command("reset_second_factor", "nobody")


def test_an_administrator_of_the_group_is_asked_and_then_resets_it(cast, locked_out):
    client = cast.client(cast.administrator)
    change = reverse("admin:accounts_user_change", args=[locked_out.pk])
    assert reset_page(locked_out) in client.get(change).content.decode()

    assert "全部作废" in client.get(reset_page(locked_out)).content.decode()
    assert Authenticator.objects.filter(user=locked_out).count() == 2
    done = client.post(reset_page(locked_out), follow=True).content.decode()

    assert "工程甲的动态验证码已重置" in done
    assert not Authenticator.objects.filter(user=locked_out).exists()
    assert Entry.objects.about(locked_out).get().by == cast.administrator


def test_an_administrator_of_a_branch_does_not_reset_it(cast, locked_out, now):
    local = cast.hire(Role.ADMINISTRATOR, cast.branch_a, "local-admin")
    client = cast.client(local)

    change = reverse("admin:accounts_user_change", args=[locked_out.pk])
    assert reset_page(locked_out) not in client.get(change).content.decode()
    assert client.post(reset_page(locked_out)).status_code == 403
    with pytest.raises(Refused, match="只有集团的系统管理员"):
        reset_second_factor(user=locked_out, by=local, at=now)
    assert Authenticator.objects.filter(user=locked_out).count() == 2


def test_nobody_resets_their_own(cast):
    TOTP.activate(cast.administrator, generate_totp_secret())

    page = cast.client(cast.administrator).post(reset_page(cast.administrator), follow=True).content.decode()

    assert "不能重置自己的动态验证码" in page
    assert Authenticator.objects.filter(user=cast.administrator).exists()
