"""The public pages behind a code (CMP-1, CMP-12): no login, one's own case only, not too often."""

from __future__ import annotations

import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from complaints import throttle
from complaints.choices import Channel
from complaints.models import Case, ReportCode
from complaints.services.codes import CASES, CODES, address_of, end_code, make_code, progress_path
from foundation.attachments.models import Attachment
from foundation.journal.models import Entry
from foundation.notices.models import Notice
from tests.complaints.factories import (
    MONDAY,
    SINCE,
    accepted,
    answered,
    make_house,
    photo,
    reported,
    standard_policy,
    transferred,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ready(cast, monkeypatch):
    """A policy, and counters of this test alone."""
    standard_policy()
    salt = uuid.uuid4().hex
    counted = throttle.is_too_often
    monkeypatch.setattr(throttle, "is_too_often", lambda limit, *who: counted(limit, salt, *who))


@pytest.fixture
def code(cast) -> ReportCode:
    return make_code(estate=cast.estate_a1, house=make_house(cast.estate_a1), by=cast.archivist, at=SINCE)


@pytest.fixture
def estate_code(cast) -> ReportCode:
    return make_code(estate=cast.estate_a1, by=cast.archivist, at=SINCE)


def form_url(code: ReportCode) -> str:
    return reverse("complaints:report_form", args=[CODES.sign(code.key)])


def given(**values) -> dict:
    return {
        "kind": "repair", "text": "厨房水管漏水", "phone": "13800001111", "name": "黄女士", "client_key": str(uuid.uuid4()),
        **values,
    }  # fmt: skip


def test_an_owner_reports_with_a_photo_and_gets_a_number_and_a_page(client, code, cast):
    response = client.post(form_url(code), {**given(), "photos": [photo()]})
    case = Case.objects.get()
    assert response.status_code == 302
    assert response.url == progress_path(case)
    assert (case.channel, case.state, case.responsible) == (Channel.SCAN, Case.State.REGISTERED, None)
    assert case.house == code.house
    assert Attachment.objects.for_owner(case, "photos").count() == 1
    page = client.get(response.url)
    assert case.number in page.content.decode()
    assert Entry.objects.about(case).filter(verb="case.register", by=None).exists()
    assert Notice.objects.filter(user=cast.service, subject_id=case.pk).exists()


def test_the_same_form_sent_twice_is_one_case(client, code):
    same = given()
    client.post(form_url(code), same)
    client.post(form_url(code), same)
    assert Case.objects.count() == 1


def test_a_refused_form_keeps_words_and_photos(client, estate_code):
    sent = {**given(phone="123", place="3幢大堂"), "photos": [photo()]}
    response = client.post(form_url(estate_code), sent)
    text = response.content.decode()
    assert response.status_code == 422
    assert "厨房水管漏水" in text
    assert "3幢大堂" in text
    assert "已收到 1 张照片" in text
    client.post(form_url(estate_code), {**given(place="3幢大堂"), "client_key": sent["client_key"]})
    assert Attachment.objects.for_owner(Case.objects.get(), "photos").count() == 1


def test_a_file_that_is_no_picture_is_refused_in_words(client, code):
    sent = {**given(), "photos": [SimpleUploadedFile("账单.jpg", b"MZ not a picture", "image/jpeg")]}
    response = client.post(form_url(code), sent)
    assert response.status_code == 422
    assert "账单.jpg" in response.content.decode()
    assert not Case.objects.exists()


def test_of_the_estate_code_the_place_is_asked_for(client, estate_code):
    response = client.post(form_url(estate_code), given())
    assert response.status_code == 422
    assert "请写明位置。" in response.content.decode()


def test_a_machine_that_fills_every_field_gets_nowhere(client, code):
    assert client.post(form_url(code), given(website="http://spam")).status_code == 422
    assert not Case.objects.exists()


@pytest.mark.parametrize("signed", ["nonsense", "abc.def", "1.x"])
def test_a_made_up_code_or_case_is_not_found(client, signed):
    assert client.get(reverse("complaints:report_form", args=[signed])).status_code == 404
    assert client.get(reverse("complaints:report_progress", args=[signed])).status_code == 404


def test_an_ended_code_says_so(client, code, cast):
    make_code(estate=code.estate, house=code.house, by=cast.archivist, at=MONDAY)
    response = client.get(form_url(code))
    assert response.status_code == 404
    assert "这个报事码不能用了" in response.content.decode()
    assert client.post(form_url(code), given()).status_code == 404
    assert not Case.objects.exists()


def test_too_many_reports_from_one_address_are_refused_and_the_words_stay(client, code):
    for _ in range(10):
        assert client.post(form_url(code), given()).status_code == 302
    response = client.post(form_url(code), given(text="第十一件"))
    assert response.status_code == 429
    assert "第十一件" in response.content.decode()
    assert Case.objects.count() == 10


def test_another_ones_case_has_no_public_page(client, cast):
    """Only what came by a scan has one: a signed key of another case leads nowhere."""
    from tests.complaints.factories import make_case

    other = make_case(cast)
    assert client.get(reverse("complaints:report_progress", args=[CASES.sign(str(other.pk))])).status_code == 404


def _answered(client, code, cast) -> Case:
    client.post(form_url(code), given())
    case = Case.objects.get()
    Case.objects.filter(pk=case.pk).update(received_at=MONDAY, registered_at=MONDAY)
    case.refresh_from_db()
    return answered(reported(accepted(transferred(case, cast), cast), cast), cast)


def test_the_page_names_nobody_of_the_staff(client, code, cast):
    case = _answered(client, code, cast)
    text = client.get(progress_path(case)).content.decode()
    assert "13800001111" not in text
    assert not any(person.name in text for person in cast.people)


def test_the_customer_rates_and_the_case_closes_once(client, code, cast):
    case = _answered(client, code, cast)
    url = reverse("complaints:rate_case", args=[CASES.sign(str(case.pk))])
    assert client.get(url).status_code == 405
    assert client.post(url, {"solved": "yes", "satisfaction": "9"}).status_code == 422
    assert client.post(url, {"solved": "yes"}).status_code == 422
    assert client.post(url, {"solved": "yes", "satisfaction": "5", "remark": "很快"}).status_code == 302
    case.refresh_from_db()
    assert (case.state, case.satisfaction) == (Case.State.CLOSED, 5)
    again = client.post(url, {"solved": "no"})
    assert again.status_code == 422
    assert case.calls.count() == 1


def test_not_solved_opens_a_new_round(client, code, cast):
    case = _answered(client, code, cast)
    client.post(reverse("complaints:rate_case", args=[CASES.sign(str(case.pk))]), {"solved": "no"})
    case.refresh_from_db()
    assert (case.state, case.round) == (Case.State.HANDLING, 2)


def test_the_address_in_the_qr_is_absolute_and_opens_the_form(client, code, settings):
    settings.SITE_URL = "https://dudao.example.cn"
    address = address_of(code)
    assert address.startswith("https://dudao.example.cn/cases/scan/")
    assert client.get(address.removeprefix("https://dudao.example.cn")).status_code == 200


PHONE = "0571-88886666"


@pytest.fixture
def phone(cast):
    cast.estate_a1.service_phone = PHONE
    cast.estate_a1.save()


def test_the_service_centres_phone_stands_on_every_public_page(client, code, cast, phone):
    pages = [client.get(form_url(code)), client.get(client.post(form_url(code), given()).url)]
    end_code(code=code, by=cast.archivist, at=MONDAY)
    pages.append(client.get(form_url(code)))
    assert [page.status_code for page in pages] == [200, 200, 404]
    for page in pages:
        assert f'<a href="tel:057188886666">{PHONE}</a>' in page.content.decode()


def test_where_none_is_known_none_is_promised(client, code):
    assert "tel:" not in client.get(form_url(code)).content.decode()


def test_a_made_up_code_has_no_phone(client, phone):
    page = client.get(reverse("complaints:report_form", args=[f"{uuid.uuid4()}.x"]))
    assert page.status_code == 404
    assert PHONE not in page.content.decode()
