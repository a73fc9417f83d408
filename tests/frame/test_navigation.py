"""Navigation shows what is built and what the user may do; the frame is cheap."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from lucide.templatetags.lucide import lucide

from accounts.rights import Right
from config import navigation
from config.navigation import Entry, Frame


@pytest.fixture
def frame():
    def of(user, path="/notices/"):
        request = RequestFactory().get(path)
        request.user, request.session = user, {}
        return Frame(request)

    return of


@pytest.fixture
def chapters(monkeypatch):
    entries = {
        "工作台": (Entry("通知", "bell", "notices:index"),),
        "诉求回访": (Entry("诉求单", "bell", "complaints:not_built"),),
        "基础资料": (Entry("系统状态", "bell", "system", Right.VIEW_HEALTH),),
    }
    monkeypatch.setattr(navigation, "CHAPTERS", entries)


def test_a_chapter_that_is_not_built_is_absent(cast, frame, chapters):
    assert [chapter.label for chapter in frame(cast.admin).chapters] == ["工作台", "基础资料"]


def test_an_entry_shows_to_those_who_hold_its_right(cast, frame, chapters):
    assert [chapter.label for chapter in frame(cast.guard).chapters] == ["工作台"]


@pytest.mark.parametrize(("path", "current"), [("/notices/", "通知"), ("/notices/7/", "通知"), ("/elsewhere/", None)])
def test_the_page_or_what_lies_above_it_is_current(cast, frame, chapters, path, current):
    links = [link for chapter in frame(cast.admin, path).chapters for link in chapter.links]
    assert [link.label for link in links if link.current] == ([current] if current else [])


def test_every_icon_of_the_real_navigation_exists():
    entries = [entry for chapter in navigation.CHAPTERS.values() for entry in chapter]
    for entry in (*entries, *navigation.BOTTOM, *navigation.PERSONAL):
        assert lucide(entry.icon).startswith("<svg")


def test_who_has_one_estate_has_nothing_to_choose(cast, frame):
    assert (frame(cast.guard).place_label, frame(cast.guard).places_url) == ("花园a1", "")
    assert frame(cast.supervisor).place_label == "集团"
    assert frame(cast.cashier).place_label == "全部（2 处）"


def test_the_switcher_keeps_a_list_and_leaves_a_record(cast, frame):
    assert frame(cast.supervisor, "/notices/").places_url == "/places/?next=%2Fnotices%2F"
    assert frame(cast.supervisor, "/notices/7/").places_url == "/places/?next=%2F"


def test_a_page_asks_the_database_at_most_twice_for_its_frame(cast, frame, django_assert_max_num_queries):
    user = cast.supervisor
    user.current_posts  # noqa: B018 - read once a request, by whoever asks first
    session = {"place": "a1"}
    with django_assert_max_num_queries(2):
        page = frame(user)
        page.request.session = session
        assert (page.chapters, page.bottom, page.personal, page.place_label, page.places_url, page.unread) is not None


def test_a_visitor_has_no_frame(frame):
    page = frame(AnonymousUser())
    assert (page.place_label, page.places_url, page.unread, page.search_url) == ("", "", 0, None)
