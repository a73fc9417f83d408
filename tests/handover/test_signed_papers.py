"""The delivered papers and what the records put into them (HND-1, HND-3, HND-6, ORG-4)."""

from __future__ import annotations

from datetime import date

import pytest

from foundation.signatures.texts import blocks
from handover.choices import SIGNED, KeyKind, StepKind
from handover.models import Defect, HouseKey, KeyMove, OwnerFile
from handover.signedpapers import VALUES, Paper, paper, papers, papers_of, text_of, text_of_move_in
from tests.handover.factories import DAY, MONDAY, at_step, make_handover
from tests.handover.signatures import AT, make_tenancy, prepare

TABLE = "table"


def table_of(text: str) -> list[list[str]]:
    (found,) = [block for block in blocks(text) if block.kind == TABLE]
    return [found.head, *found.rows]


def test_every_step_that_is_signed_has_its_paper():
    assert {kind.value for kind in SIGNED} == set(VALUES) <= papers().keys()
    assert {"tenant_file", "safety", "undertaking"} <= papers().keys()


@pytest.mark.parametrize("code", sorted(papers()))
def test_a_paper_has_something_to_read(code):
    found = paper(code)
    assert found.code == code
    assert found.title.startswith("《")
    assert found.title.endswith("》")
    lines = [line for block in blocks(found.text) for line in block.lines]
    assert len(lines) >= 5
    assert "house" in found.fields


def test_a_missing_value_is_an_error_and_no_gap():
    with pytest.raises(LookupError):
        Paper("x", "《甲》", "{house} {owner}").text_with({"house": "1502"})


@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_every_value_is_filled_in(cast, kind):
    handover = at_step(cast, kind)
    prepare(handover, cast)
    text = text_of(handover, kind)
    assert "{" not in text
    assert cast.estate_a1.name in text
    assert handover.house.code in text
    assert handover.buyer_name in text


def test_what_a_buyer_is_called_breaks_no_table(cast):
    handover = make_handover(cast)
    handover.buyer_name = "{house}\n## 甲|乙"
    assert "业主 {house} ## 甲｜乙" in text_of(handover, StepKind.KEYS)


def test_phone_numbers_are_masked(cast):
    handover = at_step(cast, StepKind.OWNER_FILE)
    prepare(handover, cast)
    text = text_of(handover, StepKind.OWNER_FILE)
    assert "138****5678" in text
    assert "13812345678" not in text
    assert handover.buyer_phone not in text
    assert "13987654321" not in text_of_move_in(make_tenancy(cast), "tenant_file")


def test_the_owners_file_stands_in_its_paper_with_the_household(cast):
    handover = at_step(cast, StepKind.OWNER_FILE)
    prepare(handover, cast)
    OwnerFile.objects.update(members=[{"phone": "13700001111", "name": "王强", "relation": "配偶"}, "王小明"])
    text = text_of(handover, StepKind.OWNER_FILE)
    assert ["生日", "1990-05-01"] in table_of(text)
    assert ["宠物", "无"] in table_of(text)
    assert "- 王强 配偶 137****1111\n- 王小明\n" in text


def defect(handover, cast, **fields):
    return Defect.objects.create(
        number=f"YL-{Defect.objects.count()}", estate=handover.estate, house=handover.house, handover=handover,
        trade="防水", fault="渗漏", found_at=AT, found_by=cast.engineering, due_at=AT + 15 * DAY,
        **({"room": "卫生间"} | fields),
    )  # fmt: skip


def test_what_was_found_wrong_is_listed_with_its_day(cast):
    handover = at_step(cast, StepKind.INSPECTION)
    assert "没有发现需要整改的问题" in text_of(handover, StepKind.INSPECTION)
    defect(handover, cast, note="东墙 1.2 m 处")
    defect(handover, cast, room="厨房")
    text = text_of(handover, StepKind.INSPECTION)
    assert table_of(text)[1:] == [
        ["1", "卫生间", "防水", "渗漏（东墙 1.2 m 处）", "2026-03-17"],
        ["2", "厨房", "防水", "渗漏", "2026-03-17"],
    ]
    # That the builder has mended it meanwhile changes nothing of what was found.
    Defect.objects.update(state=Defect.State.FIXED, fixed_at=AT)
    assert text_of(handover, StepKind.INSPECTION) == text


def test_each_key_says_where_it_went(cast):
    handover = at_step(cast, StepKind.KEYS)
    at = {"estate": handover.estate, "house": handover.house}
    HouseKey.objects.create(kind=KeyKind.ENTRY, label="A-1", count=3, place=HouseKey.Place.OWNER, **at)
    kept = HouseKey.objects.create(kind=KeyKind.ENTRY, label="A-2", **at)
    HouseKey.objects.create(kind=KeyKind.MAILBOX, label="A-3", **at)
    KeyMove.objects.create(key=kept, kind=KeyMove.Kind.KEPT, holder="王芳", at=MONDAY, by=cast.service)
    assert table_of(text_of(handover, StepKind.KEYS))[1:] == [
        ["入户门", "A-1", "3", "已交业主"],
        ["入户门", "A-2", "1", "业主同意留存"],
        ["信报箱", "A-3", "1", "尚未交付"],
    ]


def test_a_tenant_signs_three_papers_and_an_owner_none(cast):
    move_in = make_tenancy(cast)
    assert papers_of(move_in) == ("tenant_file", "safety", "undertaking")
    for code in papers_of(move_in):
        assert "{" not in text_of_move_in(move_in, code)
    assert ["租期", "2026-03-01 至 2027-02-28"] in table_of(text_of_move_in(move_in, "tenant_file"))
    move_in.lease_until = date(2027, 8, 31)
    assert ["租期", "2026-03-01 至 2027-08-31"] in table_of(text_of_move_in(move_in, "tenant_file"))
    move_in.is_tenant = False
    assert papers_of(move_in) == ()
