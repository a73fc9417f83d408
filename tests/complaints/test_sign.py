"""客户签署意见 (CMP-11)."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.services.opinions import attach_signed, sign_opinion
from foundation.attachments.models import Attachment
from tests.complaints.factories import HOUR, MONDAY, case_in, entry, fresh, journal, photo, refused, reported

AT = MONDAY + 5 * HOUR


def signed(cast, case, *, opinion="同意处理结果", by=None):
    return sign_opinion(case=case, by=by or cast.service, at=AT, opinion=opinion)


@pytest.mark.parametrize("state", ["to_answer", "to_callback", "closed"])
def test_the_written_opinion_stands_with_its_signed_sheet(cast, state):
    case = case_in(cast, state)
    attach_signed(case=case, scans=[photo()], by=cast.service, at=AT)
    case = signed(cast, case)
    assert (case.opinion, case.opinion_signed_at) == ("同意处理结果", AT)
    assert entry(case, "sign").data["opinion"] == "同意处理结果"
    with refused("已经签署过意见"):
        signed(cast, case, opinion="别的话")
    assert journal(case).count("sign") == 1


def test_without_a_sheet_or_words_it_is_refused(cast):
    case = case_in(cast, "to_answer")
    with refused("请附上客户签字的照片或扫描件"):
        signed(cast, case)
    attach_signed(case=case, scans=[photo()], by=cast.service, at=AT)
    with refused("请抄录客户签署的意见"):
        signed(cast, case, opinion=" ")
    assert fresh(case).opinion_signed_at is None


def test_what_is_no_image_is_named_and_the_good_one_kept(cast):
    case = case_in(cast, "to_answer")
    with refused("意见.txt"):
        attach_signed(case=case, scans=[photo(), SimpleUploadedFile("意见.txt", b"yes")], by=cast.service, at=AT)
    assert Attachment.objects.for_owner(case, slot="signed").count() == 1
    assert signed(cast, case).opinion


@pytest.mark.parametrize("state", ["to_transfer", "handling"])
def test_before_the_result_it_is_refused(cast, state):
    with refused("处理结果上报以后"):
        signed(cast, case_in(cast, state))


def test_who_has_no_right_is_refused(cast):
    with refused("不能登记客户意见"):
        signed(cast, case_in(cast, "to_answer"), by=cast.foreign_manager)


@pytest.mark.parametrize("who", ["service", "service_lead", "estate_manager"])
def test_the_desk_and_who_calls_back_record_it(cast, who):
    case = case_in(cast, "to_callback")
    attach_signed(case=case, scans=[photo()], by=getattr(cast, who), at=AT)
    assert signed(cast, case, by=getattr(cast, who)).opinion


def test_who_did_the_work_does_not_record_what_the_customer_thinks_of_it(cast):
    """CMP-11, CMP-12: neither who accepted the case nor who reported its result, whatever post they hold."""
    case = case_in(cast, "handling")
    case = reported(case, cast, by=cast.engineering_lead)
    for user in (cast.engineering, cast.engineering_lead):
        with refused("由首问责任人或客服登记客户意见"):
            signed(cast, case, by=user)
    first = case_in(cast, "to_answer", by=cast.engineering, phone="13800005678")
    assert first.responsible == cast.engineering
    with refused("您处理过这张诉求单"):
        attach_signed(case=first, scans=[photo()], by=cast.engineering, at=AT)
    assert not Attachment.objects.for_owner(first, slot="signed").exists()


def test_a_colleague_of_the_department_is_no_desk(cast):
    with refused("由首问责任人或客服登记客户意见"):
        signed(cast, case_in(cast, "to_callback"), by=cast.security)
