"""ORG-2: who sees the record sees its files; everyone else gets 404."""

import uuid

import pytest
from django.contrib.auth import get_user_model
from django.template import Context, Template
from django.urls import reverse

from foundation.attachments import registry
from foundation.numbering.models import Counter

from .conftest import exif, picture
from .test_refusals import PDF


@pytest.fixture
def wang(db):
    return get_user_model().objects.create_user("wang", name="王工")


@pytest.fixture
def photo(attach, zhang):
    @registry.readable(Counter)
    def counters(user):
        return Counter.objects.all() if user == zhang else Counter.objects.none()

    return attach(picture(size=(2000, 1000), exif=exif(position=True)), "消防门.jpg")


@pytest.fixture(params=["shown", "thumb"])
def url(request, photo):
    return reverse(f"attachments:{request.param}", args=[photo.uuid])


def body(response) -> bytes:
    return b"".join(response.streaming_content)


def test_who_sees_the_record_reads_the_file(client, zhang, url):
    client.force_login(zhang)
    response = client.get(url)
    assert response.status_code == 200
    assert response["Content-Type"] == "image/jpeg"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cache-Control"] == "private, no-cache"
    assert response["Content-Security-Policy"].endswith("sandbox")
    assert response["Content-Disposition"].startswith("inline; filename*=utf-8''")
    data = body(response)
    assert data.startswith(b"\xff\xd8\xff")
    assert b"Exif" not in data


def test_anyone_else_gets_404(client, wang, url):
    client.force_login(wang)
    assert client.get(url).status_code == 404


def test_nobody_reads_a_file_whose_owner_says_nothing(client, zhang, url, monkeypatch):
    monkeypatch.setattr(registry, "_readable", {})
    client.force_login(zhang)
    assert client.get(url).status_code == 404


def test_without_login_there_is_a_login_page(client, url):
    response = client.get(url)
    assert response.status_code == 302
    assert "next=" in response["Location"]


def test_an_unknown_file_is_404(client, zhang):
    client.force_login(zhang)
    assert client.get(reverse("attachments:shown", args=[uuid.uuid4()])).status_code == 404


def test_writing_is_refused(client, zhang, url):
    client.force_login(zhang)
    assert client.post(url).status_code == 405
    assert client.delete(url).status_code == 405


def test_what_the_browser_has_is_not_sent_again_but_asked_for_again(client, zhang, wang, url):
    client.force_login(zhang)
    etag = client.get(url)["ETag"]
    again = client.get(url, headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == "private, no-cache"
    client.force_login(wang)
    assert client.get(url, headers={"If-None-Match": etag}).status_code == 404


def test_a_file_lost_from_the_disk_is_404(client, zhang, url, photo):
    for field in (photo.shown, photo.thumb):
        field.storage.delete(field.name)
    client.force_login(zhang)
    assert client.get(url).status_code == 404


def test_a_pdf_is_a_download_and_has_no_thumbnail(client, zhang, photo, attach):
    registry.takes_pdf(Counter, "report")
    report = attach(PDF, "检测报告.pdf", slot="report")
    client.force_login(zhang)
    response = client.get(reverse("attachments:shown", args=[report.uuid]))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("attachment; ")
    assert body(response) == PDF
    assert client.get(reverse("attachments:thumb", args=[report.uuid])).status_code == 404


def test_two_queries_for_a_file_beside_the_session(client, zhang, url, django_assert_max_num_queries):
    client.force_login(zhang)
    with django_assert_max_num_queries(5):
        client.get(url)


def test_thumbnails_on_a_page_have_words_and_sizes(photo, at):
    photo.taken_at = at
    page = Template("{% load photos %}{% photos files '整改后' %}").render(Context({"files": [photo]}))
    assert f'href="/files/{photo.uuid}/"' in page
    assert f'src="/files/{photo.uuid}/thumb/"' in page
    assert 'alt="整改后 1，2026-11-03 10:30 拍摄"' in page
    assert 'width="320" height="160"' in page
    assert Template("{% load photos %}{% photos files %}").render(Context({"files": []})).strip() == ""
