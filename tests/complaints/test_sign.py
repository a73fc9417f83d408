"""客户签署意见 (CMP-11)."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from complaints.services.opinions import attach_signed, sign_opinion
from foundation.attachments.models import Attachment
from tests.complaints.factories import HOUR, MONDAY, case_in, entry, fresh, journal, photo, refused

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
