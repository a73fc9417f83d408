"""Photos of an item from a device (INS-8, INS-9)."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile

from foundation.attachments.models import Attachment
from inspections.services.filling import photo_slot
from tests.inspections.devices import send_photo, url
from tests.inspections.factories import answer_all, day, item, make_inspection, photo, submit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(day(hour=10), tick=False) as clock:
        yield clock


@pytest.fixture
def inspection(cast):
    return make_inspection(cast.estate_a1)


@pytest.fixture
def phone(cast):
    return cast.client(cast.engineering)


def test_a_photo_hangs_on_its_item_with_the_time_it_was_taken(cast, phone, inspection):
    response = send_photo(phone, inspection, item(inspection, "photo").pk)
    assert response.status_code == 201
    kept = Attachment.objects.for_owner(inspection, photo_slot(item(inspection, "photo"))).get()
    assert (kept.taken_at, kept.at, kept.by) == (day(), day(hour=10), cast.engineering)
    shown = response.json()["photo"]
    assert shown["item"] == item(inspection, "photo").pk
    assert shown["taken_at"] == "2026-11-18T09:00:00+08:00"
    assert phone.get(shown["thumb"]).status_code == 200


def test_the_same_photo_sent_twice_is_kept_once(phone, inspection):
    key = str(uuid.uuid4())
    answers = [send_photo(phone, inspection, item(inspection, "photo").pk, key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Attachment.objects.count() == 1


def test_a_key_used_for_another_photo_is_refused(phone, inspection):
    key = str(uuid.uuid4())
    send_photo(phone, inspection, item(inspection, "photo").pk, key=key)
    response = send_photo(phone, inspection, item(inspection, "photo").pk, key=key, photo=photo(color="red"))
    assert response.status_code == 422
    assert Attachment.objects.count() == 1


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (SimpleUploadedFile("a.jpg", b"GIF89a not a picture", "image/jpeg"), "不支持这种文件"),
        (SimpleUploadedFile("a.jpg", b"", "image/jpeg"), "文件是空的"),
        ("", "请选择一张照片"),
    ],
)
def test_what_is_no_photo_is_refused_with_a_sentence(phone, inspection, file, words):
    response = send_photo(phone, inspection, item(inspection, "photo").pk, photo=file)
    assert response.status_code == 422
    assert words in response.json()["sentence"]
    assert not Attachment.objects.exists()


def test_a_photo_taken_before_the_close_is_kept_after_it(phone, inspection, now):
    now.move_to(inspection.closes_at + timedelta(hours=1))
    in_time = send_photo(phone, inspection, item(inspection, "photo").pk, taken_at=inspection.closes_at.isoformat())
    assert in_time.status_code == 201
    late = inspection.closes_at + timedelta(minutes=1)
    assert send_photo(phone, inspection, item(inspection, "photo").pk, taken_at=late.isoformat()).status_code == 422


def test_a_time_ahead_of_ours_is_not_believed(phone, inspection):
    send_photo(phone, inspection, item(inspection, "photo").pk, taken_at=day(days=3).isoformat())
    assert Attachment.objects.get().taken_at is None


def test_a_submitted_inspection_takes_no_new_photo_but_knows_those_it_has(cast, phone, inspection):
    key = str(uuid.uuid4())
    send_photo(phone, inspection, item(inspection, "photo").pk, key=key)
    answer_all(inspection, by=cast.engineering, at=day(hour=9))
    submit(inspection, by=cast.engineering, at=day(hour=10))
    assert send_photo(phone, inspection, item(inspection, "photo").pk, key=key).status_code == 201
    assert send_photo(phone, inspection, item(inspection, "photo").pk).status_code == 422


def test_get_another_estate_and_a_role_without_the_right_are_refused(cast, phone, inspection):
    assert phone.get(url("attach_photo", inspection)).status_code == 405
    foreign = make_inspection(cast.estate_b1)
    assert send_photo(phone, foreign, item(foreign, "photo").pk).status_code == 404
    assert send_photo(cast.client(cast.auditor), inspection, item(inspection, "photo").pk).status_code == 403
    assert not Attachment.objects.exists()
