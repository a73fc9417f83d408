"""Submitting from the fill page (INS-9, INS-10), and the page itself."""

import json

import pytest
import time_machine
from django.urls import reverse

from foundation.journal.models import Entry
from tests.inspections.devices import send_answer, send_photo, url
from tests.inspections.factories import answer_all, day, item, make_inspection, make_ladder

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(day(hour=10), tick=False) as clock:
        yield clock


@pytest.fixture
def inspection(cast):
    make_ladder()
    return make_inspection(cast.estate_a1)


@pytest.fixture
def phone(cast):
    return cast.client(cast.engineering)


def submit(client, inspection, **headers):
    return client.post(url("submit_inspection", inspection), "{}", content_type="application/json", headers=headers)


def test_a_complete_inspection_is_submitted_and_leads_to_its_record(cast, phone, inspection):
    answer_all(inspection, by=cast.engineering, fail={"plain": "灯不亮"}, at=day())
    response = submit(phone, inspection)
    assert response.status_code == 200
    assert response.json() == {"redirect": reverse("inspections:record", args=[inspection.pk])}
    inspection.refresh_from_db()
    assert (inspection.state, inspection.submitted_by, inspection.failed) == ("submitted", cast.engineering, 1)
    assert inspection.rectifications.count() == 1
    assert Entry.objects.about(inspection).filter(verb="inspection.submit").count() == 1


def test_submitting_again_changes_nothing(cast, phone, inspection):
    answer_all(inspection, by=cast.engineering, fail={"plain": "灯不亮"}, at=day())
    first, again = submit(phone, inspection), submit(phone, inspection)
    assert (again.status_code, again.json()) == (200, first.json())
    other = submit(cast.client(cast.security), inspection)
    assert other.status_code == 422
    assert "已经提交" in other.json()["sentence"]
    assert inspection.rectifications.count() == 1


def test_an_incomplete_inspection_is_refused_with_what_is_missing(cast, phone, inspection):
    send_answer(phone, inspection, item(inspection, "plain").pk, result="f")
    send_answer(phone, inspection, item(inspection, "photo").pk, result="f", note="柜门未关")
    send_answer(phone, inspection, item(inspection, "reading").pk)
    response = submit(phone, inspection)
    assert response.status_code == 422
    assert "还有 4 项没有填完" in response.json()["sentence"]
    missing = response.json()["missing"]
    assert [(entry["item"], entry["sentence"].partition("读数")[0]) for entry in missing] == [
        (item(inspection, "plain").pk, "不合格项缺少说明"),
        (item(inspection, "photo").pk, "不合格项缺少照片"),
        (item(inspection, "reading").pk, "缺少"),
        (item(inspection, "redline").pk, "还没有作答"),
    ]
    inspection.refresh_from_db()
    assert inspection.state == "doing"


def test_it_is_refused_after_the_close_and_to_others(cast, phone, inspection, now):
    answer_all(inspection, by=cast.engineering, at=day())
    assert submit(phone, inspection, **{"X-Dudao-User": str(cast.security.pk)}).status_code == 403
    assert phone.get(url("submit_inspection", inspection)).status_code == 405
    assert submit(cast.client(cast.foreign_engineering), inspection).status_code == 404
    assert submit(cast.client(cast.auditor), inspection).status_code == 403
    now.move_to(day(days=1, second=1, hour=0))
    assert submit(phone, inspection).status_code == 422
    inspection.refresh_from_db()
    assert inspection.state == "doing"


def test_the_page_shows_the_items_and_what_was_answered(cast, phone, inspection):
    send_answer(phone, inspection, item(inspection, "plain").pk, result="f", note="灯不亮")
    response = phone.get(url("fill", inspection))
    page = response.content.decode()
    assert response.status_code == 200
    for words in ("桂语江南", "供电系统安全管理", "1.1 配电房照明", "0.1–0.2 MPa", "红线", "noscript"):
        assert words in page
    state = response.context["state"]
    assert state["answers"][item(inspection, "plain").pk]["note"] == "灯不亮"
    assert state["user"] == cast.engineering.pk
    assert response.headers["Cache-Control"].startswith("max-age=0, no-cache, no-store")


def test_the_state_tells_a_device_all_that_it_needs(cast, phone, inspection):
    send_answer(phone, inspection, item(inspection, "plain").pk)
    send_photo(phone, inspection, item(inspection, "photo").pk)
    state = phone.get(url("state", inspection)).json()
    assert (state["state"], state["refusal"], state["submitted_by"]) == ("doing", "", "")
    assert state["answers"][str(item(inspection, "plain").pk)]["rev"] == 1
    assert [photo["item"] for photo in state["photos"]] == [item(inspection, "photo").pk]
    assert len(state["missing"]) == 3
    assert state["csrf"]
    assert json.dumps(state)


def test_the_page_is_shown_to_its_estate_and_rights_only(cast, inspection):
    for verb in ("fill", "state"):
        assert cast.client(cast.foreign_engineering).get(url(verb, inspection)).status_code == 404
        assert cast.client(cast.auditor).get(url(verb, inspection)).status_code == 403
        assert cast.client(cast.engineering).post(url(verb, inspection)).status_code == 405


def test_who_may_not_answer_sees_why(cast, inspection):
    """The branch sees the estate's own check, and does not fill it in."""
    response = cast.client(cast.branch_supervisor).get(url("fill", inspection))
    assert response.status_code == 200
    assert "督导小组成员" in response.context["state"]["refusal"]


def test_a_session_that_ended_is_sent_to_the_login(client, inspection):
    for response in (client.get(url("state", inspection)), submit(client, inspection)):
        assert response.status_code == 302
        assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("verb", ["fill", "state"])
def test_queries_do_not_grow_with_the_answers(cast, phone, inspection, verb, django_assert_max_num_queries):
    answer_all(inspection, by=cast.engineering, fail={"photo": "柜门未关", "plain": "灯不亮"}, at=day())
    with django_assert_max_num_queries(13):
        assert phone.get(url(verb, inspection)).status_code == 200
