"""成套资料: all papers of a house in one PDF (HND-1, HND-5, ORG-4)."""

from __future__ import annotations

import io

import pypdf
import pytest
from django.urls import reverse

from foundation.signatures.services import signed
from handover.choices import SIGNED, StepKind
from handover.models import Handover, HandoverStep
from handover.services.billing import make_bill
from handover.services.outcomes import not_taken
from tests.handover.factories import HOUR, MONDAY, arrived, fresh, make_handover
from tests.handover.houses import found
from tests.handover.money import TOTAL, fee_items, paid
from tests.handover.signatures import prepare, sign_paper

pytestmark = pytest.mark.django_db


def pages_of(cast, handover: Handover, who: str = "service") -> list[str]:
    """The text of each page, without blanks."""
    response = cast.client(getattr(cast, who)).get(reverse("handover:paper_set", args=[handover.pk]))
    assert response["Content-Type"] == "application/pdf"
    assert "attachment" not in response["Content-Disposition"]
    document = pypdf.PdfReader(io.BytesIO(response.content))
    return ["".join(page.extract_text().split()) for page in document.pages]


def through(cast) -> Handover:
    """Handed over: four papers signed, a defect found, the bill paid in two parts."""
    fee_items(cast.estate_a1)
    handover = arrived(make_handover(cast), cast)
    found(cast, handover=handover)
    prepare(handover, cast)
    for kind in SIGNED:
        sign_paper(handover, kind, by=cast.service)
    bill = make_bill(handover=handover, by=cast.service, at=MONDAY + 2 * HOUR)
    paid(bill, cast, "1000", receipt="0000007")
    paid(bill, cast, TOTAL - 1000, receipt="0000008")
    at = MONDAY + 3 * HOUR
    handover.steps.update(state=HandoverStep.State.DONE, done_at=at, done_by=cast.service)
    Handover.objects.filter(pk=handover.pk).update(state=Handover.State.DONE, done_at=at)
    return fresh(handover)


def test_the_set_holds_the_sheet_the_signed_papers_the_bill_and_its_receipts(cast):
    handover = through(cast)
    sheet, *papers, bill, first, second = pages_of(cast, handover)
    assert "交房办理单" in sheet
    assert "3幢2单元1502" in sheet
    assert handover.buyer_name in sheet
    assert f"合计{TOTAL}元已缴{TOTAL}元" in sheet
    assert "0000007（现金1000.00元）、0000008（现金893.60元）" in sheet
    assert "主卧墙面：空鼓" in sheet
    order = [step.kind for step in handover.steps.all() if step.kind in SIGNED]
    hashes = [signed(handover, kind).sha256 for kind in order]
    assert [sha in page for sha, page in zip(hashes, papers, strict=True)] == [True] * 4
    assert "交房费用账单" in bill
    assert str(TOTAL) in bill
    assert "收据号0000007" in first
    assert "收据号0000008" in second


def test_it_shows_no_whole_phone_and_no_number_of_a_document(cast):
    handover = through(cast)
    Handover.objects.filter(pk=handover.pk).update(buyer_phone="13800001502", buyer_id_number="11010519491231002X")
    text = "".join(pages_of(cast, handover))
    assert "138****1502" in text
    assert "13800001502" not in text
    assert "11010519491231002X" not in text
    assert "13812345678" not in text, "of the emergency contact"


def test_of_a_house_that_is_not_through_it_holds_what_there_is(cast):
    handover = arrived(make_handover(cast), cast)
    prepare(handover, cast)
    sign_paper(handover, StepKind.OWNER_FILE, by=cast.service)
    not_taken(handover=handover, reason="fees", remark="价格偏高", by=cast.service, at=MONDAY + 2 * HOUR)
    sheet, paper = pages_of(cast, handover)
    assert "未接房：对费用有异议（价格偏高）" in sheet
    assert "还没有账单" in sheet
    assert sheet.count("没有签字") == 3
    assert signed(handover, "owner_file").sha256 in paper


def test_what_was_changed_after_signing_is_said_until_the_handover(cast):
    handover = arrived(make_handover(cast), cast)
    prepare(handover, cast)
    sign_paper(handover, StepKind.OWNER_FILE, by=cast.service)
    handover.owner_file.pets = "金毛一只"
    handover.owner_file.save()
    assert "签字后内容有变化" in pages_of(cast, handover)[0]


def test_a_house_that_nobody_came_for_has_a_sheet_alone_and_no_link(cast):
    handover = make_handover(cast)
    (sheet,) = pages_of(cast, handover)
    assert "业主还没有到场" in sheet
    page = cast.client(cast.service).get(reverse("handover:house", args=[handover.pk]))
    assert reverse("handover:paper_set", args=[handover.pk]) not in page.content.decode()


def test_the_page_of_the_house_leads_to_it(cast):
    handover = arrived(make_handover(cast), cast)
    page = cast.client(cast.auditor).get(reverse("handover:house", args=[handover.pk]))
    assert reverse("handover:paper_set", args=[handover.pk]) in page.content.decode()
    assert pages_of(cast, handover, "auditor")


def test_another_estate_does_not_have_it(cast):
    handover = arrived(make_handover(cast), cast)
    url = reverse("handover:paper_set", args=[handover.pk])
    assert cast.client(cast.foreign_manager).get(url).status_code == 404
    assert cast.client(cast.environment).get(url).status_code == 403
