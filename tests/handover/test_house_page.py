"""The counter page of one house: what it shows, and its verbs each as its own URL (HND-1)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from foundation.attachments.models import Attachment
from handover.choices import NotTaken, StepKind
from handover.models import Handover, HandoverStep, OwnerFile
from handover.services.outcomes import not_taken
from handover.services.papers import receive_documents, standard_documents
from handover.services.slots import add_slots
from handover.services.steps import take_step
from tests.cast import Cast
from tests.handover.factories import (
    FIRST_DAY,
    HOUR,
    MONDAY,
    arrived,
    at_step,
    entry,
    fresh,
    handed_over,
    journal,
    make_handover,
    photo,
)

NOW = MONDAY + 3 * HOUR
FILE = {"birthday": "1985-06-01", "emergency_name": "李华", "emergency_mobile": "13900000001"}


@pytest.fixture(autouse=True)
def now():
    with time_machine.travel(NOW, tick=False):
        yield


def absent(cast: Cast) -> Handover:
    return not_taken(handover=make_handover(cast), by=cast.service, at=MONDAY, reason=NotTaken.AWAY)


def here(cast: Cast) -> Handover:
    return arrived(make_handover(cast), cast)


def taken(cast: Cast) -> Handover:
    handover = here(cast)
    take_step(handover=handover, kind=StepKind.IDENTITY, by=cast.service, at=MONDAY + HOUR)
    return handover


def scheduled(cast: Cast) -> Handover:
    handover = make_handover(cast)
    _slots(cast, handover)
    return handover


def _slots(cast: Cast, handover: Handover) -> None:
    from datetime import time

    add_slots(
        batch=handover.batch, first=FIRST_DAY, last=FIRST_DAY, opens=time(14), closes=time(15), minutes=60, capacity=1,
        by=cast.estate_manager, at=MONDAY,
    )  # fmt: skip


@dataclass(frozen=True)
class View:
    """`made`: the house before; `by`: who does it; `other`: a role without the right; `does`: what the journal then ends
    with; `wrong`: a form that is refused with `sentence`, and `typed` the words that must come back."""

    made: Callable[[Cast], Handover]
    by: str
    other: str
    does: str
    data: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    wrong: dict[str, Any] | None = None
    sentence: str = ""
    typed: str = ""


VERBS = {
    "arrive": View(make_handover, "service", "cashier", "arrive"),
    "appoint": View(scheduled, "service", "auditor", "appoint", wrong={"slot": "0"}, sentence="选择一个有效的选项"),
    "not_taken": View(
        here, "archivist", "engineering", "not_taken", {"reason": "quality", "remark": "厨房渗水"},
        wrong={"reason": "other", "remark": ""}, sentence="请写明原因", typed='value="other"',
    ),
    "retry": View(absent, "service", "cashier", "retry"),
    "buyer": View(
        make_handover, "estate_manager", "service", "buyer", {"buyer_name": "王芳", "buyer_kind": "person"},
        wrong={"buyer_name": "王芳芳", "buyer_kind": "person", "buyer_phone": "123"}, sentence="手机应为 11 位", typed="王芳芳",
    ),
    "take_step": View(here, "service", "cashier", "take_step", kind="identity"),
    "release_step": View(taken, "service", "cashier", "release_step", kind="identity"),
    "finish_step": View(
        here, "service", "engineering", "finish_step", {"remark": "人证一致"}, kind="identity",
        wrong={"remark": "长" * 201}, sentence="200", typed="长长",
    ),
    "documents": View(
        here, "service", "engineering", "document.receive", {"codes": ["contract"]},
        wrong={"codes": ["x"]}, sentence="不在清单里",
    ),
    "scan": View(
        here, "service", "cashier", "document.receive", {"code": "contract", "photos": "file"},
        wrong={"code": "contract"}, sentence="请选择扫描件",
    ),
    "owner_file": View(
        here, "service", "engineering", "owner_file", FILE,
        wrong={**FILE, "emergency_mobile": "12345", "work_place": "锦城中学"}, sentence="手机应为 11 位", typed="锦城中学",
    ),
}  # fmt: skip


def post(cast: Cast, name: str, handover: Handover, by: str, data: dict[str, Any] | None = None):
    kind = VERBS[name].kind
    given = dict(VERBS[name].data if data is None else data)
    if given.get("photos") == "file":
        given["photos"] = photo()
    if name == "appoint" and data is None:
        given["slot"] = handover.batch.slots.get().pk
    url = reverse(f"handover:{name}", args=[handover.pk, kind] if kind else [handover.pk])
    return cast.client(cast.everyone.get(by) or getattr(cast, by)).post(url, given)


@pytest.mark.parametrize("name", VERBS)
def test_it_works_and_is_journalled(cast, name):
    handover = VERBS[name].made(cast)
    response = post(cast, name, handover, VERBS[name].by)
    assert response.status_code == 302, response.content.decode()[:400]
    assert journal(handover)[-1] == VERBS[name].does


@pytest.mark.parametrize("name", VERBS)
def test_twice_changes_nothing_more(cast, name):
    handover = VERBS[name].made(cast)
    post(cast, name, handover, VERBS[name].by)
    before = (fresh(handover).state, fresh(handover).slot_id, list(handover.steps.values()), journal(handover))
    post(cast, name, handover, VERBS[name].by)
    assert (fresh(handover).state, fresh(handover).slot_id, list(handover.steps.values()), journal(handover)) == before


@pytest.mark.parametrize("name", VERBS)
def test_get_is_refused(cast, name):
    handover, view = VERBS[name].made(cast), VERBS[name]
    url = reverse(f"handover:{name}", args=[handover.pk, view.kind] if view.kind else [handover.pk])
    assert cast.client(getattr(cast, view.by)).get(url).status_code == 405


@pytest.mark.parametrize("name", VERBS)
def test_another_estate_does_not_have_it_and_another_role_may_not(cast, name):
    handover = VERBS[name].made(cast)
    lines = journal(handover)
    assert post(cast, name, handover, "foreign_manager").status_code == 404
    assert post(cast, name, handover, VERBS[name].other).status_code == 403
    assert journal(handover) == lines


@pytest.mark.parametrize("name", [name for name, view in VERBS.items() if view.wrong is not None])
def test_what_is_wrong_is_said_and_what_was_typed_stays(cast, name):
    handover, view = VERBS[name].made(cast), VERBS[name]
    lines = journal(handover)
    response = post(cast, name, handover, view.by, view.wrong)
    page = response.content.decode()
    assert response.status_code == 422
    assert view.sentence in page
    assert view.typed in page
    assert journal(handover) == lines


def test_a_step_that_lacks_something_is_refused_with_a_sentence(cast):
    handover = at_step(cast, StepKind.DOCUMENTS)
    url = reverse("handover:finish_step", args=[handover.pk, "documents"])
    response = cast.client(cast.service).post(url, {"remark": "下午补"})
    assert response.status_code == 422
    assert "还缺必需资料" in response.content.decode()
    assert "下午补" in response.content.decode()


def test_an_unknown_step_does_not_exist(cast):
    url = reverse("handover:take_step", args=[here(cast).pk, "tea"])
    assert cast.client(cast.service).post(url).status_code == 404


# --- documents and 《业主档案》 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["person", "couple", "company", "proxy"])
def test_the_papers_depend_on_the_kind_of_buyer(cast, kind):
    handover = arrived(make_handover(cast, buyer_kind=kind), cast)
    wanted = [paper["code"] for paper in standard_documents()[kind]]
    assert list(handover.documents.values_list("code", flat=True)) == wanted


def test_another_kind_of_buyer_is_asked_for_other_papers_and_what_came_stays(cast):
    handover = here(cast)
    receive_documents(handover=handover, codes=["contract", "photo"], by=cast.service, at=NOW)
    post(cast, "buyer", handover, "estate_manager", {"buyer_name": "锦城公司", "buyer_kind": "company"})
    codes = set(handover.documents.values_list("code", flat=True))
    assert {"license", "company_letter", "contract", "photo"} <= codes
    assert "id_card" not in codes
    assert handover.documents.get(code="contract").received_at == NOW


def test_a_received_paper_says_by_whom_and_can_be_withdrawn_until_the_step_is_done(cast):
    handover = here(cast)
    post(cast, "documents", handover, "service")
    paper = handover.documents.get(code="contract")
    assert (paper.received_by, paper.received_at) == (cast.service, NOW)
    assert entry(handover, "document.receive").data == {"paper": "商品房买卖合同"}
    url = reverse("handover:withdraw_document", args=[paper.pk])
    assert cast.client(cast.foreign_manager).post(url).status_code == 404
    assert cast.client(cast.service).post(url).status_code == 302
    assert fresh(paper).received_at is None
    assert journal(handover)[-1] == "document.withdraw"
    post(cast, "documents", handover, "service")
    handover.steps.filter(position__lte=2).update(state=HandoverStep.State.DONE, done_at=NOW, done_by=cast.service)
    cast.client(cast.service).post(url)
    assert fresh(paper).received_at == NOW


def test_a_scan_belongs_to_its_paper_and_counts_as_received(cast):
    handover = here(cast)
    post(cast, "scan", handover, "service")
    paper = handover.documents.get(code="contract")
    scan = Attachment.objects.for_owner(paper).get()
    url = reverse("attachments:shown", args=[scan.uuid])
    assert cast.client(cast.archivist).get(url).status_code == 200
    assert cast.client(cast.foreign_manager).get(url).status_code == 404
    assert paper.received_by == cast.service


def test_the_owner_file_is_kept_as_told(cast):
    handover = here(cast)
    told = {**FILE, "members": "王小明 儿子\n李华 配偶 139 0000 0001", "vehicles": "浙A12345"}
    assert (
        post(
            cast, "owner_file", handover, "service", {**told, "members": "王小明 儿子\n李华 配偶 13900000001"}
        ).status_code
        == 302
    )
    file = OwnerFile.objects.get(handover=handover)
    assert (file.birthday, file.emergency_mobile, file.filled_by) == (date(1985, 6, 1), "13900000001", cast.service)
    assert file.members == [
        {"name": "王小明", "relation": "儿子", "phone": ""},
        {"name": "李华", "relation": "配偶", "phone": "13900000001"},
    ]
    assert "13900000001" not in str(entry(handover, "handover.owner_file").data)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"birthday": ""}, "请填业主生日"),
        ({"birthday": "2026-03-03"}, "生日不能在今天以后"),
        ({"birthday": "1899-12-31"}, "请检查生日的年份"),
        ({"emergency_name": ""}, "请填紧急联系人"),
        ({"emergency_mobile": "13800001502"}, "不能是业主自己的手机"),
        ({"members": "李华 配偶 1390"}, "第 1 行：手机应为 11 位"),
    ],
)
def test_a_wrong_owner_file_is_refused_with_a_sentence(cast, wrong, sentence):
    handover = here(cast)
    response = post(cast, "owner_file", handover, "service", {**FILE, **wrong})
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert not OwnerFile.objects.exists()


# --- the page -------------------------------------------------------------------------------------------------------


def page(cast: Cast, handover: Handover, by: str = "service") -> str:
    response = cast.client(getattr(cast, by)).get(reverse("handover:house", args=[handover.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_each_step_shows_who_did_it_and_when(cast):
    html = page(cast, at_step(cast, StepKind.DOCUMENTS))
    assert "客户助理甲 03-02 10:00" in html
    assert html.index("核对身份") < html.index("收取资料") < html.index("领取钥匙和资料")


def test_phone_and_number_are_masked_until_revealed_with_a_line_in_the_journal(cast):
    handover = here(cast)
    Handover.objects.filter(pk=handover.pk).update(buyer_id_number="11010519491231002X")
    html = page(cast, handover)
    assert "138****1502" in html
    assert "13800001502" not in html
    assert "11010519491231002X" not in html
    response = cast.client(cast.service).post(reverse("handover:reveal", args=[handover.pk]))
    assert "13800001502" in response.content.decode()
    assert "11010519491231002X" in response.content.decode()
    assert journal(handover)[-1] == "reveal"


def test_who_may_not_work_at_a_counter_sees_no_button(cast):
    handover = here(cast)
    mine, theirs = page(cast, handover), page(cast, handover, "auditor")
    for name in ("take_step", "finish_step"):
        assert reverse(f"handover:{name}", args=[handover.pk, "identity"]) in mine
        assert reverse(f"handover:{name}", args=[handover.pk, "identity"]) not in theirs
    assert reverse("handover:not_taken", args=[handover.pk]) not in theirs


def test_another_estates_house_does_not_exist(cast):
    url = reverse("handover:house", args=[here(cast).pk])
    assert cast.client(cast.foreign_manager).get(url).status_code == 404


def test_a_house_that_was_handed_over_offers_nothing_more(cast):
    handover = handed_over(cast)
    html = page(cast, handover)
    assert "已接房" in html
    for name in ("arrive", "not_taken", "appoint"):
        assert reverse(f"handover:{name}", args=[handover.pk]) not in html


# --- the buyer ------------------------------------------------------------------------------------------------------


def test_a_corrected_buyer_keeps_what_was_left_empty_and_is_journalled_masked(cast):
    handover = make_handover(cast)
    Handover.objects.filter(pk=handover.pk).update(buyer_id_type="id_card", buyer_id_number="11010519491231002X")
    given = {
        "buyer_name": "王芳", "buyer_kind": "person", "buyer_phone": "139 0000 0002", "buyer_id_type": "id_card",
        "buyer_id_number": "", "notice_on": "2026-03-01",
    }  # fmt: skip
    assert post(cast, "buyer", handover, "estate_manager", given).status_code == 302
    handover = fresh(handover)
    assert (handover.buyer_name, handover.buyer_phone, handover.buyer_id_number, handover.notice_on) == (
        "王芳", "13900000002", "11010519491231002X", date(2026, 3, 1),
    )  # fmt: skip
    assert entry(handover, "handover.buyer").data == {
        "buyer_name": {"before": "购房人1502", "after": "王芳"},
        "buyer_phone": {"before": "138****1502", "after": "139****0002"},
        "notice_on": {"before": "", "after": "2026-03-01"},
    }


def test_a_number_with_a_wrong_checksum_is_refused(cast):
    handover = make_handover(cast)
    given = {
        "buyer_name": "王芳",
        "buyer_kind": "person",
        "buyer_id_type": "id_card",
        "buyer_id_number": "110105194912310021",
    }
    response = post(cast, "buyer", handover, "estate_manager", given)
    assert response.status_code == 422
    assert "校验位不对" in response.content.decode()
    assert fresh(handover).buyer_name == "购房人1502"
