"""Markup that every page inherits."""

import re

import pytest
from django.template.loader import render_to_string


@pytest.fixture
def page(client, cast):
    client.force_login(cast.admin)
    return client.get("/styleguide/")


def test_nothing_is_inline(page):
    html = page.content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"<script(?![^>]*\bsrc=)", html)
    assert not re.search(r"\son\w+=", html)
    assert "default-src 'self'" in page["Content-Security-Policy"]


def test_no_template_comment_is_shown(page):
    html = page.content.decode()
    assert "{#" not in html
    assert "{%" not in html


def test_ids_are_unique(page):
    ids = re.findall(r'\sid="([^"]+)"', page.content.decode())
    assert sorted(ids) == sorted(set(ids))


def test_the_list_tools_keep_the_rest_of_the_address(client, cast):
    client.force_login(cast.admin)
    html = client.get("/styleguide/?status=open&risk=major&sort=due&page=3").content.decode()
    assert 'href="?status=late&amp;risk=major&amp;sort=due"' in html
    assert 'href="?status=open&amp;risk=major&amp;sort=due&amp;page=1"' in html
    assert 'href="#lists?status=open&amp;risk=major&amp;sort=due"' in html
    assert '<input type="hidden" name="sort" value="due">' in html


def test_a_refused_verb_says_why(page):
    html = page.content.decode()
    assert 'aria-disabled="true" aria-describedby="why-3"' in html
    assert "整改人不能复查自己的整改，请由其他人复查。" in html


def test_an_error_is_beside_its_field_and_in_the_summary(page):
    html = page.content.decode()
    assert 'href="#faulty_due">完成日期：请填写日期，例如 2026-11-28。' in html
    assert 'id="faulty_due_error"' in html
    assert re.search(r'id="faulty_due"[^>]*|aria-describedby="faulty_due_error"', html)


@pytest.mark.parametrize("name", ["403", "404", "500", "csrf"])
def test_an_error_page_needs_no_request(name):
    assert "回到工作台" in render_to_string(f"errors/{name}.html")
