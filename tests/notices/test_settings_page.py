"""Everyone sets their own channels and quiet hours."""

from __future__ import annotations

from datetime import time

import pytest
from django.urls import reverse

from foundation.notices.models import NoticePolicy, Preference

URL, PROFILE = reverse("notices:settings"), reverse("accounts:profile")


@pytest.fixture
def logged_in(client, zhang):
    client.force_login(zhang)
    return client


def form(**changes: str) -> dict[str, str]:
    return {"email": "all", "quiet": "company", "quiet_from": "22:00", "quiet_until": "07:00"} | changes


def test_who_has_set_nothing_sees_the_companys(logged_in, mailbox):
    NoticePolicy.objects.create(pk=1, quiet_from=time(21, 30), quiet_until=time(8))
    html = logged_in.get(URL).content.decode()
    assert "按公司规定（21:30–08:00）" in html
    assert "邮件发到 zhang@example.cn。" in html
    assert not Preference.objects.exists()


def test_what_is_set_is_kept_and_shown_on_the_account(logged_in, zhang, wang):
    answer = logged_in.post(URL, form(email="urgent", quiet="own", quiet_from="12:00", quiet_until="13:30"))
    assert answer["Location"] == PROFILE
    kept = Preference.objects.get()
    assert (kept.user, kept.email, kept.quiet_from, kept.quiet_until) == (zhang, "urgent", time(12), time(13, 30))
    page = logged_in.get(PROFILE).content.decode()
    assert "只要紧急通知" in page
    assert "自己设定：12:00–13:30" in page
    logged_in.post(URL, form())
    assert Preference.objects.get().email == "all"


def test_own_hours_need_both_times(logged_in):
    answer = logged_in.post(URL, form(quiet="own", quiet_from="", quiet_until=""))
    assert answer.status_code == 422
    assert answer.content.decode().count("请填写免打扰的时间。") >= 2
    assert not Preference.objects.exists()


def test_with_the_companys_hours_ones_own_may_stay_empty(logged_in):
    logged_in.post(URL, form(quiet="own", quiet_from="12:00", quiet_until="13:30"))
    assert logged_in.post(URL, form(quiet_from="", quiet_until="")).status_code == 302
    assert Preference.objects.get().quiet_from == time(12), "kept for another time"


@pytest.mark.parametrize("wrong", [{"email": "fax"}, {"quiet": "never"}, {"quiet": "own", "quiet_from": "25:00"}])
def test_anything_else_is_refused(logged_in, wrong):
    assert logged_in.post(URL, form(**wrong)).status_code == 422
    assert not Preference.objects.exists()


def test_who_gets_no_mail_is_told_why(logged_in, zhang, settings, mailbox):
    settings.NOTICES_BY_EMAIL = False
    assert "没有配置邮件服务器" in logged_in.get(URL).content.decode()
    settings.NOTICES_BY_EMAIL = True
    zhang.email = ""
    zhang.save()
    assert "您还没有登记邮箱" in logged_in.get(URL).content.decode()
    assert "没有登记邮箱" in logged_in.get(PROFILE).content.decode()
