"""A photo taken by mistake is taken away again before the submission (INS-8, INS-9)."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone

from foundation.attachments.models import Attachment
from foundation.attachments.services import attach, prune
from foundation.journal import verbs
from foundation.journal.models import Entry
from inspections.services.filling import photo_slot
from tests.inspections.devices import send_answer, send_photo, send_removal, url
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


@pytest.fixture
def key(phone, inspection) -> str:
    """A photo that was sent."""
    key = str(uuid.uuid4())
    send_photo(phone, inspection, item(inspection, "photo").pk, key=key)
    return key


def removals(inspection):
    return Entry.objects.about(inspection).filter(verb="inspection.remove_photo")


def test_a_photo_is_taken_away_and_journalled(cast, phone, inspection, key):
    other = send_photo(phone, inspection, item(inspection, "photo").pk, photo=photo(color="red")).json()["photo"]
    response = send_removal(phone, inspection, key)
    assert (response.status_code, response.json()) == (200, {"removed": key})
    assert str(Attachment.objects.get().client_key) == other["key"]
    told = removals(inspection).get()
    assert (told.by, told.at, told.node_id) == (cast.engineering, day(hour=10), cast.estate_a1.pk)
    assert [str(line) for line in verbs.describe(told)] == ["检查项：配电柜外观"]


def test_its_file_goes_with_the_next_tidying(phone, inspection, key):
    kept = Attachment.objects.get()
    send_removal(phone, inspection, key)
    assert default_storage.exists(kept.original.name)
    prune(at=timezone.now() + timedelta(days=400))
    assert not default_storage.exists(kept.original.name)


def test_devices_learn_of_it(phone, inspection, key):
    send_removal(phone, inspection, key)
    state = phone.get(url("state", inspection)).json()
    assert (state["photos"], state["removed"]) == ([], [key])


def test_a_failed_item_misses_its_photo_then(phone, inspection, key):
    send_answer(phone, inspection, item(inspection, "photo").pk, result="f", note="柜门未关")
    lacking = {"item": item(inspection, "photo").pk, "sentence": "不合格项缺少照片"}
    assert lacking not in phone.get(url("state", inspection)).json()["missing"]
    send_removal(phone, inspection, key)
    assert lacking in phone.get(url("state", inspection)).json()["missing"]


def test_twice_changes_nothing(phone, inspection, key):
    answers = [send_removal(phone, inspection, key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert removals(inspection).count() == 1


def test_a_photo_that_never_came_leaves_no_trace(phone, inspection, key):
    assert send_removal(phone, inspection, str(uuid.uuid4())).status_code == 200
    assert Attachment.objects.count() == 1
    assert not removals(inspection).exists()


def test_a_late_resend_does_not_bring_it_back(phone, inspection, key):
    send_removal(phone, inspection, key)
    response = send_photo(phone, inspection, item(inspection, "photo").pk, key=key)
    assert response.status_code == 422
    assert "已经移除" in response.json()["sentence"]
    assert not Attachment.objects.exists()


def test_a_colleague_of_the_team_may_remove_it(cast, inspection, key):
    assert send_removal(cast.client(cast.security), inspection, key).status_code == 200
    assert not Attachment.objects.exists()
    assert removals(inspection).get().by == cast.security


def test_a_photo_without_a_devices_key_is_named_by_its_own(cast, phone, inspection):
    one = attach(
        owner=inspection, slot=photo_slot(item(inspection, "photo")), upload=photo(), by=cast.engineering, at=day()
    )
    assert phone.get(url("state", inspection)).json()["photos"][0]["key"] == str(one.uuid)
    send_removal(phone, inspection, str(one.uuid))
    assert not Attachment.objects.exists()


def test_removed_before_the_close_counts_after_it(phone, inspection, key, now):
    now.move_to(inspection.closes_at + timedelta(hours=1))
    late = inspection.closes_at + timedelta(seconds=1)
    response = send_removal(phone, inspection, key, removed_at=late.isoformat())
    assert response.status_code == 422
    assert "漏检" in response.json()["sentence"]
    assert Attachment.objects.exists()
    assert send_removal(phone, inspection, key, removed_at=inspection.closes_at.isoformat()).status_code == 200
    assert not Attachment.objects.exists()


def test_what_was_submitted_keeps_its_photos(cast, phone, inspection, key):
    answer_all(inspection, by=cast.engineering, at=day(hour=9))
    submit(inspection, by=cast.engineering, at=day(hour=10))
    response = send_removal(phone, inspection, key)
    assert response.status_code == 422
    assert "已经提交" in response.json()["sentence"]
    assert Attachment.objects.exists()
    assert not removals(inspection).exists()


def test_a_photo_of_another_inspection_stays(cast, phone, inspection, key):
    other = make_inspection(cast.estate_a1)
    assert send_removal(phone, other, key).status_code == 200
    assert Attachment.objects.exists()


@pytest.mark.parametrize("sent", ["", "[]", '{"key": "no key"}', "{}"])
def test_what_is_no_removal_is_refused_with_a_sentence(phone, inspection, key, sent):
    response = phone.post(url("remove_photo", inspection), sent, content_type="application/json")
    assert response.status_code == 422
    assert response.json()["sentence"]
    assert Attachment.objects.exists()


def test_get_another_estate_and_a_role_without_the_right_are_refused(cast, phone, inspection, key):
    assert phone.get(url("remove_photo", inspection)).status_code == 405
    assert send_removal(cast.client(cast.foreign_engineering), inspection, key).status_code == 404
    assert send_removal(cast.client(cast.auditor), inspection, key).status_code == 403
    assert Attachment.objects.exists()
