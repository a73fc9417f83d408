"""扫码报事码 (CMP-1): made, replaced, ended and printed by those who may."""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from accounts.roles import Role
from complaints.models import ReportCode
from complaints.printing import codes_pdf
from complaints.services.codes import end_code, make_code
from foundation.journal.models import Entry
from foundation.records.refusals import Refused
from tests.complaints.factories import MONDAY, SINCE, make_house

pytestmark = pytest.mark.django_db


def test_a_new_code_takes_the_place_of_the_one_in_use(cast):
    house = make_house(cast.estate_a1)
    first = make_code(estate=cast.estate_a1, house=house, by=cast.archivist, at=SINCE)
    second = make_code(estate=cast.estate_a1, house=house, by=cast.archivist, at=MONDAY)
    first.refresh_from_db()
    assert (first.ended_at, second.ended_at) == (MONDAY, None)
    assert first.key != second.key
    assert Entry.objects.about(second).filter(verb="code.make", by=cast.archivist).count() == 1


def test_the_estates_own_code_and_its_houses_live_side_by_side(cast):
    make_code(estate=cast.estate_a1, by=cast.archivist, at=SINCE)
    make_code(estate=cast.estate_a1, house=make_house(cast.estate_a1), by=cast.archivist, at=SINCE)
    assert ReportCode.objects.filter(ended_at=None).count() == 2


@pytest.mark.parametrize("role", [Role.SERVICE, Role.ENGINEERING, Role.GROUP_SUPERVISOR, Role.AUDITOR])
def test_others_are_refused(cast, role):
    with pytest.raises(Refused, match="您的岗位不能生成报事码"):
        make_code(estate=cast.estate_a1, by=cast.everyone[role], at=SINCE)


def test_another_estates_house_is_refused(cast):
    with pytest.raises(Refused, match="不在本项目"):
        make_code(estate=cast.estate_a1, house=make_house(cast.estate_a2), by=cast.archivist, at=SINCE)


def test_ending_twice_is_refused(cast):
    code = make_code(estate=cast.estate_a1, by=cast.archivist, at=SINCE)
    end_code(code=code, by=cast.archivist, at=MONDAY)
    with pytest.raises(Refused, match="已经停用"):
        end_code(code=code, by=cast.archivist, at=MONDAY)


def test_the_archivist_makes_codes_for_a_building_and_prints_them(cast, client):
    for number in ("1501", "1502"):
        make_house(cast.estate_a1, number)
    client.force_login(cast.archivist)
    sent = {"estate": cast.estate_a1.pk, "of": "house", "houses": "3幢"}
    assert client.post(reverse("complaints:make_code"), sent).status_code == 302
    assert ReportCode.objects.filter(house__isnull=False, ended_at=None).count() == 2
    page = client.get(reverse("complaints:codes")).content.decode()
    assert "3幢2单元1501" in page
    printed = client.get(reverse("complaints:print_codes"))
    assert printed["Content-Type"] == "application/pdf"


def test_a_house_that_does_not_exist_is_refused_in_words(cast, client):
    client.force_login(cast.archivist)
    sent = {"estate": cast.estate_a1.pk, "of": "house", "houses": "99幢"}
    response = client.post(reverse("complaints:make_code"), sent)
    assert response.status_code == 422
    assert "没有以“99幢”开头的房屋" in response.content.decode()


@pytest.mark.parametrize("with_phone", [True, False])
def test_the_print_has_a_poster_and_labels(cast, with_phone):
    cast.estate_a1.service_phone = "0571-88886666" if with_phone else ""
    cast.estate_a1.save()
    codes = [
        make_code(estate=cast.estate_a1, by=cast.archivist, at=SINCE),
        *(
            make_code(estate=cast.estate_a1, house=make_house(cast.estate_a1, f"15{n:02}"), by=cast.archivist, at=SINCE)
            for n in range(9)
        ),
    ]
    reader = PdfReader(io.BytesIO(codes_pdf(codes)))
    words = [page.extract_text() for page in reader.pages]
    assert len(words) == 3
    assert "有问题，扫一扫" in words[0]
    assert all(("0571-88886666" in page) == with_phone for page in words)
    assert "3幢2单元1500" in words[1]
