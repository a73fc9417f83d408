"""The pages that belong to no app."""

from datetime import date

import pytest
from django.conf import settings
from django.test import RequestFactory

from accounts.models import Post, Role, User
from config import views
from estates.models import Node

pytestmark = pytest.mark.django_db


def member(role: Role) -> User:
    group, _ = Node.objects.get_or_create(code="g", defaults={"kind": "group", "name": "集团", "short_name": "集团"})
    user = User.objects.create_user(f"u-{role}", "a-password", name=role.label)
    Post.objects.create(user=user, role=role, node=group, starts_on=date(2020, 1, 1))
    return user


def test_the_service_worker_rules_the_whole_site_and_is_asked_for_each_time(client):
    answer = client.get("/sw.js")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Service-Worker-Allowed"] == "/"
    assert answer["Cache-Control"] == "no-cache"


def test_the_manifest_makes_it_installable_and_its_icons_exist(client):
    answer = client.get("/manifest.webmanifest")
    assert answer["Content-Type"] == "application/manifest+json"
    manifest = answer.json()
    assert (manifest["name"], manifest["start_url"], manifest["display"]) == ("督导台", "/", "standalone")
    for icon in manifest["icons"]:
        assert (settings.BASE_DIR / icon["src"].lstrip("/")).exists()


def test_an_administrator_reads_the_state_in_words(client):
    client.force_login(member(Role.ADMINISTRATOR))
    page = client.get("/system/").content.decode()
    assert "系统状态" in page
    for name in ("数据库", "消息队列", "后台进程", "定时调度", "积压"):
        assert name in page


@pytest.mark.parametrize("address", ["/system/", "/styleguide/"])
def test_only_administrators_open(client, address):
    assert client.get(address).status_code == 302
    client.force_login(member(Role.SERVICE))
    assert client.get(address).status_code == 403


def test_an_administrator_opens_the_style_guide(client):
    client.force_login(member(Role.ADMINISTRATOR))
    assert client.get("/styleguide/").status_code == 200


def test_an_unknown_address_has_its_page(client):
    client.force_login(member(Role.SERVICE))
    answer = client.get("/no-such-page/")
    assert answer.status_code == 404
    assert "督导台" in answer.content.decode()


def test_an_old_form_is_refused_with_a_page():
    answer = views.csrf_failure(RequestFactory().post("/"))
    assert answer.status_code == 403
    assert "督导台" in answer.content.decode()


def test_the_page_of_a_failure_needs_neither_user_nor_database(django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = views.server_error(RequestFactory().get("/"))
    assert answer.status_code == 500
    assert "督导台" in answer.content.decode()
