"""Saving one answer from a device (INS-8, INS-9)."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine

from foundation.journal.models import Entry
from inspections.choices import Tier
from inspections.models import Answer, AnswerRevision
from tests.inspections.devices import send_answer, url
from tests.inspections.factories import answer_all, day, item, make_inspection, make_version, submit

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


def standing(inspection, code="plain") -> Answer:
    return Answer.objects.get(inspection=inspection, item=item(inspection, code))


def test_an_answer_is_saved_with_its_own_time_and_begins_the_inspection(cast, phone, inspection):
    response = send_answer(phone, inspection, item(inspection, "plain").pk, result="f", note=" 两盏灯不亮 ")
    assert response.status_code == 200
    assert response.json()["status"] == "saved"
    answer = standing(inspection)
    assert (answer.result, answer.note, answer.rev, answer.by) == ("f", "两盏灯不亮", 1, cast.engineering)
    assert (answer.answered_at, answer.saved_at) == (day(), day(hour=10))
    inspection.refresh_from_db()
    assert (inspection.state, inspection.started_at) == ("doing", day())
    assert Entry.objects.about(inspection).get().verb == "inspection.start"


def test_the_same_write_sent_twice_is_saved_once(phone, inspection):
    key = str(uuid.uuid4())
    for _ in range(2):
        response = send_answer(phone, inspection, item(inspection, "plain").pk, key=key)
        assert response.status_code == 200
    assert standing(inspection).rev == 1
    assert not AnswerRevision.objects.exists()
    assert Entry.objects.about(inspection).count() == 1


def test_a_newer_answer_keeps_the_older_one_as_a_revision(phone, inspection):
    first = str(uuid.uuid4())
    send_answer(phone, inspection, item(inspection, "plain").pk, key=first)
    response = send_answer(phone, inspection, item(inspection, "plain").pk, result="n", base_rev=1)
    assert response.json()["answer"]["rev"] == 2
    assert str(AnswerRevision.objects.get().key) == first
    # The first write again, as a device that never heard of its success would send it.
    assert send_answer(phone, inspection, item(inspection, "plain").pk, key=first).status_code == 200
    assert standing(inspection).result == "n"


def test_an_answer_on_an_older_base_is_a_conflict_and_changes_nothing(cast, phone, inspection):
    send_answer(cast.client(cast.security), inspection, item(inspection, "plain").pk, note="看过")
    response = send_answer(phone, inspection, item(inspection, "plain").pk, result="f", note="灯不亮")
    assert response.status_code == 409
    theirs = response.json()["answer"]
    assert (theirs["by"], theirs["result"], theirs["note"], theirs["rev"]) == (cast.security.name, "p", "看过", 1)
    assert theirs["answered_at"] == "2026-11-18T09:00:00+08:00"
    assert standing(inspection).note == "看过"
    # The user looked at both and chose the own one.
    response = send_answer(phone, inspection, item(inspection, "plain").pk, result="f", note="灯不亮", base_rev=1)
    assert response.status_code == 200
    assert standing(inspection).note == "灯不亮"


def test_two_devices_with_the_same_answer_do_not_disagree(cast, phone, inspection):
    send_answer(cast.client(cast.security), inspection, item(inspection, "plain").pk)
    assert send_answer(phone, inspection, item(inspection, "plain").pk).status_code == 200
    assert standing(inspection).rev == 1


@pytest.mark.parametrize(
    ("reading", "result"),
    [("0.1", "p"), ("0.2", "p"), ("0.099", "f"), ("0.201", "f")],
    ids=["low", "high", "below", "above"],
)
def test_a_reading_outside_its_range_fails_by_itself(phone, inspection, reading, result):
    """INS-9; both bounds belong to the range (GEN-1)."""
    response = send_answer(phone, inspection, item(inspection, "reading").pk, reading=reading)
    assert response.json()["answer"]["result"] == result
    assert standing(inspection, "reading").reading == Decimal(reading)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"result": "x"}, "请选择合格、不合格或不适用。"),
        ({"result": ""}, "请选择合格、不合格或不适用。"),
        ({"reading": "约0.1"}, "请填写数字"),
        ({"reading": "12345678901"}, "读数"),
        ({"note": "长" * 1001}, "说明"),
        ({"key": "nonsense"}, "写入键"),
        ({"item": 999999}, "这个检查项不在本次检查里。"),
        ({"answered_at": "昨天"}, "作答时间"),
    ],
)
def test_what_can_not_be_saved_is_refused_with_a_sentence(phone, inspection, content, words):
    item_sent = {"item": item(inspection, "reading").pk} | content
    response = send_answer(phone, inspection, **item_sent)
    assert response.status_code == 422
    assert words in response.json()["sentence"]
    assert not inspection.answers.exists()


def test_a_body_that_is_no_json_is_refused_with_a_sentence(phone, inspection):
    for body in (b"{", b"[]", b"\xff"):
        response = phone.post(url("save_answer", inspection), body, content_type="application/json")
        assert (response.status_code, response.json()["sentence"]) == (422, "设备发来的内容不完整，没有保存。")


def test_an_item_outside_the_subset_or_of_another_checklist_is_refused(cast, phone, inspection):
    """INS-13."""
    inspection.item_ids = [item(inspection, "redline").pk]
    inspection.save()
    assert send_answer(phone, inspection, item(inspection, "plain").pk).status_code == 422
    other = make_inspection(cast.estate_a1, version=make_version("other"))
    assert send_answer(phone, inspection, item(other, "redline").pk).status_code == 422


def test_an_answer_given_before_the_close_is_kept_after_it(phone, inspection, now):
    """INS-8: nothing typed is lost when the network drops; at the close itself it is in time (GEN-1)."""
    now.move_to(inspection.closes_at + timedelta(hours=2))
    in_time = send_answer(phone, inspection, item(inspection, "plain").pk, answered_at=inspection.closes_at)
    assert in_time.status_code == 200
    late = inspection.closes_at + timedelta(seconds=1)
    response = send_answer(phone, inspection, item(inspection, "redline").pk, answered_at=late)
    assert response.status_code == 422
    assert "已过截止时间" in response.json()["sentence"]


def test_a_submitted_inspection_takes_no_more_answers(cast, phone, inspection, now):
    answer_all(inspection, by=cast.engineering, at=day(hour=8))
    submit(inspection, by=cast.engineering)
    response = send_answer(phone, inspection, item(inspection, "plain").pk, result="f", note="灯不亮", base_rev=1)
    assert response.status_code == 422
    assert "已经提交" in response.json()["sentence"]


def test_a_time_ahead_of_ours_is_not_believed(phone, inspection):
    send_answer(phone, inspection, item(inspection, "plain").pk, answered_at=day(days=2))
    assert standing(inspection).answered_at == day(hour=10)


def test_only_the_tiers_team_answers(cast, phone, inspection):
    upper = make_inspection(cast.estate_a1, tier=Tier.BRANCH)
    response = send_answer(phone, upper, item(upper, "plain").pk)
    assert response.status_code == 422
    assert "督导小组成员" in response.json()["sentence"]
    assert send_answer(cast.client(cast.branch_supervisor), upper, item(upper, "plain").pk).status_code == 200


def test_what_waits_under_another_user_is_not_taken_from_this_one(cast, phone, inspection):
    response = phone.post(
        url("save_answer", inspection),
        {},
        content_type="application/json",
        headers={"X-Dudao-User": str(cast.security.pk)},
    )
    assert (response.status_code, response.json()["code"]) == (403, "other_user")


def test_get_another_estate_and_a_role_without_the_right_are_refused(cast, phone, inspection):
    assert phone.get(url("save_answer", inspection)).status_code == 405
    foreign = make_inspection(cast.estate_b1)
    assert send_answer(phone, foreign, item(foreign, "plain").pk).status_code == 404
    for person in (cast.auditor, cast.cashier, cast.general_manager):
        assert send_answer(cast.client(person), inspection, item(inspection, "plain").pk).status_code == 403
    assert not inspection.answers.exists()


def test_a_key_that_another_item_had_before_swallows_nothing(phone, inspection):
    key = str(uuid.uuid4())
    plain, redline = item(inspection, "plain").pk, item(inspection, "redline").pk
    send_answer(phone, inspection, plain, key=key)
    send_answer(phone, inspection, plain, base_rev=1)  # the key is now that of an earlier write
    send_answer(phone, inspection, redline)

    response = send_answer(phone, inspection, redline, key=key, base_rev=1, result="f", note="上锁")

    assert response.json()["answer"]["result"] == "f"
    assert standing(inspection, "redline").note == "上锁"
