from datetime import timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse

from foundation.notices.models import Notice
from foundation.notices.services import mark_all_read, mark_read, send, unread_count

INDEX, BELL, READ_ALL = reverse("notices:index"), reverse("notices:bell"), reverse("notices:read_all")


@pytest.fixture
def notice(zhang, at) -> Notice:
    send(to=[zhang], title="消防栓<漏水>", body="3幢地下室\n请尽快处理", url="/x/1/", at=at, key="zg:1", level="urgent")
    return Notice.objects.get()


@pytest.fixture
def logged_in(client, zhang):
    client.force_login(zhang)
    return client


def test_the_list_shows_ones_own_unread_first(logged_in, zhang, wang, at):
    for number in range(3):
        send(to=[zhang], title=f"第{number}条", at=at + timedelta(hours=number), key=f"zg:{number}")
    send(to=[wang], title="别人的", at=at, key="zg:9")
    mark_read(notice=Notice.objects.get(key="zg:2"), at=at)
    page = logged_in.get(INDEX)
    assert [notice.title for notice in page.context["page"]] == ["第1条", "第0条", "第2条"]
    assert "别人的" not in page.content.decode()
    assert "2 条未读" in page.content.decode()


def test_the_list_escapes_and_says_urgent_in_words(logged_in, notice):
    html = logged_in.get(INDEX).content.decode()
    assert "消防栓&lt;漏水&gt;" in html
    assert "紧急" in html


def test_an_empty_list_says_what_comes_here(logged_in):
    assert "还没有通知" in logged_in.get(INDEX).content.decode()


def test_pages_are_30_long_and_queries_do_not_grow(logged_in, zhang, at, django_assert_max_num_queries):
    for number in range(35):
        send(to=[zhang], title=f"第{number}条", at=at, key=f"zg:{number}")
    with django_assert_max_num_queries(10):
        html = logged_in.get(INDEX).content.decode()
    assert "第 1 / 2 页" in html
    assert len(logged_in.get(INDEX, {"page": 2}).context["page"]) == 5
    assert len(logged_in.get(INDEX, {"page": "乱写"}).context["page"]) == 30


def test_opening_reads_it_and_leads_to_the_record(logged_in, zhang, notice):
    response = logged_in.get(reverse("notices:open", args=[notice.pk]))
    assert (response.status_code, response["Location"]) == (302, "/x/1/")
    first_time = Notice.objects.get().read_at
    assert first_time
    logged_in.get(reverse("notices:open", args=[notice.pk]))
    assert Notice.objects.get().read_at == first_time
    assert unread_count(zhang) == 0


def test_one_without_a_page_leads_back_to_the_list(logged_in, zhang, at):
    send(to=[zhang], title="今晚维护", at=at, key="k")
    assert logged_in.get(reverse("notices:open", args=[Notice.objects.get().pk]))["Location"] == INDEX


def test_anothers_notice_is_404(client, wang, notice):
    client.force_login(wang)
    assert client.get(reverse("notices:open", args=[notice.pk])).status_code == 404
    assert Notice.objects.get().is_unread


def test_all_read_is_a_post_and_only_ones_own(logged_in, zhang, wang, at):
    send(to=[zhang, wang], title="今晚维护", at=at, key="k")
    assert logged_in.get(READ_ALL).status_code == 405
    assert unread_count(zhang) == 1
    assert logged_in.post(READ_ALL)["Location"] == INDEX
    assert (unread_count(zhang), unread_count(wang)) == (0, 1)


def test_what_comes_while_marking_stays_unread(zhang, at):
    send(to=[zhang], title="早", at=at, key="k1")
    send(to=[zhang], title="晚", at=at + timedelta(seconds=1), key="k2")
    assert mark_all_read(user=zhang, at=at) == 1
    assert mark_all_read(user=zhang, at=at) == 0


def test_the_bell_tells_the_number(logged_in, notice):
    html = logged_in.get(BELL).content.decode()
    assert "1 条未读" in html
    assert "<html" not in html


def test_nobody_has_no_notices(db):
    assert unread_count(AnonymousUser()) == 0


@pytest.mark.parametrize("url", [INDEX, BELL, "/notices/1/"])
def test_without_login_there_is_a_login_page(client, db, url):
    assert client.get(url).status_code == 302
