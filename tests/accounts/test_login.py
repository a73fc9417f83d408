"""Login by name or phone: throttled, in Chinese, and no way to make an account."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.models import User
from accounts.services import disable_user
from tests.cast import PASSWORD


@pytest.fixture(autouse=True)
def _no_attempts_so_far():
    cache.clear()


def log_in(login: str, password: str = PASSWORD, client: Client | None = None):
    return (client or Client()).post(reverse("account_login"), {"login": login, "password": password})


@pytest.mark.parametrize("login", ["engineering", "Engineering", " engineering ", "13900000008"])
def test_a_user_logs_in_by_name_in_any_case_or_by_phone(cast, login):
    assert cast.engineering.phone == "13900000008"

    answer = log_in(login)

    assert answer.status_code == 302
    assert answer.url == "/"


@pytest.mark.parametrize(("login", "password"), [("engineering", "wrong"), ("nobody", PASSWORD), ("12345678901", "x")])
def test_a_wrong_password_and_an_unknown_name_get_the_same_sentence(cast, login, password):
    answer = log_in(login, password)

    assert answer.status_code == 200
    assert "用户名、手机号或密码不对。" in answer.content.decode()
    assert f'value="{login}"' in answer.content.decode()


def test_an_unknown_name_costs_a_hash_as_a_wrong_password_does(cast, monkeypatch):
    hashed = []
    monkeypatch.setattr(User, "set_password", lambda self, raw: hashed.append(raw))

    log_in("nobody", "secret")

    assert hashed == ["secret"]


def test_the_sixth_failure_is_throttled_although_name_and_phone_take_turns(cast):
    for login in ["engineering", "13900000008", "ENGINEERING", "13900000008", "engineering"]:
        log_in(login, "wrong")

    answer = log_in("13900000008")

    assert "登录失败次数太多，请过几分钟再试。" in answer.content.decode()
    assert log_in("service").status_code == 302


def test_a_disabled_user_is_told_so_only_with_the_right_password(cast, now):
    disable_user(user=cast.engineering, by=None, at=now)

    assert log_in("engineering").url == reverse("account_inactive")
    assert "用户名、手机号或密码不对。" in log_in("engineering", "wrong").content.decode()
    assert "账号已经停用" in Client().get(reverse("account_inactive")).content.decode()


@pytest.mark.parametrize("name", ["account_signup", "account_email", "account_reset_password", "account_set_password"])
def test_pages_for_signing_up_or_resetting_do_not_exist(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_the_login_page_is_open_and_names_both_ways(db):
    page = Client().get(reverse("account_login"))

    assert page.status_code == 200
    assert "用户名或手机号" in page.content.decode()
    assert "sign up" not in page.content.decode().lower()


def test_the_other_pages_ask_for_a_login(db):
    answer = Client().get(reverse("accounts:profile"))

    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))


def test_logging_out_takes_a_post(cast):
    client = cast.client(cast.engineering)

    assert client.get(reverse("account_logout")).status_code == 200
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert client.post(reverse("account_logout")).status_code == 302
    assert client.get(reverse("accounts:profile")).status_code == 302


def test_a_user_changes_their_password_and_stays_logged_in(cast):
    client, other = cast.client(cast.engineering), cast.client(cast.engineering)
    url = reverse("account_change_password")

    wrong = client.post(url, {"oldpassword": "x", "password1": "new-words-4-times", "password2": "new-words-4-times"})
    right = client.post(
        url, {"oldpassword": PASSWORD, "password1": "new-words-4-times", "password2": "new-words-4-times"}
    )

    assert "当前密码不对。" in wrong.content.decode()
    assert right.status_code == 302
    assert client.get(reverse("accounts:profile")).status_code == 200
    assert other.get(reverse("accounts:profile")).status_code == 302


def test_the_profile_shows_name_posts_and_the_ways_to_change(cast):
    page = cast.client(cast.engineering).get(reverse("accounts:profile")).content.decode()

    assert "工程甲" in page
    assert "桂语江南" in page
    assert reverse("account_change_password") in page
    assert reverse("mfa_index") in page
