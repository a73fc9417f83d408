"""The chosen place narrows lists and never widens them (ORG-2)."""

import re

import pytest
from django.test import RequestFactory

from accounts.places import current_place


@pytest.fixture
def ask():
    def of(user, query="", session=None):
        request = RequestFactory().get(f"/{query}")
        request.user, request.session = user, {} if session is None else session
        return current_place(request)

    return of


def test_nothing_chosen_is_everything_visible(cast, ask):
    assert ask(cast.supervisor) is None


def test_the_address_wins_and_is_remembered(cast, ask):
    session = {"place": "a"}
    assert ask(cast.supervisor, "?place=b1", session).code == "b1"
    assert session == {"place": "b1"}
    assert ask(cast.supervisor, "", session).code == "b1"


def test_an_empty_choice_forgets(cast, ask):
    session = {"place": "b1"}
    assert ask(cast.supervisor, "?place=", session) is None
    assert ask(cast.supervisor, "", session) is None


@pytest.mark.parametrize("code", ["b", "b1", "g", "nowhere", "%00"])
def test_what_the_user_does_not_see_counts_as_absent(cast, ask, code):
    assert ask(cast.branch, f"?place={code}") is None


def test_a_remembered_place_ends_with_the_post(cast, ask):
    assert ask(cast.branch, "", {"place": "b1"}) is None


def test_one_query_a_request_and_none_where_nothing_is_chosen(cast, ask, django_assert_num_queries):
    cast.supervisor.node_ids  # noqa: B018 - read once a request, by whoever asks first
    with django_assert_num_queries(0):
        ask(cast.supervisor)
    with django_assert_num_queries(1):
        ask(cast.supervisor, "?place=a1")


def links(answer):
    return re.findall(r'href="[^"]*\?place=([^"]*)"', answer.content.decode())


def test_the_tree_starts_at_the_posts_and_opens_a_branch_by_itself(client, cast):
    client.force_login(cast.supervisor)
    assert links(client.get("/places/")) == ["g", "a", "b"]
    assert links(client.get("/places/?under=b")) == ["b1", "b2"]


def test_the_tree_shows_nothing_foreign(client, cast):
    client.force_login(cast.branch)
    assert links(client.get("/places/")) == ["a", "a1", "a2"]
    assert links(client.get("/places/?under=b")) == []
    assert links(client.get("/places/?q=花园")) == ["a1", "a2"]


def test_several_posts_have_several_roots_and_all_of_them(client, cast):
    client.force_login(cast.cashier)
    assert links(client.get("/places/")) == ["", "a1", "b1"]


def test_a_search_without_a_hit_says_so(client, cast):
    client.force_login(cast.branch)
    assert "没有名称含“宁波”的组织" in client.get("/places/?q=宁波").content.decode()


@pytest.mark.parametrize("away", ["https://example.com/", "//example.com", "/no/list/"])
def test_a_choice_leads_to_a_list_of_ours(client, cast, away):
    client.force_login(cast.branch)
    assert 'href="/?place=a"' in client.get("/places/", {"next": away}).content.decode()
    assert 'href="/notices/?place=a"' in client.get("/places/", {"next": "/notices/"}).content.decode()


def test_the_tree_needs_three_queries_whatever_the_size(client, cast, django_assert_max_num_queries):
    client.force_login(cast.supervisor)
    with django_assert_max_num_queries(4):  # session, user, posts; one for the tree
        client.get("/places/")
