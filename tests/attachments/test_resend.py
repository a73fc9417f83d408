"""A phone that lost its signal sends again: once is once."""

import threading
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from foundation.attachments.models import Attachment
from foundation.attachments.services import AttachmentError, attach
from foundation.numbering.models import Counter

from .conftest import key, picture


def test_the_same_key_gives_the_first(attach, files):
    client_key, data = key(), picture()
    first = attach(data, client_key=client_key)
    assert attach(data, client_key=client_key) == first
    assert Attachment.objects.count() == 1
    assert len(list(files.rglob("original.*"))) == 1


def test_without_a_key_twice_is_two(attach):
    attach(picture())
    attach(picture())
    assert Attachment.objects.count() == 2


def test_a_key_used_for_another_file_owner_slot_or_person_is_refused(attach, zhang):
    client_key, data = key(), picture()
    attach(data, client_key=client_key)
    other = Counter.objects.create(kind="ZG", place="HZ02", period="202611", last=1)
    wang = get_user_model().objects.create_user("wang", name="王工")
    for more in ({"owner": other}, {"slot": "before"}, {"by": wang}):
        with pytest.raises(AttachmentError, match="提交标识已用于另一个文件"):
            attach(data, client_key=client_key, **more)
    with pytest.raises(AttachmentError, match="提交标识已用于另一个文件"):
        attach(picture(size=(10, 10)), client_key=client_key)
    assert Attachment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_sent_twice_at_once_is_kept_once(files):
    owner = Counter.objects.create(kind="ZG", place="HZ01", period="202611", last=1)
    zhang = get_user_model().objects.create_user("zhang", name="张工")
    client_key, data, start = key(), picture(size=(1200, 900)), threading.Barrier(4)
    got: list[int] = []

    def send() -> None:
        try:
            start.wait()
            upload = SimpleUploadedFile("a.jpg", data)
            at = datetime(2026, 11, 3, tzinfo=UTC)
            got.append(attach(owner=owner, slot="after", upload=upload, by=zhang, at=at, client_key=client_key).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(got) == 4
    assert len(set(got)) == 1
    assert len(list(files.rglob("original.*"))) == 1
